import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { undoAtExit } from '../processes.mjs';
import { verdict } from '../verdict.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Tests of the suite that take any number of runs: here they take many. */
const suite = ({ test, title, file, runs, quickRuns = runs, fullRuns = runs }) => ({
  test,
  title,
  async run({ postgres, seed, quick, full }) {
    const n = quick ? quickRuns : full ? fullRuns : runs;
    const { code, said } = await vitest(file, {
      TORTURE_RUNS: String(n),
      TORTURE_SEED: String(Number(seed) || 1),
      TEST_DATABASE_URL: postgres.url('postgres'),
    });
    const [, passed = 0, failed = 1] = /^(\d+) passed, (\d+) failed, 0 skipped$/m.exec(said) ?? [];
    return verdict({ n, what: 'runs' }, [
      ['runs', n, true],
      [
        'tests passed and failed',
        `${passed}, ${failed}`,
        code === 0 && Number(passed) > 0 && Number(failed) === 0,
      ],
      ...(code === 0 ? [] : [['told', said.slice(-4_000), false]]),
    ]);
  },
});

function vitest(file, env) {
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', `test/integration/${file}`],
      {
        cwd: ROOT,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const gone = undoAtExit(() => child.kill());
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        said += chunk;
      });
    child.once('exit', (code) => {
      gone();
      done({ code, said });
    });
  });
}

export const t11 = suite({
  test: 'T11',
  title: 'the transaction of an outcome fails at each of its statements',
  file: 'outcome-faults.test.ts',
  runs: 300,
  fullRuns: 1_000,
});
export const t13 = suite({
  test: 'T13',
  title: 'the queue against its model, up to 60 commands a run',
  file: 'queue-model.test.ts',
  runs: 2_000,
  quickRuns: 100,
  fullRuns: 10_000,
});
export const t14 = suite({
  test: 'T14',
  title: 'what was accepted is what is stored, for any batch',
  file: 'accepted-rows.test.ts',
  runs: 300,
  fullRuns: 5_000,
});
export const t24 = suite({
  test: 'T24',
  title: 'pause, resume, removal and change in every order with what is in flight',
  file: 'race-schedules.test.ts',
  runs: 100,
  fullRuns: 2_000,
});
export const t32 = suite({
  test: 'T32',
  title: 'three workers, a failing database, answers of every kind, by seed',
  file: 'queue-simulation.test.ts',
  runs: 2_000,
  fullRuns: 20_000,
});
