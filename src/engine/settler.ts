import pRetry from 'p-retry';
import type { Log } from '../lib/log.js';
import { clearTimeout, setImmediate, setTimeout } from '../lib/timers.js';
import { type Database, isConflict, isRefusedData, isTransient } from '../store/database.js';
import type { OwnedRow } from '../store/health.js';
import type { Outcome, Queue, Settled } from '../store/queue.js';
import { holdClocks } from '../store/tenant-clock.js';
import type { Attempted } from './attempt/outcome.js';
import { toOutcome } from './attempt/outcome.js';
import { mayTell, type TellHappenings, type Told, toldOfDelivery } from './happenings.js';
import {
  applyMoves,
  isWatched,
  lockBatch,
  type Move,
  movesHealth,
  movesOf,
  remember,
  toldOfMove,
} from './health-moves.js';
import type { Lane } from './lanes.js';

/** An attempt whose outcome is not in the tables yet. */
export interface Pending {
  attempted: Attempted;
  outcome: Outcome;
  lane: Lane;
  /** Monotonic instant after which another worker may hold it. */
  leaseEndsMs: number;
  /** Whether what came back was left out. */
  stripped?: boolean;
}

export interface SettledAttempt {
  attempted: Attempted;
  outcome: Outcome;
  settled: Settled;
}

export interface SubscriptionMove {
  tenantId: string;
  subscriptionId: string;
  provider: string;
  status: string;
  unhealthySince: number | null;
}

export interface SettleObserver {
  settled(items: readonly SettledAttempt[]): void;
  moved(move: SubscriptionMove): void;
}

export interface SettlerOptions {
  db: Database;
  queue: Queue;
  log: Log;
  observer: SettleObserver;
  tell: TellHappenings;
  /** Called for every pending one that reached an end here: settled, superseded or given up. */
  done(pending: Pending): void;
  monotonic(): number;
}

export interface OutcomeFigures {
  /** Outcomes not yet durable. */
  held: number;
  /** Milliseconds since the answer to the oldest of them; 0 when there is none. */
  oldestHeldMs: number;
  /** Outcomes since the start that came too late: another claim had the delivery by then. */
  superseded: number;
  /** Outcomes since the start that could not be written within their leases. */
  givenUp: number;
}

const BATCH = 250;
/** So many go without waiting for more. */
const ENOUGH = 50;
/**
 * How long the first outcome of a batch waits for others, milliseconds. Nobody waits for it: at 600 deliveries a second one
 * statement and one flush of the log for each outcome took more of the machine than the request it tells of.
 */
const GATHER_MS = 10;
const SERVER_SETTLERS = 2;
/** Time kept free at the end of a lease for the write itself, milliseconds. */
const LEASE_MARGIN_MS = 2_000;

/**
 * Writes outcomes in batches: what came within some milliseconds, and what is waiting when a settler is free. Slots were freed
 * when the answers came; this only lengthens the time until an outcome is durable. A clock of a tenant's own does not move
 * before that, so its outcomes go at once.
 */
export class Settler {
  readonly #options: SettlerOptions;
  readonly #limit: number;
  #waiting: Pending[] = [];
  #running = 0;
  /** Lanes with outcomes being written, and whether any of those moves health. */
  readonly #busy = new Map<Lane, { count: number; moving: number }>();
  readonly #writing = new Set<readonly Pending[]>();
  #superseded = 0;
  #givenUp = 0;
  #idle: (() => void)[] = [];
  #scheduled = false;
  #gathering: NodeJS.Timeout | null = null;

  constructor(options: SettlerOptions) {
    this.#options = options;
    this.#limit = options.db.embedded ? 1 : SERVER_SETTLERS;
  }

  /** Outcomes not yet durable. */
  get backlog(): number {
    return this.#waiting.length + this.#running * BATCH;
  }

