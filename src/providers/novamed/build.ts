import { isObject, type Json } from '../../lib/merge-patch.js';
import { buildBody } from '../body.js';
import { BodyError, type BuildInput, type Built, type EventType, type WantsInput } from '../contract.js';
import { type SubscriptionSettings, tenantOf } from './settings.js';

export function build(events: readonly EventType[], input: BuildInput): Built {
  if (tenantOf(input.settings).generation === 'seed')
    return buildBody(events, input, { eventIdPath: ['event_id'] });
  if (input.eventId !== undefined) {
    const message =
      'generation 2026-01 has no event id; its consumers dedupe on event_name and event_data.id';
    throw new BodyError([{ path: 'eventId', message }]);
  }
  return buildBody(events, input);
}

/** By clinic where the subscription names one; a body without a clinic cannot be told apart and goes to all. */
export function wants({ body, subscriptionSettings }: WantsInput): boolean {
  const { clinicId } = subscriptionSettings as SubscriptionSettings;
  const named = clinicOf(body);
  return clinicId === null || named === null || named.toLowerCase() === clinicId.toLowerCase();
}

function clinicOf(body: Json): string | null {
  if (!isObject(body)) return null;
  const data = body.event_data;
  const clinic = body.clinic_id ?? (isObject(data) ? data.clinic_id : undefined);
  return typeof clinic === 'string' ? clinic : null;
}
