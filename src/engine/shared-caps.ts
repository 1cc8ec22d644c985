import type { ReadyState } from '../store/queue.js';
import type { Lane } from './lanes.js';

/** So many requests on the wire at once, of everybody under this key together. */
export interface SharedCap {
  key: string;
  /** 1 or more. */
  cap: number;
}

/** A shared cap as it is counted in this process, and who waits under it. */
export interface CapGroup {
  cap: number;
  inFlight: number;
  readonly waiting: { lane: Lane; state: ReadyState }[];
}

/** Caps that several subscriptions share: of a tenant, of a tenant at one origin. */
export class SharedCaps {
  readonly #groups = new Map<string, CapGroup>();

  /** What they are counted in; a cap that was changed holds from now on. */
  groupsOf(caps: readonly SharedCap[]): CapGroup[] {
    return caps.map(({ key, cap }) => {
      const group = this.#groups.get(key) ?? createGroup();
      this.#groups.set(key, group);
      group.cap = cap;
      return group;
    });
  }

  /** Forgets those that count nothing. */
  sweep(): void {
    for (const [key, group] of this.#groups)
      if (group.inFlight === 0 && group.waiting.length === 0) this.#groups.delete(key);
  }
}

export function createGroup(): CapGroup {
  return { cap: Number.POSITIVE_INFINITY, inFlight: 0, waiting: [] };
}

/** The fullest of them, with the room that is left in it; null without any. */
export function tightest(groups: readonly CapGroup[]): { group: CapGroup; room: number } | null {
  let found: { group: CapGroup; room: number } | null = null;
  for (const group of groups) {
    const room = group.cap - group.inFlight;
    if (found === null || room < found.room) found = { group, room };
  }
  return found;
}
