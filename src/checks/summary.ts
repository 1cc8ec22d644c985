import type { Report } from './contract.js';

/** Why a check of the consumer's state is left out where nothing shows that state. */
export const NEEDS_EFFECTS =
  'Not observable from answers alone: give an effects probe (--effects URL, or `effects`).';

/** What came out, in one sentence: never more than what was asked. */
export function headline({ checks, passed, failed, skipped }: Report): string {
  const must = checks.filter(({ verdict, severity }) => verdict === 'fail' && severity === 'must').length;
  const unasked = skipped > 0 ? `; ${skipped} ${skipped === 1 ? 'was' : 'were'} not asked` : '';
  if (must > 0) return `Not ready: ${must} of ${checks.length} checks found what must be mended`;
  if (failed > 0) return `Ready, with ${failed} thing${failed === 1 ? '' : 's'} to look at${unasked}`;
  if (skipped > 0) return `Nothing was found in ${passed} check${passed === 1 ? '' : 's'}${unasked}`;
  return 'Ready: nothing was found';
}

/** What to give so that more can be asked; null where nothing of the kind is missing. */
export function askMore({ checks }: Report): string | null {
  const waiting = checks.filter(({ verdict, reason }) => verdict === 'skip' && reason === NEEDS_EFFECTS);
  if (waiting.length === 0) return null;
  const groups = [...new Set(waiting.map(({ id }) => id.split('-')[0]))].join(', ');
  return `${waiting.length} more (${groups}) can be asked with --effects URL, which answers GET with the consumer’s state as JSON.`;
}
