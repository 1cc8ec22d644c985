// Processes around a measurement: a PostgreSQL of its own, the receiver, Ringer as a user starts it.
import { execFileSync, fork, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);
/** As `npm start` does it. */
const [, ...START] = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')).scripts.start.split(' ');
const HOME = '/usr/lib/postgresql';
export const ADMIN_TOKEN = 'an-operator-token-for-the-bench';

/** A server with its defaults, but for the port: fsync on, synchronous_commit on. `BENCH_DATABASE_URL` names one of yours. */
export async function startPostgres() {
  const given = process.env.BENCH_DATABASE_URL;
  if (given) return { url: given, stop() {} };
  const versions = existsSync(HOME) ? readdirSync(HOME).sort((a, b) => Number(a) - Number(b)) : [];
  const version = versions.at(-1);
  if (!version)
    throw new Error('No PostgreSQL is installed; apt-get install postgresql, or set BENCH_DATABASE_URL.');
  const bin = (name) => join(HOME, version, 'bin', name);
  const folder = mkdtempSync(join(tmpdir(), 'ringer-bench-pg-'));
  const data = join(folder, 'data');
  const asRoot = userInfo().uid === 0;
  const run = (name, args) => {
    const [command, all] = asRoot
      ? ['runuser', ['-u', 'postgres', '--', bin(name), ...args]]
      : [bin(name), args];
    execFileSync(command, all, { stdio: ['ignore', 'ignore', 'inherit'] });
  };
  if (asRoot) {
    const uid = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
    chownSync(folder, uid, uid);
  }
  const port = await freePort();
  run('initdb', ['-D', data, '-U', 'ringer', '-A', 'trust']);
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder}`;
  run('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start']);
  return {
    url: `postgresql://ringer@127.0.0.1:${port}/postgres`,
    stop() {
      run('pg_ctl', ['-D', data, '-m', 'immediate', 'stop']);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

export async function startReceiver() {
  const child = fork(fileURLToPath(new URL('receiver.mjs', import.meta.url)));
  const next = () => new Promise((done) => child.once('message', done));
  const { port } = await next();
  const ask = (what) => {
    const answer = next();
    child.send({ ask: what });
    return answer;
  };
  return { url: `http://127.0.0.1:${port}`, ask, stop: () => child.kill() };
}

/** A script of this folder in a process of its own; resolves with its one message. */
export function runScript(name, args) {
  return new Promise((done, fail) => {
    const child = fork(fileURLToPath(new URL(name, import.meta.url)), args.map(String));
    child.once('message', done);
    child.once('exit', (code) => code !== 0 && fail(new Error(`${name} ended with ${code}`)));
  });
}

/** `npm start` without npm, on a free port. */
export async function startRinger(env) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, START, {
    cwd: fileURLToPath(ROOT),
    env: {
      PATH: process.env.PATH,
      RINGER_PORT: '0',
      RINGER_ADMIN_TOKEN: ADMIN_TOKEN,
      RINGER_EGRESS: 'local',
      RINGER_SECRET_KEY: Buffer.from('a key of thirty-two bytes, bench').toString('base64'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const exited = new Promise((done) => child.once('exit', done));
  const url = await new Promise((done, fail) => {
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      const ready = /^ringer ready on (\S+)$/m.exec(out);
      if (ready) done(ready[1]);
    });
    child.once('exit', () => fail(new Error(`Ringer did not start: ${said}`)));
  });
  const readyMs = performance.now() - startedAt;
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
  return {
    url,
    pid: child.pid,
    readyMs,
    async call(method, path, body) {
      const answer = await fetch(`${url}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** What a process has used: CPU of all its threads so far, and memory now. From /proc, so Linux only. */
export function usageOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const TICK_MS = 10;
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024,
    peakMb: Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024,
  };
}
