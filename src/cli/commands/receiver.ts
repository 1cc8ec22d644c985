import type { Command } from 'commander';
import { flag, wholeNumber } from '../flags.js';
import type { ReceiverState } from '../resources.js';
import { table } from '../table.js';
import { type Bench, group, verb } from '../verb.js';

export function receiverVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'receiver', 'The built-in receiver: a correct consumer of every provider');
  verb(
    of,
    bench,
    { usage: 'show', summary: 'Its URL, and what it got', isDefault: true },
    async ({ api, show }) => {
      const state = await (await api()).get<ReceiverState>('~/receiver');
      show(state, () => textOf(state));
      return undefined;
    },
  );
  verb<{ status?: string; delay?: string }>(
    of,
    bench,
    {
      usage: 'set',
      summary: 'Choose what it answers, and how late',
      flags: [
        flag('--status <code>', 'status of its answers, 200 to 599'),
        flag('--delay <ms>', 'milliseconds before them'),
      ],
      examples: ['receiver set --status 503', 'receiver set --status 200 --delay 0'],
    },
    async ({ flags: { status, delay }, api, show }) => {
      const body = { status: wholeNumber(status, '--status'), delayMs: wholeNumber(delay, '--delay') };
      const state = await (await api()).send<ReceiverState>('PUT', '~/receiver', body);
      show(state, () => textOf(state));
      return undefined;
    },
  );
}

function textOf({ url, status, delayMs, requests }: ReceiverState): string {
  const head = `${url} answers ${status}${delayMs > 0 ? ` after ${delayMs} ms` : ''}`;
  if (requests.length === 0) return head;
  const rows = requests.map((r) => [r.receivedAt, r.status, verdictOf(r), `${r.bodyBytes} bytes`]);
  return `${head}\n${table([['RECEIVED', 'ANSWERED', 'SIGNATURE', 'BODY'], ...rows])}`;
}

function verdictOf({ verified, reason }: ReceiverState['requests'][number]): string {
  if (verified === true) return 'good';
  return `${verified === false ? 'bad' : 'not checked'}${reason === null ? '' : `: ${reason}`}`;
}
