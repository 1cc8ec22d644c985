import { describe, expect, it, vi } from 'vitest';
import { checkConsumer } from '../../src/checks/check-consumer.js';
import type { Run } from '../../src/checks/contract.js';
import { type Consumer, consumers } from './consumers/index.js';

/** Runs against a fresh process of the consumer, whose clock follows where a check moves it. */
async function check(consumer: Consumer, only?: readonly string[]): Promise<Run> {
  const { url, effectsUrl, secret, retiredSecret, settings, close } = await consumer.start();
  try {
    return await checkConsumer({
      provider: consumer.provider,
      url,
      effects: effectsUrl,
      seed: 'account',
      moveClock(nowMs) {
        vi.useFakeTimers({ toFake: ['Date'] });
        vi.setSystemTime(nowMs);
      },
      ...(secret === null ? {} : { secret }),
      ...(retiredSecret === null ? {} : { retiredSecret }),
      ...(settings ? { settings: { ...settings } } : {}),
      ...(only ? { only } : {}),
    });
  } finally {
    vi.useRealTimers();
    await close();
  }
}

const said = ({ report }: Run) =>
  report.checks
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ id, reason, cause }) => `${id}: ${reason} ${cause}`);

/** A run takes seconds; a busy machine may take its time. */
vi.setConfig({ testTimeout: 180_000 });

describe('ringer check is held to account', () => {
  const correct = consumers.filter(({ bug }) => bug === null);
  const planted = consumers.filter(({ bug }) => bug !== null);

  it.each(correct)('raises no alarm: $name', async (consumer) => {
    expect(said(await check(consumer))).toEqual([]);
  });

  it.each(planted)('finds by $foundBy: $name', async (consumer) => {
    const { report } = await check(consumer, [consumer.foundBy!]);
    expect(report.checks.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([`${consumer.foundBy} fail`]);
  });
});
