import type { CheckReport, Report } from '../contract.js';
import { isUnreached } from '../unreached.js';
import { escaped } from './escape.js';

/** For CI: a check is a test case; what is less than a must is told, and fails nothing; what was not reached is an error. */
export function junitReport(report: Report): string {
  const { checks, provider, target, startedAt, durationMs, skipped, notApplicable, notReached } = report;
  const failures = checks.filter(isFailure).length;
  const head = `name="ringer check ${escaped(provider)}" tests="${checks.length}" failures="${failures}" errors="${notReached}" skipped="${skipped - notReached + notApplicable}" time="${seconds(durationMs)}" timestamp="${startedAt}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites>`,
    `<testsuite ${head}>`,
    `<properties><property name="target" value="${escaped(target)}"/><property name="level" value="${report.level}"/><property name="seed" value="${escaped(report.seed)}"/></properties>`,
    ...checks.map(testCase),
    '</testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function isFailure({ verdict, severity }: CheckReport): boolean {
  return verdict === 'fail' && severity === 'must';
}

function testCase(check: CheckReport): string {
  const { id, title, evidence } = check;
  const time = evidence.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const open = `<testcase classname="${escaped(id.split('-')[0]!)}" name="${escaped(`${id} ${title}`)}" time="${seconds(time)}"`;
  const inner = outcome(check);
  return inner === '' ? `${open}/>` : `${open}>${inner}</testcase>`;
}

function outcome(check: CheckReport): string {
  const { verdict, reason, cause, severity, reproduce, source } = check;
  const text = [reason, cause, `Reproduce: ${reproduce}`, `Rule: ${source}`].filter(Boolean).join('\n');
  if (isFailure(check))
    return `<failure message="${escaped(reason)}" type="${severity}">${escaped(text)}</failure>`;
  if (isUnreached(check))
    return `<error message="${escaped(reason)}" type="not reached">${escaped(text)}</error>`;
  if (verdict === 'fail') return `<system-out>${escaped(`${severity}: ${text}`)}</system-out>`;
  return verdict === 'pass' ? '' : `<skipped message="${escaped(`${verdict}: ${reason}`)}"/>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
