import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startServer } from 'ringer';

/** The server the demo world is made in, and the operator's way in. */
export interface DemoServer {
  url: string;
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Ends it when it was started for this. */
  close(): Promise<void>;
}

/** The server that holds the data folder, else one that runs for as long as the seed does. */
export async function openDemoServer(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<DemoServer> {
  const folder = resolve(env.RINGER_DATA_DIR || '.ringer');
  const running = await runningServer(folder);
  if (running) {
    say(`the server at ${running} is used`);
    return { url: running, call: caller(running, tokenOf(folder, env)), close: async () => {} };
  }
  say('no server runs here; one is started for as long as this takes');
  const server = await startServer({ env, say: () => {} });
  return { url: server.url, call: caller(server.url, tokenOf(folder, env)), close: () => server.stop() };
}

/** What a killed server left behind is not believed before somebody answers there. */
async function runningServer(folder: string): Promise<string | null> {
  const file = join(folder, 'server.json');
  if (!existsSync(file)) return null;
  const { url } = JSON.parse(readFileSync(file, 'utf8')) as { url: string };
  const answer = await fetch(`${url}/readyz`).catch(() => null);
  const body = (await answer?.json().catch(() => null)) as { ready?: boolean } | null;
  return body?.ready === true ? url : null;
}

function tokenOf(folder: string, env: NodeJS.ProcessEnv): string {
  const file = join(folder, 'admin-token');
  const token = env.RINGER_ADMIN_TOKEN || (existsSync(file) ? readFileSync(file, 'utf8').trim() : '');
  if (token === '') throw new Error('The operator’s token is not known here; set RINGER_ADMIN_TOKEN to it.');
  return token;
}

function caller(url: string, token: string): DemoServer['call'] {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const document = (await response.json()) as T & { detail?: string };
    if (!response.ok) throw new Error(`${method} ${path}: ${document.detail ?? response.status}`);
    return document;
  };
}
