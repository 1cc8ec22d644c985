import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/store/database.js';
import { type DeliveryListing, listDeliveries } from '../../src/store/list-deliveries.js';
import type { Queryable } from '../../src/store/tenant-clock.js';
import { SECOND, START } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();
const db = () => world.app.context.db;

const COUNT = 4_000;
const EVENTS = 500;
const SUBSCRIPTIONS = 64;
/** So many of them are of one provider, the others of another one: more than a page is read from each of, and less. */
const OF_MANY = 61;
const PAGE = 51;

interface Delivery {
  id: string;
  event: number;
  subscription: number;
  status: string;
  createdAtMs: number;
  /** Finished once, and sent once more. */
  reopened: boolean;
}

const uuid = (kind: number, n: number) => `018f0000-0000-7000-800${kind}-${n.toString(16).padStart(12, '0')}`;
const subscriptionId = (n: number) => uuid(1, n);
const eventId = (n: number) => uuid(2, n);
const providerOf = (subscription: number) => (subscription < OF_MANY ? 'many' : 'few');
const applicationOf = (subscription: number) => (subscription % 20 === 3 ? 'shop' : 'default');
const typeOf = (event: number) => ['order', 'refund', 'rare'][event % 100 === 7 ? 2 : event % 2]!;

/** In the order of their ids, which is not the one in which they were created. */
const deliveries: Delivery[] = Array.from({ length: COUNT }, (_, i) => ({
  id: uuid(3, i),
  event: (i * 7) % EVENTS,
  subscription: (i * 11) % SUBSCRIPTIONS,
  status:
    [
      ['held', 9],
      ['pending', 10],
      ['failed', 83],
      ['cancelled', 89],
    ]
      .filter(([, every]) => i % (every as number) === 1)
      .map(([status]) => status as string)[0] ?? 'delivered',
  createdAtMs: START + ((i * 1_237) % COUNT) * SECOND,
  reopened: i % 27 === 1,
}));

let tenantId: string;

beforeAll(async () => {
  const { pool } = db();
  const known = (await world.tenant()).id;
  tenantId = (await world.tenant()).id;
  await pool.query(
    `INSERT INTO finished_delivery (tenant_id, id, event_id, subscription_id, status, trigger, tries, created_at, finished_at)
     SELECT $1, ('018f0000-0000-7000-8004-' || lpad(to_hex(n), 12, '0'))::uuid, $2, $2, 'delivered', 0, 1, now(), now()
     FROM generate_series(1, 20000) n`,
    [known, randomUUID()],
  );
  // From here on statistics say that there is one tenant.
  await pool.query('ANALYZE finished_delivery');
  await pool.query('ANALYZE open_delivery');
  await seed(pool);
}, 60_000);

