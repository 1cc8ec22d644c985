import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { prepareRun } from '../../src/checks/check-consumer.js';
import { isClean } from '../../src/checks/report.js';
import { runChecks } from '../../src/checks/run.js';
import type { RunInput } from '../../src/checks/world.js';
import { checkSummary } from '../../src/cli/check-text.js';
import { reportText } from '../../src/index.js';
import { wallClock } from '../../src/lib/clock.js';
import { createConsumer } from '../support/consumer.js';
import { quietShell } from '../support/quiet-shell.js';

vi.setConfig({ testTimeout: 60_000 });

async function against(only: readonly string[]) {
  const consumer = await createConsumer();
  onTestFinished(() => consumer.close());
  const prepared = await prepareRun({ provider: 'noyo', url: consumer.url, secret: 's', only }, {});
  return { consumer, run: (more: Partial<RunInput>) => runChecks({ ...prepared, ...more }) };
}

describe('a run that ends before its last check', () => {
  it('says so in every report, and is no pass', async () => {
    const { run } = await against(['ACK-01', 'ACK-02', 'BRK-02']);
    let lateMs = 0;
    const done = await run({
      clock: { ...wallClock, monotonic: () => wallClock.monotonic() + lateMs },
      progress: () => {
        lateMs = 61_000;
      },
    });
    const { report } = done;
    expect(report).toMatchObject({ passed: 1, failed: 0, skipped: 2, notReached: 2 });
    expect(isClean(report)).toBe(false);
    const text = checkSummary(report, quietShell().colours);
    const html = await reportText(done, 'html');
    for (const summary of [text, html]) {
      expect(summary).toContain('Not finished: 2 of 3 checks were not reached, 1 passed');
      expect(summary).toContain('The consumer is slow: the 60 s of a run were over.');
      expect(summary).toContain('Ask the rest with --only ACK-02,BRK-02');
    }
    const junit = await reportText(done, 'junit');
    expect(junit).toContain('tests="3" failures="0" errors="2" skipped="0"');
    expect(junit.match(/<error message="The consumer is slow: [^"]+" type="not reached">/g)).toHaveLength(2);
    expect(JSON.parse(await reportText(done, 'json'))).toMatchObject({ skipped: 2, notReached: 2 });
  });

  it('puts nothing down to the consumer that was under way when it was broken off', async () => {
    const { consumer, run } = await against(['ACK-01', 'SIG-02', 'SIG-03', 'LOAD-01']);
    const aborting = new AbortController();
    consumer.answer((_, index) => {
      if (index < 2) return 200;
      aborting.abort();
      return new Promise<never>(() => {});
    });
    const { report } = await run({ signal: aborting.signal });
    expect(report.checks.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['ACK-01', 'pass'],
      ['SIG-02', 'skip'],
      ['SIG-03', 'skip'],
      ['LOAD-01', 'skip'],
    ]);
    expect(new Set(report.checks.slice(1).map(({ reason }) => reason))).toEqual(
      new Set(['The run was broken off.']),
    );
    expect(report.notReached).toBe(3);
    consumer.clear();
    const late = await run({ signal: aborting.signal });
    expect(late.report).toMatchObject({ passed: 0, failed: 0, notReached: 4 });
    expect(consumer.received).toEqual([]);
  });
});
