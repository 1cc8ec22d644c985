import type { Command } from 'commander';
import { durationRefusal, parseDuration } from '../../lib/duration.js';
import { counted } from '../counted.js';
import { UsageError } from '../failure.js';
import { flag } from '../flags.js';
import type { Advanced, Clock } from '../resources.js';
import { table } from '../table.js';
import { type Bench, group, verb } from '../verb.js';

interface AdvanceFlags {
  until?: string;
  next?: boolean;
  untilIdle?: boolean;
  stop?: boolean;
  wait?: string;
}

export function clockVerbs(program: Command, bench: Bench): void {
  const of = group(program, 'clock', 'The tenant’s time');
  verb(of, bench, { usage: 'show', summary: 'What it says', isDefault: true }, async ({ api, show }) => {
    const clock = await (await api()).get<Clock>('~/clock');
    show(clock, () => textOf(clock));
    return undefined;
  });
  verb<{ at?: string; rate?: string; wire?: string }>(
    of,
    bench,
    {
      usage: 'set <mode>',
      summary: 'Make it system (real time), manual (stopped) or scaled (faster)',
      flags: [
        flag('--at <instant>', 'what it says from now on, such as 2026-01-31T08:00:00Z'),
        flag('--rate <n>', 'scaled: tenant seconds per real second'),
        flag('--wire <which>', 'what signed timestamps say: wall (real time) or virtual (this clock)'),
      ],
      examples: [
        'clock set manual',
        'clock set manual --at 2026-01-31T08:00:00Z',
        'clock set scaled --rate 3600',
        'clock set system',
      ],
    },
    async ({ args: [mode], flags: { at, rate, wire }, api, show }) => {
      if (rate !== undefined && !(Number(rate) > 0))
        throw new UsageError(`--rate takes a number above 0, not "${rate}".`);
      const body = { mode, now: at, rate: rate === undefined ? undefined : Number(rate), wire };
      const clock = await (await api()).send<Clock>('PUT', '~/clock', body);
      show(clock, () => textOf(clock));
      return undefined;
    },
  );
  verb<AdvanceFlags>(
    of,
    bench,
    {
      usage: 'advance [duration]',
      summary: 'Move a stopped clock through everything that falls due, and wait until it has settled',
      flags: [
        flag('--until <instant>', 'to that instant'),
        flag('--next', 'to the next instant at which something is due'),
        flag('--until-idle', 'until nothing is pending any more'),
        flag('--stop', 'stop the clock first, where it runs'),
        flag('--wait <duration>', 'how long the answer may take, real time; default: 60s'),
      ],
      examples: ['clock advance 3d --stop', 'clock advance --until-idle', 'clock advance 0s'],
    },
    async ({ args: [by], flags, api: connected, shell, show }) => {
      const api = await connected();
      const { until, next, untilIdle, wait } = flags;
      const body = { by, to: until, toNext: next || undefined, untilIdle: untilIdle || undefined, wait };
      // Judged before the clock is stopped: a refused advance changes nothing.
      if ([by, until, next, untilIdle].filter(Boolean).length !== 1)
        throw new UsageError('Say how far: a duration such as 3d, or one of --until, --next, --until-idle.');
      if (by !== undefined && parseDuration(by) === null)
        throw new UsageError(`${durationRefusal(by, '90s, 5m, 1h30m, 3d or ISO 8601 (PT1H30M)')}.`);
      if (until !== undefined && Number.isNaN(Date.parse(until)))
        throw new UsageError(`--until takes an instant such as 2026-01-31T08:00:00Z, not "${until}".`);
      if (flags.stop && (await api.get<Clock>('~/clock')).mode !== 'manual')
        await api.send('PUT', '~/clock', { mode: 'manual' });
      const result = await api.send<Advanced | { runId: string }>('POST', '~/clock/advance', body);
      if ('runId' in result) shell.say('it goes on; ringer clock show says when it is through');
      show(result, () => ('runId' in result ? result.runId : sentence(result)));
      return undefined;
    },
  );
}

function sentence({ from, to, attempts, delivered, failed, pending }: Advanced): string {
  return `${from} -> ${to}: ${counted(attempts, 'attempt')}, ${delivered} delivered, ${failed} failed, ${pending} pending`;
}

function textOf({ mode, now, rate, wire, nextDueAt, running, shiftedMs }: Clock): string {
  return table([
    ['mode', mode === 'scaled' ? `scaled, ${rate} seconds a second` : mode],
    ['now', now],
    ['next due', nextDueAt],
    ['wire', wire],
    ...(running ? [['moving', 'yes']] : []),
    ...(shiftedMs ? [['shifted', `${shiftedMs} ms`]] : []),
  ]);
}
