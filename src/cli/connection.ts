import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { readServerFile } from '../lib/server-file.js';
import { Failure, UsageError } from './failure.js';
import { type Flag, flag } from './flags.js';
import type { Shell } from './shell.js';
import { ask, bytesOf } from './transport.js';

export interface ServerFlags {
  url?: string;
  key?: string;
  tenant?: string;
  dataDir?: string;
}

export const serverFlags = (): Flag[] => [
  flag('--url <url>', 'server to talk to; default: the one of ./.ringer'),
  flag('--key <key>', 'a tenant’s key, or the operator’s token'),
  flag('--tenant <tenant>', 'id or slug; default: default'),
  flag('--data-dir <folder>', 'data folder of the server on this machine; default: .ringer'),
];

/** A server, and who asks it. */
export interface Connection {
  url: string;
  key: string;
  tenant: string;
}

const DEFAULT_TENANT = 'default';

/**
 * What the flags say, else the server of the data folder, whose keys lie beside its address. A killed server leaves its
 * address behind, so who answers there is asked before it is shown a key.
 * @param operator the operator's token is wanted where none was given.
 */
export async function connect(flags: ServerFlags, shell: Shell, operator = false): Promise<Connection> {
  const folder = resolve(flags.dataDir ?? '.ringer');
  const file = readServerFile(folder);
  const own = file !== null && (flags.url === undefined || sameUrl(flags.url, file.url));
  const url = flags.url ?? file?.url;
  if (url === undefined || !URL.canParse(url)) {
    if (url !== undefined) throw new UsageError(`--url is "${url}"; write it as http://127.0.0.1:4700.`);
    throw new UsageError(
      `No server is known in ${shown(folder)}. Start one with ringer start, or set RINGER_URL and RINGER_KEY.`,
    );
  }
  const base = url.replace(/\/+$/, '');
  const tenant = flags.tenant ?? (own ? file.tenant : null) ?? DEFAULT_TENANT;
  if (flags.key !== undefined) return { url: base, key: flags.key, tenant };
  if (operator && shell.env.RINGER_ADMIN_TOKEN)
    return { url: base, key: shell.env.RINGER_ADMIN_TOKEN, tenant };
  const key = own ? kept(folder, operator || tenant !== file.tenant ? 'admin-token' : 'default-key') : null;
  if (key === null) {
    throw new UsageError(
      operator
        ? `The operator’s token for ${base} is not known here; set RINGER_KEY to it.`
        : `No key for ${base} is known here; set RINGER_KEY, and RINGER_TENANT to the tenant it belongs to.`,
    );
  }
  await refuseStranger(base, folder);
  return { url: base, key, tenant };
}

/** The address may have gone to another program since: that one must not be shown a key. */
async function refuseStranger(url: string, folder: string): Promise<void> {
  const left = `${shown(join(folder, 'server.json'))} is left from a server that is gone. Start one with ringer start.`;
  const answer = await ask({ method: 'GET', url: `${url}/readyz` }).catch(() => null);
  if (!answer) throw new Failure(`Nobody answers at ${url}: ${left}`);
  if (!isReadiness(await bytesOf(answer))) throw new Failure(`Another program answers at ${url}: ${left}`);
}

export function isReadiness(body: Buffer): boolean {
  try {
    const { ready } = JSON.parse(body.toString('utf8')) as { ready?: unknown };
    return typeof ready === 'boolean';
  } catch {
    return false;
  }
}

function kept(folder: string, name: string): string | null {
  const file = join(folder, name);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

function sameUrl(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin;
}

function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}
