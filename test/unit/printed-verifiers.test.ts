import { describe, expect, it } from 'vitest';
import { loadAll, type RequestWanted, requestInput } from '../support/profiles.js';
import { type Arrived, healthSyncVerifies, noyoProseVerifies, noyoVerifies } from '../support/verifiers.js';

const registry = await loadAll();

function sent(provider: string, wanted: RequestWanted): Arrived {
  const profile = registry.get(provider);
  const input = requestInput(profile, wanted);
  const { headers, body } = profile.request(input);
  return {
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
    body: Buffer.from(body ?? input.body),
  };
}

describe('verifiers as they are printed', () => {
  it('accepts what Noyo would send, by the reading chosen', () => {
    const secrets = ['new secret ü', 'old'];
    const byDefault = sent('noyo', { secrets });
    expect(secrets.map((secret) => noyoVerifies(secret, byDefault))).toEqual([true, true]);
    expect(noyoProseVerifies('old', byDefault)).toBe(false);
    const bodyOnly = sent('noyo', { secrets, presets: ['body'] });
    expect([noyoVerifies('old', bodyOnly), noyoProseVerifies('old', bodyOnly)]).toEqual([false, true]);
    const both = sent('noyo', { secrets, presets: ['both'] });
    expect([noyoVerifies('old', both), noyoProseVerifies('old', both)]).toEqual([true, true]);
    expect(noyoVerifies('another', both)).toBe(false);
  });

  it('accepts what Noyo would send again, written anew or not', () => {
    for (const presets of [['rebuiltBody'], ['timestampPerEvent'], ['wholeSecondTimestamps']])
      expect(noyoVerifies('s', sent('noyo', { secrets: ['s'], presets, attempt: 3 }))).toBe(true);
  });

  it('accepts what HealthSync would send', () => {
    const secrets = ['new', 'old'];
    expect(healthSyncVerifies('new', sent('healthsync', { secrets }))).toBe(true);
    expect(
      healthSyncVerifies('new', sent('healthsync', { secrets, presets: ['rebuiltBody'], attempt: 2 })),
    ).toBe(true);
    expect(healthSyncVerifies('old', sent('healthsync', { secrets }))).toBe(false);
  });
});
