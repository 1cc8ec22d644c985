/** Where requests that are to end in the same instant wait for one another. */
export interface Together {
  /** Resolves when all are here or gone. */
  arrive(): Promise<void>;
  /** It will not come, or has come already. */
  leave(): void;
}

/** @returns one place for each of `count`. */
export function meetTogether(count: number): Together[] {
  let missing = count;
  let open: () => void = () => {};
  const all = new Promise<void>((done) => {
    open = done;
  });
  return Array.from({ length: count }, () => {
    let here = false;
    const come = () => {
      if (here) return;
      here = true;
      missing -= 1;
      if (missing === 0) open();
    };
    return {
      arrive() {
        come();
        return all;
      },
      leave: come,
    };
  });
}
