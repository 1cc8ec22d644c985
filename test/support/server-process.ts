import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ADMIN_TOKEN } from './world.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** `node dist/main.js start` as a user runs it, on a free port. */
export interface ServerProcess {
  url: string;
  child: ChildProcess;
  stderr(): string;
  /** An answer's JSON; throws on anything but 2xx. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Asks it to stop and waits. @returns its exit code. */
  stop(): Promise<number | null>;
}

export async function startServer(env: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, [MAIN, 'start'], {
    env: {
      PATH: process.env.PATH ?? '',
      RINGER_PORT: '0',
      RINGER_ADMIN_TOKEN: ADMIN_TOKEN,
      RINGER_EGRESS: 'local',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const exited = once(child, 'exit');
  const url = await new Promise<string>((done, fail) => {
    let stdout = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      stdout += chunk;
      const ready = /^ringer ready on (\S+)$/m.exec(stdout);
      if (ready) done(ready[1]!);
    });
    child.once('exit', (code) => fail(new Error(`exited with ${code} before it was ready: ${stderr}`)));
  });
  return {
    url,
    child,
    stderr: () => stderr,
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
