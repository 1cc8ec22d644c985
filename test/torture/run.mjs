// npm run torture [-- --quick] [--only T01,T04] [--full] [--seed N] [--soak MINUTES of T33]
// Faults that were really injected, and what became of every delivery that was accepted. Ends with 1 when anything did not hold.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { argumentsOf, named } from '../bench/arguments.mjs';
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
import { t40 } from './measures/t40-alarms.mjs';
import { startPostgres } from './postgres.mjs';
import { details, LEGEND, summary, table } from './verdict.mjs';

/**
 * The full and the default run. `beside` begins with the first phase and goes on beside the others: it waits more than it
 * works. Each phase runs after the one before it; the lanes of a phase run side by side, what is in a lane one by one.
 */
const ALL_RUN = {
  beside: [[t33], [t07, t05, t40]],
  phases: [
    // Their figures are times: nothing hungry beside them.
    [[t28], [t29], [t02, t06]],
    [
      [t01, t04, t03],
      [t13, t14],
      [t32, t11, t24],
      [t09, t12, t34, t15, t16, t08, t10, m01, m02],
    ],
  ],
};
const QUICK = { beside: [], phases: [[[t01, t04], [t02, t06, t08], [t13]]] };
const ALL = [...ALL_RUN.beside, ...ALL_RUN.phases.flat()].flat().sort((a, b) => a.test.localeCompare(b.test));
/** The default run is over by then, whatever the machine: what is not, says so and does not hold. */
const LIMIT_S = 20 * 60 - 15;

const KNOWN = ALL.map(({ test }) => test);
const QUICK_KNOWN = QUICK.phases.flat(2).map(({ test }) => test);

const values = argumentsOf({
  usage: `npm run torture -- [--quick | --full] [--only TEST,TEST] [--seed N] [--soak MINUTES of T33]; the tests are ${KNOWN.join(', ')}, the quick ones ${QUICK_KNOWN.join(', ')}.`,
  options: {
    only: { type: 'string' },
    full: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    soak: { type: 'string' },
  },
  judge({ only, quick, full, soak }) {
    if (quick && full) return '--quick and --full exclude each other.';
    if (soak !== undefined && !(Number(soak) > 0)) return '--soak is a number of minutes above 0.';
    return only === undefined
      ? ''
      : named(only, quick ? QUICK_KNOWN : KNOWN, quick ? ' in the quick tier' : '').why;
  },
});
const { full, quick, seed } = values;
const soak = values.soak === undefined ? undefined : Number(values.soak);
const wanted = values.only ? named(values.only, KNOWN).names : KNOWN;

const startedAt = performance.now();
const since = () => `${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s`;
const say = (line) => process.stderr.write(`${since()}  ${line}\n`);
const results = [];
// Of a measure that was broken off and still goes on: its row says so already.
process.on('unhandledRejection', (error) => say(`left behind: ${error}`));
let running = 0;
say(`seed ${seed}`);
const shared = await startPostgres();
const { beside, phases } = quick ? QUICK : ALL_RUN;
const planned = [...beside, ...phases.flat()].flat().filter(({ test }) => wanted.includes(test));
const work = (async () => {
  const going = beside.map(runLane);
  for (const phase of phases) await Promise.all(phase.map(runLane));
  await Promise.all(going);
})();
if (full || values.only) await work;
else await Promise.race([work, pause(LIMIT_S * 1_000)]);
for (const { test, title } of planned)
  if (!results.some((row) => row.test === test))
    results.push({
      test,
      title,
      met: false,
      checks: [{ what: 'not over when the run had to end: try --only, or --full', value: '', met: false }],
    });
if (running === 0) await shared.remove();
process.stdout.write(`${table(results)}\n\n${summary(results)}\n`);
say(`raw: ${save()}.json`);
process.exit(results.length > 0 && results.every(({ met }) => met) ? 0 : 1);

async function runLane(lane) {
  for (const measure of lane) if (wanted.includes(measure.test)) await runOne(measure);
}

async function runOne(measure) {
  const { test, title } = measure;
  const began = performance.now();
  running += 1;
  say(`${test} ${title}`);
  const told = (line) => say(`${test}   ${line}`);
  const row = await runOn(measure, { seed, quick, full, soak, say: told }).catch((error) => ({
    met: false,
    checks: [{ what: 'broke off', value: error.stack, met: false }],
  }));
  running -= 1;
  results.push({ test, title, seconds: Math.round((performance.now() - began) / 1000), ...row });
  // So that a run which is broken off has told what it found.
  save();
  for (const { what, value, met } of row.checks) if (!met) told(`NOT MET ${what}: ${value}`);
  told(row.met ? 'held' : 'DID NOT HOLD');
}

async function runOn(measure, options) {
  if (!measure.ownServer) return measure.run({ postgres: shared, ...options });
  const postgres = await startPostgres();
  try {
    return await measure.run({ postgres, ...options });
  } finally {
    await postgres.remove();
  }
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
  // What was asked for alone says nothing of the rest: only a whole run stands beside the benchmark's figures.
  const whole = !values.only && !quick;
  const folder = fileURLToPath(new URL(whole ? '../bench/results/' : 'results/', import.meta.url));
  const name = whole ? 'torture' : values.only ? 'only' : 'quick';
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify({ ...report, results }, null, 2)}\n`);
  const head = `Seed ${seed}, ${tier} tier, ${seconds} s on ${report.cores} × ${report.cpu}, Node ${report.node}, PostgreSQL beside it on the same cores.`;
  writeFileSync(
    `${folder}${name}.md`,
    `# Faults survived\n\n${head}\n\n${summary(results)}\n\n${LEGEND}\n\n${table(results)}\n\n${details(results)}\n`,
  );
  return `${folder}${name}`;
}
