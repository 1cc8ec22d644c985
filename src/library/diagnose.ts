import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, parseConfig } from '../config.js';
import { formatDuration } from '../lib/duration.js';
import { loadRegistry } from '../providers/registry.js';

export interface Finding {
  check: string;
  ok: boolean;
  detail: string;
}

/** One variable as it holds. */
export interface Setting {
  variable: string;
  /** Secrets and credentials left out. */
  value: string;
  from: 'environment' | 'default';
}

export interface Diagnosis {
  settings: Setting[];
  /** Null = memory. */
  dataDir: string | null;
  findings: Finding[];
}

const OLDEST_NODE = [20, 19] as const;
const SECRET_FILES = ['admin-token', 'secret-key', 'default-key'];

/** What can be looked at without a server and without changing anything. @throws ConfigError when even that is not readable. */
export async function diagnose(env: Readonly<Record<string, string | undefined>>): Promise<Diagnosis> {
  const config = parseConfig(env);
  const registry = await loadRegistry();
  const findings = [
    nodeVersion(),
    {
      check: 'providers',
      ok: true,
      detail: registry
        .list()
        .map(({ id }) => id)
        .join(', '),
    },
    builtTemplate(config),
    ...(config.dataDir === null ? [] : [folder(config.dataDir), secretFiles(config.dataDir)]),
    ...(config.databaseUrl === null ? [] : [await database(config.databaseUrl)]),
  ];
  const settings = Object.entries(valuesOf(config)).map(([variable, value]): Setting => {
    return { variable, value, from: env[variable] ? 'environment' : 'default' };
  });
  return { settings, dataDir: config.dataDir, findings };
}

function valuesOf({ databaseUrl, adminToken, secretKeys, egress, ...rest }: Config): Record<string, string> {
  const kept = (given: unknown) =>
    given === null ? (rest.dataDir === null ? 'made at each start' : 'kept in the data folder') : 'given';
  return {
    DATABASE_URL: databaseUrl === null ? 'none: embedded' : `PostgreSQL at ${new URL(databaseUrl).host}`,
    RINGER_DATA_DIR: rest.dataDir ?? 'memory:',
    RINGER_HOST: rest.host,
    RINGER_PORT: String(rest.port),
    RINGER_ROLE: rest.role,
    RINGER_ADMIN_TOKEN: kept(adminToken),
    RINGER_SECRET_KEY: kept(secretKeys),
    RINGER_EGRESS: egress.mode,
    RINGER_EGRESS_ALLOW: egress.allow.join(', ') || 'none',
    RINGER_CA: egress.ca === null ? 'none' : 'given',
    RINGER_SLOTS: String(rest.slots),
    RINGER_HISTORY_DAYS: String(rest.historyDays),
    RINGER_STOP_WITHIN: formatDuration(rest.stopWithinMs),
  };
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const detail = ok
    ? process.version
    : `${process.version} is too old; install ${OLDEST_NODE.join('.')} or newer`;
  return { check: 'node', ok, detail };
}

function builtTemplate({ databaseUrl }: Config): Finding {
  const check = 'ready data folder';
  if (databaseUrl !== null) return { check, ok: true, detail: 'not needed with DATABASE_URL' };
  const ok = existsSync(fileURLToPath(new URL('../../dist/embedded-template.tar', import.meta.url)));
  return {
    check,
    ok,
    detail: ok ? 'made' : 'missing, so a first start takes seconds longer; run npm run build',
  };
}

function folder(path: string): Finding {
  const check = 'data folder';
  const existing = nearestExisting(path);
  try {
    accessSync(existing, constants.W_OK);
    return { check, ok: true, detail: existing === path ? path : `${path}, not made yet` };
  } catch {
    return {
      check,
      ok: false,
      detail: `${existing} cannot be written; set RINGER_DATA_DIR to a folder of your own`,
    };
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

function secretFiles(path: string): Finding {
  const open = SECRET_FILES.map((name) => join(path, name)).filter(
    (file) => existsSync(file) && process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0,
  );
  const detail =
    open.length === 0 ? 'readable by their owner only' : `others may read ${open.join(', ')}; chmod 600 them`;
  return { check: 'secret files', ok: open.length === 0, detail };
}

async function database(url: string): Promise<Finding> {
  const { openDatabase } = await import('../store/database.js');
  const { host } = new URL(url);
  try {
    const db = await openDatabase({ url, dir: null, poolSize: 2 });
    await db.close();
    return { check: 'database', ok: true, detail: `${host} answers` };
  } catch (error) {
    return { check: 'database', ok: false, detail: `${host}: ${(error as Error).message}` };
  }
}
