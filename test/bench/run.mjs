// npm run bench [-- --only sustained,start] [--scale 0.2] [--quick]
// Every figure is a ratio taken in one run, or stands beside the bare loop of the same run: machines are noisy. What fails
// the run is a wrong count, never a time; --quick makes the counts alone, in a minute.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { argumentsOf, named } from './arguments.mjs';
import { crowded } from './measures/crowded.mjs';
import { disk } from './measures/disk.mjs';
import { embedded } from './measures/embedded.mjs';
import { latency } from './measures/latency.mjs';
import { memory } from './measures/memory.mjs';
import { noyo } from './measures/noyo.mjs';
import { page } from './measures/page.mjs';
import { publish } from './measures/publish.mjs';
import { several } from './measures/several.mjs';
import { start } from './measures/start.mjs';
import { sustained } from './measures/sustained.mjs';
import { startPostgres } from './processes.mjs';

const MEASURES = [start, sustained, embedded, publish, latency, crowded, noyo, memory, several, disk, page];

const NAMES = MEASURES.map(({ name }) => name);
const QUICK = ['sustained', 'embedded', 'noyo', 'several'];

const values = argumentsOf({
  usage: `npm run bench -- [--quick] [--only MEASURE,MEASURE] [--scale 0.2]; the measures are ${NAMES.join(', ')}.`,
  options: {
    only: { type: 'string' },
    scale: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
  judge({ only, scale }) {
    if (scale !== undefined && !(Number(scale) > 0 && Number(scale) <= 10))
      return '--scale is a number above 0 and at most 10.';
    return only === undefined ? '' : named(only, NAMES).why;
  },
});
const scale = Number(values.scale ?? (values.quick ? 0.02 : 1));
const wanted = values.only ? named(values.only, NAMES).names : values.quick ? QUICK : NAMES;

const say = (line) => process.stderr.write(`${line}\n`);
const postgres = await startPostgres();
const results = [];
try {
  for (const [i, measure] of MEASURES.filter(({ name }) => wanted.includes(name)).entries()) {
    say(`== ${measure.name}`);
    const database = await freshDatabase(postgres.url, `bench_${process.pid}_${i}`);
    const rows = await measure.run({ database, scale, say });
    for (const row of rows) say(`   ${row.figure}: ${row.value}${row.bar ? ` (${row.bar})` : ''}`);
    results.push({ measure: measure.name, rows });
  }
} finally {
  postgres.stop();
}

const report = {
  at: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0].model,
  cores: cpus().length,
  scale,
  results,
};
const folder = fileURLToPath(new URL('results/', import.meta.url));
mkdirSync(folder, { recursive: true });
// Only a whole run stands in README.
const file = `${folder}${values.only ? 'only' : values.quick ? 'quick' : 'latest'}.json`;
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
const wrong = results.flatMap(({ rows }) => rows).filter(({ counted, met }) => counted && !met);
if (wrong.length > 0) process.exitCode = 1;
const missed = results.flatMap(({ rows }) => rows).filter(({ counted, met }) => !counted && met === false);
process.stdout.write('| figure | value | bar | met |\n|---|---|---|---|\n');
for (const { rows } of results)
  for (const { figure, value, bar = '', met } of rows)
    process.stdout.write(
      `| ${figure} | ${value} | ${bar} | ${met === undefined ? '' : met ? 'yes' : 'NO'} |\n`,
    );
say(
  `${wrong.length} counts are wrong, ${missed.length} bars are missed; only a wrong count ends this with 1`,
);
say(`raw: ${file}`);

async function freshDatabase(url, name) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}
