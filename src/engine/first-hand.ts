import type { ClaimedDelivery } from '../store/queue.js';
import type { Lanes, Want } from './lanes.js';
import { leaseMs } from './lease.js';

/** A first attempt that is about to be stored. */
export interface Offered {
  lane: number;
  /** Its subscription's, when the attempt was decided. */
  revision: number;
}

/** Slots kept for first attempts whose publication is under way. */
export interface Grasp {
  /** For each offered one, whether a slot is kept for it. */
  kept: readonly boolean[];
  /** To be stored with those. */
  lease: { token: number; seconds: number };
  /**
   * Once for each that is kept, after the commit or when there was none.
   * @param delivery as it was stored under the lease; null = it was not, and its slot is free again.
   */
  end(index: number, delivery: ClaimedDelivery | null): void;
}

export interface FirstHandOptions {
  lanes: Lanes;
  monotonic(): number;
  /** Slots that are free now. */
  free(): number;
  /** How many may be kept at once for what is not stored yet. */
  most: number;
  nextToken(): number;
  /** A slot is taken (1) or free again (-1). */
  count(change: 1 | -1): void;
  begin(delivery: ClaimedDelivery, hand: { want: Want; receivedMs: number; leaseEndsMs: number }): void;
}

/**
 * First attempts that this process can send at once are stored as claimed by it already: no claim, which is a round trip and a
 * flush of the log before the first byte (2.4 of 8.7 ms). What a claim would have to decide is left to a claim: lanes that are not
 * known, limited, at their cap or with something older, and clocks that are not the system's.
 */
export class FirstHand {
  readonly #o: FirstHandOptions;
  /** Slots kept for what is not stored yet. */
  #kept = 0;

  constructor(options: FirstHandOptions) {
    this.#o = options;
  }

  /** @param readAtMs monotonic instant at which the database's clock was read. Null = nothing is kept. */
  grasp(offered: readonly Offered[], readAtMs: number): Grasp | null {
    const { lanes, monotonic, count, begin, most } = this.#o;
    let free = Math.min(this.#o.free(), most - this.#kept);
    const wants = offered.map(({ lane, revision }) => {
      const want = free > 0 ? lanes.keep(lane, revision) : null;
      if (want) free -= 1;
      return want;
    });
    const all = wants.filter((want) => want !== null);
    if (all.length === 0) return null;
    for (const _ of all) count(1);
    this.#kept += all.length;
    const lastsMs = leaseMs(all);
    const leaseEndsMs = monotonic() + lastsMs;
    return {
      kept: wants.map((want) => want !== null),
      lease: { token: this.#o.nextToken(), seconds: lastsMs / 1000 },
      end: (index, delivery) => {
        const want = wants[index]!;
        this.#kept -= 1;
        if (delivery) {
          lanes.begun(want, delivery.dueAtMs);
          begin(delivery, { want, receivedMs: readAtMs, leaseEndsMs });
        } else {
          lanes.returned(want);
          count(-1);
        }
      },
    };
  }
}
