import { z } from 'zod';
import { isObject, type Json } from '../../lib/merge-patch.js';
import { externalClaim } from '../claims.js';
import type { DoorRoute } from '../front-door.js';
import { type PortTold, valueAt } from '../life.js';
import { readRoute } from '../read-side.js';
import { REFERENCE } from './sources.js';

const related = z.strictObject({ data: z.strictObject({ id: z.string(), type: z.string() }).nullable() });

const answer = z.strictObject({
  data: z.strictObject({
    id: z.string(),
    type: z.literal('document'),
    attributes: z.looseObject({}),
    relationships: z.strictObject({ user: related, analysis: related }),
  }),
  meta: z.strictObject({}),
});

/** The document as its events left it, with its last analysis; gone after `document.deleted`. */
function document(id: string, told: readonly PortTold[]): Json | null {
  const objects = told.map(({ type, body }) => ({ type, object: valueAt(body, 'data.object') }));
  const own = objects.filter(({ type }) => type.startsWith('document.'));
  if (own.at(-1)?.type === 'document.deleted') return null;
  const merged = Object.assign({}, ...own.map(({ object }) => object).filter(isObject)) as {
    [key: string]: Json;
  };
  const { id: _, user_id, ...attributes } = merged;
  const analysis = objects.findLast(({ type }) => type.startsWith('analysis.'))?.object;
  return {
    data: {
      id,
      type: 'document',
      attributes,
      relationships: {
        user: { data: user_id === undefined ? null : { id: user_id, type: 'user' } },
        analysis: { data: isObject(analysis) ? { id: analysis.id ?? '', type: 'analysis' } : null },
      },
    },
    meta: {},
  };
}

export const readRoutes: readonly DoorRoute[] = [
  readRoute({
    path: '/v1/records/{id}',
    summary: 'Get document',
    claim: externalClaim(
      REFERENCE,
      'Path and frame are HealthSync’s; the attributes are those that the webhooks told of.',
    ),
    kinds: ['document'],
    byEnvironment: true,
    answer,
    notFound: (id) => `There is no record ${id}.`,
    read: document,
  }),
];
