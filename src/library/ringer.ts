import { createApp } from '../app.js';
import { type Config, ConfigError, parseConfig } from '../config.js';
import { type Log, silentLog } from '../lib/log.js';
import { nearestWord } from '../lib/nearest-word.js';
import { catalogueService } from '../services/catalogue.js';
import type { ProfileResource } from '../services/schemas/catalogue.js';
import { clockInput } from '../services/schemas/clock.js';
import { MAX_LIMIT } from '../services/schemas/fields.js';
import { parseInput } from '../services/schemas/parse.js';
import { SLUG } from '../services/schemas/tenants.js';
import { openPort } from '../start/listen.js';
import { serve } from '../start/serve.js';
import { instantText } from './clock.js';
import { createDraws, SEEDED_START_MS } from './draws.js';
import { openTenant, type Tenant } from './tenant.js';
import { whileOpen } from './while-open.js';

export interface RingerOptions {
  /** A PostgreSQL URL, or a folder that keeps an embedded database; default: memory. */
  database?: string;
  /** 32 bytes in base64, for a PostgreSQL; default: one kept in ./.ringer. */
  secretKey?: string;
  /**
   * Makes ids, bodies, secrets and jitter repeat themselves, tenant by tenant, whatever else runs. Clocks of fresh tenants
   * stand at 2026-01-01T00:00:00Z then, unless `now` says another instant.
   */
  seed?: string | number;
  /** Where the clocks of fresh tenants stand; default without a seed: they run. */
  now?: Date | string;
  /** Opens the API on a port; default: on none. Port 0, the default, is any free one. */
  listen?: { port?: number; host?: string };
  /** What deliveries may reach; default: this machine and public addresses. */
  egress?: { mode: 'local' | 'public'; allow?: readonly string[] };
  /** Provider folders beside our own. */
  providerFolders?: readonly (URL | string)[];
  /** Default: silent. */
  log?: Log;
}

/** Everything in this process; closed with `close()` or `await using`. */
export interface Ringer extends AsyncDisposable {
  version: string;
  /** Of the API; null when it is on no port. */
  url: string | null;
  /** The operator's token, for the API. */
  adminToken: string;
  /** An isolated world. A slug names one that may be there already; any other name, or none, makes a fresh one. */
  tenant(name?: string): Promise<Tenant>;
  providers(): readonly ProfileResource[];
  /** Lets what is in flight finish, and leaves nothing open. */
  close(): Promise<void>;
}

/** What the settings of a process are called here. */
const OPTIONS: Readonly<Record<string, string>> = {
  DATABASE_URL: 'database',
  RINGER_DATA_DIR: 'database',
  RINGER_SECRET_KEY: 'secretKey',
  RINGER_HOST: 'listen.host',
  RINGER_PORT: 'listen.port',
  RINGER_EGRESS: 'egress.mode',
  RINGER_EGRESS_ALLOW: 'egress.allow',
};

const KNOWN = Object.keys({
  database: true,
  secretKey: true,
  seed: true,
  now: true,
  listen: true,
  egress: true,
  providerFolders: true,
  log: true,
} satisfies Record<keyof RingerOptions, true>);

/** For callers whom no compiler stops. @throws ConfigError */
function refuseUnknown(where: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new ConfigError(`${where} takes an object with options: ${known.join(', ')}.`);
  const stray = Object.keys(given).find((name) => !known.includes(name));
  if (stray === undefined) return;
  const near = nearestWord(stray, known);
  const hint = near === null ? `there are: ${known.join(', ')}.` : `did you mean "${near}"?`;
  throw new ConfigError(`${where} has no option "${stray.slice(0, 100)}"; ${hint}`);
}

/** @throws ConfigError naming the option; AppError for a `now` that is no instant. */
export async function openRinger(options: RingerOptions): Promise<Ringer> {
  refuseUnknown('createRinger', options, KNOWN);
  if (options.listen !== undefined) refuseUnknown('listen', options.listen, ['port', 'host']);
  if (options.egress !== undefined) refuseUnknown('egress', options.egress, ['mode', 'allow']);
  return open(options).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.message.replace(/\b[A-Z]+_[A-Z_]+\b/g, (name) => OPTIONS[name] ?? name));
  });
}

async function open(options: RingerOptions): Promise<Ringer> {
  const config = configOf(options);
  const { log = silentLog, seed, providerFolders, listen, now = startOf(seed) } = options;
  if (now !== undefined) parseInput(clockInput, { mode: 'manual', now: instantText(now) });
  const port = listen ? await openPort(config.host, config.port) : null;
  try {
    const app = await createApp({
      config,
      log,
      receiver: listen !== undefined,
      ...(seed === undefined ? {} : { seed }),
      ...(providerFolders ? { providerFolders } : {}),
    });
    const stop = port ? await serve(app, port, log) : () => app.stop();
    const closing = new AbortController();
    let closed: Promise<void> | null = null;
    const close = () => {
      closing.abort();
      closed ??= stop();
      return closed;
    };
    let made = 0;
    const draws = createDraws(app, seed);
    /** Those made here: what another life of this database made has its ids already. */
    const mine = new Set<string>();
    const tenant: Ringer['tenant'] = async (name = `tenant-${++made}`) => {
      const { tenants } = app.services;
      const known = SLUG.test(name) ? await tenants.resolve(name) : null;
      const resource = known
        ? await tenants.read(known.id)
        : await draws.next(`tenant ${name}`).tenants.create({ name });
      const next = () => (mine.has(resource.id) ? draws.next(resource.id) : app.services);
      const opened = openTenant(app, resource, { closing: closing.signal, next });
      if (!known) {
        mine.add(resource.id);
        if (now !== undefined) await opened.clock.set(now);
      }
      return opened;
    };
    return {
      version: app.version,
      url: port?.url ?? null,
      adminToken: app.adminToken,
      ...whileOpen<Pick<Ringer, 'tenant'>>(closing.signal, { tenant }),
      providers: () => catalogueService(app.context).list({ limit: MAX_LIMIT }).data,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await port?.close(0);
    throw error;
  }
}

function startOf(seed: RingerOptions['seed']): Date | undefined {
  return seed === undefined ? undefined : new Date(SEEDED_START_MS);
}

function configOf({ database, secretKey, listen = {}, egress }: RingerOptions): Config {
  const isServer = database !== undefined && /^postgres(ql)?:/.test(database);
  return parseConfig({
    ...(isServer ? { DATABASE_URL: database, RINGER_SECRET_KEY: secretKey } : {}),
    RINGER_DATA_DIR: isServer ? (secretKey === undefined ? undefined : 'memory:') : (database ?? 'memory:'),
    RINGER_HOST: listen.host,
    RINGER_PORT: String(listen.port ?? 0),
    RINGER_EGRESS: egress?.mode ?? 'local',
    RINGER_EGRESS_ALLOW: egress?.allow?.join(','),
  });
}
