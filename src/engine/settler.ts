import pRetry from 'p-retry';
import type pg from 'pg';
import { invariant } from '../lib/invariant.js';
import type { Log } from '../lib/log.js';
import { type Database, isConflict, isRefusedData, isTransient } from '../store/database.js';
import {
  type HealthMemory,
  type HealthRow,
  healthRowsSql,
  type OwnedRow,
  ownedSql,
  saveHealth,
} from '../store/health.js';
import type { Outcome, Queue, Settled } from '../store/queue.js';
import { cancelOpen, holdOpen } from '../store/stopping.js';
import { assess, compareVerdicts, type Health, type HealthVerdict, watches } from './attempt/assess.js';
import type { Attempted } from './attempt/outcome.js';
import { toOutcome } from './attempt/outcome.js';
import type { LaneSnapshot } from './lane-snapshot.js';
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

/** What one batch does to one subscription's health. */
interface Move {
  lane: Lane;
  before: Health;
  after: Health;
  snapshot: LaneSnapshot;
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
  /** Called for every pending one that reached an end here: settled, superseded or given up. */
  done(pending: Pending): void;
  monotonic(): number;
}

// Taken at import, so that a consumer's fake timers never stop ours.
const { setImmediate } = globalThis;

const BATCH = 250;
const SERVER_SETTLERS = 2;
/** Time kept free at the end of a lease for the write itself, milliseconds. */
const LEASE_MARGIN_MS = 2_000;

/**
 * Writes outcomes in batches: what is waiting when a settler is free goes with it, so batches grow with load and nothing
 * waits for company. Slots were freed when the answers came; this only lengthens the time until an outcome is durable.
 */
export class Settler {
  readonly #options: SettlerOptions;
  readonly #limit: number;
  #waiting: Pending[] = [];
  #running = 0;
  /** Lanes with outcomes being written, and whether any of those moves health. */
  readonly #busy = new Map<Lane, { count: number; moving: number }>();
  #idle: (() => void)[] = [];
  #scheduled = false;

  constructor(options: SettlerOptions) {
    this.#options = options;
    this.#limit = options.db.embedded ? 1 : SERVER_SETTLERS;
  }

  /** Outcomes not yet durable. */
  get backlog(): number {
    return this.#waiting.length + this.#running * BATCH;
  }

  add(attempted: Attempted, lane: Lane, leaseEndsMs: number): void {
    this.#waiting.push({ attempted, outcome: toOutcome(attempted), lane, leaseEndsMs });
    this.#schedule();
  }

  /** Resolves once everything added so far is written or given up. */
  async drained(): Promise<void> {
    if (this.#waiting.length === 0 && this.#running === 0) return;
    await new Promise<void>((done) => this.#idle.push(done));
  }

  #schedule(): void {
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
    const release = this.#occupy(batch);
    void this.#write(batch)
      .catch((error: Error) => {
        this.#options.log.error('outcomes given up; their leases will end', {
          count: batch.length,
          error: error.message,
        });
      })
      .finally(() => {
        this.#running -= 1;
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
      const mustWait = busy && (busy.moving > 0 || this.#needsLock(p));
      if (mustWait) passedOver.add(p.lane);
      if (batch.length === BATCH || passedOver.has(p.lane)) left.push(p);
      else batch.push(p);
    }
    this.#waiting = left;
    return batch;
  }

  /** @returns what gives the batch's lanes free again. */
  #occupy(batch: readonly Pending[]): () => void {
    const taken = batch.filter(isWatched).map((p) => ({ lane: p.lane, moving: this.#needsLock(p) ? 1 : 0 }));
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
   * by halves, and then recorded without what came back, so that one answer never keeps others from being written.
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
      if (!isRefusedData(error)) throw error;
      const middle = Math.ceil(batch.length / 2);
      if (batch.length > 1) {
        await this.#write(batch.slice(0, middle));
        await this.#write(batch.slice(middle));
      } else if (batch[0] && !batch[0].stripped) {
        this.#options.log.error('an answer could not be recorded', {
          delivery: batch[0].outcome.id,
          error: (error as Error).message,
        });
        await this.#write([stripAnswer(batch[0])]);
      } else throw error;
    }
  }

