// npm run figures [-- --check]
// Writes the tables of README and docs/scaling.md from what `npm run bench` and `npm run torture` left in results/, so that no
// figure stands there that nothing measured. --check writes nothing and fails where a table says something else.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table as faultsTable } from '../torture/verdict.mjs';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (name) => JSON.parse(readFileSync(file(`results/${name}.json`), 'utf8'));
const bench = read('latest');
const torture = existsSync(file('results/torture.json')) ? read('torture') : null;

const rows = bench.results.flatMap(({ measure, rows: all }) => all.map((row) => ({ measure, ...row })));
const met = (row) => (row.met === undefined ? '' : row.met ? 'yes' : '**no**');
const where = ({ at, cores, cpu, node }) => `${cores} × ${cpu}, Node ${node.slice(1)}, ${at.slice(0, 10)}`;

/** What has a bar, counts left out: a wrong count fails the run. */
function benchTable() {
  const shown = rows.filter(({ bar, counted }) => bar && !counted);
  return [
    `Everything on ${where(bench)}: PostgreSQL, Ringer and the receiver share those cores, and each ratio is taken in one run.`,
    '',
    '| figure | measured | bar | met |',
    '|---|---|---|---|',
    ...shown.map((row) => `| ${row.figure} | ${row.value} | ${row.bar} | ${met(row)} |`),
  ].join('\n');
}

function tortureTable() {
  const { results, seconds, seed } = torture;
  const sum = (key) => results.reduce((total, row) => total + (row[key] ?? 0), 0).toLocaleString('en-US');
  return [
    `${sum('n')} deliveries through ${sum('kills')} kills and ${sum('restarts')} restarts in ${Math.round(seconds / 60)} minutes (seed ${seed}): ${sum('lost')} lost, ${sum('duplicates')} sent twice.`,
    '',
    '<details><summary>Each fault</summary>',
    '',
    ...results.map(({ test, title }) => `- **${test}** ${title}`),
    '',
    faultsTable(results),
    '',
    '</details>',
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

const check = process.argv.includes('--check');
const wrong = [];
fill('../../README.md', 'bench', benchTable());
if (torture) fill('../../README.md', 'torture', tortureTable());
fill('../../docs/scaling.md', 'bench', scalingTable());
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
