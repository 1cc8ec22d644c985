import { refuseUnsignedId, refuseUnstamped } from '../../engine/faults/facts.js';
import type { Target } from '../../engine/faults/fault.js';
import { futureTimestamp } from '../../engine/faults/hostile/future-timestamp.js';
import { idSwap } from '../../engine/faults/hostile/id-swap.js';
import { staleTimestamp } from '../../engine/faults/hostile/stale-timestamp.js';
import { type Bench, twist } from '../bench.js';
import type { Check } from '../contract.js';
import { allAccepted, weakness } from '../finding.js';
import { accepted } from '../shot.js';
import { sources } from '../sources.js';
import { refuseEach, unsigned } from './signatures.js';

/** Old and new can be told apart only where the instant is signed. */
export function unstamped(target: Target): string | null {
  return (
    unsigned(target) ??
    (refuseUnstamped(target) === null
      ? null
      : weakness(`${target.profile.name} signs no timestamp, so nobody can tell how old a request is.`))
  );
}

const stamped = {
  level: 0,
  severity: 'must',
  manner: 'hostile',
  turn: 'together',
  notFor: unstamped,
} as const;

export const AGE_UNCHECKED = 'The timestamp’s age is not checked at all, see SIG-05.';

/** Whether any timestamp will do: then that is the one cause of all that follows from it. */
export async function takesOld(bench: Bench): Promise<boolean> {
  const twists = [twist(staleTimestamp, { by: '10m' })];
  return accepted(await bench.send(bench.sample(), { label: 'a timestamp ten minutes old', twists }));
}

const stale: Check = {
  ...stamped,
  id: 'SIG-05',
  title: 'A timestamp of ten minutes ago is refused',
  source: sources.svixWhy,
  sends: 'An event with a timestamp ten minutes old, correctly signed.',
  expects: '4xx.',
  ask: (bench) =>
    refuseEach(
      bench,
      [{ label: 'a timestamp ten minutes old', twists: [twist(staleTimestamp, { by: '10m' })] }],
      'The age of the timestamp is not checked, so whoever has recorded a request can send it again for ever. Refuse what is more than five minutes off.',
    ),
};

const future: Check = {
  ...stamped,
  id: 'SIG-06',
  title: 'A timestamp ten minutes ahead is refused',
  source: sources.svixWhy,
  sends: 'An event with a timestamp ten minutes in the future, correctly signed.',
  expects: '4xx.',
  async ask(bench) {
    const finding = await refuseEach(
      bench,
      [{ label: 'a timestamp ten minutes ahead', twists: [twist(futureTimestamp, { by: '10m' })] }],
      'Only old timestamps are refused (now - timestamp > tolerance is negative here). Compare the absolute difference.',
    );
    const taken = finding.verdict === 'fail' && bench.shots.some(accepted);
    return taken && (await takesOld(bench)) ? { ...finding, cause: AGE_UNCHECKED } : finding;
  },
};

const tolerant: Check = {
  ...stamped,
  id: 'SIG-07',
  title: 'Clocks may differ by four minutes',
  source: sources.svixWhy,
  manner: 'legal',
  sends: 'Events with timestamps four minutes old and four minutes ahead.',
  expects: '2xx.',
  async ask(bench) {
    const shots = [
      await bench.send(bench.sample(), {
        label: 'a timestamp four minutes old',
        manner: 'legal',
        twists: [twist(staleTimestamp, { by: '4m' })],
      }),
      await bench.send(bench.sample(), {
        label: 'a timestamp four minutes ahead',
        manner: 'legal',
        twists: [twist(futureTimestamp, { by: '4m' })],
      }),
    ];
    return allAccepted(
      shots,
      'The tolerance is stricter than five minutes, or lets nothing come from the future: a slow network or a clock that is a little off loses events.',
    );
  },
};

const swapped: Check = {
  ...stamped,
  id: 'SIG-08',
  title: 'A signature does not fit the id of another message',
  source: sources.standardWebhooks,
  sends: 'An event whose id header was changed after it was signed.',
  expects: '4xx.',
  notFor: (target) =>
    unsigned(target) ??
    (refuseUnsignedId(target) === null
      ? null
      : target.profile.eventId.value.kind === 'body'
        ? `${target.profile.name} has the id in its body, where the signature covers it: SIG-02 asks for it.`
        : weakness(`${target.profile.name} signs no id.`)),
  ask: (bench) =>
    refuseEach(
      bench,
      [{ label: 'the id of another message', twists: [twist(idSwap)] }],
      'The signed content is put together without the id header, so one message can be passed off as another and slips past deduplication.',
    ),
};

export const timestamps: readonly Check[] = [stale, future, tolerant, swapped];
