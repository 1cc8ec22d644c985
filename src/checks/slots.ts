/** At most `count` at once; who comes later waits in line. */
export function createSlots(count: number): { take(): Promise<() => void> } {
  const line: (() => void)[] = [];
  let free = count;
  const release = () => {
    const next = line.shift();
    if (next) next();
    else free += 1;
  };
  return {
    take: () =>
      new Promise((resolve) => {
        const granted = () => resolve(release);
        if (free > 0) {
          free -= 1;
          granted();
        } else line.push(granted);
      }),
  };
}
