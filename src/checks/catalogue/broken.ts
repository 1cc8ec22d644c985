import { emptyBody } from '../../engine/faults/broken/empty-body.js';
import { malformedJson } from '../../engine/faults/broken/malformed-json.js';
import { resetMidBody } from '../../engine/faults/broken/reset-mid-body.js';
import { truncatedBody } from '../../engine/faults/broken/truncated-body.js';
import { wrongContentType } from '../../engine/faults/broken/wrong-content-type.js';
import { type Bench, twist } from '../bench.js';
import type { Check, Finding, Shot } from '../contract.js';
import { allRefused, applies, failed, passed, told } from '../finding.js';
import { accepted, outcomeOf } from '../shot.js';
import { sources } from '../sources.js';

/** Whether it still takes a valid event; else what that means. */
async function alive(bench: Bench, after: readonly Shot[]): Promise<Finding | null> {
  const shot = await bench.send(bench.sample(), { label: 'a valid event afterwards' });
  if (accepted(shot)) return null;
  return failed(
    `After that a valid event was answered ${outcomeOf(shot)}.`,
    'The broken request took the process down, or left it in a bad state: an exception or an error event that nobody caught. Handle errors of the request stream and of the parser.',
    [...after, shot],
  );
}

const LOST =
  'What is no event is acknowledged as if it were one, and is lost without a word. Answer 400 to what cannot be read, 415 to another content type.';
const ANY_TYPE =
  'The body is read as JSON whatever its Content-Type says. The signature still protects it, so that nothing is lost; answer 415 to what is not application/json.';

const unreadable: Check = {
  id: 'BRK-01',
  title: 'Bodies that are no events are refused, and the process lives on',
  level: 0,
  severity: 'must',
  source: sources.standardWebhooks,
  sends: 'Broken JSON, an empty body and another content type, all correctly signed; then a valid event.',
  expects: '4xx to each; 2xx to the valid event.',
  manner: 'broken',
  turn: 'last',
  notFor: applies,
  async ask(bench) {
    const unread = [
      await bench.send(bench.sample(), { label: 'JSON that breaks off', twists: [twist(malformedJson)] }),
      await bench.send(bench.sample(), { label: 'an empty body', twists: [twist(emptyBody)] }),
    ];
    const otherType = await bench.send(bench.sample(), {
      label: 'content type text/plain',
      twists: [twist(wrongContentType)],
    });
    const shots = [...unread, otherType];
    // An event under another type is an event still: who takes it loses nothing.
    const finding = accepted(otherType) ? allRefused(unread, LOST) : allRefused(shots, LOST);
    if (finding.verdict === 'fail') return finding;
    const dead = await alive(bench, shots);
    if (dead) return dead;
    return accepted(otherType)
      ? { ...allRefused([otherType], ANY_TYPE), severity: 'should' }
      : { ...finding, shots };
  },
};

const cutOff: Check = {
  id: 'BRK-02',
  title: 'Bodies that break off do no harm',
  level: 0,
  severity: 'must',
  source: sources.ownRule,
  sends: 'A body that ends half-way, and one whose connection is reset half-way; then a valid event.',
  expects: 'No 2xx, no effect; 2xx to the valid event.',
  manner: 'broken',
  turn: 'last',
  notFor: applies,
  async ask(bench) {
    const before = await bench.effects?.settled();
    const shots = [
      await bench.send(bench.sample(), {
        label: 'a body that ends half-way',
        twists: [twist(truncatedBody)],
      }),
      await bench.send(bench.sample(), {
        label: 'a connection reset half-way',
        twists: [twist(resetMidBody)],
      }),
    ];
    const taken = shots.filter(accepted);
    if (taken.length > 0)
      return failed(
        `${told(taken)}: half an event was acknowledged.`,
        'The body is taken as it is when the connection ends. Compare it with Content-Length, or let the framework’s body parser do it.',
        taken,
      );
    const changed = before === undefined ? null : await bench.effects!.changeSince(before);
    if (changed)
      return failed(
        `Half an event left a trace: ${changed}.`,
        'Work starts before the body is complete.',
        shots,
      );
    return (
      (await alive(bench, shots)) ??
      passed('Both came to nothing, and a valid event afterwards was taken.', shots)
    );
  },
};

export const broken: readonly Check[] = [unreadable, cutOff];
