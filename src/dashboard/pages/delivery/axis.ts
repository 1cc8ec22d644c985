/** Where an instant since the first attempt lies on the line, 0 to 1. */
export interface Axis {
  kind: 'log' | 'linear';
  endMs: number;
  at(ms: number): number;
  ticks: { ms: number; text: string }[];
}

const LOG_TICKS: [ms: number, text: string][] = [
  [0, '0'],
  [1_000, '1 s'],
  [10_000, '10 s'],
  [60_000, '1 m'],
  [600_000, '10 m'],
  [3_600_000, '1 h'],
  [36_000_000, '10 h'],
  [259_200_000, '3 d'],
  [2_592_000_000, '30 d'],
];
const STEPS: [ms: number, unit: string, each: number][] = [
  [1, 'ms', 1],
  [1_000, 's', 1_000],
  [60_000, 'm', 60_000],
  [3_600_000, 'h', 3_600_000],
  [86_400_000, 'd', 86_400_000],
];

/** Schedules span seconds to days: the logarithm shows both ends. */
export function axisOf(kind: Axis['kind'], endMs: number): Axis {
  const end = Math.max(endMs, 1);
  if (kind === 'linear') return { kind, endMs: end, at: (ms) => clamp(ms / end), ticks: linearTicks(end) };
  const full = Math.log1p(end / 1_000);
  const at = (ms: number) => clamp(Math.log1p(Math.max(0, ms) / 1_000) / full);
  return {
    kind,
    endMs: end,
    at,
    ticks: LOG_TICKS.filter(([ms]) => ms <= end).map(([ms, text]) => ({ ms, text })),
  };
}

function linearTicks(endMs: number): Axis['ticks'] {
  const [, unit, each] = STEPS.findLast(([ms]) => endMs >= ms * 2) ?? STEPS[0]!;
  const rough = endMs / each / 5;
  const size = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((step) => step >= rough) ?? 1_000;
  const ticks: Axis['ticks'] = [];
  for (let i = 0; i * size * each <= endMs; i++)
    ticks.push({ ms: i * size * each, text: i === 0 ? '0' : `${i * size} ${unit}` });
  return ticks;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** Those of these places that leave room for the one before; the first always stays. */
export function roomy<T>(items: readonly T[], place: (item: T) => number, apart: number): T[] {
  const kept: T[] = [];
  for (const item of items) {
    const last = kept.at(-1);
    if (last === undefined || place(item) - place(last) >= apart) kept.push(item);
  }
  return kept;
}
