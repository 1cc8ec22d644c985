import pRetry from 'p-retry';
import type pg from 'pg';
import { invariant } from '../lib/invariant.js';
import type { Log } from '../lib/log.js';
import { type Database, isTransient } from '../store/database.js';
import { type HealthRow, healthRowsSql, ownedSql, saveHealth } from '../store/health.js';
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
  /** Called for every pending one that reached an end here: settled, superseded or given up. */
  done(pending: Pending): void;
  monotonic(): number;
}

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
    const batch = this.#waiting.splice(0, BATCH);
    if (batch.length === 0) return;
    this.#running += 1;
    void this.#write(batch)
      .catch((error: Error) => {
        this.#options.log.error('outcomes given up; their leases will end', {
          count: batch.length,
          error: error.message,
        });
      })
      .finally(() => {
        this.#running -= 1;
        for (const pending of batch) this.#options.done(pending);
        if (this.#waiting.length > 0) this.#schedule();
        else if (this.#running === 0) for (const done of this.#idle.splice(0)) done();
      });
    this.#schedule();
  }

  /** Held and tried again while the database is away, as long as the leases last. */
  async #write(batch: readonly Pending[]): Promise<void> {
    const leaseEndsMs = Math.min(...batch.map((p) => p.leaseEndsMs)) - LEASE_MARGIN_MS;
    await pRetry(() => this.#settle(batch), {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 50,
      maxTimeout: 1_000,
      maxRetryTime: Math.max(1, leaseEndsMs - this.#options.monotonic()),
      shouldRetry: ({ error }) => isTransient(error) && this.#options.monotonic() < leaseEndsMs,
    });
  }

  async #settle(batch: readonly Pending[]): Promise<void> {
    const healthy = batch.filter((p) => !this.#needsLock(p));
    const needing = batch.filter((p) => this.#needsLock(p));
    for (const p of healthy) p.outcome.guard = isWatched(p);
    const written = healthy.length > 0 ? await this.#options.queue.settle(healthy.map((p) => p.outcome)) : [];
    const missing = this.#report(healthy, written);
    const healing = missing.filter((p) => p.outcome.guard);
    const locked = [...needing, ...healing];
    if (locked.length > 0) missing.push(...(await this.#settleLocked(locked)));
    const superseded = missing.filter((p) => !healing.includes(p));
    if (superseded.length > 0) await this.#options.queue.recordSuperseded(superseded.map((p) => p.outcome));
  }

  /** A failure moves health, and a success does where there is something to heal. */
  #needsLock(p: Pending): boolean {
    return isWatched(p) && (!p.attempted.verdict.ok || p.lane.dirty);
  }

  /** Health moves under a lock on the subscription, in one transaction with the attempts that moved it. */
  async #settleLocked(batch: readonly Pending[]): Promise<Pending[]> {
    const { db, queue } = this.#options;
    for (const p of batch) p.outcome.guard = false;
    const moves: { lane: Lane; before: Health; after: Health; snapshot: LaneSnapshot }[] = [];
    const written = await db.transaction(
      async (client) => {
        moves.length = 0;
        const rows = await healthRows(client, batch);
        const owned = await ownedIds(client, batch);
        for (const row of rows) {
          const mine = batch.filter(
            (p) => p.attempted.lane.subscriptionId === row.id && owned.has(p.outcome.id),
          );
          const first = mine[0];
          if (!first) continue;
          const before: Health = { status: row.status, memory: row.health };
          const after = fold(before, mine);
          if (after.status !== before.status || after.memory !== before.memory) {
            moves.push({ lane: first.lane, before, after, snapshot: first.attempted.lane });
          }
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
    for (const p of batch) remember(p, moves.find((m) => m.lane === p.lane)?.after);
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

function isWatched({ attempted }: Pending): boolean {
  const { lane, delivery } = attempted;
  if (!watches(lane.policies.health)) return false;
  return delivery.trigger !== 'test' || lane.settings.testAffectsHealth === true;
}

/** Applies one subscription's verdicts in order, and writes the status that follows on each attempt. */
function fold(health: Health, mine: readonly Pending[]): Health {
  const ordered = mine
    .map((p) => ({ p, verdict: verdictOf(p) }))
    .sort((a, b) => compareVerdicts(a.verdict, b.verdict));
  let current = health;
  for (const { p, verdict } of ordered) {
    const { lastSuccess } = p.lane;
    const overtaken = !verdict.ok && lastSuccess !== null && compareVerdicts(verdict, lastSuccess) < 0;
    if (!overtaken) current = assess(p.attempted.lane.policies.health, current, verdict);
    p.outcome.subscriptionStatus = current.status;
  }
  return current;
}

function verdictOf({ attempted: { delivery, verdict, plan, startedMs } }: Pending): HealthVerdict {
  return {
    ok: verdict.ok,
    startedAtMs: delivery.ownClock ? delivery.dueAtMs : startedMs,
    deliveryId: delivery.id,
    eventCreatedAtMs: delivery.createdAtMs,
    exhausted: plan.outcome === 'failed',
  };
}

function remember(p: Pending, after: Health | undefined): void {
  if (after) p.lane.dirty = after.memory !== null;
  const verdict = verdictOf(p);
  if (verdict.ok && (p.lane.lastSuccess === null || compareVerdicts(verdict, p.lane.lastSuccess) > 0))
    p.lane.lastSuccess = verdict;
}

async function healthRows(client: pg.PoolClient, batch: readonly Pending[]): Promise<HealthRow[]> {
  const keys = new Map(batch.map((p) => [p.attempted.lane.subscriptionId, p.attempted.lane.tenantId]));
  const { rows } = await client.query<HealthRow>(healthRowsSql, [[...keys.values()], [...keys.keys()]]);
  return rows;
}

async function ownedIds(client: pg.PoolClient, batch: readonly Pending[]): Promise<Set<string>> {
  const claims = batch.map(({ outcome: { tenantId, id, token } }) => ({ tenantId, id, token }));
  const { rows } = await client.query<{ id: string }>(ownedSql, [JSON.stringify(claims)]);
  return new Set(rows.map((row) => row.id));
}

async function applyMove(
  client: pg.PoolClient,
  { before, after, snapshot }: { before: Health; after: Health; snapshot: LaneSnapshot },
): Promise<void> {
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
