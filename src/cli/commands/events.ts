import type { Command } from 'commander';
import { flag } from '../flags.js';
import { type ListFlags, listFlags, pageQuery, showPage } from '../listing.js';
import type { Event, Page } from '../resources.js';
import { table } from '../table.js';
import { bytesOf } from '../transport.js';
import { type Bench, group, verb } from '../verb.js';

interface Filter extends ListFlags {
  provider?: string;
  type?: string;
  environment?: string;
  since?: string;
  until?: string;
}

export function eventVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'events', 'What was published');
  verb<Filter>(
    of,
    bench,
    {
      usage: 'list',
      summary: 'List them, newest first',
      isDefault: true,
      flags: [
        flag('--provider <provider>', 'only of this provider'),
        flag('--type <type>', 'only of this type'),
        flag('--environment <name>', 'only of this environment'),
        flag('--since <instant>', 'from then on, such as 2026-01-31T08:00:00Z'),
        flag('--until <instant>', 'until then'),
        ...listFlags(),
      ],
      examples: ['events', 'events --provider noyo --json'],
    },
    async ({ flags, api, shell, show }) => {
      const { provider, type, environment, since, until } = flags;
      const query = { provider, type, environment, since, until, ...pageQuery(flags) };
      const page = await (await api()).get<Page<Event>>('~/events', query);
      showPage(shell, show, page, (rows) =>
        table([
          ['ID', 'ID ON THE WIRE', 'PROVIDER', 'TYPE', 'CREATED', 'BYTES'],
          ...rows.map((e) => [e.id, e.providerEventId, e.provider, e.type, e.createdAt, e.bodyBytes]),
        ]),
      );
      return undefined;
    },
  );
  verb<{ raw?: boolean }>(
    of,
    bench,
    {
      usage: 'show <id>',
      summary: 'One event with its body',
      flags: [flag('--raw', 'only the body, byte for byte as it is sent')],
      examples: ['events show evt_… --raw > body.json'],
    },
    async ({ id, flags: { raw }, api: connected, shell, show }) => {
      const api = await connected();
      if (raw) {
        shell.raw(await bytesOf(await api.stream(`~/events/${id}`, { body: 'raw' })));
        return undefined;
      }
      const event = await api.get<Event>(`~/events/${id}`);
      show(event, () => textOf(event));
      return undefined;
    },
  );
}

function textOf(event: Event): string {
  const head = table([
    ['id', event.id],
    ['provider', event.provider],
    ['type', event.type],
    ['created', event.createdAt],
    ['id on the wire', event.providerEventId],
  ]);
  const deliveries = (event.deliveries ?? []).map((d) => `${d.id} ${d.status}, to ${d.subscriptionId}`);
  return [head, JSON.stringify(event.body, null, 2), ...deliveries].join('\n');
}
