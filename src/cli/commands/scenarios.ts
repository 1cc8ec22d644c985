import type { Command } from 'commander';
import { formatDuration } from '../../lib/duration.js';
import { type ListFlags, listFlags, pageQuery, showPage } from '../listing.js';
import type { Page, ScenarioRun } from '../resources.js';
import { table } from '../table.js';
import { type Bench, group, verb } from '../verb.js';

export function scenarioVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'scenarios', 'Lives under way, begun by trigger --scenario');
  verb<ListFlags>(
    of,
    bench,
    {
      usage: 'list',
      summary: 'List those with events to come',
      isDefault: true,
      flags: listFlags(),
      examples: ['scenarios', 'trigger --provider noyo --scenario enrolment'],
    },
    async ({ flags, api, shell, show }) => {
      const page = await (await api()).get<Page<ScenarioRun>>('~/scenarios', pageQuery(flags));
      showPage(shell, show, page, (rows) =>
        table([
          ['ID', 'PROVIDER', 'SCENARIO', 'SEED', 'TO COME', 'NEXT'],
          ...rows.map((r) => [r.id, r.provider, r.name, r.seed, r.steps.length, r.steps[0]?.at ?? '-']),
        ]),
      );
      return undefined;
    },
  );
  verb(
    of,
    bench,
    { usage: 'show <id>', summary: 'One of them and what is to come' },
    async ({ id, api, show }) => {
      const run = await (await api()).get<ScenarioRun>(`~/scenarios/${id}`);
      show(run, () => runText(run));
      return undefined;
    },
  );
  verb(
    of,
    bench,
    { usage: 'stop <id>', summary: 'Break it off: what is to come will not be published' },
    async ({ id, api, show }) => {
      await (await api()).send('DELETE', `~/scenarios/${id}`);
      show({ id, stopped: true }, () => `${id} is broken off`);
      return undefined;
    },
  );
}

export function runText({ id, provider, name, seed, startedAt, steps }: ScenarioRun): string {
  const lines = steps.map(({ at, type, variant, refused }) => [
    at ?? '-',
    at === null ? '' : `+${formatDuration(Date.parse(at) - Date.parse(startedAt))}`,
    variant === null ? type : `${type} (${variant})`,
    ...(refused === null ? [] : [refused]),
  ]);
  return [`${provider} ${name} [${id}] seed ${seed}`, table(lines)].join('\n');
}
