/** What has been taken in already. */
export interface Seen {
  /** True for the one caller who may act on the id; false for every other. */
  claim(id: string): boolean | Promise<boolean>;
}

/** Looks and marks in one step, so that of concurrent duplicates one gets through; forgets nothing. */
export function remember(): Seen {
  const ids = new Set<string>();
  return {
    claim(id) {
      if (ids.has(id)) return false;
      ids.add(id);
      return true;
    },
  };
}
