import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type Explained, verifyRequest } from '../../index.js';
import { formatDuration } from '../../lib/duration.js';
import { bytesFrom } from '../body-input.js';
import { EXIT, UsageError } from '../failure.js';
import { flag, listFlag } from '../flags.js';
import { plainLine } from '../plain-line.js';
import { parseHeaders, parseRequest, type RawRequest } from '../raw-request.js';
import type { Colours, Shell } from '../shell.js';
import { type Bench, verb } from '../verb.js';

interface VerifyFlags {
  provider?: string;
  secret?: string[];
  headers?: string;
  body?: string;
  sent?: string;
  tolerance?: string;
  at?: string;
}

/** Exit 0: valid; 1: not, or unproved; 2: the secret is missing that it is proved by. */
export function verifyVerb(program: Command, bench: Bench): void {
  verb<VerifyFlags>(
    program,
    bench,
    {
      usage: 'verify [request]',
      summary: 'Say offline whether a request you received is good, and what happened to one that is not',
      offline: true,
      flags: [
        flag('--provider <provider>', 'whose request; default: told by its headers'),
        listFlag('--secret <secret>', 'what it may be signed with'),
        flag('--headers <headers>', 'name: value lines or JSON: inline, @file, or - for standard input'),
        flag('--body <bytes>', 'the body as received: inline, @file, or - for standard input'),
        flag('--sent <bytes>', 'the body as sent, where you have it: every difference is found then'),
        flag('--tolerance <duration>', 'age that a signed timestamp may have; off: any; default: 5m'),
        flag('--at <instant>', 'when it arrived; default: now'),
      ],
      examples: [
        'verify request.http --secret "$SECRET"',
        'verify --headers @headers.txt --body @body.json --secret "$SECRET" --tolerance off',
      ],
    },
    async ({ args, flags, shell, show }) => {
      const { headers, body } = await received(args[0], flags, shell);
      const { tolerance } = flags;
      const result = await verifyRequest({
        headers,
        body,
        ...(flags.provider === undefined ? {} : { provider: flags.provider }),
        ...(flags.secret === undefined ? {} : { secret: flags.secret }),
        ...(flags.sent === undefined ? {} : { sent: await bytesFrom(flags.sent, '--sent', shell) }),
        ...(flags.at === undefined ? {} : { at: flags.at }),
        ...(tolerance === undefined ? {} : { tolerance: tolerance === 'off' ? null : tolerance }),
      });
      if (flags.secret === undefined && result.causes.some(({ code }) => code === 'wrong_secret'))
        throw new UsageError(`--secret is missing: ${result.provider} proves its requests with it.`);
      show(result, () => verdictText(result, shell.colours));
      return result.verdict === 'valid' ? EXIT.ok : EXIT.failed;
    },
  );
}

/** One saved request, or its two halves. */
async function received(request: string | undefined, flags: VerifyFlags, shell: Shell): Promise<RawRequest> {
  const { headers, body } = flags;
  if (request !== undefined) {
    if (headers !== undefined || body !== undefined)
      throw new UsageError('Give a saved request, or --headers and --body.');
    return parseRequest(request === '-' ? await shell.stdin() : readRequest(request));
  }
  if (headers === undefined || body === undefined)
    throw new UsageError('Give a saved HTTP request, or both --headers and --body.');
  if (headers === '-' && body === '-')
    throw new UsageError('Only one of --headers and --body can come from standard input.');
  return {
    headers: parseHeaders((await bytesFrom(headers, '--headers', shell)).toString('utf8')),
    body: await bytesFrom(body, '--body', shell),
  };
}

function readRequest(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new UsageError(`The file "${file}" cannot be read.`);
  }
}

function verdictText(result: Explained, { green, red, yellow, dim }: Colours): string {
  const { provider, verdict, scheme, header, signed, keys, firstDifference, timestamp, causes } = result;
  const word = { valid: green('valid'), invalid: red('invalid'), unproved: yellow('unproved') }[verdict];
  const lines = [`${word}: a request of ${provider}${verdict === 'unproved' ? ' proves nothing here' : ''}`];
  for (const { code, text } of causes) lines.push(`  ${red(code)}: ${plainLine(text)}`);
  if (firstDifference) {
    const { at, found, wanted, around } = firstDifference;
    const bytes = `${found ?? 'the end'} stands where ${wanted ?? 'the end'} has to`;
    lines.push(
      `  first difference: byte ${at} of the ${firstDifference.in}: ${around === '' ? 'not shown' : bytes}`,
    );
    if (around !== '') lines.push(`  around it: ${plainLine(around)}`);
  }
  const detail: [string, string][] = [];
  if (scheme !== null) detail.push(['scheme', scheme]);
  if (signed)
    detail.push([
      'signed',
      `${signed.before === '' ? '' : `"${signed.before}" and then `}the body: ${signed.bodyBytes} bytes, sha256 ${signed.bodySha256}`,
    ]);
  for (const { how, bytes } of keys) detail.push(['key', `${bytes} bytes: the secret as ${how}`]);
  if (header) {
    detail.push([header.name, header.received ?? 'missing']);
    for (const value of header.expected) detail.push(['recomputed', value]);
  }
  if (timestamp?.at) {
    const { ageMs } = timestamp;
    const age =
      ageMs === null || Math.abs(ageMs) < 1000
        ? 'now'
        : `${formatDuration(Math.abs(ageMs))} ${ageMs > 0 ? 'ago' : 'ahead'}`;
    detail.push([timestamp.header, `${timestamp.at}, ${age}`]);
  }
  const width = Math.max(0, ...detail.map(([name]) => name.length));
  return [
    ...lines,
    ...detail.map(([name, value]) => dim(`  ${name.padEnd(width)}  ${plainLine(value)}`)),
  ].join('\n');
}
