// npm run figures [-- --check]
// Writes the tables of README and docs/scaling.md from what `npm run bench` and `npm run torture` left in results/, so that no
// figure stands there that nothing measured. --check writes nothing and fails where a table says something else.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table as faultsTable, LEGEND, summary } from '../torture/verdict.mjs';
import { argumentsOf } from './arguments.mjs';

const { check } = argumentsOf({
  usage:
    'npm run figures [-- --check]; it writes the tables of README and docs/scaling.md from test/bench/results, --check only compares.',
  options: { check: { type: 'boolean', default: false } },
});
const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (name) => JSON.parse(readFileSync(file(`results/${name}.json`), 'utf8'));
const bench = read('latest');
const torture = existsSync(file('results/torture.json')) ? read('torture') : null;

const rows = bench.results.flatMap(({ measure, rows: all }) => all.map((row) => ({ measure, ...row })));
const met = (row) => (row.met === undefined ? '' : row.met ? 'yes' : '**no**');
const where = ({ at, cores, cpu, node }) => `${cores} × ${cpu}, Node ${node.slice(1)}, ${at.slice(0, 10)}`;

/** Of each measure its first figure, and what has a bar; counts left out: a wrong count fails the run. */
function benchTable() {
  const shown = bench.results.flatMap(({ measure, rows: all }) =>
    all
      .filter((row, i) => !row.counted && (i === 0 || row.bar))
      .map((row) => `| \`${measure}\` | ${row.figure} | ${row.value} | ${row.bar ?? ''} | ${met(row)} |`),
  );
  const isVoid = rows.some(({ bar }) => bar?.startsWith('void'));
  return [
    `Everything on ${where(bench)}: PostgreSQL, Ringer and the receiver share those cores. Each ratio is to what was measured beside it, in the same measure.`,
    '',
    '| measure | figure | measured | bar | met |',
    '|---|---|---|---|---|',
    ...shown,
    ...(isVoid
      ? [
          '',
          'Void: in this run the queue stayed under 80 % of what it is known to reach beside the bare loop, so its figure says nothing of the queue; where both are void, the ratio to the better is shown and not judged.',
        ]
      : []),
  ].join('\n');
}

function tortureTable() {
  const { results, seconds, seed } = torture;
  return [
    `In ${Math.round(seconds / 60)} minutes on ${where(torture)}, seed ${seed}: ${summary(results)}`,
    '',
    '<details><summary>Each fault</summary>',
    '',
    ...results.map(({ test, title }) => `- **${test}** ${title}`),
    '',
    LEGEND,
    '',
    faultsTable(results),
    '',
    '</details>',
  ].join('\n');
}

const number = (value) => value.toLocaleString('en-US');
const ofTorture = (name) => torture.results.find(({ test }) => test === name) ?? {};

/** What one measure of the torture says in docs/scaling.md. */
function sentenceOf(name, also = () => '') {
  const row = ofTorture(name);
  if (row.lost === undefined) return 'In the last whole run it did not come to its end.';
  const told = `${number(row.n)} deliveries, ${number(row.bound)} of them in flight then: ${number(row.lost)} lost, ${number(row.duplicates)} sent twice${also(row)}.`;
  return row.met ? told : `${told} **It did not hold**: see the table in README.`;
}

const secondsOf = (ms) => `${(ms / 1000).toFixed(1)} s`;
const promotion = ({ promotedMs, backMs }) =>
  [
    promotedMs === undefined ? '' : `; the standby was promoted after ${secondsOf(promotedMs)}`,
    backMs === undefined ? '' : `; the next event was taken ${secondsOf(backMs)} after the loss`,
  ].join('');

/** Bytes on disk as measured, and what follows from them. */
function diskText([history, event, log]) {
  const day = 86.4e6 * (history.bytes + event.bytes + 1_000);
  const sized = 50e6 * (history.bytes + event.bytes + 1_000);
  const round = (value, digits) => number(Number(value.toPrecision(digits)));
  return [
    '| bytes on disk (`disk`) | |',
    '|---|---|',
    ...[history, event, log].map(({ figure, value }) => `| ${figure} | ${value} |`),
    '',
    `- **The write-ahead log.** At 10,000 deliveries/s it grows by ${round(log.bytes / 100, 2)} MB/s, and a standby reads as much. A disk that writes`,
    `  200 MB/s, half of it left to checkpoints and the tables themselves, ends near ${round(100e6 / log.bytes, 2)}/s.`,
    '- **Space.** 1,000 deliveries/s, all day, each event for one subscription with a body of 1 KB: 86.4 M × the history, the event and the',
    `  body = ${round(day / 1e9, 3)} GB a day. History is dropped by whole days (\`RINGER_HISTORY_DAYS\`) as a table each, which takes milliseconds`,
    "  and leaves nothing to vacuum; bodies go earlier, by the tenant's retention. Rates like that want days, not the default of 400.",
    '- **Sized by hand.** 50 M deliveries a day are 580/s on average, perhaps 3,000/s at the peak: one PostgreSQL with 4 cores, two',
    `  dispatchers, two API processes, ${round(sized / 1e9, 3)} GB a day, two weeks of it in ${round((14 * sized) / 1e12, 2)} TB.`,
  ].join('\n');
}

/** [measure, what stands in the page, the figures it is made of] */
const SCALING = [
  ['sustained', 'deliveries/s, one process, PostgreSQL', ['deliveries/s, one process, PostgreSQL']],
  ['sustained', 'SQL statements per delivery, saturated', ['SQL statements per delivery, saturated']],
  ['sustained', 'CPU of Node for a delivery (for the bare POST)', ["Node's CPU per delivery"]],
  ['several', 'deliveries/s, 2 dispatcher processes', ['deliveries/s, 2 dispatcher processes']],
  [
    'publish',
    '`POST /events`/s, 50 clients; events/s in batches of 1,000',
    ['POST /events, 50', 'POST /events/batch'],
  ],
  ['crowded', 'throughput beside 1 M finished and 100 k future deliveries', ['… beside']],
];

function scalingTable() {
  const lines = SCALING.map(([measure, title, figures]) => {
    const values = figures.map((begin) => {
      const row = rows.find((one) => one.measure === measure && one.figure.startsWith(begin));
      if (!row) throw new Error(`results/latest.json has no figure of ${measure} that begins “${begin}”`);
      return row.value;
    });
    return `| \`${measure}\` | ${title} | ${values.join('; ')} |`;
  });
  return [`| measure | figure | ${bench.cores} cores, everything on them |`, '|---|---|---|', ...lines].join(
    '\n',
  );
}

const wrong = [];
fill('../../README.md', 'bench', benchTable());
if (torture) fill('../../README.md', 'torture', tortureTable());
fill('../../docs/scaling.md', 'bench', scalingTable());
const disk = rows.filter(({ measure }) => measure === 'disk');
if (disk.length === 3) fill('../../docs/scaling.md', 'disk', diskText(disk));
if (torture) {
  fill('../../docs/scaling.md', 'M01', sentenceOf('M01'));
  fill('../../docs/scaling.md', 'M02', sentenceOf('M02', promotion));
}
if (wrong.length > 0) {
  process.stderr.write(`${wrong.join(', ')}: not what was measured; npm run figures\n`);
  process.exitCode = 1;
}

function fill(path, name, text) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const page = readFileSync(file(path), 'utf8');
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${path} has no place for ${begin}`);
  const filled = `${before}${begin}\n${text}\n${end}${after}`;
  if (filled === page) return;
  if (check) wrong.push(path);
  else writeFileSync(file(path), filled);
}
