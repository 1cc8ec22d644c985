import type { Report } from './contract.js';
import { isUnreached, NOT_TAKEN } from './unreached.js';

/** Why a check of the consumer's state is left out where nothing shows that state. */
export const NEEDS_EFFECTS =
  'Not observable from answers alone: give an effects probe (--effects URL, or `effects`).';

/** What came out, in one sentence: never more than what was asked. */
export function headline({ checks, passed, failed, skipped, notReached }: Report): string {
  const must = checks.filter(({ verdict, severity }) => verdict === 'fail' && severity === 'must').length;
  const unasked = skipped > 0 ? `; ${skipped} ${wereOf(skipped)} not asked` : '';
  const cut = notReached > 0 ? `; ${notReached} ${wereOf(notReached)} not reached` : '';
  if (must > 0) return `Not ready: ${must} of ${checks.length} checks found what must be mended${cut}`;
  if (notReached > 0)
    return `Not finished: ${notReached} of ${checks.length} checks ${wereOf(notReached)} not reached, ${passed} passed`;
  if (passed + failed === 0) return `Nothing could be asked: ${reasonsOf(checks)}`;
  const unsaid = checks.filter(({ reason }) => reason === NOT_TAKEN).length;
  if (unsaid > 0) return `Not ready: ${unsaid} of ${checks.length} checks say nothing. ${NOT_TAKEN}`;
  if (failed > 0) return `Ready, with ${failed} thing${failed === 1 ? '' : 's'} to look at${unasked}`;
  if (skipped > 0) return `Nothing was found in ${passed} check${passed === 1 ? '' : 's'}${unasked}`;
  return 'Ready: nothing was found';
}

/** What to give so that more can be asked, a sentence each. */
export function askMore({ checks }: Report): string[] {
  const unreached = checks.filter(isUnreached);
  const waiting = checks.filter(({ verdict, reason }) => verdict === 'skip' && reason === NEEDS_EFFECTS);
  const groups = [...new Set(waiting.map(({ id }) => id.split('-')[0]))].join(', ');
  return [
    ...(unreached.length === 0
      ? []
      : [`${unreached[0]!.reason} Ask the rest with --only ${unreached.map(({ id }) => id).join(',')}`]),
    ...(waiting.length === 0
      ? []
      : [
          `${waiting.length} more (${groups}) can be asked with --effects URL, which answers GET with the consumer’s state as JSON.`,
        ]),
  ];
}

function wereOf(count: number): string {
  return count === 1 ? 'was' : 'were';
}

function reasonsOf(checks: Report['checks']): string {
  return [...new Set(checks.map(({ reason }) => reason))].slice(0, 2).join(' ');
}
