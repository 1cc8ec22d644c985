import { readFileSync } from 'node:fs';
import type pg from 'pg';
import supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import { processMetrics } from '../../src/start/metrics.js';
import { readFigures } from '../../src/store/figures.js';
import { apiOf } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { gate, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

/** What `/metrics` says, by name and labels. */
async function collect(): Promise<Map<string, number>> {
  const { app } = apiOf(world, { metrics: processMetrics(world.app) });
  const { text } = await supertest(app).get('/metrics').expect(200);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe('metrics', () => {
  it('tell of the queue, of what is held, of the database and of the process', async () => {
    const figures = await collect();
    for (const name of [
      ...[
        'ringer_due',
        'ringer_oldest_due_seconds',
        'ringer_leased',
        'ringer_leases_expired',
        'ringer_scheduled',
      ],
      ...[
        'ringer_held',
        'ringer_in_flight',
        'ringer_lanes',
        'ringer_lane_in_flight_max',
        'ringer_claims_total',
      ],
      ...[
        'ringer_claim_seconds_total',
        'ringer_claimed_total',
        'ringer_claimed_again_total',
        'ringer_retries_total',
      ],
      ...[
        'ringer_attempts_total',
        'ringer_settled_total',
        'ringer_settle_backlog',
        'ringer_outcome_hold_seconds',
      ],
      ...['ringer_superseded_total', 'ringer_outcomes_given_up_total', 'ringer_poisoned_total'],
      ...['ringer_egress_blocked_total', 'ringer_answers_cut_total', 'ringer_egress_sockets'],
      ...['ringer_database_reached', 'ringer_database_general_waiting', 'ringer_database_oldest_xmin_age'],
      ...['ringer_database_dead_tuples', 'ringer_database_oldest_transaction_seconds'],
      ...['ringer_event_loop_delay_p99_seconds', 'ringer_resident_memory_bytes'],
    ]) {
      expect(figures.get(name), name).toBeTypeOf('number');
      expect(figures.get(name), name).not.toBeNaN();
    }
    expect(figures.get('ringer_database_reached')).toBe(1);
    expect(figures.get('ringer_resident_memory_bytes')).toBeGreaterThan(10_000_000);
  });

  it('are the ones that docs/scaling.md explains', async () => {
    const page = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8');
    const explained = new Set(page.match(/ringer_[a-z0-9_]+/g));
    const { app } = apiOf(world, { metrics: processMetrics(world.app) });
    const { text } = await supertest(app).get('/metrics').expect(200);
    const told = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
    const missing = [...explained].filter((name) => !told.has(name));
    expect(missing).toEqual(world.onServer ? [] : ['ringer_database_hot_waiting']);
    const known = (name: string) =>
      explained.has(name) ||
      /^ringer_(http_request_|database_\w+_connections|database_connections|lanes|attempts_total|settled_total)/.test(
        name,
      );
    expect([...told].filter((name) => !known(name))).toEqual([]);
  });

  it('move with what happens: an attempt, its retry, a held one, one on the wire, one refused', async () => {
    const before = await collect();
    const grown = (after: Map<string, number>, name: string) => after.get(name)! - before.get(name)!;
    const scene = await setScene(world, 'noyo');
    scene.consumer.answer((_, i) => (i === 0 ? 503 : 200));
    await scene.untilAttempts(await scene.publish(), 1);
    expect(grown(await collect(), 'ringer_scheduled')).toBe(1);
    await scene.advance({ untilIdle: true });
    const held = await setScene(world, 'noyo');
    await scene.services.subscriptions.pause(held.tenantId, held.subscriptionId);
    await held.publish();
    const { answer, open } = gate();
    const hung = await setScene(world, 'noyo');
    hung.consumer.answer(answer);
    const id = await hung.publish();
    await hung.consumer.got(1);
    const onTheWire = await collect();
    expect(onTheWire.get('ringer_in_flight')).toBe(1);
    expect(onTheWire.get('ringer_lane_in_flight_max')).toBe(1);
    expect(onTheWire.get('ringer_leased')).toBeGreaterThanOrEqual(1);
    expect(grown(onTheWire, 'ringer_held')).toBe(1);
    expect(onTheWire.get('ringer_subscriptions{status="paused"}')).toBeGreaterThanOrEqual(1);
    open();
    await hung.until(id, 'delivered');
    const after = await collect();
    expect(grown(after, 'ringer_attempts_total')).toBe(3);
    expect(grown(after, 'ringer_retries_total')).toBe(1);
    expect(grown(after, 'ringer_claimed_total')).toBe(3);
    await eventually(async () => expect((await collect()).get('ringer_settle_backlog')).toBe(0));
    expect(grown(await collect(), 'ringer_settled_total')).toBe(3);
  });

  it('show how old the oldest due delivery is, where nobody takes it', async () => {
    const { pool } = world.app.context.db;
    const scene = await setScene(world, 'noyo', { clock: null });
    const id = await scene.publish();
    await eventually(async () => expect((await scene.delivery(id)).status).toBe('pending'), 30_000);
    // As if it had been ready for an hour and no dispatcher came: its row, seen by one statement that is rolled back.
    const seen = await world.app.context.db
      .transaction(async (client) => {
        await client.query(
          `UPDATE open_delivery SET state = 1, token = NULL, lease_until = NULL, due_at = now() - interval '1 hour' WHERE id = $1`,
          [id],
        );
        const figures = await readFigures(client);
        await client.query(
          `UPDATE open_delivery SET lease_until = now() - interval '1 minute', token = 1 WHERE id = $1`,
          [id],
        );
        throw Object.assign(new Error('back'), { figures, expired: (await readFigures(client)).expired });
      })
      .catch((error: { figures: Awaited<ReturnType<typeof readFigures>>; expired: number }) => error);
    expect(seen.figures.due).toBeGreaterThanOrEqual(1);
    expect(seen.figures.oldest_due_s).toBeGreaterThan(3_599);
    expect(seen.expired).toBe(1);
    expect((await readFigures(pool)).expired).toBe(0);
  });

  it('ask the database once for each look, and never between two', async () => {
    const { app } = apiOf(world, { metrics: processMetrics(world.app) });
    const { pool } = world.app.context.db;
    let looks = 0;
    const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
    Object.assign(pool, {
      query: (...args: unknown[]) => {
        if (String(args[0]).includes('pg_stat_activity')) looks += 1;
        return query(...args);
      },
    });
    try {
      for (const expected of [1, 2]) {
        await supertest(app).get('/metrics').expect(200);
        expect(looks).toBe(expected);
      }
      await supertest(app).get('/healthz').expect(200);
      expect(looks).toBe(2);
    } finally {
      Object.assign(pool, { query });
    }
  });

  it('answer while the database does not, and say so', async () => {
    const { app: apiApp } = apiOf(world, {
      metrics: processMetrics({
        ...world.app,
        context: {
          ...world.app.context,
          db: {
            ...world.app.context.db,
            pool: { query: () => Promise.reject(new Error('away')) } as unknown as pg.Pool,
          },
        },
      }),
    });
    const { text } = await supertest(apiApp).get('/metrics').expect(200);
    expect(text).toMatch(/^ringer_database_reached 0$/m);
    expect(text).not.toMatch(/^ringer_due /m);
    expect(text).toMatch(/^ringer_attempts_total \d+$/m);
  });
});
