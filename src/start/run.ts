import { ConfigError } from '../config.js';
import { AppError } from '../errors.js';
import { ownCommand } from '../lib/own-command.js';
import { type RunningServer, startServer } from './start.js';

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

/**
 * A server from the first line to the last: says when it can be used, and goes on until it is told to stop.
 * @returns the exit code: 0 after a stop, 2 when the operator has to mend something first.
 */
export async function runServer(
  flags: StartFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  const merged = {
    ...env,
    ...Object.fromEntries(given.map(([flag, value]) => [START_FLAGS[flag as keyof StartFlags], value])),
  };
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const stopping = untilStopped(say);
  let server: RunningServer;
  try {
    const configFile = merged.RINGER_CONFIG || undefined;
    server = await startServer({
      env: merged,
      say,
      command: ownCommand(env),
      ...(configFile ? { configFile } : {}),
    });
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof AppError)) throw error;
    say(`ringer: ${error.message}`);
    return 2;
  }
  process.stdout.write(`ringer ready on ${server.url}\n`);
  await stopping;
  await server.stop();
  return 0;
}

/** Resolves at the first SIGTERM or SIGINT; the second one does not wait, which loses nothing: it is repeated later. */
function untilStopped(say: (line: string) => void): Promise<void> {
  return new Promise((done) => {
    let asked = false;
    const ask = (signal: NodeJS.Signals) => {
      if (asked) {
        say('left at once; what was in flight is sent again at the next start');
        process.exit(1);
      }
      asked = true;
      say(`${signal}: finishing what is in flight; once more to leave at once`);
      done();
    };
    process.on('SIGTERM', ask);
    process.on('SIGINT', ask);
  });
}
