import type { ReadyState } from '../store/queue.js';
import { compareVerdicts, type VerdictPlace } from './attempt/assess.js';
import type { LaneSnapshot } from './lane-snapshot.js';
import { type Bucket, createBucket, type Limit, tokensOf } from './throttle.js';

/** A subscription as the dispatcher sees it: how much of it is in flight, and whether there may be more to claim. */
export interface Lane {
  readonly key: number;
  snapshot: LaneSnapshot | null;
  /** Claimed and not answered. */
  inFlight: number;
  /** Whether the database may hold ready rows, by state. */
  hot: [boolean, boolean];
  /** Grows with every nudge: a nudge that lands while a claim is under way must not be lost with that claim's result. */
  nudges: number;
  /** Whether it stands in a ready queue, by state. */
  queued: [boolean, boolean];
  bucket: Bucket;
  /** Whether its health remembers a failure, so that a success has something to heal. */
  dirty: boolean;
  /** The latest success on the database's clock: a failure that started before it changes nothing. */
  lastSuccess: VerdictPlace | null;
  /** Attempts in the order of their verdicts, where those must apply in exactly that order. */
  ordered: Place[];
  lastUsedMs: number;
}

/** One attempt's turn to tell its outcome. */
export interface Place {
  /** Null as long as there is none. */
  outcome: (() => void) | null;
  key: VerdictPlace;
}

export interface Want {
  lane: Lane;
  want: number;
}

export interface LaneFigures {
  /** Subscriptions known here. */
  known: number;
  /** Requests on the wire to the one that has most of them. */
  mostInFlight: number;
}

const NO_LIMITS: readonly Limit[] = [];

/**
 * Who is served next: one FIFO of lanes for first attempts and one for retries, so every lane gets its turn and no lane
 * more than its cap. Policy lives here, in memory, where it can be tested; the claim statement has none.
 */
export class Lanes {
  readonly #lanes = new Map<number, Lane>();
  readonly #ready: [Lane[], Lane[]] = [[], []];
  /** What several lanes share, by the key of what they share it as. */
  readonly #shared = new Map<string, { bucket: Bucket; lastUsedMs: number }>();
  readonly #monotonic: () => number;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  get size(): number {
    return this.#lanes.size;
  }

  /** Looked at when somebody asks for metrics, and never on the way of a delivery. */
  get figures(): LaneFigures {
    let mostInFlight = 0;
    for (const lane of this.#lanes.values()) mostInFlight = Math.max(mostInFlight, lane.inFlight);
    return { known: this.#lanes.size, mostInFlight };
  }

  get(key: number): Lane {
    const known = this.#lanes.get(key);
    if (known) return known;
    const lane: Lane = {
      key,
      snapshot: null,
      inFlight: 0,
      hot: [false, false],
      nudges: 0,
      queued: [false, false],
      bucket: createBucket(),
      dirty: true,
      lastSuccess: null,
      ordered: [],
      lastUsedMs: this.#monotonic(),
    };
    this.#lanes.set(key, lane);
    return lane;
  }

  /** How many a second may go, as far as that is known. */
  limits({ snapshot, bucket }: Lane): readonly Limit[] {
    if (!snapshot || (snapshot.rateLimit === null && snapshot.sharedLimit === null)) return NO_LIMITS;
    const { rateLimit, sharedLimit } = snapshot;
    const limits: Limit[] = rateLimit === null ? [] : [{ bucket, rate: rateLimit }];
    if (sharedLimit) limits.push({ bucket: this.#sharedBucket(sharedLimit.key), rate: sharedLimit.rate });
    return limits;
  }

  #sharedBucket(key: string): Bucket {
    const shared = this.#shared.get(key) ?? { bucket: createBucket(), lastUsedMs: 0 };
    shared.lastUsedMs = this.#monotonic();
    this.#shared.set(key, shared);
    return shared.bucket;
  }

  /** There may be ready rows of this state. */
  heat(key: number, state: ReadyState): void {
    const lane = this.get(key);
    lane.hot[state] = true;
    lane.nudges += 1;
    this.#enqueue(lane, state);
  }

  /**
   * Takes lanes off the head of a queue until `slots` are given away. A lane at its cap, or without a token, leaves the
   * queue and comes back with `returned` or `tokensAt`.
   */
  take(state: ReadyState, slots: number): { wants: Want[]; waitMs: number | null } {
    const queue = this.#ready[state];
    const wants: Want[] = [];
    /** To lanes of this turn, under limits that others share. */
    const promised = new Map<Bucket, number>();
    let left = slots;
    let waitMs: number | null = null;
    for (let turns = queue.length; turns > 0 && left > 0; turns--) {
      const lane = queue.shift()!;
      lane.queued[state] = false;
      const cap = lane.snapshot?.maxInFlight ?? 1;
      // On a clock of its own nothing waits for real tokens.
      const limits = lane.snapshot?.tenant.clockMode === 'system' ? this.limits(lane) : NO_LIMITS;
      const tokens = tokensOf(limits, this.#monotonic(), promised);
      if (tokens.waitMs !== null) {
        waitMs = Math.min(waitMs ?? Number.POSITIVE_INFINITY, tokens.waitMs);
        this.#enqueue(lane, state);
        continue;
      }
      const want = Math.min(cap - lane.inFlight, tokens.count, left);
      if (want <= 0) continue;
      wants.push({ lane, want });
      for (const { bucket } of limits) promised.set(bucket, (promised.get(bucket) ?? 0) + want);
      left -= want;
    }
    return { wants, waitMs };
  }

  /** After a claim: whether the lane has more is known from what came back, unless it was nudged meanwhile. */
  claimed({ lane, want }: Want, state: ReadyState, got: number, nudgesBefore: number): void {
    if (got < want && lane.nudges === nudgesBefore) lane.hot[state] = false;
    else this.#enqueue(lane, state);
  }

  /** A slot of this lane is free again. */
  returned(lane: Lane): void {
    lane.inFlight -= 1;
    lane.lastUsedMs = this.#monotonic();
    for (const state of [0, 1] as const) if (lane.hot[state]) this.#enqueue(lane, state);
  }

  /** A turn for an attempt whose verdict must not come before those of earlier instants and smaller deliveries. */
  queueUp(lane: Lane, key: VerdictPlace): Place {
    const place: Place = { outcome: null, key };
    let i = lane.ordered.length;
    while (i > 0 && compareVerdicts(lane.ordered[i - 1]!.key, key) > 0) i -= 1;
    lane.ordered.splice(i, 0, place);
    return place;
  }

  /** Forgets lanes that have been quiet for `idleMs`. */
  sweep(idleMs: number): void {
    const before = this.#monotonic() - idleMs;
    for (const lane of this.#lanes.values()) {
      const idle = lane.inFlight === 0 && lane.ordered.length === 0 && !lane.hot[0] && !lane.hot[1];
      if (idle && lane.lastUsedMs < before) this.#lanes.delete(lane.key);
    }
    for (const [key, { lastUsedMs }] of this.#shared) if (lastUsedMs < before) this.#shared.delete(key);
  }

  #enqueue(lane: Lane, state: ReadyState): void {
    if (lane.queued[state] || !lane.hot[state]) return;
    if (lane.snapshot && lane.inFlight >= lane.snapshot.maxInFlight) return;
    lane.queued[state] = true;
    this.#ready[state].push(lane);
  }
}

/** Whether a look at its row may tell more than is known; what could not be read may have been mended. */
export function isUnknown({ snapshot }: Lane): boolean {
  return snapshot === null || snapshot.unreadable !== undefined;
}
