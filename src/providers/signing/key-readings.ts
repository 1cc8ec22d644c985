import { utf8 } from '../../lib/bytes.js';
import type { SignatureRule } from '../contract.js';
import type { Cause } from './causes.js';
import { keyOf } from './verify.js';

/** A secret turned into the bytes of a key. */
export interface KeyReading {
  key: Uint8Array;
  /** `the text itself`, for people. */
  how: string;
  /** Null for the provider's own reading. */
  cause: Cause | null;
}

const OWN = { utf8: 'the text itself', whsec: 'base64, without whsec_' } as const;

/** The provider's. */
export function ownReading(secret: string, { key }: Pick<SignatureRule, 'key'>): KeyReading {
  return { key: keyOf(secret, key), how: OWN[key], cause: null };
}

/** The provider's reading first, then those that people fall into. */
export function keyReadings(secret: string, rule: Pick<SignatureRule, 'key'>): KeyReading[] {
  const own = OWN[rule.key];
  const trimmed = secret.trim();
  const bare = secret.replace(/^whsec_/, '');
  const encoding = (how: string): Cause => ({
    code: 'secret_encoding',
    text: `the key was made of the secret as ${how}; this provider's is ${own}`,
  });
  const other = (key: Uint8Array, how: string): KeyReading => ({ key, how, cause: encoding(how) });
  const readings: KeyReading[] = [
    ownReading(secret, rule),
    ...(trimmed === secret
      ? []
      : [
          {
            key: keyOf(trimmed, rule.key),
            how: own,
            cause: {
              code: 'secret_whitespace',
              text: 'the secret has a space or a newline around it; trim it',
            } as const,
          },
        ]),
    other(utf8(secret), 'the text itself'),
    other(utf8(bare), 'the text without whsec_'),
    other(Buffer.from(bare, 'base64'), 'base64, without whsec_'),
    other(Buffer.from(secret, 'base64'), 'base64, with its prefix'),
    ...(/^(?:[0-9a-f]{2})+$/i.test(bare) ? [other(Buffer.from(bare, 'hex'), 'hex')] : []),
  ];
  const seen = new Set<string>();
  return readings.filter(({ key }) => {
    const hex = Buffer.from(key).toString('hex');
    return hex !== '' && !seen.has(hex) && seen.add(hex);
  });
}
