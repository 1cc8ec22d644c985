import { PrismaPg } from '@prisma/adapter-pg';
import pRetry from 'p-retry';
import pg from 'pg';
import { ConfigError } from '../config.js';
import { PrismaClient } from '../generated/prisma/client.js';
import { openEmbedded } from './embedded.js';
import { forgetNames, HOT_SETTINGS, isPooler, PLAN_LOCALLY, poolerIn, SAY_POOLER } from './pooler.js';

/** No statement waits longer for the server, its locks or its answer, milliseconds. */
export const DATABASE_TIMEOUT_MS = 10_000;

export interface Database {
  embedded: boolean;
  /** Ordinary statements. ONE connection when embedded: never ask it for a second while holding the first. */
  pool: pg.Pool;
  /** The dispatcher's statements, planned without statistics. The same pool when embedded. */
  hot: pg.Pool;
  /**
   * Cold resources: tenants, keys, subscriptions. Never `findUnique` or `$transaction`: they gather what is asked of them until
   * `process.nextTick`, which jest's fake timers stop.
   */
  prisma: PrismaClient;
  /** One transaction, tried again when the database picked it as the victim of a deadlock or a serialization failure. */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>, options?: { hot?: boolean }): Promise<T>;
  /** A copy of everything; embedded only. */
  dump(): Promise<Blob>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Null = embedded. */
  url: string | null;
  /** Folder of the embedded database; null = memory. */
  dir: string | null;
  /** Embedded in memory: an earlier dump to start from; null = from nothing. */
  from?: Blob | null;
  /** Connections of `pool`, 2 to 100. */
  poolSize?: number;
}

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return options.url === null ? openInProcess(options) : openServer(options.url, options.poolSize ?? 10);
}

async function openInProcess({ dir, from }: DatabaseOptions): Promise<Database> {
  const embedded = await openEmbedded({ dir, ...(from === undefined ? {} : { from }) });
  const { pool } = embedded;
  for (const [name, value] of Object.entries(HOT_SETTINGS)) await pool.query(`SET ${name} = ${value}`);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    embedded: true,
    pool,
    hot: pool,
    prisma,
    transaction: (work) => transaction(pool, work, () => false),
    dump: () => embedded.dump(),
    async close() {
      await prisma.$disconnect();
      await embedded.close();
    },
  };
}

async function openServer(given: string, poolSize: number): Promise<Database> {
  const { url, pooled } = poolerIn(given);
  const pool = serverPool(url, poolSize, { pooled, settings: {} });
  const hot = serverPool(url, 5, { pooled, settings: HOT_SETTINGS });
  const hotTransaction = <T>(work: (client: pg.PoolClient) => Promise<T>) =>
    transaction(hot, (client) => (pooled ? planned(client, work) : work(client)), isLine);
  // Behind a pooler each single statement brings its settings along, in a transaction of its own.
  if (pooled)
    Object.assign(hot, {
      query: (...args: unknown[]) => hotTransaction((client) => anyQuery(client)(...args)),
    });
  await pRetry(() => pool.query('SELECT 1'), {
    retries: 5,
    minTimeout: 200,
    shouldRetry: ({ error }) => isTransient(error) && !isPooler(error),
  }).catch((error: unknown) => {
    throw isPooler(error) ? new ConfigError(SAY_POOLER) : error;
  });
  await refuseUnfit(pool);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    embedded: false,
    pool,
    hot,
    prisma,
    transaction: (work, { hot: onHot = false } = {}) =>
      onHot ? hotTransaction(work) : transaction(pool, work, isLine),
    dump: () => Promise.reject(new ConfigError('Only the embedded database can be dumped; use pg_dump.')),
    async close() {
      await prisma.$disconnect();
      await Promise.all([pool.end(), hot.end()]);
    },
  };
}

interface ServerPoolOptions {
  /** Behind a pooler that gives a server connection for one transaction only. */
  pooled: boolean;
  settings: Readonly<Record<string, string>>;
}

function serverPool(connectionString: string, max: number, { pooled, settings }: ServerPoolOptions): pg.Pool {
  const options = Object.entries({ timezone: 'UTC', ...settings })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
  const pool = new pg.Pool({
    connectionString,
    max,
    keepAlive: true,
    connectionTimeoutMillis: DATABASE_TIMEOUT_MS,
    query_timeout: DATABASE_TIMEOUT_MS + 2_000,
    maxLifetimeSeconds: 1800,
    // What a session sets does not outlive a transaction there: the role has to have it, and `refuseUnfit` looks.
    ...(pooled
      ? {}
      : {
          options,
          statement_timeout: DATABASE_TIMEOUT_MS,
          lock_timeout: DATABASE_TIMEOUT_MS,
          idle_in_transaction_session_timeout: 3 * DATABASE_TIMEOUT_MS,
        }),
  });
  // A connection that breaks is replaced by the pool; without listeners, idle or in hand, it would end the process.
  pool.on('error', letGo);
  pool.on('connect', (client) => {
    client.on('error', letGo);
    nameLostConnections(client);
    if (pooled) forgetNames(client);
  });
  nameLostConnections(pool);
  return pool;
}

