import { loadLaneSnapshots } from '../engine/lane-snapshot.js';
import { AppError } from '../errors.js';
import { isoMillis } from '../lib/clock.js';
import { publicId, randomText } from '../lib/ids.js';
import { bodySettings } from '../services/body-settings.js';
import type { Context } from '../services/context.js';
import { loneLane } from '../services/lone-lane.js';
import { parseInput } from '../services/schemas/parse.js';
import { checkSecret } from '../services/subscription-draft.js';
import { listTargets } from '../store/fault-targets.js';
import { readSubscriptionHead } from '../store/lanes.js';
import { CHECKS } from './catalogue/checks.js';
import { commandOf, judgeEffects, judgeReadApi, missingSecret } from './check-consumer.js';
import { chooseChecks } from './choose.js';
import type { CheckReport, Run } from './contract.js';
import { lookFirst } from './look-first.js';
import { type ReportFormat, reportText } from './reports/report-text.js';
import { runChecks } from './run.js';
import { type CheckRun, type CheckStart, checkStart } from './schemas.js';
import type { RunInput } from './world.js';

/** What only a caller in this process can give. */
export interface InProcess {
  /** Returns the consumer's business state. */
  effects?: () => unknown;
  /** Moves the consumer's clock to an instant, milliseconds since 1970. */
  moveClock?: (nowMs: number) => unknown;
  /** For level 2: told where the run serves the provider's API, before anything is sent. */
  readApi?: (url: string) => unknown;
}

export interface ChecksService {
  /** Starts a run of a tenant; its progress is read. @throws AppError */
  start(tenantId: string, input: CheckStart): Promise<CheckRun>;
  /** @throws AppError `not_found` */
  read(tenantId: string, id: string): CheckRun;
  /** As `ringer check --report` writes it. @throws AppError `not_found`, and `conflict` without a report. */
  report(tenantId: string, id: string, format: ReportFormat): string;
  /** Newest first, without their reports. */
  list(tenantId: string): CheckRun[];
  /** Runs it to its end. @throws AppError */
  run(tenantId: string, input: CheckStart, inProcess?: InProcess): Promise<Run>;
  /** Breaks off what runs, and waits for what was started; whoever runs one in this process has its report. */
  close(): Promise<void>;
}

/** Runs at once in this process. */
const MOST_RUNNING = 4;
/** Runs of one tenant that are kept; the oldest goes first. */
const KEPT = 20;
/** Tenants of which some are kept. */
const KEPT_TENANTS = 500;

const NOT_HERE =
  'A run over the API opens no port for the provider’s API: ask this one with `ringer check --level 2 --read-api PORT`, or in the library.';

/** Runs live in the memory of this process: a report is read soon after its run, or it was written to a file. */
export function checksService(context: Context): ChecksService {
  const kept = new Map<string, CheckRun[]>();
  const running = new Set<Promise<void>>();
  const closing = new AbortController();
  /** What reports are written from; goes with its run. */
  const whole = new WeakMap<CheckRun, Run>();

  const keep = (tenantId: string, run: CheckRun) => {
    const list = [run, ...(kept.get(tenantId) ?? [])].slice(0, KEPT);
    kept.delete(tenantId);
    kept.set(tenantId, list);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_TENANTS && oldest !== undefined) kept.delete(oldest);
  };

  const finished = async (run: CheckRun, work: Promise<Run>): Promise<void> => {
    try {
      const done = await work;
      whole.set(run, done);
      Object.assign(run, { status: 'finished', report: done.report });
    } catch (error) {
      context.log.error('a run of checks ended early', {
        why: error instanceof Error ? error.message : 'unknown',
      });
      Object.assign(run, { status: 'failed' });
    }
    run.finishedAt = isoMillis(context.wall.now());
  };

  const read = (tenantId: string, id: string): CheckRun => {
    const run = kept.get(tenantId)?.find((known) => known.id === publicId('chk', id));
    if (run) return run;
    throw new AppError(
      'not_found',
      'There is no run of checks with this id; they are kept in memory, the last 20.',
    );
  };

  return {
    async start(tenantId, input) {
      if (running.size >= MOST_RUNNING)
        throw new AppError(
          'conflict',
          `${MOST_RUNNING} runs of checks are under way already; wait for one to end.`,
        );
      const prepared = await prepare(context, tenantId, input, null);
      const run: CheckRun = {
        id: publicId('chk', context.ids.next()),
        status: 'running',
        provider: prepared.lane.profile.id,
        target: prepared.lane.url,
        subscriptionId: input.subscriptionId ?? null,
        seed: prepared.seed,
        startedAt: isoMillis(context.wall.now()),
        finishedAt: null,
        progress: { done: 0, of: chooseChecks(CHECKS, input.only).length, passed: 0, failed: 0 },
        report: null,
      };
      keep(tenantId, run);
      const progress = ({ verdict }: CheckReport, done: number) => {
        run.progress.done = done;
        if (verdict === 'pass') run.progress.passed += 1;
        if (verdict === 'fail') run.progress.failed += 1;
      };
      const work = finished(run, runChecks({ ...prepared, progress, signal: closing.signal })).finally(() => {
        running.delete(work);
      });
      running.add(work);
      return run;
    },
    read,
    report(tenantId, id, format) {
      const run = read(tenantId, id);
      const done = whole.get(run);
      if (done) return reportText(done, format);
      throw new AppError(
        'conflict',
        run.status === 'running'
          ? 'This run is under way: its report is there once it is finished.'
          : 'This run ended early and has no report: start another.',
      );
    },
    list: (tenantId) => (kept.get(tenantId) ?? []).map((run) => ({ ...run, report: null })),
    run: async (tenantId, input, inProcess = {}) =>
      runChecks({ ...(await prepare(context, tenantId, input, inProcess)), signal: closing.signal }),
    async close() {
      closing.abort();
      await Promise.all(running);
    },
  };
}

