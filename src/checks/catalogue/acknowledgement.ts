import { judge } from '../../engine/attempt/judge.js';
import type { Check, Shot } from '../contract.js';
import { applies, effectless, failed, noAnswer, passed } from '../finding.js';
import { accepted, crashed, outcomeOf } from '../shot.js';
import { sources } from '../sources.js';
import { refusalCause } from './refusal.js';

/** How many events the time of an answer is measured with. */
const MEASURED = 50;
const MEASURED_SLOW = 3;

const success: Check = {
  id: 'ACK-01',
  title: 'A valid event is acknowledged',
  level: 0,
  severity: 'must',
  source: sources.standardWebhooks,
  sends: 'One valid event.',
  expects: 'An answer that the provider counts as delivered.',
  manner: 'legal',
  turn: 'first',
  notFor: applies,
  needsBaseline: false,
  async ask(bench) {
    const shot = await bench.send(bench.sample(), { label: 'a valid event' });
    const { policies, profile } = bench.lane;
    if (shot.response === null) return noAnswer(shot, bench);
    const answer = {
      kind: 'answered' as const,
      ...shot.response,
      body: new Uint8Array(),
      headers: [],
      timing: NO_TIME,
    };
    if (judge(answer, policies, 0).ok)
      return passed(`Answered ${outcomeOf(shot)} after ${shot.durationMs} ms.`);
    if (!accepted(shot)) return failed(`Answered ${outcomeOf(shot)}.`, refusalCause(shot), [shot]);
    return failed(
      `Answered ${outcomeOf(shot)}, which ${profile.name} counts as a failure and sends again.`,
      policies.success.kind === 'codes'
        ? `${profile.name} counts ${policies.success.codes.join(', ')} alone; answer ${policies.success.codes[0]}.`
        : `Answer as ${profile.name} asks.`,
      [shot],
    );
  },
};

const NO_TIME = { startedWallMs: 0, durationMs: 0, connectMs: null, firstByteMs: null };

const quick: Check = {
  id: 'ACK-02',
  title: 'Answers come well within the timeout',
  level: 0,
  severity: 'must',
  source: sources.githubTen,
  sends: `${MEASURED} valid events, ${MEASURED_SLOW} to a slow consumer.`,
  expects: 'The 95th percentile of the time to the answer is below half of the provider’s timeout.',
  manner: 'legal',
  turn: 'alone',
  notFor: applies,
  needsBaseline: false,
  async ask(bench) {
    const count = bench.pace.slow ? MEASURED_SLOW : MEASURED;
    const ask = { label: 'a valid event, timed', once: true };
    const shots: Shot[] = [];
    if (bench.pace.slow)
      shots.push(
        ...(await Promise.all(Array.from({ length: count }, () => bench.send(bench.sample(), ask)))),
      );
    else for (let i = 0; i < count; i++) shots.push(await bench.send(bench.sample(), ask));
    const slowest = [...shots].sort((a, b) => b.durationMs - a.durationMs);
    const p95 = slowest[Math.floor(shots.length * 0.05)]!;
    const limitMs = bench.timeoutMs;
    const worst = slowest.slice(0, 3);
    const late = shots.filter(({ failure }) => failure === 'timeout');
    if (late.length > 0)
      return failed(`${late.length} of ${count} events had no answer within ${limitMs} ms.`, LATE, worst);
    const seen = `95 % of ${count} answers came within ${p95.durationMs} ms; the timeout is ${limitMs} ms.`;
    return p95.durationMs > limitMs / 2 ? { ...failed(seen, LATE, worst), severity: 'should' } : passed(seen);
  },
};

const LATE =
  'The work is done before the answer. Verify, store the event, answer, and work afterwards from a queue: a provider that waits in vain sends the event again.';

const noRedirect: Check = {
  id: 'ACK-03',
  title: 'The address answers itself and does not redirect',
  level: 0,
  severity: 'must',
  source: sources.standardWebhooks,
  sends: 'One valid event.',
  expects: 'No 3xx: senders do not follow.',
  manner: 'legal',
  turn: 'together',
  notFor: applies,
  needsBaseline: false,
  async ask(bench) {
    const shot = await bench.send(bench.sample(), { label: 'a valid event' });
    if (shot.response === null) return noAnswer(shot, bench);
    const { status, headers } = shot.response;
    if (status < 300 || status > 399) return passed(`Answered ${status}.`);
    const to = headers.find(([name]) => name.toLowerCase() === 'location')?.[1];
    return failed(
      `Answered ${status}${to ? ` to ${to.slice(0, 200)}` : ''}.`,
      'A redirect (http to https, a slash at the end, www, a login page) is a failed delivery. Register the final address.',
      [shot],
    );
  },
};

const noCsrf: Check = {
  id: 'ACK-04',
  title: 'No CSRF token or cookie is asked for',
  level: 0,
  severity: 'must',
  source: sources.svixReceiving,
  sends: 'A valid event as a POST without cookie and without token.',
  expects: 'Neither 403 nor 419.',
  manner: 'legal',
  turn: 'together',
  notFor: applies,
  needsBaseline: false,
  async ask(bench) {
    const shot = await bench.send(bench.sample(), { label: 'a valid event without cookie or token' });
    if (shot.response === null) return noAnswer(shot, bench);
    const { status } = shot.response;
    return status === 403 || status === 419
      ? failed(
          `Answered ${status}.`,
          'The framework’s CSRF protection turns the provider away, which has neither cookie nor token. Exempt this route; the signature is its protection. (If SIG-01 says that the secret is wrong, look there first.)',
          [shot],
        )
      : passed(`Answered ${status}.`);
  },
};

const visits: Check = {
  id: 'ACK-05',
  title: 'GET and HEAD are answered without an error',
  level: 0,
  severity: 'should',
  source: sources.ownRule,
  sends: 'GET and HEAD on the address.',
  expects: 'No 5xx; and no effect, from level 1 on.',
  manner: 'legal',
  turn: 'alone',
  notFor: applies,
  needsBaseline: false,
  async ask(bench) {
    const before = await bench.effects?.settled();
    const shots = [
      await bench.visit('GET', 'GET on the address'),
      await bench.visit('HEAD', 'HEAD on the address'),
    ];
    const bad = shots.find((shot) => crashed(shot) || shot.response === null);
    if (bad)
      return failed(
        `${bad.request.method} was answered ${outcomeOf(bad)}.`,
        'The handler takes every method for an event, and fails where there is no body. Route POST alone; answer others with 405.',
        [bad],
      );
    const changed = before === undefined ? null : await bench.effects!.changeSince(before);
    if (changed)
      return failed(
        `A GET changed the state: ${changed}.`,
        'The handler works on any method. Route POST alone.',
        shots,
      );
    return passed(`Answered ${shots.map(outcomeOf).join(' and ')}${effectless(before)}.`);
  },
};

export const acknowledgement: readonly Check[] = [success, quick, noRedirect, noCsrf, visits];
