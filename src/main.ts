import { parseArgs } from 'node:util';
import { processEnv } from './config.js';
import { runServer } from './start/run.js';
import { START_FLAGS, type StartFlags } from './start/start.js';

// The process of a server, without the rest of the command line: nothing is loaded that a start does not need.
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const [verb, ...args] = argv;
  if (verb !== 'start') return refuse('use "start"; every other verb is in the command line: ringer --help');
  let flags: StartFlags;
  try {
    const options = Object.fromEntries(
      Object.keys(START_FLAGS).map((name) => [name, { type: 'string' as const }]),
    );
    flags = parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
  return runServer(flags, processEnv());
}

function refuse(message: string): number {
  process.stderr.write(`ringer: ${message}\n`);
  return 2;
}
