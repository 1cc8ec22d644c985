import { afterEach, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../src/lib/random.js';
import { verifierCode } from '../../src/providers/signing/verifier-code.js';
import { buildInput, loadAll, NOW_MS, requestInput } from '../support/profiles.js';

const { list } = await loadAll();
const PROVED = list().filter((profile) => verifierCode(profile) !== null);

type Verifier = (headers: Record<string, string>, body: Uint8Array, secret: string) => boolean;

describe('the verifier that a page shows', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is there for whoever signs or sends a key', () => {
    expect(PROVED.map(({ id }) => id)).toEqual(['healthsherpa', 'healthsync', 'novamed', 'noyo', 'voyado']);
  });

  it.each(PROVED)('of $id takes what $id sends, and nothing else', async (profile) => {
    const code = verifierCode(profile)!;
    const { isGenuine } = (await import(
      /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`
    )) as { isGenuine: Verifier };
    const secret = profile.secret.value.make(seededRandom('mine'));
    const body = profile.build(buildInput(profile, profile.events[0]!.type)).body;
    const input = requestInput(profile, { secrets: [secret], body, providerEventId: 'msg_1' });
    const sent = profile.request(input).headers;
    const headers = Object.fromEntries(sent.map(([name, value]) => [name.toLowerCase(), value]));
    const takes = (change: { headers?: Record<string, string>; body?: Uint8Array; secret?: string } = {}) =>
      isGenuine(change.headers ?? headers, change.body ?? body, change.secret ?? secret);
    vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS + 61_000 });
    expect(takes()).toBe(true);
    expect(takes({ headers: {} })).toBe(false);
    expect(takes({ secret: profile.secret.value.make(seededRandom('another')) })).toBe(false);
    if (code.includes('createHmac')) expect(takes({ body: Buffer.from(`${body} `) })).toBe(false);
    vi.setSystemTime(NOW_MS + 3_600_000);
    expect(takes()).toBe(!code.includes('ageMs'));
  });
});
