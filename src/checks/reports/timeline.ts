import type { Report, TimelineEntry } from '../contract.js';
import { escaped } from './escape.js';

const WIDTH = 960;
const LEFT = 84;
const ROW = 18;
const TOP = 26;
/** Narrower bars cannot be seen. */
const LEAST = 2;

/** Every request as a bar: checks from top to bottom, time from left to right. */
export function timelineSvg(report: Report, timeline: readonly TimelineEntry[]): string {
  const rows = report.checks.map(({ id }) => id).filter((id) => timeline.some(({ check }) => check === id));
  const endMs = Math.max(1, ...timeline.map(({ atMs, durationMs }) => atMs + durationMs));
  const height = TOP + rows.length * ROW + 8;
  const x = (ms: number) => LEFT + (ms / endMs) * (WIDTH - LEFT - 12);
  const failed = new Set(report.checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id));
  const lines = ticks(endMs).map(
    (ms) =>
      `<line x1="${x(ms).toFixed(1)}" y1="${TOP - 6}" x2="${x(ms).toFixed(1)}" y2="${height - 4}" class="grid"/><text x="${x(ms).toFixed(1)}" y="14" class="tick">${say(ms)}</text>`,
  );
  const names = rows.map(
    (id, i) =>
      `<a href="#${escaped(id)}"><text x="${LEFT - 10}" y="${TOP + i * ROW + 12}" class="name${failed.has(id) ? ' bad' : ''}">${escaped(id)}</text></a>`,
  );
  const bars = timeline.flatMap((entry) => {
    const row = rows.indexOf(entry.check);
    if (row < 0) return [];
    const left = x(entry.atMs);
    const width = Math.max(LEAST, x(entry.atMs + entry.durationMs) - left);
    return [
      `<rect x="${left.toFixed(1)}" y="${TOP + row * ROW + 3}" width="${width.toFixed(1)}" height="${ROW - 6}" rx="1.5" class="${entry.manner} ${colour(entry)}"><title>${escaped(tell(entry))}</title></rect>`,
    ];
  });
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="Requests over ${say(endMs)}, one row for each check">${lines.join('')}${names.join('')}${bars.join('')}</svg>
<p class="legend"><span class="key taken"></span>2xx <span class="key turned"></span>3xx and 4xx <span class="key crashed"></span>5xx or no answer <span class="key-hostile"></span>outlined: hostile or broken on purpose</p>`;
}

function tell({ check, label, atMs, durationMs, status, failure }: TimelineEntry): string {
  return `${check} · ${label} · ${status ?? `no answer (${failure})`} · at ${say(atMs)} for ${durationMs} ms`;
}

function colour({ status }: TimelineEntry): string {
  if (status === null || status >= 500) return 'crashed';
  return status < 300 ? 'taken' : 'turned';
}

/** About six round instants. */
function ticks(endMs: number): number[] {
  const steps = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000];
  const step = steps.find((ms) => endMs / ms <= 7) ?? 120_000;
  return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, i) => i * step);
}

function say(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
