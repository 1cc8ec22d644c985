import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pRetry from 'p-retry';
import { ConfigError } from '../config.js';
import { makeFolder } from './make-folder.js';

/** How long a start waits for the process before it to let go, milliseconds. */
const LOCK_WAIT_MS = 10_000;

/** Where this process keeps what it must find again. */
export interface DataDir {
  path: string;
  /** The secret kept under this name (0600), made at first use. */
  secret(name: string, make?: () => string): string;
  release(): Promise<void>;
}

/**
 * Takes the folder for this process. The lock is a bound socket, which the kernel drops with its holder: a killed process
 * leaves nothing behind, and holding it proves that nobody else lives.
 * @throws ConfigError when it cannot be written, or another process still holds it after 10 s.
 */
export async function holdDataDir(path: string, say: (line: string) => void): Promise<DataDir> {
  makeFolder(path);
  const address = lockAddress(realpathSync(path));
  let told = false;
  const started = performance.now();
  const server = await pRetry(() => bind(address), {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 50,
    factor: 1.5,
    maxTimeout: 500,
    maxRetryTime: LOCK_WAIT_MS,
    shouldRetry: ({ error }) => isHeld(error) && performance.now() - started < LOCK_WAIT_MS,
    onFailedAttempt: () => {
      if (!told) say(`another process holds ${path}; waiting up to ${LOCK_WAIT_MS / 1000} s`);
      told = true;
    },
  }).catch((error: unknown) => {
    if (!isHeld(error)) throw error;
    throw new ConfigError(
      `Another process holds the data folder ${path}. Stop it, or set RINGER_DATA_DIR to another folder.`,
    );
  });
  return { ...secretsIn(path), release: () => new Promise((done) => server.close(() => done())) };
}

/** The folder without its lock: where the database is elsewhere, any number of processes share what lies in it. */
export function shareDataDir(path: string): DataDir {
  makeFolder(path);
  return { ...secretsIn(path), release: async () => {} };
}

function secretsIn(path: string): Pick<DataDir, 'path' | 'secret'> {
  return {
    path,
    secret: (name, make = () => randomBytes(32).toString('base64url')) => keptSecret(join(path, name), make),
  };
}

function keptSecret(file: string, make: () => string): string {
  if (!existsSync(file)) {
    // Written aside and linked into place: whoever comes second reads a whole secret, the first one's.
    const aside = `${file}.${process.pid}`;
    writeFileSync(aside, `${make()}\n`, { mode: 0o600 });
    try {
      linkSync(aside, file);
    } catch (error) {
      if (!existsSync(file)) throw error;
    } finally {
      rmSync(aside, { force: true });
    }
  }
  chmodSync(file, 0o600);
  return readFileSync(file, 'utf8').trim();
}

function lockAddress(path: string): string {
  const name = `ringer-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
  if (process.platform === 'linux') return `\0${name}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), `${name}.sock`);
}

async function bind(address: string): Promise<Server> {
  if (address.startsWith('/') && existsSync(address) && !(await answers(address)))
    rmSync(address, { force: true });
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', fail);
    server.listen(address, () => done(server.unref()));
  });
}

/** Where sockets are files, one that nobody answers on was left by a killed process. */
function answers(address: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(address, () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

function isHeld(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
