import { assumedClaim } from '../claims.js';
import type { Life, LifeRule } from '../life.js';

const DOCUMENT = ['document.uploaded', 'document.updated', 'document.deleted', 'document.shared'];
const ANALYSIS = ['analysis.completed', 'analysis.failed'];
const SHARE = ['share.created', 'share.accessed', 'share.expired', 'share.revoked'];

function over(rule: string, ends: readonly string[], types: readonly string[]): LifeRule {
  return {
    rule,
    types,
    ...assumedClaim('The page lists the events and no order; these names say that it is over.'),
    broken: (_, before) => before.some(({ type }) => ends.includes(type)),
  };
}

const at = (path: string, types: readonly string[]) =>
  Object.fromEntries(types.map((type) => [type, [`data.object.${path}`]]));

export const lives: readonly Life[] = [
  {
    kind: 'document',
    idAt: { ...at('id', DOCUMENT), ...at('document_id', ANALYSIS) },
    rules: [
      over('Nothing more is told of a deleted document.', ['document.deleted'], [...DOCUMENT, ...ANALYSIS]),
    ],
  },
  {
    kind: 'share link',
    idAt: at('id', SHARE),
    rules: [
      over('An expired or revoked share link is used no more.', ['share.expired', 'share.revoked'], SHARE),
    ],
  },
  {
    kind: 'family member',
    idAt: at('id', ['family_member.added', 'family_member.removed']),
    rules: [],
  },
  { kind: 'user', idAt: at('id', ['user.updated']), rules: [] },
];
