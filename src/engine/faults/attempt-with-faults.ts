import { sameBytes } from '../../lib/bytes.js';
import type { RequestInput } from '../../providers/contract.js';
import type { Attempted } from '../attempt/outcome.js';
import { type AttemptTools, type Begun, round } from '../attempt/round.js';
import { meetTogether } from '../egress/together.js';
import { distort } from './distort.js';
import type { Copies } from './fault.js';
import { PLAIN } from './manner.js';
import { aged } from './rewrite.js';
import { recordsText, type Strike } from './strike.js';

export interface StruckOptions {
  strike: Strike;
  tenantNowMs: number;
  tools: AttemptTools;
}

/** One attempt with faults in it, and the copies that go out with it. */
export async function attemptWithFaults(
  begun: Begun,
  input: RequestInput,
  { strike, tenantNowMs, tools }: StruckOptions,
): Promise<Attempted> {
  const { profile } = begun.lane;
  const faults = recordsText(strike.records);
  const copies = copiesAtOnce(strike);
  const jobs = [{ begun, input, faults }, ...copiesOf(begun, input, { strike, copies, tools })];
  const places = copies.together ? meetTogether(jobs.length) : [];
  const run = async (job: (typeof jobs)[number], i: number): Promise<Attempted> => {
    const { wire, manner, losesAnswer } = distort(profile, job.input, strike);
    const together = places[i] ?? null;
    const how = { manner: manner ?? (together ? PLAIN : null), together };
    // A copy starts when its turn comes.
    const now = i === 0 ? job.begun : { ...job.begun, wallStartedMs: tools.clock.now() };
    const made = await round(now, wire, { tenantNowMs, tools, how, losesAnswer });
    const rewritten = !sameBytes(wire.body, begun.delivery.event?.body ?? wire.body);
    return { ...made, touched: { faults: job.faults, rewritten, copies: [] } };
  };
  const [first, ...rest] = await inTurns(jobs, run, copies.concurrency);
  return { ...first!, touched: { ...first!.touched!, copies: rest } };
}

/** All that go out now, of whichever faults. */
function copiesAtOnce({ drawn }: Strike): Copies {
  const all = drawn
    .flatMap(({ fault, params }) => fault.copy?.(params) ?? [])
    .filter(({ gapMs }) => gapMs === 0);
  return {
    count: all.reduce((sum, { count }) => sum + count, 0),
    gapMs: 0,
    concurrency: Math.max(1, ...all.map(({ concurrency }) => concurrency)),
    together: all.some(({ together }) => together),
  };
}

function copiesOf(
  begun: Begun,
  input: RequestInput,
  { strike, copies, tools }: { strike: Strike; copies: Copies; tools: AttemptTools },
) {
  const makers = strike.drawn.flatMap(({ fault, params, record }) => {
    const made = fault.copy?.(params);
    return made && made.gapMs === 0
      ? Array.from({ length: made.count }, () => ({ record, agedMs: made.agedMs ?? 0 }))
      : [];
  });
  return makers.slice(0, copies.count).map(({ record, agedMs }) => ({
    begun: {
      ...begun,
      delivery: { ...begun.delivery, trigger: 'fault' as const },
      attemptId: tools.ids.next(),
    },
    input: aged(input, agedMs),
    faults: recordsText([record]),
  }));
}

/** In order, so many at once. */
async function inTurns<T, R>(
  jobs: readonly T[],
  run: (job: T, index: number) => Promise<R>,
  concurrency: number,
): Promise<R[]> {
  const results: R[] = [];
  const next = jobs.entries();
  const worker = async () => {
    for (const [i, job] of next) results[i] = await run(job, i);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, jobs.length) }, worker));
  return results;
}
