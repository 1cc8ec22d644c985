import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CHECKS } from '../../src/checks/catalogue/checks.js';
import { checkConsumer } from '../../src/checks/check-consumer.js';
import { createConsumer } from '../support/consumer.js';
import { consumers } from './consumers/index.js';

vi.setConfig({ testTimeout: 180_000 });

/** A probe need not show the things themselves. */
const counted = (book: Record<string, { events: number }>) => ({
  events: Object.values(book).reduce((sum, { events }) => sum + events, 0),
  things: Object.keys(book).length,
});

const byState = CHECKS.filter(({ level }) => level === 1).map(({ id }) => id);
const correct = consumers.filter(({ bug }) => bug === null);

describe('a check that is asked alone', () => {
  it.each(correct)('raises no alarm where the probe shows counts alone: $name', async (consumer) => {
    const { url, effectsUrl, secret, settings, close } = await consumer.start();
    onTestFinished(close);
    const effects = async () =>
      counted((await (await fetch(effectsUrl)).json()) as Record<string, { events: number }>);
    const alarms: string[] = [];
    for (const id of byState) {
      const { report } = await checkConsumer({
        provider: consumer.provider,
        url,
        effects,
        seed: 'alone',
        only: [id],
        ...(secret === null ? {} : { secret }),
        ...(settings ? { settings: { ...settings } } : {}),
      });
      for (const { verdict, reason } of report.checks)
        if (verdict === 'fail') alarms.push(`${id}: ${reason}`);
    }
    expect(alarms).toEqual([]);
  });

  it('still counts one that is missing', async () => {
    const { url, answer, close } = await createConsumer();
    onTestFinished(close);
    const seen = new Set<string>();
    // Holds five between two looks at it, and throws away what comes beyond.
    let held = 0;
    answer(({ body }) => {
      held += 1;
      if (held <= 5) seen.add(JSON.parse(body.toString()).event.id);
      return 200;
    });
    const effects = () => {
      held = 0;
      return { events: seen.size };
    };
    const input = { provider: 'noyo', url, secret: 's', effects, seed: 'alone', only: ['REC-01'] };
    const { report } = await checkConsumer(input);
    expect(report.checks).toMatchObject([
      { verdict: 'fail', reason: expect.stringMatching(/^events moved by 5, where 8 events make 8\.$/) },
    ]);
  });
});
