import { createHmac, timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadAll, type RequestWanted, requestInput } from '../support/profiles.js';

const registry = await loadAll();

function sent(provider: string, wanted: RequestWanted) {
  const profile = registry.get(provider);
  const input = requestInput(profile, wanted);
  const { headers, body } = profile.request(input);
  const named = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  return { header: (name: string) => named.get(name)!, body: Buffer.from(body ?? input.body) };
}

/** The JavaScript of Noyo's verification page. */
function noyoVerifies(secret: string, { header, body }: ReturnType<typeof sent>): boolean {
  const toHash = `${header('x-noyo-timestamp')}.${body.toString()}`;
  const digest = Buffer.from(createHmac('sha256', secret).update(toHash).digest('hex'));
  const signatures = header('x-noyo-signature')
    .split(',')
    .map((part) => Buffer.from(part));
  return signatures.some((s) => s.length === digest.length && timingSafeEqual(s, digest));
}

/** The line with `openssl dgst -sha256 -hmac` on the same page: the body alone. */
function noyoProseVerifies(secret: string, { header, body }: ReturnType<typeof sent>): boolean {
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  return header('x-noyo-signature').split(',').includes(digest);
}

/** The JavaScript of HealthSync's page. */
function healthSyncVerifies(secret: string, { header, body }: ReturnType<typeof sent>): boolean {
  const computed = createHmac('sha256', secret).update(body).digest('hex');
  return timingSafeEqual(Buffer.from(`sha256=${computed}`), Buffer.from(header('x-healthsync-signature')));
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
