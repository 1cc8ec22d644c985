import type { WallClock } from '../lib/clock.js';
import type { Ids } from '../lib/ids.js';
import type { Log } from '../lib/log.js';
import type { Random } from '../lib/random.js';
import type { Database } from '../store/database.js';
import type { ClaimedDelivery, Queue, ReadyState } from '../store/queue.js';
import { createTokens } from './access/tokens.js';
import { Alarms } from './alarms.js';
import { watches } from './attempt/assess.js';
import { type AttemptTools, attempt } from './attempt/attempt.js';
import type { Egress } from './egress/egress.js';
import { FaultDesk } from './faults/desk.js';
import { FirstHand } from './first-hand.js';
import type { TellHappenings } from './happenings.js';
import { InHand } from './in-hand.js';
import type { LaneSnapshot } from './lane-snapshot.js';
import { type Lane, type LaneFigures, Lanes, lower, staleLanes, type Want } from './lanes.js';
import { leaseMs } from './lease.js';
import { Pump } from './pump.js';
import { isOverdue } from './ramp.js';
import { type OutcomeFigures, type SettledAttempt, type SettleObserver, Settler } from './settler.js';
import { Slots } from './slots.js';
import { spend } from './throttle.js';
import { countClaimed, createTotals } from './totals.js';
import { TurnedAway } from './turned-away.js';

export interface DispatcherOptions {
  db: Database;
  queue: Queue;
  egress: Egress;
  loadSnapshots(lanes: readonly number[]): Promise<LaneSnapshot[]>;
  observer: SettleObserver;
  /** Writes what happened for whoever hears of it. */
  tell: TellHappenings;
  clock: WallClock;
  ids: Ids;
  random: Random;
  /** What attempts draw from, where they have to repeat themselves; absent: `random`. */
  randomFor?(deliveryId: string, attempt: number): Random;
  log: Log;
  version: string;
  /** Deliveries in flight at once, 1 to 10,000. */
  slots: number;
  /** How often to look for what nobody told of, milliseconds; default: by the database. */
  lookEveryMs?: number;
  /** A copy of a delivery was planned. Absent: whoever looks now and then will find it. */
  planned?(): void;
}

/** A delivery in hand. */
interface Hand {
  want: Want;
  state: ReadyState;
  /** Monotonic, both. */
  receivedMs: number;
  leaseEndsMs: number;
}

/** A claim under way. */
interface Claim {
  state: ReadyState;
  wants: readonly Want[];
  /** Monotonic. */
  leaseEndsMs: number;
}

/** What bounds a wake-up that was lost, and a third of what an idle process asks; alone, every one comes from itself. */
const LOOK_MS = 1_800;
const LOOK_ALONE_MS = 5_000;
const IDLE_LANE_MS = 600_000;
/** Outcomes not yet durable, above which nothing new is claimed. */
const MAX_BACKLOG = 1_000;
const AFTER_FAILED_CLAIM_MS = 500;

/**
 * Claims due deliveries, sends them and settles what came of it. Any number of these may share a database: a claim is
 * fenced by its token and ends with its lease.
 */
export class Dispatcher {
  readonly #o: DispatcherOptions;
  readonly #tools: AttemptTools;
  readonly #lanes: Lanes;
  readonly #settler: Settler;
  readonly #alarms: Alarms;
  readonly #turnedAway: TurnedAway;
  readonly #faults: FaultDesk;
  readonly #tokenBase: number;
  #tokenSeq = 0;
  readonly #slots: Slots;
  readonly #pump: Pump;
  #stopped = false;
  #whenEmpty: (() => void)[] = [];
  readonly #inHand = new InHand();
  /** Keeps slots for first attempts that are about to be stored. */
  readonly firstHand: FirstHand;
  readonly totals = createTotals();

