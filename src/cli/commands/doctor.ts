import type { Command } from 'commander';
import { diagnose } from '../../index.js';
import { readServerFile } from '../../lib/server-file.js';
import { isReadiness } from '../connection.js';
import { EXIT } from '../failure.js';
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
      const { config, findings: local } = await diagnose(shell.env);
      const findings: Finding[] = [...local, ...(config.dataDir ? [await serverOf(config.dataDir)] : [])];
      show({ ok: findings.every(({ ok }) => ok), config, findings }, () => {
        const { green, red } = shell.colours;
        return findings
          .map(({ check, ok, detail }) => `${ok ? green('ok  ') : red('FAIL')} ${check}: ${detail}`)
          .join('\n');
      });
      return findings.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
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
