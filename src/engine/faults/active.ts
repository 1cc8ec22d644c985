import type { FaultRow } from '../../store/faults.js';
import { CATALOGUE } from './catalogue.js';
import { readSpec, type Spec } from './spec.js';
import type { FaultRecord } from './strike.js';

/** A fault that may strike a subscription's attempts. */
export interface ActiveFault extends Spec {
  id: string;
  /** Only deliveries of this event; null = of any. */
  eventId: string | null;
  /** Tenant time, milliseconds. */
  addedAtMs: number;
  /** Tenant time, milliseconds; null = until it is removed. */
  endsAtMs: number | null;
  record: FaultRecord;
}

/** @throws for a row that this version cannot read. */
export function activeFault(
  row: Pick<FaultRow, 'id' | 'eventId' | 'spec' | 'addedAtMs' | 'endsAtMs'>,
): ActiveFault {
  const spec = readSpec(JSON.parse(row.spec) as Record<string, unknown>);
  const lastsMs = spec.fault.lasts?.(spec.params) ?? null;
  return {
    ...spec,
    id: row.id,
    eventId: row.eventId,
    addedAtMs: row.addedAtMs,
    endsAtMs: earlier(row.endsAtMs, lastsMs === null ? null : row.addedAtMs + lastsMs),
    record: { id: row.id, type: spec.fault.type, class: spec.fault.class, params: spec.params },
  };
}

/** Whether it may strike this attempt at all, before its turns are counted. */
export function concerns(
  active: ActiveFault,
  attempt: { eventId: string; type: string; url: string; number: number; nowMs: number },
): boolean {
  const { match, on, eventId, endsAtMs } = active;
  return (
    (eventId === null || eventId === attempt.eventId) &&
    (endsAtMs === null || attempt.nowMs < endsAtMs) &&
    (on === null || on.includes(attempt.number)) &&
    fits(match.event, attempt.type) &&
    fits(match.endpoint, attempt.url)
  );
}

/** Whether it strikes at this turn, from 1. @param drawn in [0, 1). */
export function strikes({ first, every, probability }: Spec, turn: number, drawn: number): boolean {
  return (first === null || turn <= first) && (every === null || turn % every === 0) && drawn < probability;
}

/** `*` stands for anything. */
export function fits(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined) return true;
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

/** Those that put attempts off come first: what goes out later is not struck now. */
export const POSTPONING = new Set(
  CATALOGUE.filter((fault) => 'postpone' in fault && fault.postpone).map(({ type }) => type),
);

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
