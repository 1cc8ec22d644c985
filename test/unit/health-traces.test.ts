import { describe, expect, it } from 'vitest';
import { assess, type Health, type HealthVerdict } from '../../src/engine/attempt/assess.js';
import type { HealthPolicy } from '../../src/providers/contract.js';

const DAY = 86_400_000;
const LENGTH = 8;
/** Each thing happens two days after the one before it. */
const STEP = 2 * DAY;
const ACTIVE: Health = { status: 'active', memory: null };

const THINGS = ['ok', 'fail', 'timeout', 'old ok', 'manual retry', 'resume'] as const;
type Thing = (typeof THINGS)[number];

/** What the documents say, written down a second time: where it stands, since when it fails, when it failed last. */
interface Row {
  status: string;
  since: number | null;
  last: number | null;
}

const WELL: Row = { status: 'active', since: null, last: null };

/** Noyo: unhealthy with the first failure; failed when an event made seven days after that fails too. */
function table(row: Row, thing: Thing, at: number): Row {
  if (thing === 'resume') return row.status === 'failed' ? WELL : row;
  if (row.status === 'failed') return row;
  if (thing === 'ok') return WELL;
  // It started before the last failure, so that it says nothing of the time after it.
  if (thing === 'old ok') return row;
  const since = row.since ?? at;
  // A retry that somebody asked for is of the first event there was.
  const over = thing !== 'manual retry' && at - since >= 7 * DAY;
  return { status: over ? 'failed' : 'unhealthy', since, last: at };
}

const noyo: HealthPolicy = { kind: 'unhealthyThenFailed', failAfterMs: 7 * DAY, scope: 'attempt' };

function real(health: Health, row: Row, thing: Thing, at: number): Health {
  if (thing === 'resume') return health.status === 'failed' ? ACTIVE : health;
  const startedAtMs = thing === 'old ok' ? (row.last ?? at) - 1 : at;
  const ok = thing === 'ok' || thing === 'old ok';
  const verdict: HealthVerdict = {
    ok,
    startedAtMs,
    deliveryId: 'd',
    eventCreatedAtMs: thing === 'manual retry' ? 0 : at,
    exhausted: false,
    disables: false,
  };
  return assess(noyo, health, verdict);
}

describe('T26: the health of a subscription', () => {
  it(`is what the table says after every trace of up to ${LENGTH} things`, () => {
    const seen = new Map<string, number>();
    let traces = 0;
    const walk = (health: Health, row: Row, trace: readonly Thing[]): void => {
      traces += 1;
      const since = health.memory?.unhealthySince ?? null;
      if (health.status !== row.status || since !== row.since)
        expect.fail(
          `after ${trace.join(', ')}: ${health.status} since ${since}, not ${row.status} since ${row.since}`,
        );
      seen.set(row.status, (seen.get(row.status) ?? 0) + 1);
      if (trace.length === LENGTH) return;
      const at = trace.length * STEP;
      for (const thing of THINGS)
        walk(real(health, row, thing, at), table(row, thing, at), [...trace, thing]);
    };
    walk(ACTIVE, WELL, []);
    expect(traces).toBe((THINGS.length ** (LENGTH + 1) - 1) / (THINGS.length - 1));
    expect([...seen.keys()].sort()).toEqual(['active', 'failed', 'unhealthy']);
  }, 120_000);
});
