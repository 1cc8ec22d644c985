import { formatDuration } from '../lib/duration.js';
import { excerpt } from '../lib/excerpt.js';
import type { Published } from './resources.js';
import type { Colours } from './shell.js';

/** One attempt as the two lines people know show it. */
export interface ShownAttempt {
  type: string | null;
  eventId: string;
  number: number;
  /** How many the schedule has; null where it is not known. */
  of: number | null;
  /** Since the first attempt, milliseconds of tenant time. */
  afterMs: number | null;
  /** The answer's, or null with a reason. */
  status: number | null;
  reason: string | null;
  ok: boolean;
  url: string;
  durationMs: number;
  /** Until the next attempt, or null when there is none. */
  nextInMs: number | null;
}

/** `difference.created [evt_…], id on the wire 3f2a…`: ours, and the one that the consumer sees. */
export function eventLine({
  type,
  id,
  providerEventId,
}: Pick<Published, 'type' | 'id' | 'providerEventId'>): string {
  return `${type} [${id}]${providerEventId === null ? '' : `, id on the wire ${providerEventId}`}`;
}

/** The beginning of what was answered, under the line of the answer; nothing where there is nothing to read. */
export function bodyLines(body: string | null, { dim }: Colours): string[] {
  const text = excerpt(body);
  return text === null ? [] : [dim(`    ${text}`)];
}

/** `--> difference.created [evt_…] attempt 2/16 +1m` */
export function sentLine(attempt: ShownAttempt, { cyan, bold, dim }: Colours): string {
  const { type, eventId, number, of, afterMs } = attempt;
  const count = of === null || number > of ? `${number}` : `${number}/${of}`;
  const later = afterMs ? dim(` +${formatDuration(afterMs)}`) : '';
  return `${cyan('-->')} ${bold(type ?? 'event')} ${dim(`[${eventId}]`)} attempt ${count}${later}`;
}

/** `<-- [503] POST http://… 12ms next in 2m` */
export function answerLine(attempt: ShownAttempt, { cyan, green, red, dim }: Colours): string {
  const { status, reason, ok, url, durationMs, nextInMs } = attempt;
  const what = (ok ? green : red)(`[${status ?? reason ?? 'failed'}]`);
  const next = nextInMs === null ? '' : ` next in ${formatDuration(nextInMs)}`;
  return `${cyan('<--')} ${what} POST ${url} ${dim(formatDuration(durationMs))}${next}`;
}
