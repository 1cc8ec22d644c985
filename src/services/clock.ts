import { shiftHealth } from '../engine/attempt/assess.js';
import type { AdvanceResult, Clocks } from '../engine/clocks.js';
import type { Dispatcher } from '../engine/dispatcher.js';
import type { Planner } from '../engine/planner.js';
import { AppError } from '../errors.js';
import { isoMillis } from '../lib/clock.js';
import { publicId } from '../lib/ids.js';
import { clearTimeout, setTimeout } from '../lib/timers.js';
import { type ClockRun, countPending, isRunning, markSet, startRun } from '../store/clock-runs.js';
import {
  databaseNow,
  dispatcherSeenAgo,
  firstDue,
  hasEvents,
  rehome,
  setClock,
  shiftSubscriptions,
} from '../store/clocks.js';
import { shiftFaults } from '../store/faults.js';
import { type ClockReading, type Queryable, readTenantClock } from '../store/tenant-clock.js';
import type { Context } from './context.js';
import { replan } from './replan.js';
import type { AdvanceInput, ClockInput } from './schemas/clock.js';

export interface ClockResource {
  mode: ClockReading['mode'];
  now: string;
  rate: number;
  wire: 'wall' | 'virtual';
  nextDueAt: string | null;
  running: boolean;
  /** How far pending instants moved when the clock went back to the system's, milliseconds. */
  shiftedMs?: number;
}

export interface ClockService {
  read(tenantId: string): Promise<ClockResource>;
  put(tenantId: string, input: ClockInput): Promise<ClockResource>;
  /** 200 with what it did, or 202 with the run's id when that takes longer than `wait`. */
  advance(
    tenantId: string,
    input: AdvanceInput,
  ): Promise<{ status: 200 | 202; body: Record<string, unknown> }>;
}

const DEFAULT_WAIT_MS = 60_000;
/** Node's timers fire at once beyond this. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;
/** A dispatcher that was not seen for this long is taken to be gone, seconds. */
const DISPATCHER_GONE_S = 15;

export interface ClockTools {
  clocks: Clocks;
  dispatcher: Dispatcher | null;
  /** Null where another process publishes what is planned. */
  planner: Pick<Planner, 'soon'>;
}

