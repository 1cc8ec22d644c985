import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/lib/random.js';
import { createConsumer } from '../support/consumer.js';
import { eventually } from '../support/eventually.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { cloneDatabase } from '../support/world.js';

const KILLS = 20;
const SUBSCRIPTIONS = 10;
const EVENTS = 500;
/** Deliveries come in while the process is killed, so that every kill finds some in flight. */
const BATCH = 25;

describe('kill -9 in mid-flight', () => {
  it(`${KILLS} times over ${EVENTS * SUBSCRIPTIONS} deliveries loses none, and repeats no more than were in flight`, async () => {
    const random = seededRandom('kill');
    const { url, drop } = await cloneDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'ringer-kill-'));
    const env: Record<string, string> =
      url === null
        ? { RINGER_DATA_DIR: folder }
        : {
            RINGER_DATA_DIR: folder,
            DATABASE_URL: url,
            RINGER_SECRET_KEY: randomBytes(32).toString('base64'),
          };
    const consumer = await createConsumer();
    consumer.answer(async () => {
      await new Promise((done) => setTimeout(done, 3));
      return 200;
    });
    let server = await startServer(env);
    const tenant = await server.call<{ id: string }>('POST', '/api/v1/tenants', { name: 'kill' });
    const base = `/api/v1/tenants/${tenant.id}`;
    for (let i = 0; i < SUBSCRIPTIONS; i++) {
      await server.call('POST', `${base}/subscriptions`, {
        provider: 'healthsync',
        url: `${consumer.url}/${i}`,
      });
    }
    const accepted = new Set<string>();
    const claims = new Set<string>();
    let inFlight = 0;
    let kills = 0;
    while (accepted.size < EVENTS || kills < KILLS) {
      if (accepted.size < EVENTS) await publish(server, base, accepted);
      const from = consumer.received.length;
      await consumer.got(
        Math.min(from + 1 + Math.floor(random.float() * 150), accepted.size * SUBSCRIPTIONS),
      );
      if (kills >= KILLS) continue;
      await server.kill();
      kills += 1;
      if (url !== null) inFlight += await leased(url, claims);
      server = await startServer(env);
      if (url === null) inFlight += voided(server);
    }
    const idle = async () => {
      const stats = await server.call<{ data: unknown[] }>(
        'GET',
        `${base}/deliveries?status=pending,sending,held&limit=1`,
      );
      expect(stats.data).toEqual([]);
    };
    await eventually(idle, 90_000);
    const failed = await server.call<{ data: unknown[] }>(
      'GET',
      `${base}/deliveries?status=failed,cancelled&limit=1`,
    );
    expect(failed.data).toEqual([]);
    expect(await server.stop()).toBe(0);

    const times = new Map<string, number>();
    for (const { path, body } of consumer.received) {
      const key = `${path} ${(JSON.parse(body.toString()) as { id: string }).id}`;
      times.set(key, (times.get(key) ?? 0) + 1);
    }
    const lost = EVENTS * SUBSCRIPTIONS - times.size;
    const duplicates = consumer.received.length - times.size;
    console.info(
      `${kills} kills over ${EVENTS * SUBSCRIPTIONS} deliveries: ${lost} lost, ${duplicates} duplicates, ${inFlight} in flight`,
    );
    expect(kills).toBe(KILLS);
    expect(inFlight, 'the kills found something in flight').toBeGreaterThan(0);
    expect(lost).toBe(0);
    expect(duplicates).toBeLessThanOrEqual(inFlight);
    await consumer.close();
    await drop?.();
    rmSync(folder, { recursive: true, force: true });
  }, 300_000);
});

async function publish(server: ServerProcess, base: string, accepted: Set<string>): Promise<void> {
  const events = Array.from({ length: Math.min(BATCH, EVENTS - accepted.size) }, () => ({
    provider: 'healthsync',
    type: 'document.uploaded',
  }));
  const answer = await server.call<{ events: { id: string }[] }>('POST', `${base}/events/batch`, { events });
  for (const { id } of answer.events) accepted.add(id);
}

/** What the dead process held, as the database still says; leases of earlier kills are known already. */
async function leased(connectionString: string, known: Set<string>): Promise<number> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<{ claim: string }>(
    `SELECT id || ' ' || token AS claim FROM open_delivery WHERE token IS NOT NULL`,
  );
  await client.end();
  const fresh = rows.filter(({ claim }) => !known.has(claim));
  for (const { claim } of fresh) known.add(claim);
  return fresh.length;
}

/** What the dead process held, as the next one found it. */
function voided(server: ServerProcess): number {
  return Number(/deliveries were in flight .* count=(\d+)/.exec(server.stderr())?.[1] ?? 0);
}
