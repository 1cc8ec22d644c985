import { changeHeaders, refuseUnsigned } from '../facts.js';
import { fault, type Target } from '../fault.js';

export const wrongSchemeVersion = fault({
  type: 'wrong_scheme_version',
  class: 'hostile',
  summary: 'A correct digest that calls itself by a scheme nobody knows: `v9` for `v1`.',
  wire: 'The usual header with another version before each signature.',
  params: {},
  refuse(target) {
    return (
      refuseUnsigned(target) ??
      (prefixOf(target) === null
        ? `The signatures of ${target.profile.name} name no version of their scheme.`
        : null)
    );
  },
  request(wire, _, { profile, proof }) {
    const prefix = prefixOf({ profile });
    if (prefix === null) return wire;
    const other = prefix.replace(/\d+/, (version) => (version === '9' ? '8' : '9'));
    return {
      ...wire,
      headers: changeHeaders(wire.headers, proof, (value) => value.replaceAll(prefix, other)),
    };
  },
});

/** What stands before each digest, where that counts versions. */
function prefixOf({ profile }: Pick<Target, 'profile'>): string | null {
  const auth = profile.auth.value;
  return auth.kind === 'signature' && /\d/.test(auth.prefix) ? auth.prefix : null;
}
