import type { Profile } from '../../providers/contract.js';
import type { AttemptPort, PortAttempt } from '../../providers/port.js';
import { type AttemptOfEvent, emptyAnswer, listAttemptsOf } from '../../store/attempts.js';
import { TRIGGERS } from '../../store/queue.js';
import type { Context } from '../context.js';

/** Attempts of one provider in one tenant. */
export function attemptPort(
  { db }: Pick<Context, 'db'>,
  { tenantId, profile }: { tenantId: string; profile: Profile },
): AttemptPort {
  return {
    list: async ({ after = null, limit, order, sinceMs, untilMs, ...filter }) =>
      (
        await listAttemptsOf(db, tenantId, {
          provider: profile.id,
          ...filter,
          since: sinceMs,
          until: untilMs,
          after,
          limit,
          order,
        })
      ).map(portAttempt),
    async expunge(id) {
      const only = { provider: profile.id, ids: [id], after: null, limit: 1 };
      const [found] = await listAttemptsOf(db, tenantId, only);
      if (found) await emptyAnswer(db.pool, tenantId, id);
    },
  };
}

export function portAttempt(row: Omit<AttemptOfEvent, 'provider'>): PortAttempt {
  return {
    id: row.id,
    deliveryId: row.delivery_id,
    eventId: row.event_id,
    subscriptionId: row.subscription_id,
    number: row.number,
    trigger: TRIGGERS[row.trigger] ?? 'scheduled',
    outcome: row.outcome,
    reason: row.reason,
    startedAtMs: row.started_at.getTime(),
    durationMs: row.duration_ms,
    nextAttemptAtMs: row.next_attempt_at?.getTime() ?? null,
    url: row.url,
    requestHeaders: JSON.parse(row.request_headers),
    responseStatus: row.response_status,
    responseHeaders: JSON.parse(row.response_headers ?? '[]'),
    responseBody: row.response_body,
  };
}
