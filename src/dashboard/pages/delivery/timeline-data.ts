import type { AttemptResource, DeliveryResource } from '../../../services/schemas/deliveries.js';
import type { PlanResource } from '../../../services/schemas/inspection.js';

/** Planned from the start, or each from the attempt before it. */
export type Basis = 'start' | 'previous';

export interface PlannedMark {
  number: number;
  atMs: number;
  fromMs: number;
  toMs: number;
}

/** An attempt that was made, or the one that is to come. */
export interface ActualMark {
  number: number;
  /** `delivered`, `retry`, `failed`, `pending`, `cancelled` */
  outcome: string;
  reason: string | null;
  status: number | null;
  /** Since the first attempt was due, milliseconds of tenant time. */
  atMs: number;
  /** Since the first attempt, real milliseconds; null while it is to come. */
  wallMs: number | null;
  /** What the plan says; null where it says nothing. */
  plannedMs: number | null;
}

export interface TimelineData {
  planned: PlannedMark[];
  actual: ActualMark[];
  nowMs: number;
  /** Whether the tenant's clock went another way than the real one. */
  virtual: boolean;
}

export function timelineOf(
  delivery: DeliveryResource & { attempts: AttemptResource[] },
  plan: PlanResource,
  { basis, nowMs }: { basis: Basis; nowMs: number },
): TimelineData {
  const attempts = delivery.attempts.filter(({ outcome }) => outcome !== 'superseded');
  const first = attempts[0];
  const startMs = Date.parse(first?.dueAt ?? delivery.nextAttemptAt ?? delivery.createdAt);
  const wallStartMs = first ? Date.parse(first.wallStartedAt) : 0;
  const scheduled = attempts.filter(({ trigger }) => trigger === 'scheduled');
  const ran = scheduled.map(({ startedAt }) => Date.parse(startedAt) - startMs);
  const planned = plannedMarks(plan, basis, ran);
  const actual: ActualMark[] = attempts.map((attempt) => {
    const turn = scheduled.indexOf(attempt);
    return {
      number: attempt.number,
      outcome: attempt.outcome,
      reason: attempt.reason,
      status: attempt.response?.status ?? null,
      atMs: Date.parse(attempt.startedAt) - startMs,
      wallMs: Date.parse(attempt.wallStartedAt) - wallStartMs,
      plannedMs: planned[turn]?.atMs ?? null,
    };
  });
  const { nextAttemptAt, finishedAt, status, reason } = delivery;
  const cancelled = status === 'cancelled';
  const lastAt = cancelled ? finishedAt : status === 'pending' || status === 'held' ? nextAttemptAt : null;
  if (lastAt !== null)
    actual.push({
      number: attempts.length + 1,
      outcome: status,
      reason: cancelled ? reason : null,
      status: null,
      atMs: Date.parse(lastAt) - startMs,
      wallMs: null,
      plannedMs: cancelled ? null : (planned[scheduled.length]?.atMs ?? null),
    });
  const virtual = actual.some(({ atMs, wallMs }) => wallMs !== null && Math.abs(atMs - wallMs) > 1_000);
  return { planned, actual, nowMs: nowMs - startMs, virtual };
}

function plannedMarks(plan: PlanResource, basis: Basis, ran: readonly number[]): PlannedMark[] {
  const marks: PlannedMark[] = [];
  for (const [i, step] of plan.steps.entries()) {
    if (basis === 'start' || i === 0) {
      marks.push({ number: step.number, atMs: step.afterMs, fromMs: step.earliestMs, toMs: step.latestMs });
      continue;
    }
    const before = ran[i - 1] ?? marks[i - 1]?.atMs ?? 0;
    const atMs = before + step.gapMs;
    const spread = step.gapMs * plan.jitter;
    marks.push({ number: step.number, atMs, fromMs: atMs - spread, toMs: atMs + spread });
  }
  return marks;
}
