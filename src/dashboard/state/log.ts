import { signal } from '@preact/signals';
import type { LoggedAttempt } from '../../services/schemas/deliveries.js';
import { get, inTenant } from './api.js';
import { type Message, onMessages } from './stream.js';

/** The window of the live log: what is older is under Events. */
export const MOST_ROWS = 500;

export interface Log {
  tenant: string;
  /** Newest first. */
  rows: LoggedAttempt[];
  loading: boolean;
  error: unknown;
}

export const log = signal<Log>({ tenant: '', rows: [], loading: true, error: null });
export const paused = signal(false);
/** What came while the log stood still, newest first. */
export const held = signal<LoggedAttempt[]>([]);

/** Reads what the stream would have told so far; what streams in meanwhile is kept beside it. */
export async function readLog(tenant: string): Promise<void> {
  if (log.peek().tenant !== tenant) {
    log.value = { tenant, rows: [], loading: true, error: null };
    held.value = [];
  }
  try {
    const { data } = await get<{ data: LoggedAttempt[] }>(inTenant('/attempts?limit=200', tenant));
    if (log.peek().tenant !== tenant) return;
    log.value = { tenant, rows: together(log.peek().rows, data), loading: false, error: null };
  } catch (error) {
    log.value = { ...log.peek(), loading: false, error };
  }
}

/** Of the view, not of the data. */
export function clearLog(): void {
  log.value = { ...log.peek(), rows: [] };
  held.value = [];
}

export function resume(): void {
  paused.value = false;
  log.value = { ...log.peek(), rows: together(held.peek(), log.peek().rows) };
  held.value = [];
}

/** @returns how to stop. */
export function followLog(tenant: string): () => void {
  return onMessages((messages) => {
    const reset = messages.findLast(({ type }) => type === 'reset');
    if (reset) {
      if (reset.data.reason === 'reset') clearLog();
      void readLog(tenant);
    }
    const settled = messages.filter(isAttempt).map(({ data }) => data as LoggedAttempt);
    if (settled.length === 0) return;
    settled.reverse();
    if (paused.peek()) held.value = together(settled, held.peek());
    else log.value = { ...log.peek(), rows: together(settled, log.peek().rows) };
  });
}

function isAttempt({ type }: Message): boolean {
  return type === 'attempt.settled';
}

/** Each attempt once, newest first, at most the window; one that has a later one waits for nothing. */
function together(newer: readonly LoggedAttempt[], older: readonly LoggedAttempt[]): LoggedAttempt[] {
  const seen = new Set<string>();
  const rows: LoggedAttempt[] = [];
  for (const row of [...newer, ...older]) {
    if (seen.has(row.id)) continue;
    // A row that has nothing to lose stays the same one, and is not drawn anew.
    rows.push(row.nextAttemptAt && seen.has(row.deliveryId) ? { ...row, nextAttemptAt: null } : row);
    seen.add(row.id).add(row.deliveryId);
  }
  return rows.slice(0, MOST_ROWS);
}
