import type { Drawn } from './distort.js';
import type { FaultClass } from './fault.js';

/** What of a tenant's faults strikes one attempt. */
export interface Strike {
  drawn: readonly (Drawn & { record: FaultRecord })[];
  /** Secrets whose overlap is over, newest first. */
  retired: readonly string[];
  /** What is recorded on the attempt: what struck, what put it off before, and what may not go there. */
  records: readonly FaultRecord[];
}

/** A fault as its attempts remember it. */
export interface FaultRecord {
  /** UUID of the fault. */
  id: string;
  type: string;
  class: FaultClass;
  /** With what holds where nothing was said; durations in milliseconds. */
  params: Readonly<Record<string, unknown>>;
  /** Why it was left out this time; absent where it struck. */
  skipped?: string;
}

/** As it is kept with an attempt; null where there is nothing to tell. */
export function recordsText(records: readonly FaultRecord[]): string | null {
  return records.length > 0 ? JSON.stringify(records) : null;
}
