import type pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { Dispatcher } from '../../src/engine/dispatcher.js';
import type { Database } from '../../src/store/database.js';
import { eventually } from '../support/eventually.js';
import { ownDispatcher } from '../support/own-dispatcher.js';
import { type Scene, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

/** Nobody sends here but what a test starts. */
const world = useWorld({ env: { RINGER_ROLE: 'api' } });
/** `npm run torture` asks for more; each statement and each fault wants its turn. */
const RUNS = Math.max(30, Number(process.env.TORTURE_RUNS ?? 30));
const started: Dispatcher[] = [];

afterEach(async () => {
  for (const dispatcher of started.splice(0)) await dispatcher.stop();
});

/** Its transactions fail once, at their n-th statement: before that is done, or right after it. */
function failing(at: number, when: 'before' | 'after', code: string): { db: Database; failed(): boolean } {
  const { db } = world.app.context;
  let failed = false;
  const fault = () => {
    failed = true;
    return Object.assign(new Error(`at statement ${at}`), { code });
  };
  const transaction: Database['transaction'] = (work, options) =>
    db.transaction((client) => {
      let count = 0;
      const query = async (...given: unknown[]) => {
        count += 1;
        const mine = count === at && !failed;
        if (mine && when === 'before') throw fault();
        const answer = await (client.query as (...all: unknown[]) => Promise<unknown>)(...given);
        if (mine) throw fault();
        return answer;
      };
      const broken = new Proxy(client, {
        get: (target, key) => (key === 'query' ? query : Reflect.get(target, key)),
      }) as pg.PoolClient;
      return work(broken);
    }, options);
  return { db: { ...db, embedded: false, transaction }, failed: () => failed };
}

/** State, attempts, health and what is told of them: all of it, or nothing. */
async function stateOf({ tenantId, subscriptionId }: Scene) {
  const { rows } = await world.app.context.db.pool.query<{ state: string }>(
    `SELECT concat_ws(' ', o.tries, (SELECT count(*) FROM attempt a WHERE a.tenant_id = $1), s.status, s.health IS NOT NULL,
       (SELECT count(*) FROM notification n WHERE n.tenant_id = $1)) AS state
     FROM open_delivery o JOIN subscription s ON s.tenant_id = o.tenant_id AND s.id = o.subscription_id
     WHERE o.tenant_id = $1 AND s.id = $2`,
    [tenantId, subscriptionId],
  );
  return rows.map(({ state }) => state);
}

const NOTHING = '0 0 active f 0';
const ALL = '1 1 unhealthy t 1';
/** 57P01 = the connection is gone, tried again; XX000 = a bug, given up. */
const FAULTS = [
  ['before', '57P01'],
  ['after', '57P01'],
  ['before', 'XX000'],
  ['after', 'XX000'],
] as const;

describe('T11: the transaction that writes an outcome fails at one of its statements', () => {
  it(
    'and everything is written, or nothing is',
    async () => {
      let statements = 0;
      let faults = 0;
      for (let run = 0; run < RUNS; run++) {
        const [when, code] = FAULTS[run % FAULTS.length]!;
        const at = 1 + (Math.floor(run / FAULTS.length) % Math.max(statements + 1, 7));
        const { db, failed } = failing(at, when, code);
        const scene = await setScene(world, 'noyo', { clock: null });
        await world.app.services.tenants.update(scene.tenantId, { notifyUrl: scene.consumer.url });
        await scene.publish();
        const dispatcher = ownDispatcher(world.app, { db });
        started.push(dispatcher);
        await dispatcher.start();
        await eventually(async () => {
          expect(scene.consumer.received.length).toBeGreaterThan(0);
          expect(dispatcher.inFlight + dispatcher.backlog).toBe(0);
        }, 60_000);
        const given = failed() && code === 'XX000';
        expect(await stateOf(scene), `statement ${at}, ${when} it, ${code}`).toEqual([given ? NOTHING : ALL]);
        expect(scene.consumer.received).toHaveLength(1);
        if (failed()) {
          faults += 1;
          statements = Math.max(statements, at);
        }
        await started.pop()!.stop();
        // So that the next dispatcher has nothing else to do.
        await world.app.services.subscriptions.remove(scene.tenantId, scene.subscriptionId);
      }
      expect(statements, 'more than one statement failed').toBeGreaterThan(2);
      expect(faults).toBeGreaterThan(RUNS / 3);
    },
    Math.max(180_000, RUNS * 2_000),
  );
});