  get figures(): OutcomeFigures {
    let held = 0;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const batch of [this.#waiting, ...this.#writing]) {
      held += batch.length;
      for (const { attempted, outcome } of batch)
        oldestMs = Math.min(oldestMs, attempted.startedMonotonicMs + outcome.durationMs);
    }
    const oldestHeldMs = held === 0 ? 0 : Math.max(0, this.#options.monotonic() - oldestMs);
    return { held, oldestHeldMs, superseded: this.#superseded, givenUp: this.#givenUp };
  }

  add(attempted: Attempted, lane: Lane, leaseEndsMs: number): void {
    this.#waiting.push({ attempted, outcome: toOutcome(attempted), lane, leaseEndsMs });
    if (attempted.delivery.ownClock || this.#waiting.length >= ENOUGH) this.#schedule();
    else this.#gathering ??= setTimeout(() => this.#schedule(), GATHER_MS);
  }

  /** Resolves once everything added so far is written or given up. */
  async drained(): Promise<void> {
    if (this.#waiting.length === 0 && this.#running === 0) return;
    this.#schedule();
    await new Promise<void>((done) => this.#idle.push(done));
  }

  #schedule(): void {
    if (this.#gathering) clearTimeout(this.#gathering);
    this.#gathering = null;
    if (this.#scheduled || this.#running >= this.#limit || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  #run(): void {
    const batch = this.#take();
    if (batch.length === 0) return;
    this.#running += 1;
    this.#writing.add(batch);
    const release = this.#occupy(batch);
    void this.#write(batch).then(() => {
      this.#running -= 1;
      this.#writing.delete(batch);
      release();
      for (const pending of batch) this.#options.done(pending);
      if (this.#waiting.length > 0) this.#schedule();
      else if (this.#running === 0) for (const done of this.#idle.splice(0)) done();
    });
    this.#schedule();
  }

  /** What waits, oldest first, but for lanes whose health another settler may be moving: verdicts apply in order. */
  #take(): Pending[] {
    if (this.#busy.size === 0) return this.#waiting.splice(0, BATCH);
    const batch: Pending[] = [];
    const left: Pending[] = [];
    const passedOver = new Set<Lane>();
    for (const p of this.#waiting) {
      const busy = isWatched(p) ? this.#busy.get(p.lane) : undefined;
      const mustWait = busy && (busy.moving > 0 || movesHealth(p));
      if (mustWait) passedOver.add(p.lane);
      if (batch.length === BATCH || passedOver.has(p.lane)) left.push(p);
      else batch.push(p);
    }
    this.#waiting = left;
    return batch;
  }

  /** @returns what gives the batch's lanes free again. */
  #occupy(batch: readonly Pending[]): () => void {
    const taken = batch.filter(isWatched).map((p) => ({ lane: p.lane, moving: movesHealth(p) ? 1 : 0 }));
    for (const { lane, moving } of taken) {
      const busy = this.#busy.get(lane) ?? { count: 0, moving: 0 };
      this.#busy.set(lane, { count: busy.count + 1, moving: busy.moving + moving });
    }
    return () => {
      for (const { lane, moving } of taken) {
        const busy = this.#busy.get(lane)!;
        if (busy.count === 1) this.#busy.delete(lane);
        else this.#busy.set(lane, { count: busy.count - 1, moving: busy.moving - moving });
      }
    };
  }

  /**
   * Held and tried again while the database is away, as long as the leases last. What the database will not take is found
   * by halves, and then recorded without what came back, so that one answer never keeps others from being written. Never
   * rejects: what cannot be written is given up.
   */
  async #write(batch: readonly Pending[]): Promise<void> {
    const leaseEndsMs = Math.min(...batch.map((p) => p.leaseEndsMs)) - LEASE_MARGIN_MS;
    try {
      await pRetry(() => this.#settle(batch), {
        retries: Number.POSITIVE_INFINITY,
        minTimeout: 50,
        maxTimeout: 1_000,
        maxRetryTime: Math.max(1, leaseEndsMs - this.#options.monotonic()),
        shouldRetry: ({ error }) =>
          (isTransient(error) || isConflict(error)) && this.#options.monotonic() < leaseEndsMs,
      });
    } catch (error) {
      const { message } = error as Error;
      const [first] = batch;
      if (!isRefusedData(error) || !first || (batch.length === 1 && first.stripped)) {
        this.#giveUp(batch.length, message);
      } else if (batch.length > 1) {
        const middle = Math.ceil(batch.length / 2);
        await this.#write(batch.slice(0, middle));
        await this.#write(batch.slice(middle));
      } else {
        const delivery = first.outcome.id;
        this.#options.log.error('an answer could not be recorded', { delivery, error: message });
        await this.#write([stripAnswer(first)]);
      }
    }
  }

  #giveUp(count: number, error: string): void {
    this.#givenUp += count;
    this.#options.log.error('outcomes given up; their leases will end', { count, error });
  }

  async #settle(batch: readonly Pending[]): Promise<void> {
    // A success beside a failure of its lane goes with it, so that the two apply in order.
    const moving = new Set(batch.filter(movesHealth).map((p) => p.lane));
    const needing: Pending[] = [];
    const healthy: Pending[] = [];
    for (const p of batch) {
      const locked = (isWatched(p) && moving.has(p.lane)) || mayTell(p.attempted);
      (locked ? needing : healthy).push(p);
    }
    for (const p of healthy) p.outcome.guard = isWatched(p);
    const written = healthy.length > 0 ? await this.#options.queue.settle(healthy.map((p) => p.outcome)) : [];
    const missing = this.#report(healthy, written);
    const unwritten = new Set(missing);
    for (const p of healthy) if (p.outcome.guard && !unwritten.has(p)) remember(p, null);
    const healing = missing.filter((p) => p.outcome.guard);
    const superseded = missing.filter((p) => !p.outcome.guard);
    const locked = [...needing, ...healing];
    if (locked.length > 0) superseded.push(...(await this.#settleLocked(locked)));
    this.#superseded += superseded.length;
    if (superseded.length > 0) await this.#options.queue.recordSuperseded(superseded.map((p) => p.outcome));
  }

  /** Health moves under a lock on the subscription, in one transaction with the attempts that moved it and what is told of them. */
  async #settleLocked(batch: readonly Pending[]): Promise<Pending[]> {
    const { db, queue, observer, tell } = this.#options;
    for (const p of batch) p.outcome.guard = false;
    const heard = batch.filter((p) => p.attempted.lane.operational !== null);
    let moves: Move[] = [];
    let afterCommit = () => {};
    const written = await db.transaction(
      async (client) => {
        // Before the subscriptions, as by whoever sets a clock.
        if (heard.length > 0) await holdClocks(client, [...new Set(heard.map((p) => p.outcome.tenantId))]);
        const locked = await lockBatch(client, batch);
        const { owned } = locked;
        moves = movesOf(batch, locked);
        const mine = batch.filter((p) => owned.has(p.outcome.id));
        const settled = await queue.settle(
          mine.map((p) => p.outcome),
          client,
        );
        await applyMoves(client, moves);
        const told = toldOf(mine, { settled, owned, moves });
        afterCommit = told.length > 0 ? await tell(client, told) : () => {};
        return settled;
      },
      { hot: true },
    );
    const after = new Map(moves.map((move) => [move.lane, move.after]));
    for (const p of batch) remember(p, after.get(p.lane)?.memory);
    for (const { before, after, snapshot } of moves) {
      if (before.status === after.status) continue;
      const unhealthySince = after.memory?.unhealthySince ?? null;
      const { tenantId, subscriptionId, profile } = snapshot;
      observer.moved({
        tenantId,
        subscriptionId,
        provider: profile.id,
        status: after.status,
        unhealthySince,
      });
    }
    const missing = this.#report(batch, written);
    afterCommit();
    return missing;
  }

  /** Tells what was written. @returns those that were not. */
  #report(batch: readonly Pending[], written: readonly Settled[]): Pending[] {
    const byId = new Map(written.map((s) => [s.id, s]));
    const items: SettledAttempt[] = [];
    const missing: Pending[] = [];
    for (const p of batch) {
      const settled = byId.get(p.outcome.id);
      if (settled) items.push({ attempted: p.attempted, outcome: p.outcome, settled });
      else missing.push(p);
    }
    if (items.length > 0) this.#options.observer.settled(items);
    return missing;
  }
}

function stripAnswer(pending: Pending): Pending {
  const empty = { responseHeaders: [], bodyText: null, bodyBase64: null, truncated: true };
  return { ...pending, stripped: true, outcome: { ...pending.outcome, ...empty } };
}

/** What is told of a batch: of its deliveries in their order, then of the subscriptions they moved. */
function toldOf(
  mine: readonly Pending[],
  {
    settled,
    owned,
    moves,
  }: { settled: readonly Settled[]; owned: ReadonlyMap<string, OwnedRow>; moves: readonly Move[] },
): Told[] {
  const byId = new Map(settled.map((s) => [s.id, s]));
  const ofDeliveries = mine.map(({ attempted, outcome: { id } }) =>
    byId.has(id) ? toldOfDelivery(attempted, byId.get(id)!, owned.get(id)!) : null,
  );
  return [...ofDeliveries, ...moves.map(toldOfMove)].filter((told) => told !== null);
}
