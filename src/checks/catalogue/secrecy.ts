import { malformedJson } from '../../engine/faults/broken/malformed-json.js';
import { proofHeaders } from '../../engine/faults/facts.js';
import { badSignature } from '../../engine/faults/hostile/bad-signature.js';
import { missingSignature } from '../../engine/faults/hostile/missing-signature.js';
import { staleTimestamp } from '../../engine/faults/hostile/stale-timestamp.js';
import { tamperedBody } from '../../engine/faults/hostile/tampered-body.js';
import { wrongSecret } from '../../engine/faults/hostile/wrong-secret.js';
import { type Ask, twist } from '../bench.js';
import type { Check } from '../contract.js';
import { allRefused, applies, failed, passed, skipped, weakness } from '../finding.js';
import { leaks } from '../leaks.js';
import { accepted, outcomeOf, refused } from '../shot.js';
import { sources } from '../sources.js';
import { AGE_UNCHECKED, takesOld } from './timestamps.js';

const PROBES: readonly Ask[] = [
  { label: 'one byte of the body changed', twists: [twist(tamperedBody)] },
  { label: 'signature wrong in one character', twists: [twist(badSignature)] },
  { label: 'signature missing', twists: [twist(missingSignature)] },
  { label: 'signature garbage', twists: [twist(missingSignature, { value: 'garbage' })] },
  { label: 'a secret wrong in one character', twists: [twist(wrongSecret)] },
  { label: 'a timestamp ten minutes old', twists: [twist(staleTimestamp, { by: '10m' })] },
  { label: 'JSON that breaks off', twists: [twist(malformedJson)] },
];

const silent: Check = {
  id: 'SEC-02',
  title: 'Refusals give nothing away',
  level: 0,
  severity: 'must',
  source: sources.ownRule,
  sends: 'Hostile and broken requests.',
  expects: 'Answers without the secret, the right signature or a stack trace.',
  manner: 'hostile',
  turn: 'together',
  notFor: applies,
  needsBaseline: false,
  async ask(bench) {
    const { profile, wire, input } = bench.target;
    const possible = PROBES.filter(({ twists = [] }) =>
      twists.every(({ fault, params }) => fault.refuse?.(bench.target, params) == null),
    );
    for (const probe of possible) await bench.send(bench.sample(), probe);
    const proof = proofHeaders(profile, wire, input);
    const keys = wire.signature ? [] : wire.headers.filter(([name]) => proof.includes(name.toLowerCase()));
    const secrets = [...input.secrets, ...bench.retired, ...keys.map(([, value]) => value)];
    const found = bench.shots.flatMap((shot) => leaks(shot, secrets).map((what) => ({ shot, what })));
    if (found.length === 0) return passed(`${bench.shots.length} answers were looked through.`);
    const { shot, what } = found[0]!;
    return failed(
      `The answer to "${shot.label}" has ${what} in it.`,
      what.startsWith('a stack')
        ? 'The framework’s error page for developers reaches the outside. Answer errors with a status and a short text of your own.'
        : 'Whoever reads the answer can forge the next request. Say no more than that the signature does not fit.',
      [shot],
    );
  },
};

const captured: Check = {
  id: 'SEC-01',
  title: 'A recorded request that is sent again later comes to nothing',
  level: 0,
  severity: 'must',
  source: sources.standardWebhooks,
  sends:
    'A delivered request again, as somebody recorded it ten minutes ago: old bytes, old timestamp, old signature.',
  expects: '4xx; where no timestamp is signed, 2xx without effect will do.',
  manner: 'hostile',
  turn: 'together',
  notFor: applies,
  async ask(bench) {
    const { effects, target } = bench;
    const old = twist(staleTimestamp, { by: '10m' });
    if (old.fault.refuse?.(target, old.params) == null) {
      const event = bench.sample();
      const delivered = await bench.send(event, { label: 'the delivery' });
      const before = await effects?.settled();
      const replay = await bench.send(event, { label: 'the request of ten minutes ago', twists: [old] });
      const finding = allRefused(
        [replay],
        'The request is taken for one that came before, and acknowledged before its timestamp is looked at. Verify first; look for repeats afterwards.',
      );
      if (finding.verdict === 'fail') {
        const cause = accepted(replay) && (await takesOld(bench)) ? AGE_UNCHECKED : finding.cause;
        return { ...finding, cause, shots: [replay, delivered] };
      }
      const changed = before === undefined ? null : await effects!.changeSince(before);
      return changed === null
        ? finding
        : failed(`Refused, and still it left a trace: ${changed}.`, 'Verify first.', [replay]);
    }
    const event = (await effects?.plans())?.[0]?.tell(`captured ${bench.seed}`)[0] ?? bench.sample();
    const delivered = await bench.send(event, { label: 'the delivery' });
    const before = await effects?.settled();
    const replay = await bench.send(event, { label: 'the very same request again', manner: 'hostile' });
    if (refused(replay)) return passed(`Answered ${outcomeOf(replay)}.`, [replay]);
    if (!accepted(replay)) return allRefused([replay], '');
    const why = `${bench.lane.profile.name} signs no timestamp, so a recorded request cannot be told from a retry`;
    if (before === undefined)
      return skipped(
        `${weakness(`${why}.`)} Whether the replay had an effect needs an effects probe (--effects URL).`,
        [replay],
      );
    const changed = await effects!.changeSince(before);
    return changed === null
      ? passed(`Answered ${outcomeOf(replay)}, without effect.`, [replay])
      : failed(
          `The replay had an effect: ${changed}.`,
          `${why}. All that protects is to remember the ids of the events for good.`,
          [replay, delivered],
        );
  },
};

export const secrecy: readonly Check[] = [captured, silent];
