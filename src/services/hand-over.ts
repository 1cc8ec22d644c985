import { insertPublication, type NewDelivery, type NewEvent, type Publication } from '../store/publishing.js';
import { type ClaimedDelivery, TRIGGERS } from '../store/queue.js';
import type { Queryable } from '../store/tenant-clock.js';
import type { Context } from './context.js';

/**
 * Stores a publication; first attempts that the dispatcher of this process has a slot for are in its hands with the commit, and
 * marked so: nobody needs to be told of them.
 * @param readAtMs monotonic instant at which `publication.clock` was read.
 * @returns false when nothing was stored because what it was made by has changed.
 */
export async function storeInHand(
  { grasp }: Pick<Context, 'grasp'>,
  client: Queryable,
  publication: Publication,
  readAtMs: number,
): Promise<boolean> {
  const first = publication.clock.mode === 'system' ? publication.deliveries.filter(goesNow) : [];
  const grasped = first.length > 0 ? grasp(first, readAtMs) : null;
  if (!grasped) return (await insertPublication(client, publication)).isStored;
  const { kept, lease } = grasped;
  const ids = new Set(first.filter((_, i) => kept[i]).map(({ id }) => id));
  let leased: ReadonlySet<string> = new Set();
  try {
    const written = await insertPublication(client, { ...publication, hand: { ...lease, ids } });
    leased = written.leased;
    return written.isStored;
  } finally {
    // Also when it failed: whatever may have been stored then waits for its lease to end.
    const events = new Map(publication.events.map((event) => [event.id, event]));
    for (const [i, delivery] of first.entries()) {
      if (!kept[i]) continue;
      delivery.inHand = leased.has(delivery.id);
      const event = events.get(delivery.eventId)!;
      grasped.end(i, delivery.inHand ? claimed(publication, { delivery, event, token: lease.token }) : null);
    }
  }
}

/** Whether it is to be sent as soon as it is stored. */
export function goesNow({ fate, afterMs }: NewDelivery): boolean {
  return fate === 'ready' && afterMs === 0;
}

/** What a claim would have read. */
function claimed(
  { tenantId, clock: { nowMs } }: Publication,
  { delivery, event, token }: { delivery: NewDelivery; event: NewEvent; token: number },
): ClaimedDelivery {
  const { id, eventId, lane, revision } = delivery;
  const { type, providerEventId, body } = event;
  return {
    ...{ tenantId, id, eventId, lane, revision, token },
    trigger: TRIGGERS[delivery.trigger]!,
    ownClock: false,
    tries: 0,
    claims: 1,
    dueAtMs: nowMs,
    createdAtMs: nowMs,
    databaseNowMs: nowMs,
    event: {
      ...{ type, providerEventId },
      body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      createdAtMs: nowMs,
    },
  };
}
