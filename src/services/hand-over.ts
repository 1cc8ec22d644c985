import { insertPublication, type NewDelivery, type Publication } from '../store/publishing.js';
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
    const events = new Map(publication.events.map((event) => [event.id, event]));
    first.forEach((delivery, i) => {
      if (!kept[i]) return;
      delivery.inHand = leased.has(delivery.id);
      grasped.end(i, delivery.inHand ? asClaimed(delivery, publication, lease.token) : null);
    });

    function asClaimed(
      delivery: NewDelivery,
      { tenantId, clock }: Publication,
      token: number,
    ): ClaimedDelivery {
      const { type, providerEventId, body } = events.get(delivery.eventId)!;
      return {
        tenantId,
        id: delivery.id,
        eventId: delivery.eventId,
        lane: delivery.lane,
        trigger: TRIGGERS[delivery.trigger]!,
        ownClock: false,
        tries: 0,
        claims: 1,
        dueAtMs: clock.nowMs,
        createdAtMs: clock.nowMs,
        revision: delivery.revision,
        token,
        event: {
          type,
          providerEventId,
          body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
          createdAtMs: clock.nowMs,
        },
        databaseNowMs: clock.nowMs,
      };
    }
  }
}

export function goesNow({ fate, afterMs }: NewDelivery): boolean {
  return fate === 'ready' && afterMs === 0;
}
