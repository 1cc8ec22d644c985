import type { Command } from 'commander';
import { formatDuration } from '../../lib/duration.js';
import { type Flag, flag } from '../flags.js';
import { type ListFlags, listFlags, pageQuery, showPage } from '../listing.js';
import type { Page, Tenant } from '../resources.js';
import { table } from '../table.js';
import { type Bench, group, verb } from '../verb.js';

interface TenantFlags {
  name?: string;
  slug?: string;
  retention?: string;
  notifyUrl?: string;
  maxInFlight?: string;
  maxInFlightPerOrigin?: string;
}

const shapeFlags = (): Flag[] => [
  flag('--retention <duration>', 'how long bodies are kept; default: 90d'),
  flag('--notify-url <url>', 'told when a subscription turns unhealthy, failed or disabled; none: nobody is'),
  flag(
    '--max-in-flight <n>',
    'requests on the wire at once to all its subscriptions; none: no cap of its own',
  ),
  flag('--max-in-flight-per-origin <n>', 'the same for those that share a scheme, host and port'),
];

function bodyOf({ name, slug, retention, ...rest }: TenantFlags) {
  const notifyUrl = rest.notifyUrl === 'none' ? null : rest.notifyUrl;
  const maxInFlight = capOf(rest.maxInFlight);
  const maxInFlightPerOrigin = capOf(rest.maxInFlightPerOrigin);
  return { name, slug, retention, notifyUrl, maxInFlight, maxInFlightPerOrigin };
}

/** What is no number the server refuses, with what it may be. */
function capOf(text: string | undefined): number | string | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  return /^\d+$/.test(text) ? Number(text) : text;
}

function textOf(tenant: Tenant): string {
  return table([
    ['id', tenant.id],
    ['slug', tenant.slug],
    ['name', tenant.name],
    ['created', tenant.createdAt],
    ['retention', formatDuration(tenant.retentionMs)],
    ...(tenant.notifyUrl === null ? [] : [['notify url', tenant.notifyUrl]]),
    ...(tenant.maxInFlight === null ? [] : [['in flight', `at most ${tenant.maxInFlight}`]]),
    ...(tenant.maxInFlightPerOrigin === null
      ? []
      : [['in flight', `at most ${tenant.maxInFlightPerOrigin} to one origin`]]),
  ]);
}

export function tenantVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'tenants', 'Isolated worlds; the operator’s');
  const operator = true;
  verb<ListFlags>(
    of,
    bench,
    { usage: 'list', summary: 'List them, newest first', isDefault: true, operator, flags: listFlags() },
    async ({ flags, api, shell, show }) => {
      const page = await (await api()).get<Page<Tenant>>('/tenants', pageQuery(flags));
      showPage(shell, show, page, (rows) =>
        table([['ID', 'SLUG', 'NAME', 'CREATED'], ...rows.map((t) => [t.id, t.slug, t.name, t.createdAt])]),
      );
      return undefined;
    },
  );
  verb<TenantFlags>(
    of,
    bench,
    {
      usage: 'create <name>',
      summary: 'Make one and its first key',
      operator,
      flags: [flag('--slug <slug>', 'its name in paths; made from the name'), ...shapeFlags()],
      examples: ['tenants create "Team Billing" --slug billing'],
    },
    async ({ args: [name], flags, api, shell, show }) => {
      const made = await (await api()).send<Tenant>('POST', '/tenants', { ...bodyOf(flags), name });
      show(made, () =>
        table([
          ['id', made.id],
          ['slug', made.slug],
          ['key', made.key],
        ]),
      );
      shell.say('its key is shown this once');
      return undefined;
    },
  );
  verb<TenantFlags>(
    of,
    bench,
    {
      usage: 'update <tenant>',
      summary: 'Change one',
      operator,
      flags: [
        flag('--name <name>', 'what people call it'),
        flag('--slug <slug>', 'its name in paths'),
        ...shapeFlags(),
      ],
      examples: ['tenants update billing --notify-url https://ops.example.com/ringer'],
    },
    async ({ id, flags, api, show }) => {
      const changed = await (await api()).send<Tenant>('PATCH', `/tenants/${id}`, bodyOf(flags));
      show(changed, () => textOf(changed));
      return undefined;
    },
  );
  verb(of, bench, { usage: 'show <tenant>', summary: 'One of them', operator }, async ({ id, api, show }) => {
    const tenant = await (await api()).get<Tenant>(`/tenants/${id}`);
    show(tenant, () => textOf(tenant));
    return undefined;
  });
  verb(
    of,
    bench,
    { usage: 'remove <tenant>', summary: 'Remove one with everything in it', operator },
    async ({ id, api, show }) => {
      await (await api()).send('DELETE', `/tenants/${id}`);
      show({ tenant: id, removed: true }, () => `${id} is gone`);
      return undefined;
    },
  );
  verb(
    of,
    bench,
    {
      usage: 'reset',
      summary: 'Empty the tenant; it keeps its keys, and its clock goes back to the system’s',
    },
    async ({ api, show }) => {
      const tenant = await (await api()).send<Tenant>('POST', '~/reset');
      show(tenant, () => `${tenant.slug} is empty`);
      return undefined;
    },
  );
}