export function clockService(context: Context, { clocks, dispatcher, planner }: ClockTools): ClockService {
  const { db, ids, stream, log } = context;

  const read = async (tenantId: string): Promise<ClockResource> => {
    const clock = await readTenantClock(db.pool, tenantId);
    if (!clock) throw noTenant();
    return toResource(clock, await firstDue(db.pool, tenantId), await isRunning(db.pool, tenantId));
  };

  const begin = (tenantId: string, input: AdvanceInput): Promise<ClockRun> =>
    db.transaction(async (client) => {
      const clock = await lockClock(client, tenantId);
      if (clock.mode !== 'manual') {
        throw new AppError(
          'clock_not_manual',
          `The clock is ${clock.mode}; PUT …/clock {"mode":"manual"} stops it, then it can be advanced.`,
        );
      }
      const targetMs = targetOf(clock.nowMs, input);
      refuseTooLate(targetMs);
      return startRun(client, {
        id: ids.next(),
        tenantId,
        fromMs: clock.nowMs,
        targetMs,
        sinceId: ids.next(),
      });
    });

  return {
    read,
    async put(tenantId, input) {
      const shiftedMs = await db.transaction(async (client) => {
        const before = await lockClock(client, tenantId);
        await markSet(client, tenantId, ids.next());
        return input.mode === 'system'
          ? toSystem(client, tenantId, before, input)
          : toOwn(client, tenantId, before, input);
      });
      dispatcher?.promoteSoon();
      planner.soon();
      const resource = await read(tenantId);
      const { nextDueAt: _, ...told } = resource;
      stream.publish(tenantId, 'clock.moved', told);
      return shiftedMs === 0 ? resource : { ...resource, shiftedMs };
    },
    async advance(tenantId, input) {
      const ago = dispatcher ? 0 : await dispatcherSeenAgo(db.pool);
      if (ago === null || ago > DISPATCHER_GONE_S) {
        throw new AppError(
          'no_dispatcher',
          'Nobody would send what falls due. Start a process with RINGER_ROLE=dispatcher or all.',
        );
      }
      const run = await begin(tenantId, input);
      const running = clocks.run(run);
      const result = await within(running, input.wait ?? DEFAULT_WAIT_MS);
      if (result === null) {
        running.catch((error: Error) =>
          log.error('advance failed', { tenant: tenantId, error: error.message }),
        );
        return { status: 202, body: { runId: publicId('run', run.id) } };
      }
      return { status: 200, body: await report(db.pool, tenantId, result) };
    },
  };

  /** Waits in real time: a standing clock must not keep the caller for ever. */
  async function within(running: Promise<AdvanceResult>, waitMs: number): Promise<AdvanceResult | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((done) => {
      timer = setTimeout(() => done(null), Math.min(waitMs, LONGEST_WAIT_MS));
    });
    try {
      return await Promise.race([running, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function report(
  client: Queryable,
  tenantId: string,
  result: AdvanceResult,
): Promise<Record<string, unknown>> {
  const { fromMs, toMs, attempts, delivered, failed } = result;
  return {
    from: isoMillis(fromMs),
    to: isoMillis(toMs),
    attempts,
    delivered,
    failed,
    pending: await countPending(client, tenantId),
  };
}

async function lockClock(client: Queryable, tenantId: string): Promise<ClockReading> {
  const clock = await readTenantClock(client, tenantId, 'update');
  if (!clock) throw noTenant();
  if (await isRunning(client, tenantId)) {
    throw new AppError('clock_busy', 'An advance is under way; wait for it, or follow it in the stream.');
  }
  return clock;
}

async function toOwn(
  client: Queryable,
  tenantId: string,
  before: ClockReading,
  input: ClockInput,
): Promise<number> {
  const nowMs = input.now ?? before.nowMs;
  refuseTooLate(nowMs);
  if (nowMs < before.nowMs && (await hasEvents(client, tenantId))) {
    throw new AppError(
      'clock_backwards',
      `The tenant has events and its clock stands at ${isoMillis(before.nowMs)}; choose a later instant, or reset the tenant.`,
      [{ path: 'now', message: `before ${isoMillis(before.nowMs)}` }],
    );
  }
  const rate = input.mode === 'scaled' ? (input.rate ?? 1) : 0;
  await setClock(client, tenantId, { mode: input.mode, rate, nowMs, wire: input.wire ?? before.wire });
  if (before.mode === 'system') await rehome(client, tenantId, true, 0);
  const byMs = Math.min(0, nowMs - before.nowMs);
  await replan(client, tenantId, { ownClock: true, nowMs, byMs });
  await shiftBack(client, tenantId, byMs);
  return 0;
}

/** From a clock that is ahead, everything that is still to come moves back with it. */
async function toSystem(
  client: Queryable,
  tenantId: string,
  before: ClockReading,
  input: ClockInput,
): Promise<number> {
  const nowMs = await databaseNow(client);
  const byMs = Math.min(0, nowMs - before.nowMs);
  await setClock(client, tenantId, { mode: 'system', rate: 1, nowMs, wire: input.wire ?? before.wire });
  if (before.mode === 'system') return 0;
  await rehome(client, tenantId, false, byMs);
  await replan(client, tenantId, { ownClock: false, nowMs, byMs });
  await shiftBack(client, tenantId, byMs);
  return byMs;
}

/** What was said by a clock that is set back keeps its distance from its now. */
async function shiftBack(client: Queryable, tenantId: string, byMs: number): Promise<void> {
  if (byMs === 0) return;
  await shiftSubscriptions(client, { tenantId, byMs, shift: shiftHealth });
  await shiftFaults(client, tenantId, byMs);
}

function targetOf(nowMs: number, input: AdvanceInput): number | null {
  if (input.untilIdle) return null;
  if (input.by !== undefined) return nowMs + input.by;
  // Known once what is in flight has settled.
  if (input.toNext) return Number.POSITIVE_INFINITY;
  const to = input.to ?? nowMs;
  if (to < nowMs) {
    throw new AppError('clock_backwards', `The clock stands at ${isoMillis(nowMs)} and only goes forward.`, [
      { path: 'to', message: `before ${isoMillis(nowMs)}` },
    ]);
  }
  return to;
}

function toResource(clock: ClockReading, dueMs: number | null, running: boolean): ClockResource {
  const { mode, rate, wire, nowMs } = clock;
  return {
    mode,
    now: isoMillis(nowMs),
    rate,
    wire,
    nextDueAt: dueMs === null ? null : isoMillis(dueMs),
    running,
  };
}

/** A year before the last with four digits: retries and dates in bodies lie ahead of the clock, and have to be read back. */
const LAST_INSTANT_MS = Date.parse('9998-12-31T23:59:59.999Z');

function refuseTooLate(atMs: number | null): void {
  if (atMs === null || atMs === Number.POSITIVE_INFINITY || atMs <= LAST_INSTANT_MS) return;
  throw new AppError('invalid_instant', `A clock goes no further than ${isoMillis(LAST_INSTANT_MS)}.`);
}

function noTenant(): AppError {
  return new AppError('not_found', 'There is no such tenant.');
}