/**
 * Whoever keeps the error of a lost connection, as Prisma does with its last hundred, must not keep the connection and its
 * buffers with it, 10 KB each: it is written on the error, and the stack holds whose functions they were until it is read.
 */
function letGo(error: Error & { client?: unknown }): void {
  delete error.client;
  void error.stack;
}

async function refuseUnfit(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ version: number; zone: string; unlimited: string | null }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('TimeZone') AS zone,
       (SELECT string_agg(name, ', ' ORDER BY name) FROM pg_settings WHERE setting = '0'
         AND name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')) AS unlimited`,
  );
  const { version, zone, unlimited } = rows[0]!;
  if (version < 130_000)
    throw new ConfigError(`PostgreSQL 13 or newer is needed; DATABASE_URL leads to ${version / 10_000}.`);
  if (zone !== 'UTC')
    throw new ConfigError(`The connection's time zone must be UTC but is ${zone}; set it for the role.`);
  if (unlimited !== null)
    throw new ConfigError(
      `A statement could wait for ever: ${unlimited} must be set for the role; docs/scaling.md has the lines.`,
    );
}

async function planned<T>(client: pg.PoolClient, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  await client.query(PLAN_LOCALLY);
  return work(client);
}

function anyQuery(client: pg.PoolClient): (...args: unknown[]) => Promise<unknown> {
  return client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
}

/** The driver tells of a lost or silent connection by bare errors; a code makes them an outage like any other. */
const LOST = 'ECONNLOST';

function nameLostConnections(target: pg.Pool | pg.ClientBase): void {
  const query = target.query.bind(target) as (...args: unknown[]) => unknown;
  const named = (...args: unknown[]) => {
    const answer = query(...args);
    return answer instanceof Promise ? answer.catch(rethrowNamed) : answer;
  };
  Object.assign(target, { query: named });
  if (!('totalCount' in target)) return;
  const connect = target.connect.bind(target) as (...args: unknown[]) => unknown;
  Object.assign(target, {
    connect: (...args: unknown[]) => {
      const answer = connect(...args);
      return answer instanceof Promise ? answer.catch(rethrowNamed) : answer;
    },
  });
}

function rethrowNamed(error: unknown): never {
  if (error instanceof Error && error.constructor === Error && !('code' in error))
    Object.assign(error, { code: LOST });
  throw error;
}

/** @param isGone whether after this error the connection is no good any more, so that it is closed and not rolled back. */
async function transaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  isGone: (error: unknown) => boolean,
): Promise<T> {
  return pRetry(
    async () => {
      const client = await pool.connect();
      let broken: Error | undefined;
      const lost = (error: Error) => {
        broken = error;
      };
      client.on('error', lost);
      try {
        await client.query('BEGIN');
        const result = await work(client);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        // On a line that says nothing more a ROLLBACK would be waited for as long again.
        if (isGone(error)) broken = error as Error;
        else
          await client.query('ROLLBACK').catch((failure: Error) => {
            broken = failure;
          });
        throw error;
      } finally {
        client.off('error', lost);
        // A connection that broke or could not even roll back is closed, never handed out again.
        client.release(broken);
      }
    },
    {
      retries: 4,
      minTimeout: 10,
      maxTimeout: 200,
      randomize: true,
      shouldRetry: ({ error }) => isConflict(error),
    },
  );
}

/** Somebody else held what was wanted for too long. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === '55P03';
}

/** What a transaction was decided by has changed: told as the database tells it, so that it is tried again. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
  readonly code = '40001';
}

/** Two that waited for each other: the same work may succeed at once. */
export function isConflict(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error));
}

/** A connection that is no good any more: lost, silent, or to a server that stops or may only be read. */
const LINES = new Set([
  ...['57P01', '57P02', '57P03', '57P05', '25006', LOST],
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EPIPE',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
  ],
  // The same, as Prisma tells them.
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024'],
]);

function isLine(error: unknown): boolean {
  const code = codeOf(error);
  return LINES.has(code) || code.startsWith('08');
}

/** SQLSTATEs of a server that is slow, full or out of means: class 53 (disk, memory, connections), and what cannot be read or written. */
const OVERRUN = /^53|^57014$|^55P03$|^58030$/;

/** The same statement may work in a moment. */
export function isTransient(error: unknown): boolean {
  return isLine(error) || OVERRUN.test(codeOf(error));
}

/** The values themselves are what the database will not take: trying again changes nothing. */
export function isRefusedData(error: unknown): boolean {
  return /^2[123]|^54/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
