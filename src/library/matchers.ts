import { formatDuration, parseDuration } from '../lib/duration.js';
import type { DeliveryResource } from '../services/schemas/deliveries.js';

/** What `expect.extend` of vitest and jest takes; `must` makes it an error for any other runner. */
export interface Matched {
  pass: boolean;
  message(): string;
}

/** Which deliveries are meant; all of it has to hold. */
export type Where = Partial<
  Pick<DeliveryResource, 'provider' | 'eventType' | 'eventId' | 'providerEventId' | 'subscriptionId'>
>;

/** All that are meant were delivered, and there is at least one, or `times`. */
export function delivered(
  deliveries: readonly DeliveryResource[],
  { times, ...where }: Where & { times?: number } = {},
): Matched {
  const meant = those(deliveries, where);
  const enough = times === undefined ? meant.length > 0 : meant.length === times;
  const pass = enough && meant.every(({ status }) => status === 'delivered');
  const wanted =
    times === undefined ? 'every delivery' : `${times} ${times === 1 ? 'delivery' : 'deliveries'}`;
  return matched(pass, `${wanted}${named(where)} to be delivered`, meant);
}

/** All that are meant failed, and there is at least one; for this reason where it is named. */
export function failed(
  deliveries: readonly DeliveryResource[],
  { reason, ...where }: Where & { reason?: string } = {},
): Matched {
  const meant = those(deliveries, where);
  const pass =
    meant.length > 0 &&
    meant.every((d) => d.status === 'failed' && (reason === undefined || d.reason === reason));
  const why = reason === undefined ? '' : ` (${reason})`;
  return matched(pass, `every delivery${named(where)} to have failed${why}`, meant);
}

/** Each that is meant was tried so often, and there is at least one. */
export function attempted(
  deliveries: readonly DeliveryResource[],
  times: number,
  where: Where = {},
): Matched {
  const meant = those(deliveries, where);
  const pass = meant.length > 0 && meant.every(({ attemptCount }) => attemptCount === times);
  return matched(
    pass,
    `every delivery${named(where)} to have ${times} attempt${times === 1 ? '' : 's'}`,
    meant,
  );
}

/** Its retries came so long after the attempt before, in the tenant's time: `['1m', '2m']`, or milliseconds. */
export function retriedAfter(delivery: DeliveryResource, gaps: readonly (string | number)[]): Matched {
  const starts = (delivery.attempts ?? []).map(({ startedAt }) => Date.parse(startedAt));
  const found = starts.slice(1).map((at, i) => at - starts[i]!);
  const wanted = gaps.map((gap) => (typeof gap === 'number' ? gap : (parseDuration(gap) ?? Number.NaN)));
  const pass = found.length === wanted.length && found.every((ms, i) => ms === wanted[i]);
  const shown = (all: readonly number[]) => `[${all.map((ms) => formatDuration(ms, 4)).join(', ')}]`;
  return {
    pass,
    message: () =>
      `expected ${delivery.id} ${pass ? 'not ' : ''}to be retried after ${shown(wanted)}; it was after ${shown(found)}`,
  };
}

/** For runners without `expect.extend`. @throws Error with the message where it does not match. */
export function must({ pass, message }: Matched): void {
  if (!pass) throw new Error(message());
}

function those(deliveries: readonly DeliveryResource[], where: Where): readonly DeliveryResource[] {
  const wanted = Object.entries(where).filter(([, value]) => value !== undefined);
  return deliveries.filter((delivery) =>
    wanted.every(([key, value]) => delivery[key as keyof DeliveryResource] === value),
  );
}

function matched(pass: boolean, wanted: string, meant: readonly DeliveryResource[]): Matched {
  return {
    pass,
    message: () => {
      const there = meant.length === 0 ? 'there is none' : `there are:\n${meant.map(line).join('\n')}`;
      return `expected ${pass ? 'not ' : ''}${wanted}; ${there}`;
    },
  };
}

function named(where: Where): string {
  const parts = Object.entries(where).filter(([, value]) => value !== undefined);
  return parts.length === 0 ? '' : ` with ${parts.map(([key, value]) => `${key} ${value}`).join(', ')}`;
}

/** `  dlv_… difference.created failed (exhausted), 16 attempts, the last [503]` */
function line({ id, eventType, status, reason, attemptCount, attempts = [] }: DeliveryResource): string {
  const last = attempts.at(-1);
  const answer = last ? `, the last [${last.response?.status ?? last.reason}]` : '';
  const why = reason === null ? '' : ` (${reason})`;
  return `  ${id} ${eventType} ${status}${why}, ${attemptCount} ${attemptCount === 1 ? 'attempt' : 'attempts'}${answer}`;
}
