import { isDeepStrictEqual } from 'node:util';
import { formatDuration } from '../lib/duration.js';
import type { Profile, ProviderSettings } from './resources.js';
import { table } from './table.js';

/** Every unit, down to the second. */
const EXACTLY = 4;

/** From the first attempt to the last: offsets from the first where that is what they count from, else gaps. */
export function overOf(profile: Profile): string {
  const { retryDelaysMs } = profile;
  const sum = retryDelaysMs.reduce((total, ms) => total + ms, 0);
  return formatDuration(countsFromFirst(profile) ? (retryDelaysMs.at(-1) ?? 0) : sum, EXACTLY);
}

function countsFromFirst({ policies }: Profile): boolean {
  const retry = policies.retry?.value;
  return typeof retry === 'object' && retry !== null && 'anchor' in retry && retry.anchor === 'first';
}

export function providerText(profile: Profile, inTenant: ProviderSettings | null): string {
  const { auth, policies, presets, retryDelaysMs } = profile;
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
        `${retryDelaysMs.map((ms) => formatDuration(ms)).join(', ') || 'none'} ${countsFromFirst(profile) ? 'after the first attempt' : 'after the attempt before'} (${policies.retry?.claim})`,
      ],
      ...['success', 'timeout', 'health', 'https', 'redirect', 'rotation'].map((name) => [name, rule(name)]),
    ]),
    ...askedOf(auth.value),
    '',
    ...eventLines(profile),
    ...(profile.scenarios.length > 0
      ? ['', table([['SCENARIO', 'TELLS'], ...profile.scenarios.map((s) => [s.name, s.title])])]
      : []),
    ...tenantLines(profile, inTenant),
    '',
    table([
      ['PRESET', 'SHAPES', 'READING'],
      ...presets.map((p) => [p.name, p.scope === 'tenant' ? 'body' : 'request', p.title]),
    ]),
  ].join('\n');
}

/** The type is offered unless other settings than the defaults are asked for. */
function isOffered(profile: Profile, { offeredWhen }: Profile['events'][number]): boolean {
  const defaults = defaultsOf(profile);
  return Object.entries(offeredWhen ?? {}).every(([key, value]) => isDeepStrictEqual(defaults[key], value));
}

/** The types that a tenant has without asking for anything. */
export function offeredEvents(profile: Profile): Profile['events'] {
  return profile.events.filter((event) => isOffered(profile, event));
}

function defaultsOf({ settings }: Profile): Record<string, unknown> {
  const shapes = Object.entries(settings.tenant.properties ?? {});
  return Object.fromEntries(shapes.map(([key, shape]) => [key, shape.default]));
}

/** What is offered, then what other settings offer instead, under the words that ask for it. */
function eventLines(profile: Profile): string[] {
  const lines = (events: Profile['events']) =>
    table(events.map((e) => [e.type, e.variants ? `${e.summary} (${e.variants.join(', ')})` : e.summary]));
  const others = new Map<string, Profile['events']>();
  for (const event of profile.events.filter((one) => !isOffered(profile, one))) {
    const asked = askFor(profile, event.offeredWhen ?? {});
    others.set(asked, [...(others.get(asked) ?? []), event]);
  }
  return [
    lines(offeredEvents(profile)),
    ...[...others].flatMap(([asked, events]) => [
      '',
      `with providers set ${profile.id} ${asked}:`,
      lines(events),
    ]),
  ];
}

function askFor({ presets }: Profile, settings: object): string {
  const preset = presets.find((one) => isDeepStrictEqual(one.settings, settings));
  return preset
    ? `--preset ${preset.name}`
    : pairsIn(settings)
        .map((pair) => `--setting ${pair}`)
        .join(' ');
}

/** What this tenant has chosen beside the defaults; nothing where there is nothing. */
function tenantLines(profile: Profile, inTenant: ProviderSettings | null): string[] {
  if (inTenant === null) return [];
  const defaults = defaultsOf(profile);
  const changed = Object.fromEntries(
    Object.entries(inTenant.settings).filter(([key, value]) => !isDeepStrictEqual(value, defaults[key])),
  );
  return ['', `in this tenant: ${chosenText({ ...inTenant, settings: changed })}`];
}

/** As the flags of `providers set` say it. */
export function chosenText({ presets, settings }: Pick<ProviderSettings, 'presets' | 'settings'>): string {
  const words = [
    ...presets.map((name) => `--preset ${name}`),
    ...pairsIn(settings).map((pair) => `--setting ${pair}`),
  ];
  return words.join(' ') || 'the defaults';
}

function authOf({
  kind,
  header,
  algorithm,
  encoding,
  content,
  prefix,
  options,
}: Profile['auth']['value']): string {
  if (kind === 'signature')
    return `${prefix ? `"${prefix}" and ` : ''}${algorithm} ${encoding} of ${content} in ${header}`;
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

export function exampleText({ type, summary, shapes }: Profile['events'][number]): string {
  const examples = shapes.map(
    ({ variant, example }) => `${variant === null ? '' : `${variant}:\n`}${JSON.stringify(example, null, 2)}`,
  );
  return [`${type}: ${summary}`, ...examples].join('\n');
}
