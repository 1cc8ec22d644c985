import { createDecipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asText } from '../../src/lib/bytes.js';
import { BodyError } from '../../src/providers/contract.js';
import { effective } from '../../src/providers/effective.js';
import voyado from '../../src/providers/voyado/index.js';
import { EVENT_TYPES } from '../../src/providers/voyado/settings.js';
import { type BuildWanted, buildInput } from '../support/profiles.js';

const KEY = 'DaqfT7Ys6tGqM3zbesEKpmacTJEqBCp2';

function body(type: string, wanted?: BuildWanted) {
  return JSON.parse(asText(voyado.build(buildInput(voyado, type, wanted)).body));
}

/** As the page on soft identification has a consumer do it. */
function decrypt(token: string): string {
  const padded = token
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .padEnd(Math.ceil(token.length / 4) * 4, '=');
  const bytes = Buffer.from(padded, 'base64');
  const decipher = createDecipheriv('aes-256-cbc', KEY, bytes.subarray(0, 16));
  return decipher.update(bytes.subarray(16), undefined, 'utf8') + decipher.final('utf8');
}

describe('encryption', () => {
  const settings = { encryptionKey: KEY };

  it('replaces the payload by a token of the same payload and leaves the rest readable', () => {
    const { eventId, eventType, isEncrypted, payload, tenant } = body('reward.voucher.created', { settings });
    const clear = body('reward.voucher.created');
    expect({ eventId, eventType, tenant, payload: JSON.parse(decrypt(payload)) }).toEqual({
      ...clear,
      isEncrypted: undefined,
    });
    expect(isEncrypted).toBe(true);
  });

  it('never repeats an IV', () => {
    const tokens = [1, 2, 3].map((seed) => body('contact.created', { settings, seed }).payload.slice(0, 21));
    expect(new Set(tokens).size).toBe(3);
  });

  it('can cover the whole body', () => {
    const token = body('contact.created', { settings: { ...settings, encryptionScope: 'body' } });
    expect(JSON.parse(decrypt(token))).toEqual({ ...body('contact.created'), isEncrypted: true });
  });

  it('leaves keys alone that only the consumer can see', () => {
    const sorted = body('point.balance.updated', { settings: { ...settings, sortKeys: true } });
    expect(Object.keys(JSON.parse(decrypt(sorted.payload)))[0]).toBe('balance');
  });

  it.each(['short', `${KEY}x`, 'DaqfT7Ys6tGqM3zbesEKpmacTJEqBC-2'])('refuses the key %s', (encryptionKey) => {
    expect(() => effective(voyado, 'tenant', [], { encryptionKey })).toThrow(/32 characters/);
  });

  it('is not claimed by hand', () => {
    expect(() => body('contact.created', { data: { isEncrypted: true } })).toThrow(/encryptionKey/);
  });
});

describe('the message id', () => {
  it('is a new KSUID, or the one that was asked for', () => {
    const made = voyado.build(buildInput(voyado, 'contact.created')).providerEventId;
    expect(made).toMatch(/^msg_[0-9A-Za-z]{27}$/);
    const asked = buildInput(voyado, 'contact.created', { eventId: 'msg_mine' });
    expect(voyado.build(asked).providerEventId).toBe('msg_mine');
  });

  it.each(['a.b', 'a b', 'a\r\nx: y', ''])('is never %j', (eventId) => {
    expect(() => voyado.build(buildInput(voyado, 'contact.created', { eventId }))).toThrow(BodyError);
  });
});

describe('activation', () => {
  const wants = (type: string, events: string[] | null, wanted: Parameters<typeof effective>[3] = {}) =>
    voyado.wants({
      type,
      variant: null,
      events,
      body: null,
      subscriptionSettings: effective(voyado, 'subscription').settings,
      tenantSettings: effective(voyado, 'tenant', [], wanted).settings,
    });

  it('covers all eleven events unless told otherwise', () => {
    expect(voyado.events.map(({ type }) => type).sort()).toEqual([...EVENT_TYPES].sort());
    for (const type of EVENT_TYPES) expect(wants(type, null)).toBe(true);
  });

  it('and choice must both name an event', () => {
    const activatedEvents = ['contact.created'];
    expect(wants('contact.created', ['contact.created'], { activatedEvents })).toBe(true);
    expect(wants('contact.deleted', ['contact.deleted'], { activatedEvents })).toBe(false);
    expect(wants('contact.created', ['contact.deleted'], { activatedEvents })).toBe(false);
  });

  it('keeps loyalty.addPoints for point followers, and says so to who publishes it', () => {
    const settings = { pointFollower: false };
    expect(wants('loyalty.addPoints', null, settings)).toBe(false);
    expect(wants('point.balance.updated', null, settings)).toBe(true);
    expect(voyado.notice?.(buildInput(voyado, 'loyalty.addPoints', { settings }), () => null)).toMatch(
      /point follower solution only/,
    );
    expect(voyado.notice?.(buildInput(voyado, 'loyalty.addPoints'), () => null)).toBeNull();
  });
});

it('prints instants with their offset', () => {
  const { payload } = body('point.balance.updated');
  expect(payload.balanceExpires).toBe('2027-12-31T23:59:59.999+01:00');
});
