import type { Subscription } from './resources.js';
import { table } from './table.js';

type Row = [name: string, value: string];

/** What somebody who has just made it wants to see. */
export function headText(s: Subscription): string {
  return table(head(s));
}

/** Everything that was said of it, and how it is. */
export function wholeText(s: Subscription): string {
  return table([
    ...head(s),
    ...row('unhealthy since', s.unhealthySince),
    ...row('failing since', s.failingSince),
    ...row('rate limit', s.rateLimit === null ? null : `${s.rateLimit} a second`),
    ['in flight', `at most ${s.maxInFlight}`],
    ...Object.entries(s.headers).map(([name, value]): Row => ['header', `${name}=${value}`]),
    ...Object.entries(s.settings).map(([name, value]): Row => ['setting', `${name}=${wordOf(value)}`]),
  ]);
}

function head(s: Subscription): Row[] {
  return [
    ['id', s.id],
    ['provider', s.provider],
    ['url', s.url],
    ['status', s.status],
    ['environment', s.environment],
    ...row('events', s.events?.join(', ') ?? null),
    ...row('presets', s.presets.join(', ') || null),
    ...row('secret', s.secret ?? null),
  ];
}

function row(name: string, value: string | null): Row[] {
  return value === null ? [] : [[name, value]];
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
