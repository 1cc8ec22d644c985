// What a measure found out, and whether that is good enough.

/**
 * @param row the columns of the table: n, kills, restarts, lost, duplicates, bound, p99Ms, rss.
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

const COLUMNS = [
  ['test', 'test'],
  ['N', 'n'],
  ['kills', 'kills'],
  ['restarts', 'restarts'],
  ['lost', 'lost'],
  ['duplicates', 'duplicates'],
  ['bound', 'bound'],
  ['p99, ms', 'p99Ms'],
  ['RSS slope, MB/10 min', 'rss'],
  ['seconds', 'seconds'],
];

const shown = (value) =>
  value === undefined
    ? '–'
    : typeof value === 'number'
      ? value.toLocaleString('en-US', { maximumFractionDigits: 2 })
      : value;

export function table(results) {
  const head = [...COLUMNS.map(([title]) => title), 'held'];
  const lines = results.map((row) => [...COLUMNS.map(([, key]) => shown(row[key])), row.met ? 'yes' : 'NO']);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

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
