import type { Command } from 'commander';
import { providers } from '../../index.js';
import { formatDuration } from '../../lib/duration.js';
import { Failure, UsageError } from '../failure.js';
import { flag } from '../flags.js';
import type { Page, Profile } from '../resources.js';
import { table } from '../table.js';
import { type Bench, type Call, group, verb } from '../verb.js';

export function providerVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'providers', 'Whom Ringer can stand in for');
  verb(
    of,
    bench,
    {
      usage: 'list',
      summary: 'List them',
      isDefault: true,
      examples: ['providers', 'providers show noyo'],
    },
    async (call) => {
      const page = { data: await profiles(call), nextCursor: null };
      call.show(page, () =>
        table([
          ['PROVIDER', 'EVENTS', 'ATTEMPTS', 'OVER', 'NAME'],
          ...page.data.map((p) => [p.id, p.events.length, p.retryDelaysMs.length + 1, overOf(p), p.name]),
        ]),
      );
      return undefined;
    },
  );
  verb<{ type?: string }>(
    of,
    bench,
    {
      usage: 'show <provider>',
      summary: 'Events, signature, schedule and other readings of one',
      flags: [flag('--type <type>', 'one event with an example of its body')],
      examples: [
        'providers show noyo',
        'providers show noyo --type difference.created',
        'providers show noyo --json',
      ],
    },
    async (call) => {
      const all = await profiles(call);
      const profile = all.find(({ id }) => id === call.args[0]);
      if (!profile) {
        throw new UsageError(
          `Unknown provider "${call.args[0]}"; there are: ${all.map(({ id }) => id).join(', ')}.`,
        );
      }
      const { type } = call.flags;
      if (type === undefined) call.show(profile, () => textOf(profile));
      else {
        const event = eventOf(profile, type);
        call.show(event, () => exampleText(event));
      }
      return undefined;
    },
  );
}

/** The server's, where there is one; else this version's own. */
async function profiles({ api, flags, shell }: Call<object>): Promise<readonly Profile[]> {
  try {
    return (await (await api()).get<Page<Profile>>('/providers', { limit: 200 })).data;
  } catch (error) {
    if (
      ('url' in flags && flags.url !== undefined) ||
      !(error instanceof Failure || error instanceof UsageError)
    )
      throw error;
    shell.say('no server is known here; these are the providers of this version');
    return (await providers()) as readonly Profile[];
  }
}

function eventOf({ events, id }: Profile, type: string): Profile['events'][number] {
  const event = events.find((e) => e.type === type);
  if (event) return event;
  throw new UsageError(
    `Unknown event "${type}" of ${id}; there are: ${events.map((e) => e.type).join(', ')}.`,
  );
}

/** From the first attempt to the last: offsets from the first where that is what they count from, else gaps. */
function overOf(profile: Profile): string {
  const { retryDelaysMs } = profile;
  const sum = retryDelaysMs.reduce((total, ms) => total + ms, 0);
  return formatDuration(countsFromFirst(profile) ? (retryDelaysMs.at(-1) ?? 0) : sum);
}

function countsFromFirst({ policies }: Profile): boolean {
  const retry = policies.retry?.value;
  return typeof retry === 'object' && retry !== null && 'anchor' in retry && retry.anchor === 'first';
}

function textOf(profile: Profile): string {
  const { auth, policies, presets, events, retryDelaysMs } = profile;
  const rule = (name: string) => {
    const { value, claim } = policies[name] ?? { value: '-', claim: '' };
    return `${typeof value === 'string' ? value : wordsOf(value)} (${claim})`;
  };
  return [
    `${profile.name}: ${profile.summary}`,
    profile.docs,
    '',
    table([
      ['signature', `${authOf(auth.value)} (${auth.claim})`],
      [
        'retries',
        `${retryDelaysMs.map(formatDuration).join(', ') || 'none'} ${countsFromFirst(profile) ? 'after the first attempt' : 'after the attempt before'} (${policies.retry?.claim})`,
      ],
      ...['success', 'timeout', 'health', 'https', 'redirect', 'rotation'].map((name) => [name, rule(name)]),
    ]),
    ...askedOf(auth.value),
    '',
    table(events.map((e) => [e.type, e.variants ? `${e.summary} (${e.variants.join(', ')})` : e.summary])),
    ...(profile.scenarios.length > 0
      ? ['', table([['SCENARIO', 'TELLS'], ...profile.scenarios.map((s) => [s.name, s.title])])]
      : []),
    '',
    table([
      ['PRESET', 'SHAPES', 'READING'],
      ...presets.map((p) => [p.name, p.scope === 'tenant' ? 'body' : 'request', p.title]),
    ]),
  ].join('\n');
}

function authOf({ kind, header, algorithm, encoding, content, options }: Profile['auth']['value']): string {
  if (kind === 'signature') return `${algorithm} ${encoding} of ${content} in ${header}`;
  if (kind === 'sharedKey') return `the same value in ${header} on every request`;
  return options ? `as the consumer asks for: ${options.join(', ')}` : kind;
}

/** The flags that ask for each way a consumer may choose; they go to `subscriptions create`, `send` and `dev`. */
function askedOf({ asked }: Profile['auth']['value']): string[] {
  if (!asked) return [];
  const flagsOf = ({ secret, settings = {} }: NonNullable<typeof asked>[string]) => [
    ...(secret === undefined ? [] : [`--secret ${secret}`]),
    ...pairsIn(settings).map((pair) => `--setting ${pair}`),
  ];
  const rows = Object.entries(asked).map(([name, ask]) => [name, flagsOf(ask).join(' ')]);
  return ['', table([['AUTHENTICATION', 'ASK WITH'], ...rows])];
}

/** `a.b=1` for every value inside, as `--setting` takes it. */
function pairsIn(settings: object, path = ''): string[] {
  return Object.entries(settings).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? pairsIn(value, `${path}${key}.`)
      : [`${path}${key}=${String(value)}`],
  );
}

/** `total 15s`: the kind first, then what it is made of. */
function wordsOf(value: object): string {
  return Object.entries(value)
    .filter(([, part]) => part !== null && part !== '')
    .map(([name, part]) => {
      if (Array.isArray(part)) return part.join('/');
      if (typeof part !== 'number') return String(part);
      const words = name.endsWith('Ms') ? `${name.slice(0, -2)} ` : name === 'ms' ? '' : `${name} `;
      return name === 'ms' || name.endsWith('Ms') ? `${words}${formatDuration(part)}` : `${words}${part}`;
    })
    .join(', ');
}

function exampleText({ type, summary, shapes }: Profile['events'][number]): string {
  const examples = shapes.map(
    ({ variant, example }) => `${variant === null ? '' : `${variant}:\n`}${JSON.stringify(example, null, 2)}`,
  );
  return [`${type}: ${summary}`, ...examples].join('\n');
}
