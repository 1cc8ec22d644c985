import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asText, utf8 } from '../../src/lib/bytes.js';
import { seededRandom } from '../../src/lib/random.js';
import voyado from '../../src/providers/voyado/index.js';
import { ksuid } from '../../src/providers/voyado/ksuid.js';
import { buildInput, NOW_MS, type RequestWanted, requestInput } from '../support/profiles.js';

const secret = (seed: string) => voyado.secret.value.make(seededRandom(seed));
const OLD = secret('old');
const NEW = secret('new');

// The verifiers compare with the global Date.
beforeAll(() => {
  vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] });
});
afterAll(() => {
  vi.useRealTimers();
});

function attempt(wanted: RequestWanted = {}) {
  const { body, providerEventId } = voyado.build(buildInput(voyado, 'point.balance.updated'));
  const input = requestInput(voyado, {
    body,
    providerEventId,
    timestampMs: NOW_MS,
    secrets: [OLD],
    ...wanted,
  });
  const { headers } = voyado.request(input);
  return { body: asText(input.body), headers: Object.fromEntries(headers) };
}

const verifiers = [
  { library: 'svix', verifier: (key: string) => new SvixWebhook(key) },
  { library: 'standardwebhooks', verifier: (key: string) => new StandardWebhook(key) },
];

describe.each(verifiers)('the official $library', ({ library, verifier }) => {
  const presets = library === 'standardwebhooks' ? ['webhookHeaders'] : [];

  it('accepts what we send', () => {
    const { body, headers } = attempt({ presets });
    expect(verifier(OLD).verify(body, headers)).toEqual(JSON.parse(body));
  });

  it('refuses it with any one byte of the body changed', () => {
    const { body, headers } = attempt({ presets });
    for (let at = 0; at < body.length; at++) {
      const changed = body.slice(0, at) + String.fromCharCode(body.charCodeAt(at) ^ 1) + body.slice(at + 1);
      expect(() => verifier(OLD).verify(changed, headers)).toThrow();
    }
  });

  it('refuses it with another id, another timestamp or another secret', () => {
    const { body, headers } = attempt({ presets });
    const prefix = presets.length > 0 ? 'webhook' : 'svix';
    const seconds = Math.floor(NOW_MS / 1000);
    expect(() => verifier(OLD).verify(body, { ...headers, [`${prefix}-id`]: 'msg_other' })).toThrow();
    expect(() =>
      verifier(OLD).verify(body, { ...headers, [`${prefix}-timestamp`]: String(seconds - 1) }),
    ).toThrow();
    expect(() => verifier(NEW).verify(body, headers)).toThrow();
  });

  it('refuses a timestamp that is more than five minutes old', () => {
    const { body, headers } = attempt({ presets, timestampMs: NOW_MS - 301_000 });
    expect(() => verifier(OLD).verify(body, headers)).toThrow(/old/);
  });

  it('accepts either secret while both hold', () => {
    const { body, headers } = attempt({ presets, secrets: [NEW, OLD] });
    for (const key of [NEW, OLD]) expect(verifier(key).verify(body, headers)).toEqual(JSON.parse(body));
  });

  it('accepts both sets of headers at once', () => {
    const { body, headers } = attempt({ presets: ['bothHeaders'] });
    expect(verifier(OLD).verify(body, headers)).toEqual(JSON.parse(body));
  });

  it('accepts an encrypted body and a rebuilt one, signed as they are sent', () => {
    const settings = { encryptionKey: 'DaqfT7Ys6tGqM3zbesEKpmacTJEqBCp2' };
    const encrypted = voyado.build(buildInput(voyado, 'point.balance.updated', { settings }));
    const sent = attempt({ presets, ...encrypted });
    expect(verifier(OLD).verify(sent.body, sent.headers)).toMatchObject({ isEncrypted: true });
    const input = requestInput(voyado, {
      ...encrypted,
      presets: [...presets, 'rebuiltBody'],
      attempt: 2,
      secrets: [OLD],
      timestampMs: NOW_MS,
    });
    const rebuilt = voyado.request(input);
    expect(rebuilt.body).not.toEqual(input.body);
    const headers = Object.fromEntries(rebuilt.headers);
    expect(verifier(OLD).verify(asText(rebuilt.body!), headers)).toMatchObject({ isEncrypted: true });
  });
});

describe('a Voyado request', () => {
  it('gives the two published answers', () => {
    for (const { given, expected } of voyado.vectors!.filter((vector) => vector.given.id)) {
      const input = requestInput(voyado, {
        body: utf8(given.body!),
        providerEventId: given.id!,
        timestampMs: Number(given.timestamp) * 1000 + 999,
        secrets: [given.secret!],
      });
      expect(Object.fromEntries(voyado.request(input).headers)['svix-signature']).toBe(expected);
    }
  });

  it('signs with every secret that holds, newest first, one space between', () => {
    const both = attempt({ secrets: [NEW, OLD] }).headers['svix-signature'];
    const each = [NEW, OLD].map((key) => attempt({ secrets: [key] }).headers['svix-signature']);
    expect(both).toBe(each.join(' '));
  });

  it('says exactly what it signed', () => {
    const input = requestInput(voyado, { providerEventId: 'msg_1', timestampMs: 1_700_000_000_000 });
    expect(voyado.request(input).signature).toEqual({
      scheme: 'hmac-sha256 base64 over id.timestamp.body',
      header: 'svix-signature',
      contents: [{ before: 'msg_1.1700000000.' }],
    });
  });

  it('keeps the id of bytes that were published without one, on every attempt', () => {
    const id = (attemptNumber: number, deliveryId: string) =>
      attempt({ attempt: attemptNumber, deliveryId, providerEventId: null }).headers['svix-id'];
    expect(id(1, 'a')).toMatch(/^msg_[0-9A-Za-z]{27}$/);
    expect(id(2, 'a')).toBe(id(1, 'a'));
    expect(id(1, 'b')).not.toBe(id(1, 'a'));
  });

  it('spells its names as the open-source server does, values unchanged', () => {
    const { headers } = attempt({ presets: ['svixOss'] });
    expect(Object.keys(headers)).toEqual([
      ...['Content-Type', 'User-Agent', 'Accept', 'Svix-Id', 'Svix-Timestamp', 'Svix-Signature'],
    ]);
  });
});

describe('a Voyado secret', () => {
  const { accepts } = voyado.secret.value;
  const ofBytes = (count: number) => Buffer.alloc(count, 7).toString('base64');

  it.each([
    ['made', OLD, true],
    ['without its prefix', ofBytes(24), true],
    ['of 75 bytes', `whsec_${ofBytes(75)}`, true],
    ['of 76 bytes', `whsec_${ofBytes(76)}`, false],
    ['of 23 bytes', `whsec_${ofBytes(23)}`, false],
    ['without padding', `whsec_${ofBytes(25).replace(/=+$/, '')}`, false],
    ['that is not base64', 'whsec_not base64 at all, and long enough', false],
    ['in URL-safe base64', `whsec_${Buffer.alloc(24, 0xfb).toString('base64url')}`, false],
  ])('%s', (_, value, accepted) => {
    expect(accepts.safeParse(value).success).toBe(accepted);
  });
});

it('makes KSUIDs that sort by their second', () => {
  const random = seededRandom('ksuid');
  const ids = [1_400_000_000_000, 1_700_000_000_000, 1_700_000_001_000].map((at) => ksuid(at, random));
  for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z]{27}$/);
  expect([...ids].sort()).toEqual(ids);
});
