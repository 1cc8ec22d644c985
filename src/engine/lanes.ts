import type { ClaimedDelivery, ReadyState } from '../store/queue.js';
import { compareVerdicts, type VerdictPlace } from './attempt/assess.js';
import type { LaneSnapshot } from './lane-snapshot.js';
import { Ramp } from './ramp.js';
import { type CapGroup, createGroup, SharedCaps, tightest } from './shared-caps.js';
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
  /** By state: nothing due before is ready and unclaimed, as far as is known; `-Infinity` = nothing is known. */
  since: [number, number];
  /** Grows whenever something older may have become ready: a claim under way knows nothing of it. */
  lowerings: number;
  /** Whether what was claimed last was long overdue, by state: then more of it may be. */
  overdue: [boolean, boolean];
  /** Whether it stands in a ready queue, or waits under a shared cap, by state. */
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
  want: Want;
  key: VerdictPlace;
}

/** So many may be claimed of a lane; they count as in flight until `claimed` says how many there were. */
export interface Want {
  lane: Lane;
  want: number;
  /** What else they are counted in. */
  groups: readonly CapGroup[];
  /** Nothing older is looked at, milliseconds; `-Infinity` = anything is. */
  sinceMs: number;
  /** The lane's counts when these were taken. */
  nudges: number;
  lowerings: number;
}

/** What came of a want. */
export interface Claimed {
  got: number;
  /** When the last of them was due; null when there was none. */
  lastDueMs: number | null;
  /** Whether the last of them was long overdue. */
  overdue: boolean;
}

export interface LaneFigures {
  /** Subscriptions known here. */
  known: number;
  /** Requests on the wire to the one that has most of them. */
  mostInFlight: number;
}

const NO_LIMITS: readonly Limit[] = [];
const NO_GROUPS: readonly CapGroup[] = [];
/** How soon to look whether a backlog may have more, milliseconds. */
const RAMP_STEP_MS = 100;
/**
 * A publish is claimable so long after its instant, at the latest, milliseconds: a later one waits for the next look. Longer
 * costs every claim the dead rows of that time, wherever a long transaction keeps them.
 */
const COMMITS_WITHIN_MS = 2_000;

/**
 * Who is served next: one FIFO of lanes for first attempts and one for retries, so every lane gets its turn and no lane
 * more than its cap. Policy lives here, in memory, where it can be tested; the claim statement has none.
 */
export class Lanes {
  readonly #lanes = new Map<number, Lane>();
  readonly #ready: [Lane[], Lane[]] = [[], []];
  /** What several lanes share, by the key of what they share it as. */
  readonly #shared = new Map<string, { bucket: Bucket; lastUsedMs: number }>();
  readonly #caps = new SharedCaps();
  readonly #ramp = new Ramp();
  readonly #backlog = createGroup();
  readonly #monotonic: () => number;
  readonly #slots: number;

