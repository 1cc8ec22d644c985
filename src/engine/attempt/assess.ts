import type { HealthPolicy } from '../../providers/contract.js';
import type { HealthMemory } from '../../store/health.js';

export interface Health {
  status: string;
  memory: HealthMemory | null;
}

/** One settled attempt as health sees it. */
export interface HealthVerdict {
  ok: boolean;
  startedAtMs: number;
  deliveryId: string;
  eventCreatedAtMs: number;
  /** Whether it ended its delivery without success. */
  exhausted: boolean;
  /** Whether the endpoint asked to be disabled. */
  disables: boolean;
}

/** Where a verdict stands among the others. */
export type VerdictPlace = Pick<HealthVerdict, 'startedAtMs' | 'deliveryId'>;

/** Whether this policy looks at attempts at all. */
export function watches(policy: HealthPolicy): boolean {
  return policy.kind !== 'none' && policy.kind !== 'byUser';
}

/** Statuses in which outcomes are recorded and change nothing. */
function isOpen(status: string): boolean {
  return status === 'active' || status === 'unhealthy';
}

/** Total order of verdicts: start of the attempt, then delivery. */
export function compareVerdicts(a: VerdictPlace, b: VerdictPlace): number {
  if (a.startedAtMs !== b.startedAtMs) return a.startedAtMs - b.startedAtMs;
  return a.deliveryId < b.deliveryId ? -1 : a.deliveryId > b.deliveryId ? 1 : 0;
}

/** Moves a subscription's health by one verdict. Pure; the same object comes back when nothing changed. */
export function assess(policy: HealthPolicy, health: Health, verdict: HealthVerdict): Health {
  if (!isOpen(health.status)) return health;
  if (verdict.disables) return { ...health, status: 'disabled' };
  if (!watches(policy)) return health;
  if (verdict.ok) return heal(health, verdict);
  const failed: HealthMemory = { ...health.memory, lastFailure: laterFailure(health.memory, verdict) };
  switch (policy.kind) {
    case 'unhealthyThenFailed':
      return unhealthyThenFailed(policy, failed, verdict);
    case 'disableAfterSpan':
      return disableAfterSpan(policy, failed, verdict);
    case 'consecutiveFailures': {
      const count = (failed.count ?? 0) + 1;
      return { status: count >= policy.threshold ? 'disabled' : 'active', memory: { ...failed, count } };
    }
    default:
      return health;
  }
}

function heal(health: Health, verdict: HealthVerdict): Health {
  if (health.memory === null) return health;
  const [atMs, deliveryId] = health.memory.lastFailure;
  const before =
    verdict.startedAtMs < atMs || (verdict.startedAtMs === atMs && verdict.deliveryId < deliveryId);
  return before ? health : { status: 'active', memory: null };
}

function laterFailure(memory: HealthMemory | null, verdict: HealthVerdict): HealthMemory['lastFailure'] {
  const mine = [verdict.startedAtMs, verdict.deliveryId] as const;
  if (!memory) return mine;
  const [atMs, deliveryId] = memory.lastFailure;
  return mine[0] > atMs || (mine[0] === atMs && mine[1] > deliveryId) ? mine : memory.lastFailure;
}

function unhealthyThenFailed(
  policy: Extract<HealthPolicy, { kind: 'unhealthyThenFailed' }>,
  memory: HealthMemory,
  verdict: HealthVerdict,
): Health {
  const known = memory.unhealthySince;
  if (known === undefined && policy.unhealthyAt === 'exhausted' && !verdict.exhausted)
    return { status: 'active', memory };
  // A slow failure is told after a quick one that started later.
  const unhealthySince = Math.min(known ?? verdict.startedAtMs, verdict.startedAtMs);
  const counts = policy.scope === 'attempt' || verdict.exhausted;
  const failed = counts && verdict.eventCreatedAtMs >= unhealthySince + policy.failAfterMs;
  return { status: failed ? 'failed' : 'unhealthy', memory: { ...memory, unhealthySince } };
}

function disableAfterSpan(
  policy: Extract<HealthPolicy, { kind: 'disableAfterSpan' }>,
  memory: HealthMemory,
  verdict: HealthVerdict,
): Health {
  const at = verdict.startedAtMs;
  if (policy.judgedAt === 'exhaustion' && !verdict.exhausted) return { status: 'active', memory };
  if (memory.failingSince !== undefined) {
    const over = at - memory.failingSince >= policy.disableAfterMs;
    return { status: over ? 'disabled' : 'active', memory };
  }
  // Judged at exhaustion, one whole schedule that failed is confirmation enough.
  if (policy.judgedAt === 'exhaustion') return { status: 'active', memory: { ...memory, failingSince: at } };
  const failures = memory.failures ?? [];
  if (failures.some((t) => at - t >= policy.confirmFromMs && at - t <= policy.confirmToMs)) {
    const { failures: _, ...rest } = memory;
    return { status: 'active', memory: { ...rest, failingSince: at } };
  }
  return { status: 'active', memory: { ...memory, failures: keepFailures(failures, at, policy) } };
}

/**
 * Failures that may still confirm one to come. One is worth keeping for [t + from, t + to]; where its neighbours' windows
 * cover that together it goes, so an endpoint that fails a thousand times an hour is remembered by a handful of instants.
 */
function keepFailures(
  failures: readonly number[],
  at: number,
  { confirmFromMs, confirmToMs }: { confirmFromMs: number; confirmToMs: number },
): number[] {
  const kept = failures.filter((t) => at - t <= confirmToMs);
  if (at < (kept.at(-1) ?? at)) return kept;
  while (kept.length >= 2 && at - kept.at(-2)! <= confirmToMs - confirmFromMs) kept.pop();
  if (kept.at(-1) !== at) kept.push(at);
  return kept;
}

/** After a clock was set back, what is remembered moves with it. */
export function shiftHealth(memory: HealthMemory, byMs: number): HealthMemory {
  const shifted: HealthMemory = {
    ...memory,
    lastFailure: [memory.lastFailure[0] + byMs, memory.lastFailure[1]],
  };
  if (memory.unhealthySince !== undefined) shifted.unhealthySince = memory.unhealthySince + byMs;
  if (memory.failingSince !== undefined) shifted.failingSince = memory.failingSince + byMs;
  if (memory.failures) shifted.failures = memory.failures.map((t) => t + byMs);
  return shifted;
}
