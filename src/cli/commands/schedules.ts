import type { Command } from 'commander';
import { type BodyFlags, bodyFrom, dataFlags } from '../body-input.js';
import { flag } from '../flags.js';
import { type ListFlags, listFlags, pageQuery, showPage } from '../listing.js';
import { hasEvent, providerOf } from '../provider-of.js';
import type { Page, Schedule } from '../resources.js';
import { table } from '../table.js';
import { type Bench, group, verb } from '../verb.js';

interface ScheduleFlags extends BodyFlags {
  provider?: string;
  subscription?: string;
}

export function scheduleVerbs(program: Command, bench: Bench): void {
  const of = group(
    program,
    'schedules',
    'Events that come again and again, in cron terms on the tenant’s clock',
  );
  verb<ListFlags>(
    of,
    bench,
    { usage: 'list', summary: 'List them, newest first', isDefault: true, flags: listFlags() },
    async ({ flags, api, shell, show }) => {
      const page = await (await api()).get<Page<Schedule>>('~/schedules', pageQuery(flags));
      showPage(shell, show, page, (rows) => tableOf(rows));
      return undefined;
    },
  );
  verb<ScheduleFlags>(
    of,
    bench,
    {
      usage: 'add <cron> <type>',
      summary: 'Publish an event at every instant that a cron expression names, in UTC',
      flags: [
        flag('--provider <provider>', 'whose event; not needed where only one provider has it'),
        ...dataFlags(),
        flag('--subscription <id>', 'only to this one'),
      ],
      examples: [
        'schedules add "0 9 * * mon-fri" difference.created',
        'schedules add "*/5 * * * *" document.uploaded --provider healthsync --set data.object.category=imaging',
      ],
    },
    async ({ args: [cron, type = ''], flags, shell, api: connected, show }) => {
      const api = await connected();
      const provider =
        flags.provider ?? (await providerOf(api, { noun: 'event', name: type, has: hasEvent(type) }));
      const made = await api.send<Schedule>('POST', '~/schedules', {
        ...(await bodyFrom(flags, shell)),
        cron,
        provider,
        type,
        ...(flags.subscription === undefined ? {} : { subscriptionId: flags.subscription }),
      });
      show(made, () => tableOf([made]));
      return undefined;
    },
  );
  verb(of, bench, { usage: 'show <id>', summary: 'One of them' }, async ({ id, api, show }) => {
    const found = await (await api()).get<Schedule>(`~/schedules/${id}`);
    show(found, () => tableOf([found]));
    return undefined;
  });
  verb(
    of,
    bench,
    { usage: 'remove <id>', summary: 'Remove one; what it published stays' },
    async ({ id, api, show }) => {
      await (await api()).send('DELETE', `~/schedules/${id}`);
      show({ id, removed: true }, () => `${id} is gone`);
      return undefined;
    },
  );
}

function tableOf(rows: readonly Schedule[]): string {
  return table([
    ['ID', 'CRON', 'PROVIDER', 'TYPE', 'NEXT'],
    ...rows.map(({ id, cron, provider, type, nextAt, refused }) =>
      [id, cron, provider, type, nextAt ?? '-', refused].filter((cell) => cell !== null),
    ),
  ]);
}
