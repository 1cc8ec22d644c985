import { asText } from '../lib/bytes.js';
import { concealing } from './conceal.js';
import type { Check, CheckReport, Evidence, Finding, Report, Shot, VerdictKind } from './contract.js';
import { isUnreached, NOT_TAKEN } from './unreached.js';

const KEPT_CHARACTERS = 4_000;
const KEPT_SHOTS = 6;

interface Found {
  finding: Omit<Finding, 'verdict'>;
  /** All of the check. */
  shots: readonly Shot[];
  command: string;
  /** Takes out of an answer what nobody may read. */
  conceal(text: string): string;
}

export function checkReport(
  { id, title, severity, source }: Check,
  verdict: VerdictKind,
  { finding, shots, command, conceal: concealKnown }: Found,
): CheckReport {
  const best = finding.shots ?? [];
  const concealSent = concealing(shots.flatMap(({ masked }) => masked));
  const conceal = (text: string) => concealSent(concealKnown(text));
  const shown = [...best, ...shots.filter((shot) => !best.includes(shot))].slice(0, KEPT_SHOTS);
  return {
    id,
    title,
    verdict,
    severity: finding.severity ?? severity,
    reason: conceal(finding.reason),
    cause: finding.cause === null ? null : conceal(finding.cause),
    evidence: shown.map((shot) => ({ ...evidenceOf(shot, conceal), decisive: best.includes(shot) })),
    reproduce: `${command} --only ${id}`,
    source,
  };
}

function evidenceOf(
  { label, atMs, durationMs, request, signed, response, failure }: Shot,
  conceal: Found['conceal'],
): Omit<Evidence, 'decisive'> {
  return {
    label,
    atMs,
    durationMs,
    request: { ...request, body: cut(asText(request.body)), bodyBytes: request.body.length },
    signed: signed === null ? null : cut(signed),
    response: response && {
      status: response.status,
      headers: response.headers.map(([name, value]) => [name, conceal(value)]),
      body: cut(conceal(response.body)),
      bodyBytes: response.bodyBytes,
    },
    failure,
  };
}

function cut(text: string): string {
  return text.length <= KEPT_CHARACTERS
    ? text
    : `${text.slice(0, KEPT_CHARACTERS)}… (${text.length - KEPT_CHARACTERS} more)`;
}

export function reportOf(
  run: Omit<Report, 'passed' | 'failed' | 'skipped' | 'notApplicable' | 'notReached'>,
): Report {
  const count = (verdict: VerdictKind) => run.checks.filter((check) => check.verdict === verdict).length;
  const { checks, ...head } = run;
  return {
    ...head,
    passed: count('pass'),
    failed: count('fail'),
    skipped: count('skip'),
    notApplicable: count('not-applicable'),
    notReached: checks.filter(isUnreached).length,
    checks,
  };
}

/** Whether the run came to its end, something could be asked, a valid event is taken, and every check that has to hold did. */
export function isClean({ checks, passed, failed, notReached }: Report): boolean {
  return (
    notReached === 0 &&
    passed + failed > 0 &&
    checks.every(({ reason }) => reason !== NOT_TAKEN) &&
    checks.every(({ verdict, severity }) => verdict !== 'fail' || severity !== 'must')
  );
}
