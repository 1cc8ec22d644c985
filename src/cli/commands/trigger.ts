import type { Command } from 'commander';
import { ownCommand } from '../../lib/own-command.js';
import type { Api } from '../api.js';
import { type BodyFlags, bodyFlags, bodyFrom } from '../body-input.js';
import { UsageError } from '../failure.js';
import { flag } from '../flags.js';
import type { Page, Profile, Published } from '../resources.js';
import { type Bench, verb } from '../verb.js';

interface TriggerFlags extends BodyFlags {
  provider?: string;
  subscription?: string;
}

export function triggerVerb(program: Command, bench: Bench): void {
  verb<TriggerFlags>(
    program,
    bench,
    {
      usage: 'trigger <type>',
      summary: 'Publish an event to every subscription that wants it',
      flags: [
        flag('--provider <provider>', 'whose event; not needed where only one provider has the type'),
        ...bodyFlags(),
        flag('--subscription <id>', 'only to this one'),
      ],
      examples: [
        'trigger difference.created',
        'trigger contact.updated --provider voyado --set payload.contactId=c-1',
      ],
    },
    async ({ args: [type = ''], flags, shell, api: connected, show }) => {
      const api = await connected();
      const provider = flags.provider ?? (await providerOf(api, type));
      const body = await bodyFrom(flags, shell);
      const { subscription } = flags;
      const published = await api.send<Published>('POST', '~/events', {
        ...body,
        provider,
        type,
        ...(subscription === undefined ? {} : { subscriptionId: subscription }),
      });
      show(published, () => textOf(published));
      if (published.deliveries.length === 0) {
        shell.say(
          `no subscription wants it yet: ${ownCommand(shell.env)} subscriptions add --provider ${provider} --to receiver`,
        );
      } else shell.say(`next: ${ownCommand(shell.env)} deliveries`);
      return undefined;
    },
  );
}

async function providerOf(api: Api, type: string): Promise<string> {
  const { data } = await api.get<Page<Profile>>('/providers');
  const having = data.filter(({ events }) => events.some((event) => event.type === type)).map(({ id }) => id);
  if (having.length === 1) return having[0]!;
  if (having.length > 1)
    throw new UsageError(`"${type}" is an event of ${having.join(' and ')}; say which with --provider.`);
  throw new UsageError(`No provider has an event "${type}"; ringer providers show <provider> lists them.`);
}

function textOf({ type, id, deliveries }: Published): string {
  const lines = deliveries.map((d) => `  ${d.id} ${d.status}, to ${d.subscriptionId}`);
  return [
    `${type} [${id}] to ${deliveries.length} subscription${deliveries.length === 1 ? '' : 's'}`,
    ...lines,
  ].join('\n');
}
