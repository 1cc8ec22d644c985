import { askMore, headline } from '../checks/summary.js';
import type { CheckReport, Fuzzed, Report } from '../index.js';
import { formatDuration } from '../lib/duration.js';
import { excerpt } from '../lib/excerpt.js';
import { plainLine } from './plain-line.js';
import type { Colours } from './shell.js';

const ID_WIDTH = 'LOAD-01'.length;

/** `pass  SIG-05   A timestamp of ten minutes ago is refused`, as each check ends. */
export function checkLine(
  report: CheckReport,
  { done, of, colours }: { done: number; of: number; colours: Colours },
): string {
  const place = `${String(done).padStart(String(of).length)}/${of}`;
  const { id, title, reason, verdict } = report;
  const line = `${colours.dim(place)}  ${mark(report, colours)}  ${id.padEnd(ID_WIDTH)}  ${title}`;
  return verdict === 'pass'
    ? line
    : `${line}\n${' '.repeat(place.length + 2 + 6 + ID_WIDTH + 2)}${colours.dim(plainLine(reason))}`;
}

/** What was found, worst first, each with its cause and how to see it again; then the count. */
export function checkSummary(report: Report, colours: Colours): string {
  const failures = report.checks.filter(({ verdict }) => verdict === 'fail');
  const order = ['must', 'should', 'info'];
  const sorted = [...failures].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const end = [colours.bold(headline(report)), countLine(report, colours), ...askMore(report)].join('\n');
  return [...sorted.map((check) => findingText(check, colours)), end].join('\n\n');
}

function findingText(check: CheckReport, colours: Colours): string {
  const { bold, dim, cyan } = colours;
  const row = (name: string, text: string) => `  ${dim(name.padEnd(9))}  ${text}`;
  return [
    `${mark(check, colours)}  ${bold(check.id)}  ${check.title}`,
    row('seen', plainLine(check.reason)),
    ...(check.cause === null ? [] : [row('cause', plainLine(check.cause))]),
    ...exchangeRows(check).map(([name, text]) => row(name, plainLine(text))),
    row('rule', `${check.severity} · ${check.source}`),
    row('reproduce', cyan(check.reproduce)),
  ].join('\n');
}

const MOST_SIGNED = 120;

/** Of the exchange that shows it best: what the signature covers, and the answer; the whole is in a report. */
function exchangeRows({ evidence: [shown] }: CheckReport): [name: string, text: string][] {
  if (!shown) return [];
  const { signed, response } = shown;
  const more = (signed?.length ?? 0) - MOST_SIGNED;
  const rest = more > 0 ? `… (${more} more: --report html=FILE)` : '';
  return [
    ...(signed === null ? [] : [['signed', `${signed.slice(0, MOST_SIGNED)}${rest}`] as [string, string]]),
    ...(response === null
      ? []
      : [['answer', `${response.status} ${excerpt(response.body) ?? '(no body)'}`] as [string, string]]),
  ];
}

function countLine(
  { passed, failed, skipped, notApplicable, durationMs, level, seed }: Report,
  colours: Colours,
): string {
  const { green, red, dim } = colours;
  const counts = [
    green(`${passed} passed`),
    failed > 0 ? red(`${failed} failed`) : `${failed} failed`,
    `${skipped} skipped`,
    `${notApplicable} not applicable`,
  ].join(', ');
  return `${counts} ${dim(`in ${formatDuration(durationMs)} · level ${level} · seed ${seed}`)}`;
}

/** Four letters wide. */
function mark({ verdict, severity }: CheckReport, { green, red, yellow, dim }: Colours): string {
  switch (verdict) {
    case 'pass':
      return green('pass');
    case 'fail':
      return severity === 'must' ? red('FAIL') : yellow('warn');
    case 'skip':
      return dim('skip');
    case 'not-applicable':
      return dim('n/a ');
  }
}

/** What the search came to: the shortest story, or that there is none. */
export function fuzzText(
  { broken, stories, durationMs, seed }: Fuzzed,
  { red, green, dim, bold }: Colours,
): string {
  const end = dim(`${stories} stories in ${formatDuration(durationMs)} · seed ${seed}`);
  if (broken === null) return `${green('pass')}  no story was found that leads to another state. ${end}`;
  return [
    `${red('FAIL')}  ${bold(`a story of ${broken.lines.length} steps leads to another state`)}`,
    ...broken.lines.map((line, i) => `      ${i + 1}. ${line}`),
    `      ${broken.difference}`,
    end,
  ].join('\n');
}
