import type { Random } from '../lib/random.js';

/** Every order of 0 to `count` - 1, the plain one first. @param count 1 to 5. */
export function permutations(count: number): number[][] {
  const extend = (chosen: number[]): number[][] => {
    const left = Array.from({ length: count }, (_, i) => i).filter((i) => !chosen.includes(i));
    return left.length === 0 ? [chosen] : left.flatMap((i) => extend([...chosen, i]));
  };
  return extend([]);
}

export function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((value) => ({ value, rank: random.float() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
}
