import type { Profile } from '../../providers/contract.js';
import type { AttemptPort, PortAttempt } from '../../providers/port.js';
import { type AttemptOfEvent, emptyAnswer, findAttempt, listAttemptsOf } from '../../store/attempts.js';
import { TRIGGERS } from '../../store/queue.js';
import type { Context } from '../context.js';

/** Attempts of one provider in one tenant. */
export function attemptPort(
  { db }: Pick<Context, 'db'>,
  { tenantId, profile }: { tenantId: string; profile: Profile },
): AttemptPort {
  const row = async (id: string): Promise<AttemptOfEvent | null> => {
    const found = await findAttempt(db.pool, tenantId, id);
    return found?.provider === profile.id ? found : null;
  };
  return {
    list: async ({ after = null, limit, order, sinceMs, untilMs, ...filter }) =>
      (
        await listAttemptsOf(db.pool, tenantId, {
          provider: profile.id,
          ...filter,
          since: sinceMs,
          until: untilMs,
          after,
          limit,
          order,
        })
      ).map(portAttempt),
    async find(id) {
      const found = await row(id);
      return found && portAttempt(found);
    },
    async expunge(id) {
      if (await row(id)) await emptyAnswer(db.pool, tenantId, id);
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