async function seed(pool: pg.Pool): Promise<void> {
  await pool.query(
    `INSERT INTO subscription (tenant_id, id, provider, application, url, environment, status, settings, created_at, updated_at)
     SELECT $1, x.id, x.provider, x.application, 'https://example.test', 'production', 'active', '{}', now(), now()
     FROM json_to_recordset($2::json) AS x(id uuid, provider text, application text)`,
    [
      tenantId,
      JSON.stringify(
        Array.from({ length: SUBSCRIPTIONS }, (_, n) => ({
          id: subscriptionId(n),
          provider: providerOf(n),
          application: applicationOf(n),
        })),
      ),
    ],
  );
  await pool.query(
    `INSERT INTO event (tenant_id, id, provider, type, environment, body_bytes, created_at)
     SELECT $1, x.id, 'any', x.type, 'production', 0, now() FROM json_to_recordset($2::json) AS x(id uuid, type text)`,
    [
      tenantId,
      JSON.stringify(Array.from({ length: EVENTS }, (_, n) => ({ id: eventId(n), type: typeOf(n) }))),
    ],
  );
  const rows = JSON.stringify(
    deliveries.map(({ id, event, subscription, status, createdAtMs, reopened }) => ({
      ...{ id, event: eventId(event), subscription: subscriptionId(subscription), createdAtMs, reopened },
      ...{ status, open: isOpen(status) },
    })),
  );
  const given = `json_to_recordset($2::json) AS
    x(id uuid, event uuid, subscription uuid, status text, open boolean, reopened boolean, "createdAtMs" float8)`;
  await pool.query(
    `INSERT INTO finished_delivery (tenant_id, id, event_id, subscription_id, status, trigger, tries, created_at, finished_at)
     SELECT $1, id, event, subscription, CASE WHEN open THEN 'failed' ELSE status END, 0, 1,
       to_timestamp("createdAtMs" / 1000), now() FROM ${given} WHERE NOT open OR reopened`,
    [tenantId, rows],
  );
  await pool.query(
    `INSERT INTO open_delivery (tenant_id, id, event_id, subscription_id, lane, state, own_clock, due_at, created_at)
     SELECT $1, x.id, event, subscription, s.lane, CASE x.status WHEN 'held' THEN 4 ELSE 2 END, false,
       now() + interval '1 day', to_timestamp("createdAtMs" / 1000)
     FROM ${given} JOIN subscription s ON s.tenant_id = $1 AND s.id = x.subscription WHERE open`,
    [tenantId, rows],
  );
}

function isOpen(status: string): boolean {
  return status === 'held' || status === 'pending';
}

const midnight = START + (COUNT / 2) * SECOND;

const FILTERS: [string, Partial<DeliveryListing>, (delivery: Delivery) => boolean][] = [
  ['of all', {}, () => true],
  ['oldest first', { order: 'ascending' }, () => true],
  ['that failed', { status: ['failed'] }, (d) => d.status === 'failed'],
  [
    'that failed or were cancelled',
    { status: ['failed', 'cancelled'] },
    (d) => ['failed', 'cancelled'].includes(d.status),
  ],
  ['that were delivered', { status: ['delivered'] }, (d) => d.status === 'delivered'],
  ['that wait', { status: ['pending'] }, (d) => d.status === 'pending'],
  ['that are held or failed', { status: ['held', 'failed'] }, (d) => ['held', 'failed'].includes(d.status)],
  ['of a provider with many subscriptions', { provider: 'many' }, (d) => d.subscription < OF_MANY],
  ['of a provider with few', { provider: 'few' }, (d) => d.subscription >= OF_MANY],
  [
    'of a provider with few, oldest first',
    { provider: 'few', order: 'ascending' },
    (d) => d.subscription >= OF_MANY,
  ],
  [
    'of a provider with few that failed',
    { provider: 'few', status: ['failed'] },
    (d) => d.subscription >= OF_MANY && d.status === 'failed',
  ],
  [
    'of a provider with few that were delivered',
    { provider: 'few', status: ['delivered'] },
    (d) => d.subscription >= OF_MANY && d.status === 'delivered',
  ],
  [
    'of a provider with many that wait',
    { provider: 'many', status: ['pending'] },
    (d) => d.subscription < OF_MANY && d.status === 'pending',
  ],
  [
    'of an event and a provider',
    { eventId: eventId(14), provider: 'many' },
    (d) => d.event === 14 && d.subscription < OF_MANY,
  ],
  ['of a provider with none', { provider: 'none' }, () => false],
  ['of an application', { application: 'shop' }, (d) => applicationOf(d.subscription) === 'shop'],
  [
    'of an application and a type',
    { application: 'shop', type: 'order' },
    (d) => applicationOf(d.subscription) === 'shop' && typeOf(d.event) === 'order',
  ],
  ['of a subscription', { subscriptionId: subscriptionId(5) }, (d) => d.subscription === 5],
  [
    'of a subscription that wait',
    { subscriptionId: subscriptionId(5), status: ['pending'] },
    (d) => d.subscription === 5 && d.status === 'pending',
  ],
  [
    'of a subscription of another provider',
    { subscriptionId: subscriptionId(5), provider: 'few' },
    () => false,
  ],
  ['of a type', { type: 'order' }, (d) => typeOf(d.event) === 'order'],
  ['of an event', { eventId: eventId(14) }, (d) => d.event === 14],
  ['created since', { since: midnight }, (d) => d.createdAtMs >= midnight],
  ['created until', { until: midnight }, (d) => d.createdAtMs < midnight],
];

