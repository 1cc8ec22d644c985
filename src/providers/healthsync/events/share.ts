import type { EventType, ExampleContext } from '../../contract.js';
import { isoSeconds } from '../../signing/timestamp.js';
import { freshId, healthSyncEvent, instant, text } from './envelope.js';

const shared = { id: text, document_id: text, user_id: text, created_at: instant, expires_at: instant };

const HOUR_MS = 3_600_000;

/** A link of seven days, made `ageHours` before the event. */
function share({ random, nowMs }: ExampleContext, ageHours: number) {
  const createdMs = nowMs - ageHours * HOUR_MS;
  return {
    id: freshId(random, 'shr'),
    document_id: freshId(random, 'doc'),
    user_id: freshId(random, 'user'),
    created_at: isoSeconds(createdMs),
    expires_at: isoSeconds(createdMs + 7 * 24 * HOUR_MS),
  };
}

export const shareEvents: readonly EventType[] = [
  healthSyncEvent({
    type: 'share.created',
    summary: 'Share link created',
    object: shared,
    example: (context) => share(context, 0),
  }),
  healthSyncEvent({
    type: 'share.accessed',
    summary: 'Someone accessed shared record',
    object: { ...shared, accessed_at: instant },
    example: (context, now) => ({ ...share(context, 1), accessed_at: now }),
  }),
  healthSyncEvent({
    type: 'share.expired',
    summary: 'Share link expired',
    object: shared,
    example: (context) => share(context, 7 * 24),
  }),
  healthSyncEvent({
    type: 'share.revoked',
    summary: 'Share access revoked',
    object: { ...shared, revoked_at: instant },
    example: (context, now) => ({ ...share(context, 1), revoked_at: now }),
  }),
];
