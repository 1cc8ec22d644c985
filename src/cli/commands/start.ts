import type { Command } from 'commander';
import { runServer } from '../../index.js';
import type { Exit } from '../failure.js';
import { type Flag, flag } from '../flags.js';
import { type Bench, verb } from '../verb.js';

export interface StartFlags {
  port?: string;
  host?: string;
  dataDir?: string;
  databaseUrl?: string;
  role?: string;
  egress?: string;
  egressAllow?: string;
  ca?: string;
  config?: string;
}

/** @param defaults what a verb does where it is told nothing. */
export const startFlags = ({ port = '4700', dataDir = '.ringer' } = {}): Flag[] => [
  flag('--port <port>', `port to listen on; 0: any free one; default: ${port}`),
  flag('--host <address>', 'address to listen on; default: 127.0.0.1'),
  flag('--data-dir <folder>', `where the embedded database lies; memory: keeps nothing; default: ${dataDir}`),
  flag('--database-url <url>', 'a PostgreSQL of your own; default: the embedded one', 'DATABASE_URL'),
  flag('--role <role>', 'all, api or dispatcher; default: all'),
  flag('--egress <mode>', 'local: this machine and public addresses; public: those only'),
  flag('--egress-allow <cidrs>', 'networks opened on top, comma between'),
  flag('--ca <file>', 'certificate authority to trust on top'),
  flag('--config <file>', 'tenants, subscriptions and presets as JSON, brought about at every start'),
];

/** Its one line on stdout is the same with and without --json: scripts wait for it. */
export function startVerb(program: Command, bench: Bench): void {
  verb<StartFlags>(
    program,
    bench,
    {
      usage: 'start',
      summary: 'Start a server: API, dispatcher and built-in receiver in one process',
      offline: true,
      flags: startFlags(),
      examples: ['start', 'start --port 0 --data-dir memory:', 'start --config ringer.json'],
    },
    async ({ flags, shell }) => (await runServer(variablesOf(flags), shell.env)) as Exit,
  );
}

/** By the names of the process's own flags. */
export function variablesOf(flags: StartFlags): Record<string, string | undefined> {
  const { port, host, dataDir, databaseUrl, role, egress, egressAllow, ca, config } = flags;
  return {
    ...{ port, host, role, egress, ca, config },
    'data-dir': dataDir,
    'database-url': databaseUrl,
    'egress-allow': egressAllow,
  };
}
