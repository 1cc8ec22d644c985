// The processes a measure is made of: Ringer as a user starts it, and the receiver.
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const TOKEN = 'the-operator-of-the-torture';
export const HEADERS = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

/** What has to be undone when this process ends early, in whatever way but kill -9. */
const undo = new Set();
process.once('exit', () => {
  for (const work of undo) work();
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** @returns how to say that it is done already. */
export function undoAtExit(work) {
  undo.add(work);
  return () => undo.delete(work);
}

/** One that stays free while nobody listens on it: below those that the system lends to outgoing connections. */
export async function freePort() {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    const isFree = await new Promise((done) => {
      const server = createServer();
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
    });
    if (isFree) return port;
  }
}

/** `ringer start`; resolves once it says that it is ready. */
export async function startRinger(env, main = MAIN) {
  const child = spawn(process.execPath, ['--max-semi-space-size=16', main, 'start'], {
    env: {
      PATH: process.env.PATH,
      RINGER_PORT: '0',
      RINGER_DATA_DIR: 'memory:',
      RINGER_ADMIN_TOKEN: TOKEN,
      RINGER_EGRESS: 'local',
      RINGER_SECRET_KEY: Buffer.from('a key of thirty-two bytes, bench').toString('base64'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-200_000);
  });
  let code;
  const gone = undoAtExit(() => child.kill('SIGKILL'));
  const exited = new Promise((done) =>
    child.once('exit', (status, signal) => {
      gone();
      code = status ?? signal;
      done(code);
    }),
  );
  const url = await new Promise((done, fail) => {
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      const ready = /^ringer ready on (\S+)$/m.exec(out);
      if (ready) done(ready[1]);
    });
    child.once('exit', () => fail(new Error(`Ringer did not start: ${said}`)));
  });
  return {
    url,
    pid: child.pid,
    exited,
    stderr: () => said,
    /** Undefined as long as it lives. */
    exitCode: () => code,
    signal: (name) => child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    /** @returns its exit code. */
    stop() {
      child.kill('SIGTERM');
      return exited;
    },
    async call(method, path, body) {
      const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: HEADERS,
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
    async ready() {
      const answer = await fetch(`${url}/readyz`);
      await answer.arrayBuffer();
      return answer.status === 200;
    },
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    },
    /** Resident memory in bytes, open file descriptors. */
    use: () => ({ rss: readRss(child.pid), files: readFiles(child.pid) }),
  };
}

function readRss(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

function readFiles(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** A receiver in a process of its own, with a ledger on disk. */
export async function startReceiver(secret) {
  const folder = mkdtempSync(join(tmpdir(), 'ringer-torture-ledger-'));
  const ledger = join(folder, 'ledger');
  const child = fork(fileURLToPath(new URL('receiver.mjs', import.meta.url)), [ledger, secret]);
  const waiting = [];
  child.on('message', (message) => waiting.shift()?.(message));
  const next = () => new Promise((done) => waiting.push(done));
  const { port } = await next();
  const ask = (what) => {
    const answer = next();
    child.send(what);
    return answer;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    count: async () => (await ask({ ask: 'count' })).count,
    /** How it answers from now on: `delayMs`, `mode` ok | 503 | hang | mixed. */
    behave: (how) => ask({ ask: 'behave', ...how }),
    /** One line a request: key, hash of the body, whether its signature is right, wall-clock milliseconds. */
    async entries() {
      await ask({ ask: 'flush' });
      const lines = readFileSync(ledger, 'utf8').split('\n');
      return lines.filter(Boolean).map((line) => {
        const [key, hash, signed, at] = line.split('\t');
        return { key, hash, signed: signed === '1', at: Number(at) };
      });
    },
    stop() {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
