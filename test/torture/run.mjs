// npm run torture [-- --quick] [--only T01,T04] [--full] [--seed N]
// Faults that were really injected, and what became of every delivery that was accepted. Ends with 1 when anything did not hold.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { m01 } from './measures/m01-pooler.mjs';
import { m02 } from './measures/m02-promote.mjs';
import { t11, t13, t14, t24, t32 } from './measures/suites.mjs';
import { t01 } from './measures/t01-kill.mjs';
import { t02 } from './measures/t02-survivor.mjs';
import { t03 } from './measures/t03-api.mjs';
import { t04 } from './measures/t04-restart.mjs';
import { t05 } from './measures/t05-black-hole.mjs';
import { t06 } from './measures/t06-read-only.mjs';
import { t07 } from './measures/t07-asleep.mjs';
import { t08 } from './measures/t08-stop.mjs';
import { t09 } from './measures/t09-leases.mjs';
import { t10 } from './measures/t10-housekeeping.mjs';
import { t12 } from './measures/t12-poison.mjs';
import { t15 } from './measures/t15-disk-full.mjs';
import { t16 } from './measures/t16-migration.mjs';
import { t28 } from './measures/t28-sustained.mjs';
import { t29 } from './measures/t29-long-transaction.mjs';
import { t33 } from './measures/t33-soak.mjs';
import { t34 } from './measures/t34-backlog.mjs';
import { startPostgres } from './postgres.mjs';
import { details, table } from './verdict.mjs';

/** Each phase runs after the one before it; the lanes of a phase run side by side, what is in a lane one by one. */
const PHASES = [
  [[t28], [t29]],
  [[t33], [t07, t02, t06], [t05, t15, t16, t09, t12, t34], [t13], [t32]],
  [
    [t01, t04],
    [t03, t08, t10],
    [t14, t11, t24],
    [m01, m02],
  ],
];
const QUICK = [[[t01, t04], [t02, t06, t08], [t13]]];
const ALL = [...new Set([...PHASES, ...QUICK].flat(2))].sort((a, b) => a.test.localeCompare(b.test));

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    full: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
});
const { full, quick, seed } = values;
const known = ALL.map(({ test }) => test);
const wanted = values.only?.split(',') ?? known;
const unknown = wanted.filter((test) => !known.includes(test));
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; there are: ${known.join(', ')}`);

const startedAt = performance.now();
const since = () => `${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s`;
const say = (line) => process.stderr.write(`${since()}  ${line}\n`);
const results = [];
say(`seed ${seed}`);
const shared = await startPostgres();
try {
  for (const phase of quick ? QUICK : PHASES)
    await Promise.all(
      phase.map(async (lane) => {
        for (const measure of lane) if (wanted.includes(measure.test)) await runOne(measure);
      }),
    );
} finally {
  await shared.remove();
}
process.stdout.write(`${table(results)}\n`);
say(`raw: ${save()}.json`);
process.exit(results.length > 0 && results.every(({ met }) => met) ? 0 : 1);

async function runOne(measure) {
  const { test, title } = measure;
  const began = performance.now();
  const postgres = measure.ownServer ? await startPostgres() : shared;
  say(`${test} ${title}`);
  const told = (line) => say(`${test}   ${line}`);
  const row = await measure
    .run({ postgres, seed, quick, full, say: told })
    .catch((error) => ({ met: false, checks: [{ what: 'broke off', value: error.stack, met: false }] }));
  if (measure.ownServer) await postgres.remove();
  results.push({ test, title, seconds: Math.round((performance.now() - began) / 1000), ...row });
  // So that a run which is broken off has told what it found.
  save();
  for (const { what, value, met } of row.checks) if (!met) told(`NOT MET ${what}: ${value}`);
  told(row.met ? 'held' : 'DID NOT HOLD');
}

/** @returns where, without the ending. */
function save() {
  results.sort((a, b) => a.test.localeCompare(b.test));
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const tier = quick ? 'quick' : full ? 'full' : 'default';
  const report = {
    at: new Date().toISOString(),
    seed,
    tier,
    node: process.version,
    cpu: cpus()[0].model,
    cores: cpus().length,
    seconds,
  };
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  // What was asked for alone says nothing of the rest.
  const name = values.only ? 'only' : quick ? 'quick' : 'latest';
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify({ ...report, results }, null, 2)}\n`);
  const head = `Seed ${seed}, ${tier} tier, ${seconds} s on ${report.cores} × ${report.cpu}, Node ${report.node}, PostgreSQL beside it on the same cores.`;
  writeFileSync(
    `${folder}${name}.md`,
    `# Faults survived\n\n${head}\n\n${table(results)}\n\n${details(results)}\n`,
  );
  return `${folder}${name}`;
}