describe('a list of deliveries', () => {
  it.each(FILTERS)('%s has each one once, in order, page by page', async (_, filter, fits) => {
    const wanted = deliveries.filter(fits);
    const ordered = filter.order === 'ascending' ? wanted : wanted.reverse();
    const found: string[][] = [];
    for (let before: string | null = null; ; ) {
      const page = await listDeliveries(db(), tenantId, { ...filter, before, limit: 300 });
      found.push(...page.map(({ id, status }) => [id, status]));
      before = page.at(-1)?.id ?? null;
      if (page.length < 300) break;
    }
    expect(found).toEqual(ordered.map(({ id, status }) => [id, status]));
  });

  it('shows nothing of another tenant, whatever is asked for by id', async () => {
    const other = (await world.tenant()).id;
    for (const filter of [{ eventId: eventId(14) }, { subscriptionId: subscriptionId(5) }])
      expect(await listDeliveries(db(), other, { ...filter, before: null, limit: PAGE })).toEqual([]);
  });

  it('leaves out so many first', async () => {
    const [all, rest] = await Promise.all(
      [0, 20].map((offset) =>
        listDeliveries(db(), tenantId, { provider: 'few', before: null, limit: 60 - offset, offset }),
      ),
    );
    expect(rest).toEqual(all!.slice(20));
  });
});

describe('a page of a list', () => {
  const long = FILTERS.filter(([, , fits]) => deliveries.filter(fits).length > PAGE);

  it.each(long)(
    '%s reads little more than itself, though statistics do not know the tenant',
    async (_, filter) => {
      const first = await readsOf({ ...filter, before: null });
      const second = await readsOf({ ...filter, before: deliveries[COUNT / 2]!.id });
      for (const read of [first, second]) {
        expect(read.found).toBeGreaterThan(0);
        expect(read.looked).toBeLessThan(COUNT / 4);
      }
    },
  );
});

interface Plan {
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

/** How many deliveries a page holds, and how many the database looked at for it. */
async function readsOf(listing: Omit<DeliveryListing, 'limit'>): Promise<{ found: number; looked: number }> {
  let looked = 0;
  const watched: Pick<Database, 'transaction'> = {
    transaction: (work) =>
      db().transaction((client) => {
        const query = async (text: string, values?: unknown[]) => {
          if (values) looked += await lookedAt(client, text, values);
          return client.query(text, values);
        };
        return work({ query } as unknown as pg.PoolClient);
      }),
  };
  const page = await listDeliveries(watched, tenantId, { ...listing, limit: PAGE });
  return { found: page.length, looked };
}

/** As it is planned where values are parameters: EXPLAIN alone would know them. */
async function lookedAt(client: pg.PoolClient & Queryable, text: string, values: unknown[]): Promise<number> {
  const name = `p_${randomUUID().replaceAll('-', '')}`;
  await client.query(`PREPARE ${name} AS ${text}`);
  const { rows } = await client.query(
    `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE ${name}(${values.map(literal).join(', ')})`,
  );
  await client.query(`DEALLOCATE ${name}`);
  const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];
  return nodes(rows[0]!['QUERY PLAN'][0].Plan)
    .filter((node) => /^(open|finished)_delivery/.test(node['Relation Name'] ?? ''))
    .map((node) => (node['Actual Rows']! + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']!)
    .reduce((sum, n) => sum + n, 0);
}

function literal(value: unknown): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `'{${value.join(',')}}'`;
  return `'${value instanceof Date ? value.toISOString() : String(value)}'`;
}
