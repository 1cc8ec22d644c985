import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Command } from 'commander';
import { makeSecrets, secretsOf, startServer } from '../../index.js';
import { secretVariable } from '../../lib/secret-variable.js';
import { type Api, createApi } from '../api.js';
import { type Exit, UsageError } from '../failure.js';
import { flag } from '../flags.js';
import type { Shell } from '../shell.js';
import { type Bench, verb } from '../verb.js';
import { withoutDatabase } from '../without-database.js';
import { type StartFlags, startFlags, variablesOf } from './start.js';
import { urlFrom } from './subscriptions.js';

interface ExecFlags extends Omit<StartFlags, 'databaseUrl'> {
  provider?: string;
  to?: string;
}

/** Unless told otherwise: nothing kept, on any free port. */
const DEFAULTS = { port: '0', 'data-dir': 'memory:' };

/** Its exit code is the command's. */
export function execVerb(program: Command, bench: Bench): void {
  verb<ExecFlags>(
    program,
    bench,
    {
      usage: 'exec <command...>',
      summary: 'Run a command with a server beside it, in memory and on a free port unless told otherwise',
      offline: true,
      flags: [
        flag('--provider <provider>', 'with --to: whose events; default: every provider’s'),
        flag('--to <url>', 'subscribe this URL before the command begins, with the secrets it is given'),
        // What DATABASE_URL names is the command's own, and stays as it is.
        ...startFlags({ port: DEFAULTS.port, dataDir: DEFAULTS['data-dir'] }).filter(
          ({ long }) => long !== '--database-url',
        ),
      ],
      examples: ['exec -- npm test', 'exec --to http://localhost:3000/hook -- node --test'],
    },
    async ({ args, flags, shell }) => {
      // From the beginning, so that no signal ends this before the server.
      const signals = listenForSignals(shell);
      const given = Object.entries(variablesOf(flags)).filter(([, value]) => value !== undefined);
      const server = await startServer({
        flags: { ...DEFAULTS, ...Object.fromEntries(given) },
        env: withoutDatabase(shell.env),
        say: () => {},
      });
      try {
        if (!server.tenant)
          throw new UsageError(
            'exec needs the embedded database; leave --database-url and DATABASE_URL out.',
          );
        const { key, slug } = server.tenant;
        const connection = { url: server.url, key, tenant: slug };
        const secrets = await secretsFor(shell.env);
        if (flags.to !== undefined) await subscribeAll(createApi(connection, shell), flags, secrets);
        return await runCommand(args, signals, {
          ...shell.env,
          RINGER_URL: server.url,
          RINGER_KEY: key,
          RINGER_TENANT: slug,
          ...Object.fromEntries(Object.entries(secrets).map(([id, secret]) => [secretVariable(id), secret])),
        });
      } finally {
        signals.stop();
        await server.stop();
      }
    },
  );
}

/** One for each provider that has one: what the environment says already, else a fresh one. */
async function secretsFor(env: Shell['env']): Promise<Record<string, string>> {
  const given = Object.entries(await secretsOf(env)).map(([id, [newest = '']]) => [id, newest]);
  return { ...(await makeSecrets()), ...Object.fromEntries(given) };
}

async function subscribeAll(
  api: Api,
  { provider, to = '' }: ExecFlags,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const url = await urlFrom(to, api);
  for (const one of provider === undefined ? Object.keys(secrets) : [provider])
    await api.send('POST', '~/subscriptions', { provider: one, url, secret: secrets[one] });
}

interface Signals {
  /** Told every signal from now on, and the one that came before. */
  pass(tell: (signal: NodeJS.Signals) => void): void;
  stop(): void;
}

function listenForSignals(shell: Shell): Signals {
  const early: NodeJS.Signals[] = [];
  let tell = (signal: NodeJS.Signals): void => void early.push(signal);
  const stop = shell.onSignal((signal) => tell(signal));
  return {
    pass(next) {
      tell = next;
      for (const signal of early.splice(0)) next(signal);
    },
    stop,
  };
}

/** @returns its exit code; 128 and the number of the signal that ended it. */
function runCommand(
  [file = '', ...args]: readonly string[],
  signals: Signals,
  env: Record<string, string | undefined>,
): Promise<Exit> {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { stdio: 'inherit', env });
    signals.pass((signal) => void child.kill(signal));
    child.once('error', ({ message }) => fail(new UsageError(`"${file}" cannot be run: ${message}.`)));
    child.once('exit', (code, signal) => done(code ?? 128 + constants.signals[signal!]));
  });
}
