import type pg from 'pg';
import { invariant } from '../lib/invariant.js';
import {
  type HealthMemory,
  type HealthRow,
  lockHealth,
  lockOwned,
  type OwnedRow,
  saveHealth,
} from '../store/health.js';
import { noteTurn } from '../store/notifications.js';
import { cancelOpen, holdOpen } from '../store/stopping.js';
import { assess, compareVerdicts, type Health, type HealthVerdict, watches } from './attempt/assess.js';
import { type Told, told } from './happenings.js';
import type { LaneSnapshot } from './lane-snapshot.js';
import type { Lane } from './lanes.js';
import type { Pending } from './settler.js';

/** What one batch does to one subscription's health. */
export interface Move {
  lane: Lane;
  before: Health;
  after: Health;
  /** Whether it was disabled because the endpoint asked for it. */
  asked: boolean;
  snapshot: LaneSnapshot;
}

/** Whether it can move its subscription: by its health, or because the endpoint asked for it. */
export function isWatched(p: Pending): boolean {
  return p.attempted.verdict.control === 'disable' || countsForHealth(p);
}

/** A failure moves health, and a success does where there is something to heal; being disabled is no matter of health. */
export function movesHealth(p: Pending): boolean {
  const { ok, control } = p.attempted.verdict;
  return control === 'disable' || (countsForHealth(p) && (!ok || p.lane.dirty));
}

/** What never became a request tells nothing of the endpoint. */
function countsForHealth({ attempted }: Pending): boolean {
  const { lane, delivery, wire } = attempted;
  if (wire === null || !watches(lane.policies.health)) return false;
  return delivery.trigger !== 'test' || lane.settings.testAffectsHealth === true;
}

/** What a batch is about, locked: its subscriptions, and those of its claims that are still ours. */
export interface LockedBatch {
  subscriptions: readonly HealthRow[];
  owned: ReadonlyMap<string, OwnedRow>;
}

export async function lockBatch(client: pg.PoolClient, batch: readonly Pending[]): Promise<LockedBatch> {
  const keys = new Map(batch.map((p) => [p.attempted.lane.subscriptionId, p.attempted.lane.tenantId]));
  const claims = batch.map(({ outcome: { tenantId, id, token } }) => ({ tenantId, id, token }));
  const subscriptions = await lockHealth(
    client,
    Array.from(keys, ([id, tenantId]) => ({ tenantId, id })),
  );
  const owned = await lockOwned(client, claims);
  return { subscriptions, owned: new Map(owned.map((row) => [row.id, row])) };
}

/** What the batch's verdicts make of each subscription; the status that follows is written on each attempt. */
export function movesOf(batch: readonly Pending[], { subscriptions, owned }: LockedBatch): Move[] {
  return subscriptions.flatMap((row) => {
    const mine = batch
      .filter((p) => p.attempted.lane.subscriptionId === row.id && owned.has(p.outcome.id))
      .map((p) => ({ p, verdict: verdictOf(p, owned.get(p.outcome.id)!) }));
    if (!mine[0]) return [];
    const before: Health = { status: row.status, memory: row.health };
    const asked = mine.some(({ verdict }) => verdict.disables);
    const { lane, attempted } = mine[0].p;
    return { lane, before, after: fold(before, mine), asked, snapshot: attempted.lane };
  });
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
export function remember({ lane, attempted }: Pending, memory: HealthMemory | null | undefined): void {
  if (memory !== undefined) lane.dirty = memory !== null;
  const { delivery, verdict, startedMs } = attempted;
  // On a clock of its own verdicts come in order anyway, and that clock may be set back.
  if (!verdict.ok || delivery.ownClock) return;
  const success = { startedAtMs: startedMs, deliveryId: delivery.id };
  if (lane.lastSuccess === null || compareVerdicts(success, lane.lastSuccess) > 0) lane.lastSuccess = success;
}

export async function applyMoves(client: pg.PoolClient, moves: readonly Move[]): Promise<void> {
  const changed = moves.filter(
    ({ before, after }) => after.status !== before.status || after.memory !== before.memory,
  );
  await saveHealth(
    client,
    changed.map(({ snapshot: { tenantId, subscriptionId }, after: { status, memory } }) => ({
      ...{ tenantId, subscriptionId, status },
      health: memory,
    })),
  );
  for (const move of changed) if (move.after.status !== move.before.status) await applyTurn(client, move);
}

async function applyTurn(client: pg.PoolClient, { after, asked, snapshot }: Move): Promise<void> {
  const { tenantId, subscriptionId, policies, profile } = snapshot;
  const { status, memory } = after;
  await noteTurn(client, {
    ...{ tenantId, subscriptionId, provider: profile.id, status },
    cause: asked ? 'endpoint' : 'health',
    sinceMs: memory?.unhealthySince ?? memory?.failingSince ?? null,
  });
  if (status !== 'failed' && status !== 'disabled') return;
  const rule = policies.whileStopped[status];
  invariant(rule, `no rule for ${status}`);
  if (rule === 'hold') await holdOpen(client, tenantId, subscriptionId);
  else await cancelOpen(client, tenantId, subscriptionId, stoppedReason(status));
}

/** What a move is to whoever hears of it; null when it is nothing. */
export function toldOfMove({ before, after, asked, snapshot }: Move): Told | null {
  if (snapshot.operational === null || before.status === after.status || after.status !== 'disabled')
    return null;
  const failingSinceMs = after.memory?.failingSince ?? null;
  return told(snapshot, { kind: 'disabled', by: asked ? 'endpoint' : 'health', failingSinceMs });
}

/** Why deliveries of a stopped subscription are cancelled. */
export function stoppedReason(status: string): string {
  return status === 'disabled' ? 'endpoint_disabled' : `subscription_${status}`;
}
