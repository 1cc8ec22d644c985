import { describe, expect, it } from 'vitest';
import { asText } from '../../src/lib/bytes.js';
import type { Json } from '../../src/lib/merge-patch.js';
import { BodyError } from '../../src/providers/contract.js';
import { effective } from '../../src/providers/effective.js';
import { isOffered } from '../../src/providers/find-event.js';
import novamed from '../../src/providers/novamed/index.js';
import { buildInput } from '../support/profiles.js';

const CLINIC = '550e8400-e29b-41d4-a716-446655440000';
const OTHER = '2a7d8da1-2f69-46e1-87a4-04490ab73c41';

function build(type: string, wanted = {}) {
  const { body, providerEventId } = novamed.build(buildInput(novamed, type, wanted));
  return { body: JSON.parse(asText(body)), providerEventId };
}

describe('generations', () => {
  const offered = (generation: string) => {
    const { settings } = effective(novamed, 'tenant', [], { generation });
    return novamed.events.filter((event) => isOffered(event, settings)).map(({ type }) => type);
  };

  it('offer twelve events or seven, none in both', () => {
    expect(offered('seed')).toHaveLength(12);
    expect(offered('2026-01')).toHaveLength(7);
    expect(offered('seed').filter((type) => offered('2026-01').includes(type))).toEqual([]);
  });

  it('have an event id and a timestamp, or neither', () => {
    const seed = build('order:created');
    expect(Object.keys(seed.body)).toEqual(['event_type', 'event_id', 'timestamp', 'clinic_id', 'data']);
    expect(seed.providerEventId).toBe(seed.body.event_id);
    const later = build('shipment:created');
    expect(Object.keys(later.body)).toEqual(['event_name', 'event_data']);
    expect(later.providerEventId).toBeNull();
  });

  it('take an event id only where there is one', () => {
    expect(build('order:created', { eventId: 'evt_mine' }).body.event_id).toBe('evt_mine');
    expect(() => build('shipment:created', { eventId: 'evt_mine' })).toThrow(BodyError);
  });
});

describe('clinics', () => {
  const wants = (body: Json, clinicId: string | null) =>
    novamed.wants({
      type: 'order:created',
      variant: null,
      events: null,
      body,
      subscriptionSettings: effective(novamed, 'subscription', [], { clinicId }).settings,
      tenantSettings: effective(novamed, 'tenant').settings,
    });

  it.each([
    ['every clinic', build('order:created').body, null, true],
    ['its own clinic', build('order:created').body, CLINIC, true],
    ['its own clinic, in capitals', build('order:created').body, CLINIC.toUpperCase(), true],
    ['another clinic', build('order:created').body, OTHER, false],
    ['its own clinic of 2026-01', build('shipment:created').body, CLINIC, true],
    ['another clinic of 2026-01', build('shipment:created').body, OTHER, false],
    ['a body without a clinic', build('practitioner:activated').body, OTHER, true],
    ['bytes that are no JSON', null, OTHER, true],
  ])('a subscription hears of %s', (_, body, clinicId, wanted) => {
    expect(wants(body, clinicId)).toBe(wanted);
  });

  it('are taken from the tenant where the data names none', () => {
    expect(build('order:created', { settings: { defaultClinicId: OTHER } }).body.clinic_id).toBe(OTHER);
    expect(build('order:created', { data: { clinic_id: OTHER } }).body.clinic_id).toBe(OTHER);
  });
});

it.each(['', 'two words', 'line\nbreak', 'é'])('never sends the key %j', (secret) => {
  expect(novamed.secret.value.accepts.safeParse(secret).success).toBe(false);
});
