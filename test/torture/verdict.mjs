// What a measure found out, and whether that is good enough.

/**
 * @param row the columns of the table: n, of `what` (deliveries unless it says otherwise), kills (`kill -9` only), restarts (of
 *   a process or a server only), lost, duplicates, bound, p99Ms, rss, and `other`: what else was done to it, in words.
 * @param checks [what, value, whether it holds]; every one decides.
 */
export function verdict(row, checks) {
  return {
    ...row,
    checks: checks.map(([what, value, met]) => ({ what, value, met })),
    met: checks.every(([, , met]) => met),
  };
}

/** What holds for every measure that delivers: nothing lost, nothing made up, everything in order with its bytes. */
export function delivered(found, { bound = 0, okRate = 1 } = {}) {
  return [
    ['lost', found.lost, found.lost === 0],
    ['duplicates, at most what was in flight', `${found.duplicates} of ${bound}`, found.duplicates <= bound],
    ['share delivered', found.okRate.toFixed(4), found.okRate >= okRate],
    ['finished twice', found.twice, found.twice === 0],
    ['repeats with other bytes', found.differing, found.differing === 0],
    ['wrong signatures', found.unsigned, found.unsigned === 0],
    ['more tries than requests', found.overcounted, found.overcounted === 0],
  ];
}

/** Of what RSS may grow by in ten minutes, after a full collection. */
export const RSS_SLOPE_MB = 1;

const COLUMNS = [
  ['test', 'test'],
  ['N', 'n'],
  ['of what', 'what'],
  ['kills', 'kills'],
  ['restarts', 'restarts'],
  ['other faults', 'other'],
  ['lost', 'lost'],
  ['duplicates', 'duplicates'],
  ['bound', 'bound'],
  ['p99, ms', 'p99Ms'],
  [`RSS slope, MB/10 min (at most ${RSS_SLOPE_MB})`, 'rss'],
  ['seconds', 'seconds'],
];

/** How to read the table. */
export const LEGEND =
  'N are deliveries unless it says otherwise; kills are `kill -9`, restarts those of a process or of PostgreSQL; lost and duplicates are compared with what was accepted, the bound is what was in flight at the faults. Tests run side by side: their seconds add up to more than the run took.';

/** The model-based tests kill nothing, and their N are runs. */
const whatOf = ({ what, n, kills }) =>
  what ?? (n === undefined ? undefined : kills === undefined ? 'runs' : 'deliveries');
const held = ({ met, notRun }) => (notRun ? 'not run' : met ? 'yes' : '**no**');

const shown = (value) =>
  value === undefined
    ? '–'
    : typeof value === 'number'
      ? value.toLocaleString('en-US', { maximumFractionDigits: 2 })
      : value;

export function table(results) {
  const head = [...COLUMNS.map(([title]) => title), 'held'];
  const lines = results.map((row) => {
    const full = { ...row, what: whatOf(row) };
    return [...COLUMNS.map(([, key]) => shown(full[key])), held(row)];
  });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What the whole run says: only deliveries that were compared with what was accepted are counted as such. */
export function summary(results) {
  const compared = results.filter((row) => whatOf(row) === 'deliveries' && row.lost !== undefined);
  const sum = (rows, key) => rows.reduce((total, row) => total + (row[key] ?? 0), 0).toLocaleString('en-US');
  const runs = results.filter((row) => whatOf(row) === 'runs');
  const ran = results.filter(({ notRun }) => !notRun);
  const failed = ran.filter(({ met }) => !met);
  return [
    `${sum(compared, 'n')} accepted deliveries compared one by one with what was stored and what arrived, under ${sum(compared, 'kills')} × \`kill -9\`, ${sum(compared, 'restarts')} restarts of a process or of PostgreSQL, and what else the table names: ${sum(compared, 'lost')} lost; ${sum(compared, 'duplicates')} sent twice, of ${sum(compared, 'bound')} that were in flight at a fault.`,
    runs.length > 0 ? ` Beside them ${sum(runs, 'n')} runs of models, races and simulations.` : '',
    ` ${ran.length - failed.length} of ${ran.length} tests held${failed.length > 0 ? '; **not held**:' : '.'}`,
    ...failed.flatMap((row) => ['\n', ...faultsOf(row)]),
  ].join('');
}

const faultsOf = ({ test, checks }) =>
  checks
    .filter(({ met }) => !met)
    .map(({ what, value }) => `\n- **${test}** ${what}: ${String(value).split('\n')[0]}`);

/** Every figure behind the table. */
export function details(results) {
  return results
    .map(({ test, title, checks }) =>
      [
        `### ${test}: ${title}`,
        '',
        ...checks.map((c) => `- ${c.met ? '' : '**NOT MET** '}${c.what}: ${c.value}`),
      ].join('\n'),
    )
    .join('\n\n');
}
