import { relative } from 'node:path';
import type { App } from '../app.js';
import { type Config, parseConfig } from '../config.js';
import type { HttpOptions } from '../http/server.js';
import { wallClock } from '../lib/clock.js';
import { type Log, stderrLog } from '../lib/log.js';
import { removeServerFile, writeServerFile } from '../lib/server-file.js';
import { openPort, type Port } from './listen.js';

export interface StartOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** A file with tenants, subscriptions and presets, brought about at every start. */
  configFile?: string;
  log?: Log;
  /** Told one line at a time what a person should know. */
  say(line: string): void;
  /** How this person calls the command line: `ringer`, or `npm run -s ringer --` in a clone. */
  command: string;
}

/** A server that can be used. */
export interface RunningServer {
  url: string;
  /** The embedded database's own tenant; null on a database of one's own. */
  tenant: { slug: string; key: string } | null;
  /** Stops taking requests, lets what is in flight finish and settle. */
  stop(): Promise<void>;
}

/** What is under way when the process is told to stop gets this long to be answered, real milliseconds. */
const ANSWER_GRACE_MS = 5_000;
const DEFAULT_TENANT = 'default';

/** @throws ConfigError for what the operator can mend, AppError for what a config file declares and the services refuse. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { env, log = stderrLog(), say } = options;
  const config = parseConfig(env);
  const declared = options.configFile ? await readDeclared(options.configFile, env) : null;
  const port = await openPort(config.host, config.port);
  let app: App | null = null;
  try {
    // Side by side: the database spends part of its start waiting.
    const [started, { createHttpApp }] = await Promise.all([
      import('../app.js').then(({ createApp }) => createApp({ config, log })),
      import('../http/server.js'),
    ]);
    app = started;
    app.ownPorts.add(port.number);
    if (declared) await declared(app);
    const closing = new AbortController();
    port.serve(createHttpApp(app.services, await httpOptions(app, log, closing.signal)));
    const keeps = config.dataDir !== null && config.role !== 'dispatcher' ? config.dataDir : null;
    if (keeps)
      writeServerFile(keeps, { url: port.url, version: app.version, tenant: tenantOf(app)?.slug ?? null });
    for (const line of await describe(app, options.command)) say(line);
    return { url: port.url, tenant: tenantOf(app), stop: () => stop(started, port, { closing, keeps }) };
  } catch (error) {
    await port.close(0);
    await app?.stop();
    throw error;
  }
}

async function readDeclared(file: string, env: StartOptions['env']): Promise<(app: App) => Promise<void>> {
  const [{ readDeclaredFile }, { declareWorld }] = await Promise.all([
    import('./declared-file.js'),
    import('../services/declared-world.js'),
  ]);
  const world = readDeclaredFile(file, env);
  return (app) => declareWorld(app.context, app.services, world);
}

async function httpOptions(app: App, log: Log, closing: AbortSignal): Promise<HttpOptions> {
  const { processMetrics } = await import('./metrics.js');
  return {
    adminToken: app.adminToken,
    version: app.version,
    log,
    wall: wallClock,
    loopback: isLoopback(app.config.host),
    metrics: processMetrics(app),
    closing,
    api: app.config.role !== 'dispatcher',
  };
}

async function stop(
  app: App,
  port: Port,
  { closing, keeps }: { closing: AbortController; keeps: string | null },
): Promise<void> {
  if (keeps) removeServerFile(keeps, port.url);
  closing.abort();
  await port.close(ANSWER_GRACE_MS);
  await app.stop();
}

function tenantOf({ defaultTenant }: App): RunningServer['tenant'] {
  return defaultTenant && { slug: DEFAULT_TENANT, key: defaultTenant.key };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** What this process is, where its things lie, and what to try next. */
async function describe(app: App, command: string): Promise<string[]> {
  const { config, defaultTenant, context } = app;
  const place = config.dataDir === null ? null : relative(process.cwd(), config.dataDir) || config.dataDir;
  const lines = [
    `Ringer ${app.version}`,
    `database  ${databaseOf(config, place)}`,
    `egress    ${config.egress.mode}: ${reachOf(config)}`,
  ];
  if (config.role !== 'all') lines.push(`role      ${config.role}: ${ROLES[config.role]}`);
  if (defaultTenant) {
    const key = place === null ? defaultTenant.key : `its key is in ${place}/default-key`;
    lines.push(`tenant    ${DEFAULT_TENANT}; ${key}`);
  }
  if (config.adminToken === null && place !== null)
    lines.push(`operator  the token is in ${place}/admin-token`);
  if (context.receiver && defaultTenant) {
    const { url } = await app.services.receiver.read(defaultTenant.id);
    lines.push(`receiver  ${url}`);
    const example = context.registry.list().find(({ secret }) => secret.value.use === 'required');
    if (example) lines.push(`next      ${command} subscriptions add --provider ${example.id} --to receiver`);
  }
  return lines;
}

function databaseOf({ databaseUrl }: Config, place: string | null): string {
  if (databaseUrl !== null) return `PostgreSQL at ${new URL(databaseUrl).host}`;
  return place === null ? 'embedded, in memory: nothing is kept' : `embedded, in ${place}`;
}

function reachOf({ egress }: Config): string {
  const more = egress.allow.length > 0 ? ` and ${egress.allow.join(', ')}` : '';
  return egress.mode === 'local'
    ? `deliveries may go to this machine${more} and to public addresses`
    : `deliveries go to public addresses${more} only`;
}

const ROLES = {
  api: 'takes requests; a dispatcher elsewhere sends',
  dispatcher: 'sends; of the API only /healthz, /readyz and /metrics are open',
};
