import type { Bench } from './bench.js';
import type { Finding, Shot } from './contract.js';
import { accepted, crashed, outcomeOf, refused } from './shot.js';

/** For checks of every provider. */
export const applies = () => null;

export function passed(reason: string, shots: readonly Shot[] = []): Finding {
  return { verdict: 'pass', reason, cause: null, shots };
}

export function failed(reason: string, cause: string, shots: readonly Shot[] = []): Finding {
  return { verdict: 'fail', reason, cause, shots };
}

export function skipped(reason: string, shots: readonly Shot[] = []): Finding {
  return { verdict: 'skip', reason, cause: null, shots };
}

/** For what only turns out while asking. */
export function notApplicable(reason: string): Finding {
  return { verdict: 'not-applicable', reason, cause: null };
}

/** What a pass says of effects. @param before the state that was looked at; undefined: none was. */
export function effectless(before: unknown): string {
  return before === undefined ? ' (effect not asked at level 0)' : ', without effect';
}

export function noAnswer(shot: Shot, { timeoutMs }: Pick<Bench, 'timeoutMs'>): Finding {
  const { failure } = shot;
  if (failure === 'timeout')
    return failed(
      `No answer within ${timeoutMs} ms.`,
      'The consumer hangs, or does its work before it answers. Store the event, answer, work afterwards.',
      [shot],
    );
  const cause =
    failure === 'refused'
      ? 'Nothing listens at this address (any more): was the process started, or did a request before this one end it?'
      : failure === 'reset'
        ? 'The connection was cut before an answer came: an exception that nobody caught ends the process or the socket.'
        : 'The address cannot be reached from here.';
  return failed(`No answer: ${shot.detail ?? failure}`, cause, [shot]);
}

/** Before anything was asked: there is no consumer to judge. */
export function nothingListens(url: string, shot: Shot): Finding {
  return {
    ...failed(
      `Nothing listens at ${new URL(url).origin}.`,
      'Start the consumer, or correct the address: host, port, http or https. Nothing can be said of it before.',
      [shot],
    ),
    severity: 'must',
  };
}

/** Every one has to be accepted. @param cause why it would not be. */
export function allAccepted(shots: readonly Shot[], cause: string): Finding {
  const bad = shots.filter((shot) => !accepted(shot));
  if (bad.length === 0) return passed(told(shots));
  return failed(`${told(bad)}; a correct consumer takes ${bad.length === 1 ? 'it' : 'them'}.`, cause, bad);
}

/** Every one has to be refused: 4xx, and neither taken nor the end of anything. */
export function allRefused(shots: readonly Shot[], cause: string): Finding {
  const bad = shots.filter((shot) => !refused(shot));
  if (bad.length === 0) return passed(told(shots), shots);
  const why = bad.some(accepted)
    ? cause
    : bad.some(crashed)
      ? 'The refusal itself fails: an exception in the verification becomes a 5xx, and the provider sends again what is no event. Catch it and answer 400 or 401.'
      : bad.some(({ response }) => response === null)
        ? 'The consumer gives no answer at all: the verification throws where nobody catches it, or the process died.'
        : 'Refuse with a 4xx: 400 or 401.';
  return failed(`${told(bad)}; expected a 4xx.`, why, bad);
}

/** `a stale timestamp: 200; a missing header: 401` */
export function told(shots: readonly Shot[]): string {
  const labels = new Map<string, Set<string>>();
  for (const shot of shots)
    labels.set(shot.label, (labels.get(shot.label) ?? new Set()).add(outcomeOf(shot)));
  return [...labels].map(([label, outcomes]) => `${label}: ${[...outcomes].join(', ')}`).join('; ');
}

/** Said of what cannot be asked because of how the provider works. */
export function weakness(why: string): string {
  return `${why} That is a weakness of the provider, not of the consumer.`;
}
