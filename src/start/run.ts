import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { ConfigError } from '../config.js';
import { AppError } from '../errors.js';
import { formatDuration } from '../lib/duration.js';
import { ownCommand } from '../lib/own-command.js';
import { type Env, type RunningServer, type StartFlags, startServer } from './start.js';

/**
 * A server from the first line to the last: says when it can be used, and goes on until it is told to stop.
 * @returns the exit code: 0 after a stop, 2 when the operator has to mend something first. Ends the process with 1 when a
 * stop takes too long.
 */
export async function runServer(flags: StartFlags, env: Env): Promise<number> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  // The embedded database is WebAssembly: optimised on every core at once it would take them from the start itself,
  // which takes a quarter of a second longer then on two cores. In the background it is as fast a little later.
  setFlagsFromString('--wasm-num-compilation-tasks=1');
  const stopping = untilStopped(say);
  let server: RunningServer;
  try {
    server = await startServer({ flags, env, say, command: ownCommand(env) });
  } catch (error) {
    if (error instanceof ConfigError || error instanceof AppError) say(`ringer: ${error.message}`);
    else
      say(`ringer: the start failed: ${(error as Error).message}. ringer doctor looks at what is in place.`);
    return error instanceof ConfigError || error instanceof AppError ? 2 : 1;
  }
  process.stdout.write(`ringer ready on ${server.url}\n`);
  await stopping;
  const { stopWithinMs: ms } = server;
  if (await within(server.stop(), ms)) return 0;
  say(
    `the database does not answer: left after ${formatDuration(ms)} (RINGER_STOP_WITHIN); what was in flight is sent again at the next start`,
  );
  // What still waits for an answer would keep the process.
  process.exit(1);
}

/** @returns whether the work was over in time. */
async function within(work: Promise<void>, ms: number): Promise<boolean> {
  const late = new AbortController();
  const tooLate = pause(ms, false, { signal: late.signal }).catch(() => false);
  const inTime = await Promise.race([work.then(() => true), tooLate]);
  late.abort();
  return inTime;
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