  /** @param slots of this process. */
  constructor(monotonic: () => number, slots: number) {
    this.#monotonic = monotonic;
    this.#slots = slots;
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
      since: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      lowerings: 0,
      overdue: [false, false],
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

  /**
   * There may be ready rows of this state.
   * @param sinceMs the oldest of them; absent: they are as new as what a publish makes.
   */
  heat(key: number, state: ReadyState, sinceMs?: number): void {
    const lane = this.get(key);
    if (sinceMs !== undefined) lower(lane, state, sinceMs);
    lane.hot[state] = true;
    lane.nudges += 1;
    this.#enqueue(lane, state);
  }

  /** Whether any lane waits for its turn. */
  waits(state: ReadyState): boolean {
    return this.#ready[state].length > 0;
  }

  /** Of those that wait, up to so many whose rows are to be looked at; `take` passes over who is not known at all. */
  unknown(state: ReadyState, count: number): Lane[] {
    const found: Lane[] = [];
    for (const lane of this.#ready[state]) {
      if (found.length === count) break;
      if (isUnknown(lane)) found.push(lane);
    }
    return found;
  }

  /**
   * Takes lanes off the head of a queue until `slots` are given away. A lane at its cap, or under a shared one, leaves the
   * queue and comes back with `returned`; without a token it stays and `waitMs` says how long.
   */
  take(state: ReadyState, slots: number): { wants: Want[]; waitMs: number | null } {
    const queue = this.#ready[state];
    const wants: Want[] = [];
    /** To lanes of this turn, under limits that others share. */
    const promised = new Map<Bucket, number>();
    let left = slots;
    let waitMs = this.#letBacklogIn();
    for (let turns = queue.length; turns > 0 && left > 0; turns--) {
      const lane = queue.shift()!;
      lane.queued[state] = false;
      if (lane.snapshot === null) {
        this.#enqueue(lane, state);
        continue;
      }
      const cap = lane.snapshot.maxInFlight;
      // On a clock of its own nothing waits for real tokens.
      const limits = lane.snapshot.tenant.clockMode === 'system' ? this.limits(lane) : NO_LIMITS;
      const tokens = tokensOf(limits, this.#monotonic(), promised);
      if (tokens.waitMs !== null) {
        waitMs = Math.min(waitMs ?? Number.POSITIVE_INFINITY, tokens.waitMs);
        this.#enqueue(lane, state);
        continue;
      }
      const groups = this.#groupsOf(lane, state);
      const shared = tightest(groups);
      if (shared && shared.room <= 0) {
        lane.queued[state] = true;
        shared.group.waiting.push({ lane, state });
        if (shared.group === this.#backlog) waitMs = Math.min(waitMs ?? RAMP_STEP_MS, RAMP_STEP_MS);
        continue;
      }
      const want = Math.min(cap - lane.inFlight, tokens.count, shared?.room ?? left, left);
      if (want <= 0) continue;
      const { nudges, lowerings } = lane;
      wants.push({ lane, want, groups, sinceMs: readsFrom(lane, state), nudges, lowerings });
      lane.inFlight += want;
      for (const group of groups) group.inFlight += want;
      for (const { bucket } of limits) promised.set(bucket, (promised.get(bucket) ?? 0) + want);
      left -= want;
    }
    return { wants, waitMs };
  }

  /** One slot of a lane that has nothing else to send first; null where a claim must decide. It ends with `returned`. */
  keep(key: number, revision: number): Want | null {
    const lane = this.#lanes.get(key);
    const snapshot = lane?.snapshot;
    if (!lane || !snapshot || isUnknown(lane) || snapshot.revision !== revision) return null;
    const { tenant, sharedCaps, maxInFlight } = snapshot;
    const mayGo = tenant.clockMode === 'system' && sharedCaps.length === 0 && lane.inFlight < maxInFlight;
    if (!mayGo || lane.hot[0] || lane.overdue[0] || this.limits(lane).length > 0) return null;
    const { nudges, lowerings } = lane;
    lane.inFlight += 1;
    return { lane, want: 1, groups: NO_GROUPS, sinceMs: lane.since[0], nudges, lowerings };
  }

  /** What was kept is in hand: as after a claim, nothing older is ready as far as is known. */
  begun({ lane, lowerings }: Want, dueMs: number): void {
    if (lane.lowerings === lowerings && lane.since[0] !== Number.NEGATIVE_INFINITY)
      lane.since[0] = Math.max(lane.since[0], dueMs - COMMITS_WITHIN_MS);
  }

  /** After a claim: whether the lane has more is known from what came back, unless it was nudged meanwhile. */
  claimed(taken: Want, state: ReadyState, { got, lastDueMs, overdue }: Claimed): void {
    const { lane, want } = taken;
    if (lastDueMs !== null && lane.lowerings === taken.lowerings)
      lane.since[state] = Math.max(lane.since[state], lastDueMs - COMMITS_WITHIN_MS);
    lane.overdue[state] = overdue;
    if (overdue) this.#ramp.seen(this.#monotonic());
    this.#free(taken, want - got);
    if (got < want && lane.nudges === taken.nudges) lane.hot[state] = false;
    else this.#enqueue(lane, state);
  }

  /** The claim failed: whatever there is, is there still. */
  notClaimed(taken: Want, state: ReadyState): void {
    this.#free(taken, taken.want);
    this.heat(taken.lane.key, state, Number.NEGATIVE_INFINITY);
  }

  /** A slot of this lane is free again. */
  returned(taken: Want): void {
    const { lane } = taken;
    this.#free(taken, 1);
    lane.lastUsedMs = this.#monotonic();
    for (const state of [0, 1] as const) if (lane.hot[state]) this.#enqueue(lane, state);
  }

  #free({ lane, groups }: Want, count: number): void {
    lane.inFlight -= count;
    for (const group of groups) {
      group.inFlight -= count;
      this.#release(group, Math.max(count, group.cap - group.inFlight));
    }
  }

  /** As many of those that wait come back as there is room; who then has nothing to claim makes room for the next. */
  #release(group: CapGroup, count: number): void {
    for (const { lane, state } of group.waiting.splice(0, Math.max(0, count))) {
      lane.queued[state] = false;
      this.#enqueue(lane, state);
    }
  }

  #groupsOf({ snapshot, overdue }: Lane, state: ReadyState): readonly CapGroup[] {
    const shared =
      snapshot && snapshot.sharedCaps.length > 0 ? this.#caps.groupsOf(snapshot.sharedCaps) : NO_GROUPS;
    return overdue[state] ? [...shared, this.#backlog] : shared;
  }

  /** @returns when to look again, milliseconds; null when no backlog waits. */
  #letBacklogIn(): number | null {
    this.#backlog.cap = this.#ramp.allowed(this.#slots, this.#monotonic());
    this.#release(this.#backlog, this.#backlog.cap - this.#backlog.inFlight);
    return this.#backlog.waiting.length > 0 ? RAMP_STEP_MS : null;
  }

  /** A turn for an attempt whose verdict must not come before those of earlier instants and smaller deliveries. */
  queueUp(want: Want, key: VerdictPlace): Place {
    const { lane } = want;
    const place: Place = { outcome: null, want, key };
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
    this.#caps.sweep();
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

/** From when on a claim reads this lane, milliseconds. Instants of a clock of its own come in no order that is known here. */
function readsFrom(lane: Lane, state: ReadyState): number {
  return lane.snapshot?.tenant.clockMode === 'system' ? lane.since[state] : Number.NEGATIVE_INFINITY;
}

/** Lanes whose copy is older than the rows just claimed. */
export function staleLanes(rows: readonly ClaimedDelivery[], wants: readonly Want[]): Lane[] {
  const revisions = new Map(rows.map((row) => [row.lane, row.revision]));
  return wants
    .map(({ lane }) => lane)
    .filter((lane) => revisions.has(lane.key) && lane.snapshot?.revision !== revisions.get(lane.key));
}

/** Something as old as this may have become ready. */
export function lower(lane: Lane, state: ReadyState, sinceMs: number): void {
  lane.since[state] = Math.min(lane.since[state], sinceMs);
  lane.lowerings += 1;
}
