import type { Command } from 'commander';
import { parseConfig } from '../../config.js';
import { type Sent, sendOnce } from '../../index.js';
import { type BodyFlags, bodyFlags, bodyFrom } from '../body-input.js';
import { EXIT } from '../failure.js';
import { flag, listFlag, need } from '../flags.js';
import { answerLine, bodyLines, type ShownAttempt, sentLine } from '../log-lines.js';
import { headersFrom, settingsFrom } from '../pairs.js';
import { type Bench, verb } from '../verb.js';
import { whatToDo } from '../what-to-do.js';
import { withoutDatabase } from '../without-database.js';

interface SendFlags extends BodyFlags {
  to?: string;
  secret?: string;
  preset?: string[];
  setting?: string[];
  header?: string[];
}

export function sendVerb(program: Command, bench: Bench): void {
  verb<SendFlags>(
    program,
    bench,
    {
      usage: 'send <provider> <type>',
      summary: 'Send one event once, without a server: built, signed and judged as a server does it',
      offline: true,
      flags: [
        flag('--to <url>', 'where it goes'),
        flag('--secret <secret>', 'what it is signed with; made, and told, where the provider needs one'),
        ...bodyFlags(),
        listFlag('--preset <name>', 'another reading of the provider, by name'),
        listFlag('--setting <name=value>', 'one setting, of the body or of the request'),
        listFlag('--header <name=value>', 'one more header'),
      ],
      examples: [
        'send noyo difference.created --to http://localhost:3000/hook --secret "$SECRET"',
        'send noyo difference.created --to http://localhost:3000/hook --set data.id=d-1',
        'send noyo difference.created --to http://localhost:3000/hook --payload @body.json --json',
      ],
    },
    async ({ args: [provider = '', type = ''], flags, shell, show }) => {
      const { egress } = parseConfig(withoutDatabase(shell.env));
      const headers = headersFrom(flags.header);
      const settings = settingsFrom(flags.setting);
      const sent = await sendOnce(
        {
          ...(await bodyFrom(flags, shell)),
          provider,
          type,
          url: need(flags.to, '--to'),
          ...(flags.secret === undefined ? {} : { secret: flags.secret }),
          ...(flags.preset ? { presets: flags.preset } : {}),
          ...(settings ? { settings } : {}),
          ...(headers ? { headers } : {}),
        },
        { egress },
      );
      for (const notice of sent.notices) shell.say(`note: ${notice}`);
      if (sent.secret !== null) shell.say(`signed with a secret made for it: ${sent.secret}`);
      if (sent.providerEventId !== null) shell.say(`id on the wire: ${sent.providerEventId}`);
      const { body, ...request } = sent.request;
      const document = {
        ...sent,
        request: { ...request, bodyBytes: body.length, bodyBase64: Buffer.from(body).toString('base64') },
      };
      show(document, () => {
        const shown = shownAttempt(sent);
        const { colours } = shell;
        const body = bodyLines(sent.response?.body ?? null, colours);
        return [sentLine(shown, colours), answerLine(shown, colours), ...body].join('\n');
      });
      if (!sent.ok) shell.say(`not delivered: ${whyNot(sent)}`);
      return sent.ok ? EXIT.ok : EXIT.failed;
    },
  );
}

/** A 201 is a success to most people, and none to a provider that takes 200 alone. */
function whyNot({ response, reason, provider, request }: Sent): string {
  if (response === null) return reason === null ? 'failed' : whatToDo(reason, request.url);
  const { status } = response;
  if (status >= 300 && status < 400) return `${provider} follows no redirect`;
  return status < 300 ? `${provider} takes another answer for success, not ${status}` : `status ${status}`;
}

function shownAttempt(sent: Sent): ShownAttempt {
  return {
    type: sent.type,
    eventId: sent.eventId,
    number: 1,
    of: sent.scheduledAttempts,
    afterMs: null,
    status: sent.response?.status ?? null,
    reason: sent.reason,
    ok: sent.ok,
    url: sent.request.url,
    durationMs: sent.durationMs,
    nextInMs: null,
  };
}
