import { isoMillis, wallClock } from '../lib/clock.js';
import { type Bench, type BenchWorld, createBench, targetFor } from './bench.js';
import { CHECKS } from './catalogue/checks.js';
import { chooseChecks } from './choose.js';
import { concealing } from './conceal.js';
import type { Check, CheckReport, Finding, Level, Run, Shot, TimelineEntry, Turn } from './contract.js';
import { failed, nothingListens, skipped } from './finding.js';
import { ProbeFailure } from './probe-failure.js';
import { openReadApi } from './read-api.js';
import { checkReport, reportOf } from './report.js';
import { accepted, crashed, outcomeOf } from './shot.js';
import { NEEDS_EFFECTS } from './summary.js';
import { BROKEN_OFF, BUDGET_MS, NOT_TAKEN, OUT_OF_TIME } from './unreached.js';
import { openWorld, type RunInput } from './world.js';

/** Slower answers make a slow consumer, which is asked less, milliseconds. */
const SLOW_MS = 250;
const TURNS: readonly Turn[] = ['first', 'together', 'alone', 'last'];
/** Bars of one check in the timeline. */
const BARS = 100;

/** Asks every check that applies, side by side where they are independent. A finding is never an exception. */
export async function runChecks(input: RunInput): Promise<Run> {
  const { lane, seed, clock = wallClock } = input;
  const chosen = chooseChecks(CHECKS, input.only);
  const startedAt = clock.monotonic();
  const shots = new Map<string, Shot[]>();
  const { world, level, close } = openWorld(
    input,
    (check, shot) => void shots.set(check, [...(shots.get(check) ?? []), shot]),
  );
  const target = targetFor(world);
  const reports = new Map<string, CheckReport>();
  const baseline = { ok: true };
  const isBroken = () => input.signal?.aborted === true;
  const { headers, secretHeaders } = target.wire;
  const conceal = concealing([
    ...lane.secrets.map(({ value }) => value),
    ...world.retired,
    ...headers.filter(([name]) => secretHeaders.includes(name.toLowerCase())).map(([, value]) => value),
  ]);

  const finish = (check: Check, verdict: CheckReport['verdict'], finding: Omit<Finding, 'verdict'>) => {
    const report = checkReport(check, verdict, {
      finding,
      shots: shots.get(check.id) ?? [],
      command: input.command,
      conceal,
    });
    reports.set(check.id, report);
    input.progress?.(report, reports.size, chosen.length);
  };

  const ask = async (check: Check): Promise<void> => {
    const weakness = check.notFor(target);
    if (weakness !== null) return finish(check, 'not-applicable', { reason: weakness, cause: null });
    const why = whyNot(check, {
      level,
      world,
      broken: isBroken(),
      ok: baseline.ok,
      spentMs: clock.monotonic() - startedAt,
    });
    if (why !== null) return finish(check, 'skip', { reason: why, cause: null });
    const bench = createBench(world, check.id);
    const finding = await check.ask(bench).catch(async (error: unknown): Promise<Finding> => {
      if (isBroken()) return skipped(BROKEN_OFF);
      if (error instanceof ProbeFailure) return withoutProbe(bench, error);
      throw error;
    });
    // What is cut short by us gets no answer, and says nothing of the consumer.
    const told = isBroken() ? skipped(BROKEN_OFF) : finding;
    finish(check, told.verdict, told);
  };

  /** One check tells it; of no other can anything be said. */
  const sayOnce = (finding: Finding): void => {
    const asked = chosen.filter((check) => check.notFor(target) === null && mayAsk(check, world));
    const teller = asked.find(({ id }) => id === 'ACK-01') ?? asked[0];
    for (const check of chosen) {
      const weakness = check.notFor(target);
      if (weakness !== null) finish(check, 'not-applicable', { reason: weakness, cause: null });
      else if (check === teller) finish(check, finding.verdict, finding);
      else finish(check, 'skip', { reason: mayAsk(check, world) ? finding.reason : HARMFUL, cause: null });
    }
  };

  try {
    if (level === 2 && input.readApi) {
      world.readApi = await openReadApi(input.shape, { port: input.readApi.port, clock });
      if (world.readApi) await input.readApi.ready(world.readApi.url);
    }
    const first = await createBench(world, 'baseline').send(world.plans[0]!.tell('baseline')[0]!, {
      label: 'a valid event',
    });
    baseline.ok = accepted(first);
    world.pace.answerMs = first.durationMs;
    world.pace.slow = first.durationMs > SLOW_MS;
    const dead = first.failure === 'refused' && !isBroken() ? nothingListens(lane.url, first) : null;
    if (dead !== null) sayOnce(dead);
    for (const turn of dead === null ? TURNS : []) {
      const mine = chosen.filter((check) => turnOf(check, world) === turn);
      if (turn === 'together' || turn === 'first') await Promise.all(mine.map(ask));
      else for (const check of mine) await ask(check);
    }
  } finally {
    await world.readApi?.close();
    await close();
  }
  const report = reportOf({
    provider: lane.profile.id,
    target: lane.url,
    level,
    seed,
    startedAt: isoMillis(world.startedMs),
    durationMs: Math.round(clock.monotonic() - startedAt),
    checks: chosen.map(({ id }) => reports.get(id)!),
  });
  return { report, timeline: timelineOf(shots) };
}