  constructor(options: DispatcherOptions) {
    this.#o = options;
    const { db, queue, log, random, clock, ids, egress, version } = options;
    this.#tools = { egress, tokens: createTokens(egress, clock.monotonic), clock, ids, random, version };
    this.#pump = new Pump(
      () => this.#claimAll(),
      () => this.#checkEmpty(),
    );
    this.#slots = new Slots(options.slots);
    this.#lanes = new Lanes(clock.monotonic, options.slots);
    this.firstHand = new FirstHand({
      lanes: this.#lanes,
      monotonic: clock.monotonic,
      free: () => (this.#stopped || this.#lanes.waits(0) ? 0 : this.#freeFor(0)),
      most: this.#slots.keepable,
      nextToken: () => this.#nextToken(),
      count: (change) => this.#count(0, change),
      begin: (delivery, hand) => this.#begin(delivery, { ...hand, state: 0 }),
    });
    this.#tokenBase = Math.floor(random.float() * 2 ** 31) * 2 ** 21;
    this.#settler = new Settler({
      db,
      queue,
      log,
      observer: { moved: options.observer.moved, settled: (items) => this.#settled(items) },
      tell: options.tell,
      done: ({ attempted }) => {
        this.#inHand.drop(attempted.delivery.tenantId);
        // Claiming may have waited for the backlog.
        this.#pump.schedule();
      },
      monotonic: clock.monotonic,
    });
    this.#alarms = new Alarms({
      queue,
      everyMs: options.lookEveryMs ?? (db.embedded ? LOOK_ALONE_MS : LOOK_MS),
      random,
      log,
      monotonic: clock.monotonic,
      ready: (lanes) => {
        for (const { lane, state, sinceMs } of lanes) this.#lanes.heat(lane, state, sinceMs);
        this.#lanes.sweep(IDLE_LANE_MS);
        this.#pump.schedule();
      },
    });
    this.#turnedAway = new TurnedAway({
      db,
      queue,
      clock,
      ids,
      limits: (lane) => this.#lanes.limits(lane),
      putOff: (inMs) => this.promoteSoon(inMs),
      ready: (lane) => this.wake([lane]),
    });
    this.#faults = new FaultDesk({
      db,
      queue,
      ids,
      version,
      now: clock.now,
      putOff: (inMs) => this.promoteSoon(inMs),
      planned: () => options.planned?.(),
    });
  }

  async start(): Promise<void> {
    if (this.#o.db.embedded) {
      const count = await this.#o.queue.voidLeases();
      if (count > 0)
        this.#o.log.warn('deliveries were in flight when the last process ended; sending them again', {
          count,
        });
    }
    await this.#alarms.start();
  }

  /** Requests on the wire now. */
  get inFlight(): number {
    return this.#slots.taken;
  }

  /** Outcomes not yet durable. */
  get backlog(): number {
    return this.#settler.backlog;
  }

  /** For whoever collects metrics. */
  get figures(): { outcomes: OutcomeFigures; lanes: LaneFigures } {
    return { outcomes: this.#settler.figures, lanes: this.#lanes.figures };
  }

  /** These lanes have ready first attempts that were published just now. To be called after commit. */
  nudge(lanes: readonly number[]): void {
    for (const lane of lanes) this.#lanes.heat(lane, 0);
    this.#pump.schedule();
  }

  /** These lanes have ready deliveries of either kind, however old. To be called after commit. */
  wake(lanes: readonly number[]): void {
    for (const lane of lanes)
      for (const state of [0, 1] as const) this.#lanes.heat(lane, state, Number.NEGATIVE_INFINITY);
    this.#pump.schedule();
  }

  /** Something may be due sooner than was known. */
  promoteSoon(inMs = 0): void {
    this.#alarms.promoteSoon(inMs);
  }

  /** Resolves when this process holds no unsettled delivery of the tenant. */
  async quiet(tenantId: string): Promise<void> {
    await this.#inHand.quiet(tenantId);
  }

  /** Stops claiming, lets what is on the wire finish and settles it. A kill instead loses nothing either, it only repeats. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pump.stop();
    await this.#alarms.stop();
    if (this.inFlight > 0 || this.#pump.running)
      await new Promise<void>((done) => this.#whenEmpty.push(done));
    await this.#settler.drained();
  }

  async #claimAll(): Promise<void> {
    try {
      for (let claimed = true; claimed && !this.#stopped; ) {
        // First attempts before retries.
        const fresh = await this.#claim(0);
        claimed = (await this.#claim(1)) || fresh;
      }
    } catch (error) {
      this.#o.log.error('claim failed; trying again', { error: (error as Error).message });
      this.#pump.scheduleIn(AFTER_FAILED_CLAIM_MS);
    }
  }

  /** @returns whether anything was asked for. */
  async #claim(state: ReadyState): Promise<boolean> {
    const free = this.#freeFor(state);
    if (free <= 0 || this.#stopped) return false;
    // Before anything is promised: what a lane shares with others is known only then.
    const unknown = this.#lanes.unknown(state, free);
    const learns = unknown.some(({ snapshot }) => snapshot === null);
    await this.#load(unknown);
    const { wants, waitMs } = this.#lanes.take(state, free);
    if (waitMs !== null) this.#pump.scheduleIn(waitMs);
    if (wants.length === 0) return learns;
    try {
      const lastsMs = leaseMs(wants);
      const leaseEndsMs = this.#o.clock.monotonic() + lastsMs;
      const asked = wants.map(({ lane, want, sinceMs }) => ({ lane: lane.key, want, sinceMs }));
      const lease = { token: this.#nextToken(), seconds: lastsMs / 1000 };
      const askedAtMs = this.#o.clock.monotonic();
      const rows = await this.#o.queue.claim(state, asked, lease);
      this.totals.claimMs += this.#o.clock.monotonic() - askedAtMs;
      await this.#load(staleLanes(rows, wants));
      this.#dispatch(rows, { state, wants, leaseEndsMs });
    } catch (error) {
      for (const want of wants) this.#lanes.notClaimed(want, state);
      throw error;
    }
    return true;
  }

  #freeFor(state: ReadyState): number {
    return this.#settler.backlog > MAX_BACKLOG ? 0 : this.#slots.free(state, this.#lanes.waits(1));
  }

  #nextToken(): number {
    this.#tokenSeq = (this.#tokenSeq + 1) % 2 ** 21;
    return this.#tokenBase + this.#tokenSeq;
  }

  #dispatch(rows: readonly ClaimedDelivery[], { state, wants, leaseEndsMs }: Claim): void {
    this.totals.claims += 1;
    const receivedMs = this.#o.clock.monotonic();
    const byLane = new Map<number, ClaimedDelivery[]>(wants.map(({ lane }) => [lane.key, []]));
    for (const row of rows) byLane.get(row.lane)!.push(row);
    for (const want of wants) {
      const mine = byLane.get(want.lane.key)!;
      const last = mine.at(-1);
      this.#lanes.claimed(want, state, {
        got: mine.length,
        lastDueMs: last?.dueAtMs ?? null,
        overdue: last !== undefined && isOverdue(last),
      });
      for (const delivery of mine) {
        this.#count(state, 1);
        this.#begin(delivery, { want, state, receivedMs, leaseEndsMs });
      }
    }
  }

  #count(state: ReadyState, change: 1 | -1): void {
    this.#slots.count(state, change);
    if (change > 0) return;
    this.#pump.schedule();
    this.#checkEmpty();
  }

  #begin(delivery: ClaimedDelivery, hand: Hand): void {
    countClaimed(this.totals, delivery);
    this.#inHand.take(delivery.tenantId);
    void this.#one(delivery, hand);
  }

  async #one(delivery: ClaimedDelivery, hand: Hand): Promise<void> {
    const { want, state } = hand;
    const { lane } = want;
    // On a clock of their own, verdicts of one instant apply in the order of the deliveries' ids.
    const ordered = delivery.ownClock && lane.snapshot !== null && watches(lane.snapshot.policies.health);
    const key = { startedAtMs: delivery.dueAtMs, deliveryId: delivery.id };
    const place = ordered ? this.#lanes.queueUp(want, key) : null;
    const finish = await this.#attempt(delivery, lane, hand);
    this.#count(state, -1);
    if (place) {
      place.outcome = finish;
      for (let first = lane.ordered[0]; first?.outcome; first = lane.ordered[0]) {
        lane.ordered.shift();
        first.outcome();
        this.#lanes.returned(first.want);
      }
    } else {
      finish();
      this.#lanes.returned(want);
    }
  }

  /** @returns what hands the outcome on, once it is this delivery's turn. Never rejects. */
  async #attempt(
    delivery: ClaimedDelivery,
    lane: Lane,
    at: { receivedMs: number; leaseEndsMs: number },
  ): Promise<() => void> {
    const dropped = () => this.#inHand.drop(delivery.tenantId);
    try {
      const turnedAway = this.#turnedAway.consider(delivery, lane, at.leaseEndsMs);
      if (turnedAway) {
        await turnedAway;
        return dropped;
      }
      const snapshot = lane.snapshot!;
      const nowMs = () => delivery.databaseNowMs + (this.#o.clock.monotonic() - at.receivedMs);
      const strike = snapshot.faults && (await this.#faults.meet(delivery, snapshot, nowMs()));
      if (strike === 'putOff') return dropped;
      if (!delivery.ownClock) spend(this.#lanes.limits(lane), this.#o.clock.monotonic());
      this.totals.attempts += 1;
      const attempted = await attempt(delivery, snapshot, {
        startedMs: nowMs(),
        tools: this.#toolsFor(delivery),
        strike,
      });
      if (strike) await this.#faults.record(attempted, strike);
      return () => this.#settler.add(attempted, lane, at.leaseEndsMs);
    } catch (error) {
      this.#o.log.error('attempt could not be made', {
        delivery: delivery.id,
        error: (error as Error).message,
      });
      const failed = await this.#turnedAway.afterFault(delivery, lane.snapshot);
      if (!failed) return dropped;
      this.totals.poisoned += 1;
      return () => this.#settler.add(failed, lane, at.leaseEndsMs);
    }
  }

  #toolsFor({ id, tries }: ClaimedDelivery): AttemptTools {
    const { randomFor } = this.#o;
    return randomFor ? { ...this.#tools, random: randomFor(id, tries + 1) } : this.#tools;
  }

  async #load(lanes: readonly Lane[]): Promise<void> {
    if (lanes.length === 0) return;
    const snapshots = await this.#o.loadSnapshots(lanes.map((lane) => lane.key));
    const byKey = new Map(snapshots.map((snapshot) => [snapshot.lane, snapshot]));
    for (const lane of lanes) {
      lane.snapshot = byKey.get(lane.key) ?? null;
      for (const state of [0, 1] as const) lower(lane, state, Number.NEGATIVE_INFINITY);
      if (lane.snapshot === null) lane.hot = [false, false];
      else lane.dirty = lane.dirty || lane.snapshot.health !== null;
    }
  }

  /** Puts retries on the alarm as they settle, so that they go out on the instant and not at the next look. */
  #settled(items: readonly SettledAttempt[]): void {
    this.totals.settled += items.length;
    for (const { attempted, settled } of items) {
      if (settled.nextAtMs === null) continue;
      const { clockMode } = attempted.lane.tenant;
      const delayMs = settled.nextAtMs - settled.startAtMs;
      const agoMs = this.#o.clock.monotonic() - attempted.startedMonotonicMs;
      if (clockMode === 'system') this.promoteSoon(delayMs - agoMs);
      else if (clockMode === 'scaled' || settled.overdue) this.promoteSoon(1);
    }
    this.#o.observer.settled(items);
  }

  #checkEmpty(): void {
    if (this.inFlight > 0 || this.#pump.running) return;
    for (const done of this.#whenEmpty.splice(0)) done();
  }
}
