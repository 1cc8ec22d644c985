import { createEgress } from '../engine/egress/egress.js';
import { AppError } from '../errors.js';
import { ProbeFailure } from './probe-failure.js';
import { readFunction, readUrl } from './read-snapshot.js';
import type { RunInput } from './world.js';

/**
 * Reads the effects probe once, before anything is sent: a run that was to look at the state, and cannot, is no run.
 * @throws AppError `invalid_request` with what is wrong with the probe.
 */
export async function lookFirst({ effects, level, rules, lane }: RunInput): Promise<void> {
  if (effects === null || level === 0) return;
  const egress = createEgress(rules);
  const read =
    typeof effects === 'string' ? readUrl(egress, effects, lane.policies.https) : readFunction(effects);
  try {
    await read();
  } catch (error) {
    if (!(error instanceof ProbeFailure)) throw error;
    throw new AppError('invalid_request', `${sentence(error.message)} Nothing was sent.`, [
      { path: 'effects', message: error.message },
    ]);
  } finally {
    await egress.close();
  }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
