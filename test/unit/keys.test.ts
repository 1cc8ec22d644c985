import { describe, expect, it } from 'vitest';
import { createIds } from '../../src/lib/ids.js';
import { seededRandom } from '../../src/lib/random.js';
import { makeKey, readKey } from '../../src/services/keys.js';

describe('a tenant’s key', () => {
  const random = seededRandom('keys');
  const key = makeKey(
    createIds(() => 1_768_469_400_000, random),
    random,
  );

  it('has its id in clear, and is read back as it was made', () => {
    expect(key.text).toMatch(/^rgr_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/);
    expect(readKey(key.text)).toEqual(key);
  });

  it('of another form is none', () => {
    for (const text of [
      '',
      'rgr_',
      `${key.text}x`,
      key.text.slice(1),
      key.text.toUpperCase(),
      ` ${key.text}`,
    ])
      expect(readKey(text)).toBeNull();
  });
});
