import type { Command } from 'commander';
import { ownCommand } from '../../lib/own-command.js';
import type { Api } from '../api.js';
import { type BodyFlags, bodyFlags, bodyFrom } from '../body-input.js';
import { counted } from '../counted.js';
import { UsageError } from '../failure.js';
import { flag } from '../flags.js';
import { eventLine } from '../log-lines.js';
import { hasEvent, hasScenario, providerOf } from '../provider-of.js';
import type { Event, Page, Published, ScenarioRun, Subscription } from '../resources.js';
import type { Shell } from '../shell.js';
import { type Bench, type Call, verb } from '../verb.js';
import { runText } from './scenarios.js';

interface TriggerFlags extends BodyFlags {
  provider?: string;
  subscription?: string;
  scenario?: string;
  seed?: string;
}

export function triggerVerb(program: Command, bench: Bench): void {
  verb<TriggerFlags>(
    program,
    bench,
    {
      usage: 'trigger [type]',
      summary: 'Publish an event, or a whole life, to every subscription that wants it',
      flags: [
        flag('--provider <provider>', 'whose event; not needed where only one provider has it'),
        ...bodyFlags(),
        flag('--subscription <id>', 'only to this one'),
        flag(
          '--scenario <name>',
          'a life instead: its first event now, the others as the clock reaches them',
        ),
        flag('--seed <seed>', 'with --scenario: the same seed tells the same life'),
      ],
      examples: [
        'trigger difference.created',
        'trigger contact.updated --provider voyado --set payload.contactId=c-1',
        'trigger --provider noyo --scenario enrolment --seed 7',
      ],
    },
    async (call) => {
      const { args, flags } = call;
      if (flags.scenario !== undefined) return tell(call, flags.scenario);
      if (flags.seed !== undefined) throw new UsageError('--seed goes with --scenario.');
      if (args[0] === undefined)
        throw new UsageError('Name the type of an event, or a life with --scenario.');
      return publish(call, args[0]);
    },
  );
}

async function publish({ flags, shell, api: connected, show }: Call<TriggerFlags>, type: string) {
  const api = await connected();
  const provider =
    flags.provider ?? (await providerOf(api, { noun: 'event', name: type, has: hasEvent(type) }));
  const published = await api.send<Published>('POST', '~/events', {
    ...(await bodyFrom(flags, shell)),
    provider,
    type,
    ...targetOf(flags),
  });
  show(published, () => textOf(published));
  if (published.deliveries.length === 0) await sayWhyNobody(api, shell, { provider, eventId: published.id });
  else shell.say(`next: ${ownCommand(shell.env)} deliveries`);
  return undefined;
}

async function tell({ args, flags, shell, api: connected, show }: Call<TriggerFlags>, name: string) {
  if (args[0] !== undefined) throw new UsageError(`--scenario tells a whole life; leave "${args[0]}" out.`);
  const { payloadBase64, variant, eventId, ...body } = await bodyFrom(flags, shell);
  if (payloadBase64 !== undefined || variant !== undefined || eventId !== undefined)
    throw new UsageError(
      '--payload, --variant and --event-id are of one event; leave them out with --scenario.',
    );
  const api = await connected();
  const provider =
    flags.provider ?? (await providerOf(api, { noun: 'scenario', name, has: hasScenario(name) }));
  const run = await api.send<ScenarioRun>('POST', '~/scenarios', {
    ...body,
    provider,
    name,
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...targetOf(flags),
  });
  show(run, () => runText(run));
  const { data } = await api.get<Page<unknown>>('~/subscriptions', { provider, limit: 1 });
  if (data.length === 0) sayHowToSubscribe(shell, provider);
  else shell.say(`next: ${ownCommand(shell.env)} clock advance --until ${run.steps.at(-1)!.at} --stop`);
  return undefined;
}

function targetOf({ subscription }: TriggerFlags) {
  return subscription === undefined ? {} : { subscriptionId: subscription };
}

/** Nobody got it: how to subscribe, or what keeps it from those who are there. */
async function sayWhyNobody(
  api: Api,
  shell: Shell,
  { provider, eventId }: { provider: string; eventId: string },
): Promise<void> {
  const { data } = await api.get<Page<Subscription>>('~/subscriptions', { provider, limit: 20 });
  if (data.length === 0) return sayHowToSubscribe(shell, provider);
  const event = await api.get<Event>(`~/events/${eventId}`);
  for (const subscription of data) shell.say(`${subscription.id} ${reasonOf(subscription, event)}`);
}

function reasonOf({ environment, status, events }: Subscription, event: Event): string {
  if (environment !== event.environment)
    return `hears of ${environment}, and this went to ${event.environment}: --environment ${environment}`;
  if (events !== null && !events.includes(event.type)) return `chose ${events.join(', ')}`;
  if (status !== 'active' && status !== 'unhealthy') return `is ${status}`;
  return 'does not want it, by its settings or those of the tenant: ringer subscriptions show, ringer providers settings';
}

function sayHowToSubscribe(shell: Shell, provider: string): void {
  const add = `${ownCommand(shell.env)} subscriptions add --provider ${provider} --to receiver`;
  shell.say(`no subscription wants it yet: ${add}`);
}

function textOf(published: Published): string {
  const { deliveries } = published;
  const lines = deliveries.map((d) => `  ${d.id} ${d.status}, to ${d.subscriptionId}`);
  return [`${eventLine(published)}, to ${counted(deliveries.length, 'subscription')}`, ...lines].join('\n');
}
