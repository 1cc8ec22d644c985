import type { Queryable } from './tenant-clock.js';

export interface NewEvent {
  id: string;
  provider: string;
  type: string;
  variant: string | null;
  environment: string;
  providerEventId: string | null;
  body: Uint8Array;
}

export interface NewDelivery {
  id: string;
  eventId: string;
  subscriptionId: string;
  lane: number;
  trigger: number;
  /** `ready` goes out now; `held` waits for resume; `cancelled` is finished before it began. */
  fate: 'ready' | 'held' | 'cancelled';
  /** Why it is cancelled. */
  reason: string | null;
}

export interface Publication {
  tenantId: string;
  /** Tenant time, milliseconds. */
  nowMs: number;
  ownClock: boolean;
  events: readonly NewEvent[];
  deliveries: readonly NewDelivery[];
}

/** The outbox: events and their deliveries, in the caller's transaction, three statements however many there are. */
export async function insertPublication(
  client: Queryable,
  { tenantId, nowMs, ownClock, events, deliveries }: Publication,
): Promise<void> {
  const at = nowMs / 1000;
  await client.query(
    `INSERT INTO event (tenant_id, id, provider, type, variant, environment, provider_event_id, body, body_bytes, created_at)
     SELECT $1, x.id, x.provider, x.type, x.variant, x.environment, x.provider_event_id, x.body, length(x.body), to_timestamp($2)
     FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[])
       AS x(id, provider, type, variant, environment, provider_event_id, body)`,
    [
      tenantId,
      at,
      events.map((e) => e.id),
      events.map((e) => e.provider),
      events.map((e) => e.type),
      events.map((e) => e.variant),
      events.map((e) => e.environment),
      events.map((e) => e.providerEventId),
      events.map((e) => Buffer.from(e.body.buffer, e.body.byteOffset, e.body.byteLength)),
    ],
  );
  const open = deliveries.filter((d) => d.fate !== 'cancelled');
  if (open.length > 0) {
    await client.query(
      `INSERT INTO open_delivery (tenant_id, id, event_id, subscription_id, lane, state, trigger, own_clock, due_at, created_at)
       SELECT $1, x.id, x.event_id, x.subscription_id, x.lane, x.state, x.trigger, $3, to_timestamp($2), to_timestamp($2)
       FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::int[], $8::smallint[], $9::smallint[])
         AS x(id, event_id, subscription_id, lane, state, trigger)`,
      [
        tenantId,
        at,
        ownClock,
        open.map((d) => d.id),
        open.map((d) => d.eventId),
        open.map((d) => d.subscriptionId),
        open.map((d) => d.lane),
        open.map((d) => (d.fate === 'held' ? 4 : 0)),
        open.map((d) => d.trigger),
      ],
    );
  }
  const cancelled = deliveries.filter((d) => d.fate === 'cancelled');
  if (cancelled.length > 0) {
    await client.query(
      `INSERT INTO finished_delivery
         (tenant_id, id, event_id, subscription_id, status, reason, trigger, tries, created_at, finished_at)
       SELECT $1, x.id, x.event_id, x.subscription_id, 'cancelled', x.reason, x.trigger, 0, to_timestamp($2), to_timestamp($2)
       FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::smallint[])
         AS x(id, event_id, subscription_id, reason, trigger)`,
      [
        tenantId,
        at,
        cancelled.map((d) => d.id),
        cancelled.map((d) => d.eventId),
        cancelled.map((d) => d.subscriptionId),
        cancelled.map((d) => d.reason),
        cancelled.map((d) => d.trigger),
      ],
    );
  }
}

/**
 * Which of these ids a tenant's earlier events of the provider already carry. Holds them until the transaction ends, so two
 * publishes with one id cannot both find it free. In one order, so that they never wait for each other.
 */
export async function takenEventIds(
  client: Queryable,
  tenantId: string,
  ids: readonly { provider: string; eventId: string }[],
): Promise<string[]> {
  const keys = [...new Set(ids.map(({ provider, eventId }) => `${tenantId} ${provider} ${eventId}`))].sort();
  for (const key of keys) await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [key]);
  const { rows } = await client.query<{ provider_event_id: string }>(
    `SELECT e.provider_event_id FROM event e JOIN unnest($2::text[], $3::text[]) AS x(provider, event_id)
       ON e.provider_event_id = x.event_id AND e.provider = x.provider WHERE e.tenant_id = $1`,
    [tenantId, ids.map((i) => i.provider), ids.map((i) => i.eventId)],
  );
  return rows.map((row) => row.provider_event_id);
}
