import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attempted,
  createRinger,
  type DeliveryResource,
  delivered,
  failed,
  must,
  type Ringer,
  retriedAfter,
} from '../../src/index.js';
import { createConsumer } from '../support/consumer.js';

expect.extend({ toBeDelivered: delivered });

describe('matchers', () => {
  let ringer: Ringer;
  let deliveries: DeliveryResource[];

  beforeAll(async () => {
    ringer = await createRinger({ seed: 'matchers' });
    const tenant = await ringer.tenant();
    const [up, down] = [await createConsumer(), await createConsumer(503)];
    await tenant.subscribe({ provider: 'noyo', url: up.url });
    await tenant.subscribe({ provider: 'healthsync', url: down.url });
    await tenant.send('difference.created', { provider: 'noyo' });
    await tenant.send('document.uploaded', { provider: 'healthsync' });
    await tenant.clock.untilIdle();
    deliveries = await tenant.deliveries();
    for (const consumer of [up, down]) await consumer.close();
  });
  afterAll(() => ringer.close());

  it('hold for what happened', () => {
    must(delivered(deliveries, { provider: 'noyo', times: 1 }));
    must(failed(deliveries, { eventType: 'document.uploaded', reason: 'exhausted' }));
    must(attempted(deliveries, 5, { provider: 'healthsync' }));
    must(retriedAfter(deliveries[1]!, ['1m', '5m', 1_800_000, '1h']));
  });

  it('tell what there is where they do not hold', () => {
    const [one, two] = deliveries.map(({ id }) => id);
    expect(() => must(delivered(deliveries))).toThrow(
      `expected every delivery to be delivered; there are:
  ${one} difference.created delivered, 1 attempt, the last [200]
  ${two} document.uploaded failed (exhausted), 5 attempts, the last [503]`,
    );
    expect(delivered(deliveries, { provider: 'noyo', times: 2 }).message()).toContain(
      'expected 2 deliveries with provider noyo to be delivered; there are:\n',
    );
    expect(delivered([], { eventType: 'x' }).message()).toBe(
      'expected every delivery with eventType x to be delivered; there is none',
    );
    expect(failed(deliveries, { reason: 'aborted' }).message()).toContain(
      'to have failed (aborted); there are:',
    );
    expect(attempted(deliveries, 1).message()).toContain('expected every delivery to have 1 attempt;');
    expect(attempted(deliveries, 2).message()).toContain('expected every delivery to have 2 attempts;');
    expect(retriedAfter(deliveries[1]!, ['1m']).message()).toBe(
      `expected ${two} to be retried after [1m]; it was after [1m, 5m, 30m, 1h]`,
    );
    for (const empty of [delivered([]), failed([]), attempted([], 0)]) expect(empty.pass).toBe(false);
  });

  it('go into a runner’s expect', () => {
    const extended = expect(deliveries) as unknown as {
      toBeDelivered(where: object): void;
      not: { toBeDelivered(where: object): void };
    };
    extended.toBeDelivered({ provider: 'noyo' });
    extended.not.toBeDelivered({ provider: 'healthsync' });
    expect(() => extended.not.toBeDelivered({ provider: 'noyo' })).toThrow('expected not every delivery');
  });
});
