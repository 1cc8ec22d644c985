import cron from 'node-cron';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A date that comes seldom, such as a Monday 29 February, comes within 40 years. */
const MAX_DAYS = 100 * 366;
/** The last instant with a four-digit year. */
const LAST_INSTANT_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** What is wrong with a cron expression, as a sentence without its end; null when nothing is. */
export function faultInCron(expression: string): string | null {
  const { valid, errors } = cron.validateDetailed(expression);
  if (valid) return null;
  return errors
    .map(({ field, message }) => (field === 'expression' ? message : `${field}: ${message}`))
    .join('; ');
}

/**
 * The first instant after `afterMs` that a valid expression names, in UTC, milliseconds; null when none comes in 100 years.
 * node-cron tells the next instant of its own clock only, so days are asked one by one whether they match.
 */
export function nextTurn(expression: string, afterMs: number): number | null {
  const { second, minute, hour, month } = cron.parse(expression);
  const [seconds, minutes, hours] = [second, minute, hour].map((field) =>
    [...field].sort((a, b) => a - b),
  ) as [number[], number[], number[]];
  const firstMs = hours[0]! * HOUR_MS + minutes[0]! * MINUTE_MS + seconds[0]! * SECOND_MS;
  // Never started: it is only asked.
  const task = cron.createTask(expression, () => {}, { timezone: 'UTC' });
  try {
    let dayMs = Math.floor(afterMs / DAY_MS) * DAY_MS;
    for (let i = 0; i < MAX_DAYS && dayMs <= LAST_INSTANT_MS; i++, dayMs += DAY_MS) {
      if (!month.includes(new Date(dayMs).getUTCMonth() + 1)) continue;
      if (!task.match(new Date(dayMs + firstMs))) continue;
      for (const h of hours) {
        if (dayMs + (h + 1) * HOUR_MS <= afterMs) continue;
        for (const m of minutes) {
          for (const s of seconds) {
            const atMs = dayMs + h * HOUR_MS + m * MINUTE_MS + s * SECOND_MS;
            if (atMs > afterMs) return atMs;
          }
        }
      }
    }
    return null;
  } finally {
    void task.destroy();
  }
}
