import { isObject, type Json } from '../lib/merge-patch.js';

const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/;

/**
 * The snapshot without the instants at which the consumer worked: they differ from run to run and say nothing of business.
 * Instants of the events lie before the run and stay.
 */
export function withoutInstants(value: Json, range: { fromMs: number; untilMs: number }): Json {
  const within = (ms: number) => ms >= range.fromMs && ms <= range.untilMs;
  if (typeof value === 'number') return within(value) || within(value * 1_000) ? '<now>' : value;
  if (typeof value === 'string') return ISO.test(value) && within(Date.parse(value)) ? '<now>' : value;
  if (Array.isArray(value)) return value.map((entry) => withoutInstants(entry, range));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, withoutInstants(entry, range)]),
  );
}
