const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const SHORT = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+$/;
const ISO =
  /^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const MAX_MS = 100 * 365 * UNIT_MS.d!;

/**
 * Reads `"90s"`, `"5m"`, `"1h30m"`, `"3d"` or ISO 8601 (`PT1H30M`, `P3D`) as whole milliseconds, 0 to 100 years.
 * Null when it is none of these; months and years have no fixed length and are refused.
 */
export function parseDuration(text: string): number | null {
  const ms = SHORT.test(text) ? shortMs(text) : isoMs(text);
  return ms === null || ms > MAX_MS ? null : Math.round(ms);
}

/** Why a text is none that `parseDuration` takes. @param forms what may be written instead. */
export function durationRefusal(text: string, forms: string): string {
  const shown = `"${text.slice(0, 50)}"`;
  return (SHORT.test(text) ? shortMs(text) : isoMs(text)) === null
    ? `${shown} is no duration; write ${forms}`
    : `${shown} is too long a duration; at most ${MAX_MS / UNIT_MS.d!}d`;
}

function shortMs(text: string): number {
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g))
    total += Number(amount) * UNIT_MS[unit!]!;
  return total;
}

function isoMs(text: string): number | null {
  const match = ISO.exec(text);
  if (!match || text === 'P' || text.endsWith('T')) return null;
  const [, w, d, h, m, s] = match;
  const at = (n: string | undefined, unit: string) => Number(n ?? 0) * UNIT_MS[unit]!;
  return at(w, 'w') + at(d, 'd') + at(h, 'h') + at(m, 'm') + at(s, 's');
}

/**
 * `1h 21m`, `7.9s`, `250ms`, for people.
 * @param most units, the rest is cut off; 4 = down to the second.
 */
export function formatDuration(ms: number, most = 2): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${trim(ms / 1000)}s`;
  const units: [string, number][] = [
    ['d', UNIT_MS.d!],
    ['h', UNIT_MS.h!],
    ['m', UNIT_MS.m!],
    ['s', UNIT_MS.s!],
  ];
  const first = units.findIndex(([, size]) => ms >= size);
  let rest = ms;
  const words: string[] = [];
  for (const [name, size] of units.slice(first, first + most)) {
    const whole = Math.floor(rest / size);
    rest -= whole * size;
    if (whole > 0) words.push(`${whole}${name}`);
  }
  return words.join(' ');
}

function trim(n: number): string {
  return n.toFixed(1).replace(/\.0$/, '');
}
