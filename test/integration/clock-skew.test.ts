import { afterEach, describe, expect, it } from 'vitest';
import type { Dispatcher } from '../../src/engine/dispatcher.js';
import { wallClock } from '../../src/lib/clock.js';
import { ownDispatcher } from '../support/own-dispatcher.js';
import { HOUR, MINUTE, SECOND, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

/** Nobody sends here but what a test starts. */
const world = useWorld({ env: { RINGER_ROLE: 'api' } });
const started: Dispatcher[] = [];

afterEach(async () => {
  for (const dispatcher of started.splice(0)) await dispatcher.stop();
});

/** The instant by the database, which is the one that counts. */
async function databaseNow(): Promise<number> {
  const { rows } = await world.app.context.db.pool.query<{ now: Date }>('SELECT now()');
  return rows[0]!.now.getTime();
}

describe('T31: a process whose wall clock is wrong', () => {
  it.each([
    ['ten minutes ahead', () => 10 * MINUTE],
    ['ten minutes behind', () => -10 * MINUTE],
    ['set back by an hour in the middle', (calls: number) => (calls > 1 ? -HOUR : 0)],
  ])('%s: retries are due when they should be, and nothing goes out early', async (_, skewOf) => {
    let calls = 0;
    const clock = { ...wallClock, now: () => wallClock.now() + skewOf(calls++) };
    const scene = await setScene(world, 'healthsync', { clock: null });
    const before = await databaseNow();
    const id = await scene.publish();
    const dispatcher = ownDispatcher(world.app, { clock });
    started.push(dispatcher);
    await dispatcher.start();
    const { attempts, createdAt } = await scene.untilAttempts(id, 1);
    const after = await databaseNow();
    const { startedAt, nextAttemptAt } = attempts[0]!;
    expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(before - 1);
    expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(before - 1);
    expect(Date.parse(startedAt)).toBeLessThanOrEqual(after + 1);
    // A minute after the end of the first, whatever the process thinks that it is.
    const dueMs = Date.parse(nextAttemptAt!);
    expect(dueMs - Date.parse(startedAt)).toBeGreaterThanOrEqual(MINUTE);
    expect(dueMs).toBeLessThanOrEqual(after + MINUTE + SECOND);
    // Not before the database's clock is there, however often somebody looks.
    for (let i = 0; i < 3; i++) {
      dispatcher.promoteSoon();
      expect((await scene.delivery(id)).attempts).toHaveLength(1);
    }
    expect(scene.consumer.received).toHaveLength(1);
    const { rows } = await world.app.context.db.pool.query<{ state: number; due_at: Date }>(
      'SELECT state, due_at FROM open_delivery WHERE tenant_id = $1',
      [scene.tenantId],
    );
    expect(rows).toEqual([{ state: 2, due_at: new Date(dueMs) }]);
  });
});
