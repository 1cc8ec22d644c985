import type { App } from '../app.js';
import { type Config, ConfigError, parseConfig } from '../config.js';
import { type Log, stderrLog } from '../lib/log.js';
import { removeServerFile, writeServerFile } from '../lib/server-file.js';
import { compileEmbeddedProgram } from '../store/embedded-program.js';
import { describeServer } from './describe.js';
import { openPort } from './listen.js';
import { serve } from './serve.js';

/** Flags of a start, each with the variable that says the same. */
export const START_FLAGS = {
  port: 'RINGER_PORT',
  host: 'RINGER_HOST',
  'data-dir': 'RINGER_DATA_DIR',
  'database-url': 'DATABASE_URL',
  role: 'RINGER_ROLE',
  egress: 'RINGER_EGRESS',
  'egress-allow': 'RINGER_EGRESS_ALLOW',
  ca: 'RINGER_CA',
  config: 'RINGER_CONFIG',
} as const;

export type StartFlags = { [Flag in keyof typeof START_FLAGS]?: string | undefined };

export type Env = Readonly<Record<string, string | undefined>>;

export interface StartOptions {
  /** Win over the environment. */
  flags?: StartFlags;
  env: Env;
  log?: Log;
  /** Told one line at a time what a person should know. */
  say(line: string): void;
  /** How this person calls the command line; absent: no next command is told. */
  command?: string;
}

/** A server that can be used. */
export interface RunningServer {
  url: string;
  /** The embedded database's own tenant; null on a database of one's own. */
  tenant: { slug: string; key: string } | null;
  /** Stops taking requests, lets what is in flight finish and settle: for as long as the database lets it wait. */
  stop(): Promise<void>;
  /** How long a stop may take, real milliseconds. */
  stopWithinMs: number;
}

const DEFAULT_TENANT = 'default';

/** @throws ConfigError for what the operator can mend, AppError for what a config file declares and the services refuse. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { log = stderrLog(), say } = options;
  const env = withFlags(options.env, options.flags ?? {});
  const config = configOf(env, options);
  if (config.databaseUrl === null) void compileEmbeddedProgram();
  const declare = env.RINGER_CONFIG ? await readDeclared(env.RINGER_CONFIG, env) : null;
  const port = await openPort(config.host, config.port);
  let app: App | null = null;
  try {
    // Side by side: the database spends part of its start waiting.
    const [started] = await Promise.all([
      import('../app.js').then(({ createApp }) => createApp({ config, log })),
      import('../http/server.js'),
    ]);
    app = started;
    await declare?.(app);
    const close = await serve(app, port, log);
    const tenant = app.defaultTenant && { slug: DEFAULT_TENANT, key: app.defaultTenant.key };
    const folder = config.role === 'dispatcher' ? null : config.dataDir;
    if (folder)
      writeServerFile(folder, { url: port.url, version: app.version, tenant: tenant?.slug ?? null });
    for (const line of describeServer(app, { url: port.url, command: options.command })) say(line);
    return {
      url: port.url,
      tenant,
      stopWithinMs: config.stopWithinMs,
      async stop() {
        if (folder) removeServerFile(folder, port.url);
        await close();
      },
    };
  } catch (error) {
    await port.close(0);
    await app?.stop();
    throw error;
  }
}

function withFlags(env: Env, flags: StartFlags): Env {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return {
    ...env,
    ...Object.fromEntries(given.map(([flag, value]) => [START_FLAGS[flag as keyof StartFlags], value])),
  };
}

/** What a flag said, and no variable, is refused by the flag's name. @throws ConfigError */
function configOf(env: Env, given: Pick<StartOptions, 'env'>): Config {
  try {
    return parseConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const said = Object.entries(START_FLAGS).filter(([, variable]) => env[variable] !== given.env[variable]);
    const named = new Map<string, string>(said.map(([flag, variable]) => [variable, `--${flag}`]));
    throw new ConfigError(error.message.replace(/\b[A-Z]+_[A-Z_]+\b/g, (name) => named.get(name) ?? name));
  }
}

async function readDeclared(file: string, env: Env): Promise<(app: App) => Promise<void>> {
  const [{ readDeclaredFile }, { declareWorld }] = await Promise.all([
    import('./declared-file.js'),
    import('../services/declared-world.js'),
  ]);
  const world = readDeclaredFile(file, env);
  return (app) => declareWorld(app.context, app.services, world);
}
