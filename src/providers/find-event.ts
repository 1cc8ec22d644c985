import { isDeepStrictEqual } from 'node:util';
import { unknownName } from '../errors.js';
import type { EventType } from './contract.js';

export interface FoundEvent {
  event: EventType;
  /** The variant asked for, or the event's first one; null where the type has one shape. */
  variant: string | null;
}

/**
 * @param wanted `settings` are the tenant's, parsed; without them an event that only some settings offer is found too.
 * @throws AppError `unknown_event` or `unknown_variant`, listing what exists.
 */
export function findEvent(
  events: readonly EventType[],
  wanted: { type: string; variant?: string | null; settings?: Readonly<Record<string, unknown>> },
): FoundEvent {
  const offered = events.filter((event) => isOffered(event, wanted.settings));
  const event = offered.find(({ type }) => type === wanted.type);
  if (!event) throw unknownName('unknown_event', 'event', wanted.type, new Set(offered.map((e) => e.type)));
  if (wanted.variant === null || wanted.variant === undefined)
    return { event, variant: event.variants?.[0] ?? null };
  if (!event.variants?.includes(wanted.variant))
    throw unknownName('unknown_variant', `variant of ${event.type}`, wanted.variant, event.variants ?? []);
  return { event, variant: wanted.variant };
}

/** Whether the event exists under these tenant settings. */
export function isOffered(event: EventType, settings?: Readonly<Record<string, unknown>>): boolean {
  if (!settings || !event.offeredWhen) return true;
  return Object.entries(event.offeredWhen).every(([key, value]) => isDeepStrictEqual(settings[key], value));
}
