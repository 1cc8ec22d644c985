import type { Command } from 'commander';
import { type Heard, listen, secretsOf } from '../../index.js';
import { durationRefusal, parseDuration } from '../../lib/duration.js';
import { UsageError } from '../failure.js';
import { flag, listFlag, wholeNumber } from '../flags.js';
import { plainLine } from '../plain-line.js';
import type { Colours } from '../shell.js';
import { type Bench, verb } from '../verb.js';

interface ListenFlags {
  provider?: string;
  secret?: string[];
  port?: string;
  host?: string;
  status?: string;
  delay?: string;
  tolerance?: string;
}

export function listenVerb(program: Command, bench: Bench): void {
  verb<ListenFlags>(
    program,
    bench,
    {
      usage: 'listen',
      summary:
        'A correct consumer to compare yours with: verifies, takes each event once, prints, until Ctrl-C',
      offline: true,
      flags: [
        flag('--provider <provider>', 'whose webhooks; default: told by the headers of each'),
        listFlag(
          '--secret <secret>',
          'with --provider: what they may be signed with; else RINGER_SECRET_<PROVIDER>',
        ),
        flag('--port <port>', 'port to listen on; 0: any free one; default: 4702', 'RINGER_LISTEN_PORT'),
        flag('--host <address>', 'address to listen on; default: 127.0.0.1', 'RINGER_LISTEN_HOST'),
        flag('--status <code>', 'status of its answers to good requests, 200 to 599; default: 200'),
        flag('--delay <ms>', 'milliseconds before each answer; default: 0'),
        flag('--tolerance <duration>', 'age that a signed timestamp may have; off: any; default: 5m'),
      ],
      examples: ['listen --provider noyo --secret "$SECRET"', 'exec -- ringer listen --json'],
    },
    async ({ flags, shell, json }) => {
      const { provider, secret } = flags;
      if (secret !== undefined && provider === undefined)
        throw new UsageError('--secret goes with --provider; without one set RINGER_SECRET_<PROVIDER>.');
      const stopped = shell.stopped();
      const secrets = await secretsOf(shell.env);
      const listener = await listen({
        ...(provider === undefined ? {} : { provider }),
        secrets: secret && provider !== undefined ? { ...secrets, [provider]: secret } : secrets,
        host: flags.host ?? '127.0.0.1',
        port: within(flags.port, '--port', { from: 0, to: 65_535 }) ?? 4702,
        status: within(flags.status, '--status', { from: 200, to: 599 }) ?? 200,
        delayMs: within(flags.delay, '--delay', { from: 0, to: 600_000 }) ?? 0,
        toleranceMs: toleranceOf(flags.tolerance),
        heard: (heard) => shell.out(json ? JSON.stringify(heard) : heardLine(heard, shell.colours)),
      });
      shell.say(`ringer listens on ${listener.url}; what it took: ${listener.url}/effects`);
      if (!stopped.aborted)
        await new Promise<void>((done) => stopped.addEventListener('abort', () => done(), { once: true }));
      await listener.close();
      return undefined;
    },
  );
}

function within(
  value: string | undefined,
  flags: string,
  { from, to }: { from: number; to: number },
): number | undefined {
  const number = wholeNumber(value, flags);
  if (number === undefined || (number >= from && number <= to)) return number;
  throw new UsageError(`${flags} is ${number}; it may be ${from} to ${to}.`);
}

function toleranceOf(text: string | undefined): number | null {
  if (text === 'off') return null;
  const written = text ?? '5m';
  const ms = parseDuration(written);
  if (ms !== null) return ms;
  throw new UsageError(`--tolerance: ${durationRefusal(written, '5m, 90s, or off')}.`);
}

/** `<-- [200] noyo difference.created 3f2a… valid, 157 bytes` */
function heardLine(heard: Heard, { cyan, green, red, dim }: Colours): string {
  const { status, provider, type, id, verdict, duplicate, bodyBytes, causes, method, path } = heard;
  const good = status < 300;
  const what =
    provider === null
      ? `${method} ${plainLine(path)}`
      : `${provider} ${type ?? 'no event it knows'}${id === null ? '' : ` ${plainLine(id)}`}`;
  const told = [verdict, duplicate ? 'again' : null, `${bodyBytes} bytes`].filter(Boolean).join(', ');
  const why = causes.map(({ code, text }) => `\n    ${red(code)}: ${plainLine(text)}`).join('');
  return `${cyan('-->')} ${(good ? green : red)(`[${status}]`)} ${what} ${dim(told)}${why}`;
}
