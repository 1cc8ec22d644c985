import type { Command } from 'commander';
import { diagnose } from '../../index.js';
import { readServerFile } from '../../lib/server-file.js';
import { isReadiness } from '../connection.js';
import { EXIT } from '../failure.js';
import { table } from '../table.js';
import { ask, bytesOf } from '../transport.js';
import { type Bench, verb } from '../verb.js';

interface Finding {
  check: string;
  ok: boolean;
  detail: string;
}

export function doctorVerb(program: Command, bench: Bench): void {
  verb(
    program,
    bench,
    {
      usage: 'doctor',
      summary: 'Look whether everything is in place, and at the configuration in force',
      offline: true,
      examples: ['doctor', 'doctor --json'],
    },
    async ({ shell, show }) => {
      const { settings, dataDir, findings: local } = await diagnose(shell.env);
      const findings: Finding[] = [...local, ...(dataDir === null ? [] : [await serverOf(dataDir)])];
      const ok = findings.every((finding) => finding.ok);
      show({ ok, settings, findings }, () => {
        const { green, red } = shell.colours;
        const lines = findings.map((f) => `${f.ok ? green('ok  ') : red('FAIL')} ${f.check}: ${f.detail}`);
        return [...lines, '', table(settings.map((s) => [s.variable, s.value, s.from]))].join('\n');
      });
      return ok ? EXIT.ok : EXIT.failed;
    },
  );
}

/** That none runs is no fault. */
async function serverOf(dataDir: string): Promise<Finding> {
  const file = readServerFile(dataDir);
  if (!file) return { check: 'server', ok: true, detail: 'none runs here' };
  const answer = await ask({ method: 'GET', url: `${file.url}/readyz` }).catch(() => null);
  const body = answer && (await bytesOf(answer));
  if (!body || !isReadiness(body))
    return { check: 'server', ok: true, detail: `none runs; the last one was at ${file.url}` };
  const ready = answer.statusCode === 200;
  return {
    check: 'server',
    ok: ready,
    detail: `${file.url} ${ready ? 'is ready' : `is not ready: ${body.toString('utf8')}`}`,
  };
}
