import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { type App, type AppOptions, createApp } from '../../src/app.js';
import { type Config, parseConfig } from '../../src/config.js';
import { silentLog } from '../../src/lib/log.js';
import { type Consumer, createConsumer } from './consumer.js';
import { withDatabase } from './template.js';

export const ADMIN_TOKEN = 'operator-token-of-the-tests';

/** The app of one test file, on a database of its own cloned from the run's template. */
export interface World {
  app: App;
  config: Config;
  /** Whether it runs on a PostgreSQL server. */
  onServer: boolean;
  /** A fresh tenant; its id as a UUID and as the API shows it, and its key. */
  tenant(name?: string): Promise<{ id: string; publicId: string; key: string }>;
  /** A consumer's endpoint, closed with the world. */
  consumer(status?: number): Promise<Consumer>;
  /** A second app on the same database; only on a server. */
  another(options?: Partial<AppOptions>): Promise<App>;
}

export interface WorldOptions extends Partial<Omit<AppOptions, 'config'>> {
  env?: Record<string, string>;
}

/** Boots before the file's tests and stops after them. */
export function useWorld(options: WorldOptions = {}): World {
  const world = {} as World;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const { url, drop } = await cloneDatabase();
    if (drop) closing.unshift(drop);
    const config = testConfig(url, options.env);
    const boot = async (more: Partial<AppOptions> = {}) => {
      const app = await createApp({ log: silentLog, ...options, ...dumpOption(), config, ...more });
      closing.unshift(() => app.stop());
      return app;
    };
    world.config = config;
    world.onServer = url !== null;
    world.app = await boot();
    world.another = boot;
    world.tenant = async (name = `tenant ${randomBytes(4).toString('hex')}`) => {
      const made = await world.app.services.tenants.create({ name });
      return { id: made.id.slice('ten_'.length), publicId: made.id, key: made.key! };
    };
    world.consumer = async (status = 200) => {
      const consumer = await createConsumer(status);
      closing.unshift(() => consumer.close());
      return consumer;
    };
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });
  return world;
}

export function testConfig(url: string | null, env: Record<string, string> = {}): Config {
  return parseConfig({
    RINGER_DATA_DIR: 'memory:',
    RINGER_ADMIN_TOKEN: ADMIN_TOKEN,
    RINGER_EGRESS: 'local',
    RINGER_PORT: '0',
    ...(url === null ? {} : { DATABASE_URL: url, RINGER_SECRET_KEY: randomBytes(32).toString('base64') }),
    ...env,
  });
}

/** For `createApp`: the run's template, when it is embedded. */
export function dumpOption(): { from?: Blob } {
  const dump = inject('templateDump');
  return dump === null ? {} : { from: new Blob([readFileSync(dump)]) };
}

/** A database of its own on the run's server; null when the run is embedded. */
export async function cloneDatabase(): Promise<{ url: string | null; drop: (() => Promise<void>) | null }> {
  const server = inject('server');
  if (server === null) return { url: null, drop: null };
  const name = `ringer_${randomUUID().replaceAll('-', '')}`;
  await onServer(server.url, `CREATE DATABASE ${name} TEMPLATE ${server.template}`);
  return {
    url: withDatabase(server.url, name),
    drop: () => onServer(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function onServer(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
