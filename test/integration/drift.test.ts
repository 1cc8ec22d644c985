import { readFileSync } from 'node:fs';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { readMigrations } from '../../src/store/migrate.js';
import { openSchemaEngine } from '../support/schema-engine.js';
import { cloneDatabase } from '../support/world.js';

const SCHEMA = readFileSync(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8');

/** Indexes that Prisma's schema has no words for: partial ones. They stand in the migration alone. */
const PARTIAL = [
  'door_record_uid',
  'event_own_retention',
  'event_retained',
  'event_subject',
  'event_uid',
  'finished_delivery_undelivered',
  'open_delivery_clocked',
  'open_delivery_ending',
  'open_delivery_ready',
  'open_delivery_waiting',
  'planned_publish_clocked',
  'planned_publish_waiting',
  'subscription_operational',
  'subscription_uid',
  'tenant_clocked',
];

/** The engine in WebAssembly cannot read CHECK constraints, and the schema has no words for them. */
async function dropChecks(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(`DO $$ DECLARE c record; BEGIN
    FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'c' AND coninhcount = 0
      AND connamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname); END LOOP; END $$`);
  await client.end();
}

describe('prisma/schema.prisma and the migrations', () => {
  if (inject('server')) {
    it('say the same of a migrated database', async () => {
      const { url, drop } = await cloneDatabase();
      await dropChecks(url!);
      const engine = await openSchemaEngine(url!, SCHEMA);
      const found = await engine.introspect(SCHEMA);
      const statements = (await engine.diff(found, SCHEMA)).match(/^[A-Z].*;$/gm);
      expect(statements).toEqual(PARTIAL.map((name) => `DROP INDEX "${name}";`));
      expect(await engine.diff(SCHEMA, SCHEMA)).toMatch(/empty migration/);
      await drop!();
    });
  }

  it('name each partial index once, in the migrations', async () => {
    const sql = readMigrations()
      .map((m) => m.sql)
      .join('\n');
    const partial = [...sql.matchAll(/CREATE (?:UNIQUE )?INDEX "(\w+)"[^;]* WHERE /g)]
      .map((m) => m[1]!)
      .sort((a, b) => (a < b ? -1 : 1));
    expect(partial).toEqual(PARTIAL);
  });
});