/** From the subscription or the address that is named to what a run stands on. */
async function prepare(
  context: Context,
  tenantId: string,
  given: CheckStart,
  inProcess: InProcess | null,
): Promise<RunInput> {
  const { effects, moveClock, readApi } = inProcess ?? {};
  const input = parseInput(checkStart, given);
  const { only, level, timeoutMs, retiredSecret, seed } = input;
  const { lane, retired } = await laneOf(context, tenantId, input);
  const { profile } = lane;
  if (retiredSecret !== undefined) checkSecret(profile, retiredSecret);
  if (input.effects !== undefined) judgeEffects(input.effects, context.egress);
  if (readApi) judgeReadApi(level);
  chooseChecks(CHECKS, only);
  const used = String(seed ?? randomText(context.random, 8, 'abcdefghijkmnpqrstuvwxyz23456789'));
  const run: RunInput = {
    lane,
    shape: {
      profile,
      environment: lane.environment,
      settings: await bodySettings(context, context.db.pool, tenantId, profile),
    },
    rules: context.egress,
    version: context.version,
    effects: effects ?? input.effects ?? null,
    moveClock: moveClock ?? null,
    ...(readApi ? { readApi: { port: 0, ready: readApi } } : {}),
    ...(inProcess ? {} : { noReadApi: NOT_HERE }),
    retired: [...(retiredSecret === undefined ? [] : [retiredSecret]), ...retired],
    challenged: await isChallenged(context, tenantId, lane.url),
    seed: used,
    ...(only ? { only } : {}),
    ...(level === undefined ? {} : { level }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    command: commandOf('ringer', {
      provider: profile.id,
      url: lane.url,
      seed: used,
      ...(lane.secrets.length > 0 ? { secret: '' } : {}),
      ...(input.effects === undefined ? {} : { effects: input.effects }),
    }),
  };
  await lookFirst(run);
  return run;
}

/** Whether this target answered the tenant's token, not too long ago. */
async function isChallenged({ db }: Context, tenantId: string, url: string): Promise<boolean> {
  const targets = await listTargets(db.pool, tenantId);
  const { origin } = new URL(url);
  return targets.some((target) => target.origin === origin);
}

async function laneOf(context: Context, tenantId: string, input: CheckStart) {
  const { subscriptionId, provider, url, secret } = input;
  if (subscriptionId !== undefined) {
    const head = await readSubscriptionHead(context.db.pool, tenantId, subscriptionId.slice('sub_'.length));
    const [lane] = head ? await loadLaneSnapshots(context, [head.lane]) : [];
    if (!lane) throw new AppError('not_found', `There is no subscription ${subscriptionId.slice(0, 60)}.`);
    const current = lane.secrets.filter(({ expiresAtMs }) => expiresAtMs === null);
    // Overlaps end on the tenant's clock; only where that is real time is it known here that one is over.
    const isOver = (atMs: number | null) =>
      lane.tenant.clockMode === 'system' && atMs !== null && atMs <= context.wall.now();
    const retired = lane.secrets.filter(({ expiresAtMs }) => isOver(expiresAtMs)).map(({ value }) => value);
    return { lane: { ...lane, secrets: current }, retired };
  }
  const profile = context.registry.get(provider!);
  if (secret === undefined && profile.secret.value.use === 'required') throw missingSecret(profile);
  const { lane } = loneLane(profile, {
    subscription: { ...input, url: url! },
    rules: context.egress,
    random: context.random,
    nowMs: context.wall.now(),
  });
  return { lane: { ...lane, tenantId }, retired: [] };
}