/** A probe that is gone together with the consumer is a finding; one that fails alone says nothing. */
async function withoutProbe(bench: Bench, { message }: ProbeFailure): Promise<Finding> {
  const sent = [...bench.shots];
  const shot = await bench.send(bench.sample(), { label: 'a valid event afterwards', once: true });
  if (sent.length === 0 || (shot.response !== null && !crashed(shot))) return skipped(message);
  return failed(
    `After these requests a valid event was answered ${outcomeOf(shot)}, and the effects probe is gone, too.`,
    'One of them took the process down: an exception or an error event that nobody caught. Handle errors of the request stream, of the parser and of the verification.',
    [shot, ...sent],
  );
}

/** What looks at the state is asked with nothing beside it. */
function turnOf({ turn, manner, level }: Check, { effects }: BenchWorld): Turn {
  if (turn !== 'together' || effects === null) return turn;
  return manner === 'hostile' || level > 0 ? 'alone' : turn;
}

const HARMFUL =
  'Hostile and broken requests go to this machine only, or to a target that answered the challenge.';

function mayAsk({ manner }: Check, { mayHarm }: BenchWorld): boolean {
  return manner === 'legal' || mayHarm;
}

interface Circumstances {
  level: Level;
  /** Whether the run is broken off. */
  broken: boolean;
  world: BenchWorld;
  /** Whether a valid event is taken. */
  ok: boolean;
  spentMs: number;
}

function whyNot(check: Check, { level, world, broken, ok, spentMs }: Circumstances): string | null {
  if (broken) return BROKEN_OFF;
  if (!mayAsk(check, world)) return HARMFUL;
  if ((check.level === 1 || (check.level === 2 && level === 2)) && world.effects === null)
    return NEEDS_EFFECTS;
  if (check.level > level) return `Asked from level ${check.level} on; this run has level ${level}.`;
  if (!ok && check.needsBaseline !== false) return NOT_TAKEN;
  return spentMs > BUDGET_MS ? OUT_OF_TIME : null;
}

function timelineOf(shots: ReadonlyMap<string, readonly Shot[]>): TimelineEntry[] {
  return [...shots]
    .flatMap(([check, list]) =>
      list.slice(0, BARS).map(
        ({ label, manner, atMs, durationMs, response, failure }): TimelineEntry => ({
          check,
          label,
          manner,
          atMs,
          durationMs,
          status: response?.status ?? null,
          failure,
        }),
      ),
    )
    .sort((a, b) => a.atMs - b.atMs);
}
