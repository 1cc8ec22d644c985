import { nextTurn } from '../engine/cron.js';
import type { Planner } from '../engine/planner.js';
import { AppError } from '../errors.js';
import { isoMillis } from '../lib/clock.js';
import { publicId } from '../lib/ids.js';
import { deleteSchedule, findSchedule, insertPlans, listSchedules, type PlanOf } from '../store/plans.js';
import { readTenantClock } from '../store/tenant-clock.js';
import type { Context } from './context.js';
import { readPage } from './cursors.js';
import type { InsideOption } from './idempotency.js';
import type { PublishService } from './publish.js';
import type { Page, PageOf } from './schemas/fields.js';
import type { ScheduleInput, ScheduleResource } from './schemas/plans.js';

export interface SchedulesService {
  /** An event that comes again and again on the tenant's clock. @throws what publishing it now would throw. */
  add(
    tenantId: string,
    input: ScheduleInput,
    more?: InsideOption<ScheduleResource>,
  ): Promise<ScheduleResource>;
  list(tenantId: string, page: Page): Promise<PageOf<ScheduleResource>>;
  read(tenantId: string, id: string): Promise<ScheduleResource>;
  remove(tenantId: string, id: string): Promise<void>;
}

type Schedule = PlanOf<{ cron: string }>;

export function schedulesService(
  context: Context,
  { publish, planner }: { publish: PublishService; planner: Pick<Planner, 'soon'> },
): SchedulesService {
  const { db, ids, random } = context;
  return {
    async add(tenantId, { cron, ...input }, { inside } = {}) {
      const id = ids.next();
      const made = await db.transaction(async (client) => {
        const clock = await readTenantClock(client, tenantId, 'share');
        if (!clock) throw new AppError('not_found', 'There is no such tenant.');
        await publish.rehearse(client, tenantId, [{ input, random, atMs: clock.nowMs }]);
        const dueAtMs = nextTurn(cron, clock.nowMs);
        if (dueAtMs === null)
          throw new AppError('invalid_cron', `"${cron}" has no turn after ${isoMillis(clock.nowMs)}.`);
        const place = { tenantId, ownClock: clock.mode !== 'system', nowMs: clock.nowMs };
        const plan = { id, kind: { cron }, input, dueAtMs };
        await insertPlans(client, place, [plan]);
        const resource = scheduleResource({ ...plan, refused: null, createdAtMs: clock.nowMs });
        await inside?.(client, resource);
        return resource;
      });
      planner.soon();
      return made;
    },
    list: (tenantId, page) =>
      readPage('sch', page, { read: (at) => listSchedules(db.pool, tenantId, at), show: scheduleResource }),
    async read(tenantId, id) {
      const found = await findSchedule(db.pool, tenantId, id);
      if (!found) throw noSchedule();
      return scheduleResource(found);
    },
    async remove(tenantId, id) {
      if (!(await deleteSchedule(db.pool, tenantId, id))) throw noSchedule();
    },
  };
}

function noSchedule(): AppError {
  return new AppError('not_found', 'There is no such schedule in this tenant.');
}

function scheduleResource({ id, kind, input, dueAtMs, refused, createdAtMs }: Schedule): ScheduleResource {
  const { provider, type, variant, environment, data, subscriptionId } = input;
  return {
    id: publicId('sch', id),
    cron: kind.cron,
    provider,
    type,
    variant: variant ?? null,
    environment: environment ?? null,
    data: data ?? null,
    subscriptionId: subscriptionId ?? null,
    nextAt: dueAtMs === null ? null : isoMillis(dueAtMs),
    refused,
    createdAt: isoMillis(createdAtMs),
  };
}