  async #settle(batch: readonly Pending[]): Promise<void> {
    // A success beside a failure of its lane goes with it, so that the two apply in order.
    const moving = new Set(batch.filter((p) => this.#needsLock(p)).map((p) => p.lane));
    const needing = batch.filter((p) => isWatched(p) && moving.has(p.lane));
    const healthy = batch.filter((p) => !needing.includes(p));
    for (const p of healthy) p.outcome.guard = isWatched(p);
    const written = healthy.length > 0 ? await this.#options.queue.settle(healthy.map((p) => p.outcome)) : [];
    const missing = this.#report(healthy, written);
    for (const p of healthy) if (p.outcome.guard && !missing.includes(p)) remember(p, null);
    const healing = missing.filter((p) => p.outcome.guard);
    const superseded = missing.filter((p) => !p.outcome.guard);
    const locked = [...needing, ...healing];
    if (locked.length > 0) superseded.push(...(await this.#settleLocked(locked)));
    if (superseded.length > 0) await this.#options.queue.recordSuperseded(superseded.map((p) => p.outcome));
  }

  /** A failure moves health, and a success does where there is something to heal; being disabled is no matter of health. */
  #needsLock(p: Pending): boolean {
    const { ok, control } = p.attempted.verdict;
    return control === 'disable' || (countsForHealth(p) && (!ok || p.lane.dirty));
  }

  /** Health moves under a lock on the subscription, in one transaction with the attempts that moved it. */
  async #settleLocked(batch: readonly Pending[]): Promise<Pending[]> {
    const { db, queue } = this.#options;
    for (const p of batch) p.outcome.guard = false;
    const moves: Move[] = [];
    const written = await db.transaction(
      async (client) => {
        moves.length = 0;
        const rows = await healthRows(client, batch);
        const owned = await ownedRows(client, batch);
        for (const row of rows) {
          const mine = batch
            .filter((p) => p.attempted.lane.subscriptionId === row.id && owned.has(p.outcome.id))
            .map((p) => ({ p, verdict: verdictOf(p, owned.get(p.outcome.id)!) }));
          if (!mine[0]) continue;
          const before: Health = { status: row.status, memory: row.health };
          const { lane, attempted } = mine[0].p;
          moves.push({ lane, before, after: fold(before, mine), snapshot: attempted.lane });
        }
        const settled = await queue.settle(
          batch.filter((p) => owned.has(p.outcome.id)).map((p) => p.outcome),
          client,
        );
        for (const move of moves) await applyMove(client, move);
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
      this.#options.observer.moved({
        tenantId,
        subscriptionId,
        provider: profile.id,
        status: after.status,
        unhealthySince,
      });
    }
    return this.#report(batch, written);
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
  const empty = { responseHeaders: '[]', bodyText: null, bodyBase64: null, truncated: true };
  return { ...pending, stripped: true, outcome: { ...pending.outcome, ...empty } };
}

/** Whether it can move its subscription: by its health, or because the endpoint asked for it. */
function isWatched(p: Pending): boolean {
  return p.attempted.verdict.control === 'disable' || countsForHealth(p);
}

/** What never became a request tells nothing of the endpoint. */
function countsForHealth({ attempted }: Pending): boolean {
  const { lane, delivery, wire } = attempted;
  if (wire === null || !watches(lane.policies.health)) return false;
  return delivery.trigger !== 'test' || lane.settings.testAffectsHealth === true;
}

const UNWATCHED = { kind: 'none' } as const;

/** Applies one subscription's verdicts in order, and writes the status that follows on each attempt. */
function fold(health: Health, mine: readonly { p: Pending; verdict: HealthVerdict }[]): Health {
  let current = health;
  for (const { p, verdict } of mine.toSorted((a, b) => compareVerdicts(a.verdict, b.verdict))) {
    const { lastSuccess } = p.lane;
    const overtaken =
      !verdict.ok &&
      !p.attempted.delivery.ownClock &&
      lastSuccess !== null &&
      compareVerdicts(verdict, lastSuccess) < 0;
    const policy = countsForHealth(p) ? p.attempted.lane.policies.health : UNWATCHED;
    if (!overtaken || verdict.disables) current = assess(policy, current, verdict);
    p.outcome.subscriptionStatus = current.status;
  }
  return current;
}

/** @param row as it is now: the clock may have been set back since the claim. */
function verdictOf({ attempted }: Pending, row: OwnedRow): HealthVerdict {
  const { delivery, verdict, plan, startedMs } = attempted;
  return {
    ok: verdict.ok,
    startedAtMs: row.own_clock ? row.due_at.getTime() : startedMs,
    deliveryId: delivery.id,
    eventCreatedAtMs: row.created_at.getTime(),
    exhausted: plan.outcome === 'failed',
    disables: verdict.control === 'disable',
  };
}

/** @param memory of its subscription after this; undefined = not known. */
function remember({ lane, attempted }: Pending, memory: HealthMemory | null | undefined): void {
  if (memory !== undefined) lane.dirty = memory !== null;
  const { delivery, verdict, startedMs } = attempted;
  // On a clock of its own verdicts come in order anyway, and that clock may be set back.
  if (!verdict.ok || delivery.ownClock) return;
  const success = { startedAtMs: startedMs, deliveryId: delivery.id };
  if (lane.lastSuccess === null || compareVerdicts(success, lane.lastSuccess) > 0) lane.lastSuccess = success;
}

async function healthRows(client: pg.PoolClient, batch: readonly Pending[]): Promise<HealthRow[]> {
  const keys = new Map(batch.map((p) => [p.attempted.lane.subscriptionId, p.attempted.lane.tenantId]));
  const { rows } = await client.query<HealthRow>(healthRowsSql, [[...keys.values()], [...keys.keys()]]);
  return rows;
}

async function ownedRows(client: pg.PoolClient, batch: readonly Pending[]): Promise<Map<string, OwnedRow>> {
  const claims = batch.map(({ outcome: { tenantId, id, token } }) => ({ tenantId, id, token }));
  const { rows } = await client.query<OwnedRow>(ownedSql, [JSON.stringify(claims)]);
  return new Map(rows.map((row) => [row.id, row]));
}

async function applyMove(client: pg.PoolClient, { before, after, snapshot }: Move): Promise<void> {
  if (after.status === before.status && after.memory === before.memory) return;
  const { tenantId, subscriptionId, policies } = snapshot;
  await saveHealth(client, { tenantId, subscriptionId, status: after.status, health: after.memory });
  if (after.status === before.status || (after.status !== 'failed' && after.status !== 'disabled')) return;
  const rule = policies.whileStopped[after.status];
  invariant(rule, `no rule for ${after.status}`);
  if (rule === 'hold') await holdOpen(client, tenantId, subscriptionId);
  else await cancelOpen(client, tenantId, subscriptionId, stoppedReason(after.status));
}

/** Why deliveries of a stopped subscription are cancelled. */
export function stoppedReason(status: string): string {
  return status === 'disabled' ? 'endpoint_disabled' : `subscription_${status}`;
}
