import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig, type PglitePgConnection } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import { compileEmbeddedProgram } from './embedded-program.js';
import { unpackTar } from './unpack-tar.js';

/** Initialised and migrated once at build time: starting from it takes 0.2 s, starting from nothing 2 to 4 s. */
const TEMPLATE = fileURLToPath(new URL('../../dist/embedded-template.tar', import.meta.url));

/** Clearing the usual 128 MB took a fifth of every start; the tables that are read all the time are far smaller. */
const SETTINGS = ['-c', 'shared_buffers=32MB'];

export interface Embedded {
  pool: pg.Pool;
  /** A copy of everything, for templates. */
  dump(): Promise<Blob>;
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Folder of the database, or null for memory. */
  dir: string | null;
  /** Memory only: an earlier dump to start from; null = from nothing. Default: the template made at build time. */
  from?: Blob | null;
}

/**
 * PostgreSQL in this process behind an ordinary pool of ONE connection: code that holds a client while it asks for another
 * waits for ever, so nothing here ever does.
 */
export async function openEmbedded({ dir, from }: EmbeddedOptions): Promise<Embedded> {
  if (dir !== null) placeTemplate(dir);
  const loadDataDir = dir !== null ? null : from === undefined ? memoryTemplate() : from;
  const pgliteWasmModule = await compileEmbeddedProgram();
  const database = new PGlite({
    dataDir: dir ?? 'memory://',
    startParams: [...PGlite.defaultStartParams, ...SETTINGS],
    ...(pgliteWasmModule ? { pgliteWasmModule } : {}),
    ...(loadDataDir ? { loadDataDir } : {}),
  });
  await database.waitReady;
  const config = createPgConfig(database);
  acceptTypeParsers(config.connection);
  connectByItself(config.connection, database.waitReady);
  const pool = new pg.Pool({ ...config, max: 1, idleTimeoutMillis: 0 } as unknown as pg.PoolConfig);
  keepClient(pool);
  pulseByItself(pool);
  return {
    pool,
    dump: () => database.dumpDataDir('none') as Promise<Blob>,
    async close() {
      await pool.end();
      await database.close();
    },
  };
}

/** Unpacked beside the target first: a start that is killed half-way leaves no half database behind. */
function placeTemplate(dir: string): void {
  if (existsSync(join(dir, 'PG_VERSION')) || !existsSync(TEMPLATE)) return;
  const staging = `${dir}.new`;
  rmSync(staging, { recursive: true, force: true });
  rmSync(dir, { recursive: true, force: true });
  unpackTar(readFileSync(TEMPLATE), staging);
  renameSync(staging, dir);
}

function memoryTemplate(): Blob | null {
  return existsSync(TEMPLATE) ? new Blob([readFileSync(TEMPLATE)]) : null;
}

/**
 * The pool replaces the client of every statement that is refused. There the new client speaks on the same connection, hears
 * what was left for the old one and takes it for its own: answers that are empty, or another statement's. So it stays.
 */
function keepClient(pool: pg.Pool): void {
  const query = async (...statement: [string | pg.QueryConfig, unknown[]?]) => {
    const client = await pool.connect();
    try {
      return await client.query(...statement);
    } finally {
      client.release();
    }
  };
  Object.assign(pool, { query });
}

/** The connection says by `process.nextTick` that it stands: see `pulseByItself`. */
function connectByItself(connection: PglitePgConnection, ready: Promise<void>): void {
  connection.connect = async () => {
    connection._connecting = true;
    await ready;
    connection.emit('readyForQuery');
  };
}

/**
 * The pool hands its idle client on by `process.nextTick`, which jest's fake timers stop. A promise does the same, and cannot be
 * stopped; whichever comes second finds nothing to do.
 */
function pulseByItself(pool: pg.Pool): void {
  const own = pool as unknown as { connect(done?: unknown): unknown; _pulseQueue(): void };
  const connect = own.connect.bind(own);
  own.connect = (done) => {
    const connected = connect(done);
    void Promise.resolve().then(() => own._pulseQueue());
    return connected;
  };
}

/** Prisma's adapter passes `types` as an object of parsers; the embedded connection reads it as a list of type ids. */
function acceptTypeParsers(connection: { parse(query: { types?: unknown }): void }): void {
  const parse = connection.parse.bind(connection);
  connection.parse = (query) => parse(Array.isArray(query.types) ? query : { ...query, types: undefined });
}
