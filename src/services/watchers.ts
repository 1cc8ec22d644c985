/** Who waits to be told that something has come to its end, by its name. */
export interface Watchers {
  /** @returns how to stop being told. */
  watch(name: string, tell: () => void): () => void;
  tell(name: string): void;
}

export function createWatchers(): Watchers {
  const waiting = new Map<string, Set<() => void>>();
  return {
    watch(name, tell) {
      const mine = waiting.get(name) ?? new Set();
      waiting.set(name, mine.add(tell));
      return () => {
        if (mine.delete(tell) && mine.size === 0 && waiting.get(name) === mine) waiting.delete(name);
      };
    },
    tell(name) {
      for (const tell of waiting.get(name) ?? []) tell();
    },
  };
}
