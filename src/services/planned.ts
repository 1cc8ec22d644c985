import { nextTurn } from '../engine/cron.js';
import type { Copier } from '../engine/faults/copier.js';
import { AppError } from '../errors.js';
import { type Random, seededRandom } from '../lib/random.js';
import { BodyError } from '../providers/contract.js';
import {
  dropPlan,
  type Plan,
  type PlannedInput,
  type PlannedStep,
  SCHEDULE_DETAIL,
  setDue,
  takeDuePlan,
} from '../store/plans.js';
import { type Queryable, readTenantClock } from '../store/tenant-clock.js';
import type { Context } from './context.js';
import type { PublishService } from './publish.js';

export interface PlannedService {
  /**
   * Publishes what the tenant's clock has reached, in the order of its instants: each plan once, whatever dies, because its
   * event is stored in the transaction that crosses it off. A schedule that missed several turns catches up with one. Copies
   * that a fault planned are sent; resolves when they are recorded.
   */
  publishDue(tenantId: string): Promise<void>;
}

/** Plans published in one go: a fast clock must not keep the others waiting. */
const AT_ONCE = 100;

export function plannedService(
  context: Context,
  { publish, copier }: { publish: PublishService; copier: Copier },
): PlannedService {
  const { db, log } = context;

  /** @returns what tells of it, or null when nothing is due. */
  const publishFirst = async (
    client: Queryable,
    tenantId: string,
  ): Promise<(() => void | Promise<void>) | null> => {
    // The tenant before its plans, as by whoever sets its clock; it stands still until this commits.
    const clock = await readTenantClock(client, tenantId, 'share');
    const plan = clock && (await takeDuePlan(client, tenantId, clock.nowMs));
    if (!clock || !plan) return null;
    const { kind } = plan;
    if ('copyOf' in kind) {
      await dropPlan(client, tenantId, plan.id);
      return () => copier.send(tenantId, { ...plan, kind }, clock);
    }
    let announce = () => {};
    let refused: string | null = null;
    try {
      const random = 'cron' in kind ? context.random : randomOf(plan.input.provider, kind);
      announce = await publish.within(client, tenantId, { input: inputOf(plan), random });
    } catch (error) {
      refused = refusalIn(error);
      log.warn('what was planned is refused', { tenant: tenantId, plan: plan.id, why: refused });
    }
    await crossOff(client, tenantId, { plan, nowMs: clock.nowMs, refused });
    return announce;
  };

  return {
    async publishDue(tenantId) {
      const sending: (void | Promise<void>)[] = [];
      for (let i = 0; i < AT_ONCE; i++) {
        const announce = await db.transaction((client) => publishFirst(client, tenantId));
        if (announce === null) break;
        sending.push(announce());
      }
      await Promise.all(sending);
    },
  };
}

/** An event of a schedule says so. */
function inputOf({ id, kind, input }: Plan): PlannedInput {
  if (!('cron' in kind)) return input;
  return { ...input, details: { ...(input.details as object | undefined), [SCHEDULE_DETAIL]: id } };
}

/** What the body of a step is made of: the same for the same seed. */
export function randomOf(provider: string, { scenario, seed, step }: Omit<PlannedStep, 'runId'>): Random {
  return seededRandom(`${provider} ${scenario} ${seed} ${step}`);
}

/** The next turn of a schedule; a step is done, or stays with the reason why it never comes. */
async function crossOff(
  client: Queryable,
  tenantId: string,
  { plan, nowMs, refused }: { plan: Plan; nowMs: number; refused: string | null },
): Promise<void> {
  const { id, kind } = plan;
  if ('cron' in kind) {
    const dueAtMs = nextTurn(kind.cron, nowMs);
    await setDue(client, tenantId, {
      id,
      dueAtMs,
      refused: refused ?? (dueAtMs === null ? 'It has no further turn.' : null),
    });
  } else if (refused === null) await dropPlan(client, tenantId, id);
  else await setDue(client, tenantId, { id, dueAtMs: null, refused });
}

/** The refusal as a sentence; anything else is no refusal and is tried again. */
function refusalIn(error: unknown): string {
  const isRefusal = error instanceof BodyError || (error instanceof AppError && error.code !== 'clock_busy');
  if (!isRefusal) throw error;
  return error.message;
}
