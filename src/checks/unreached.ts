import type { CheckReport } from './contract.js';

/** What a run takes at most before the rest is left out, milliseconds. */
export const BUDGET_MS = 60_000;

export const OUT_OF_TIME = `The consumer is slow: the ${BUDGET_MS / 1000} s of a run were over.`;
export const NOT_TAKEN =
  'A valid event is not taken, so its answer would say nothing: see ACK-01 and SIG-01.';
export const BROKEN_OFF = 'The run was broken off.';

/** Whether the run ended before it was done with this check: unlike what cannot be asked, it would have been. */
export function isUnreached({ verdict, reason }: Pick<CheckReport, 'verdict' | 'reason'>): boolean {
  return verdict === 'skip' && (reason === OUT_OF_TIME || reason === BROKEN_OFF);
}
