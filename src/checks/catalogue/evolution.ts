import { unknownEnum } from '../../engine/faults/legal/unknown-enum.js';
import { unknownEventType } from '../../engine/faults/legal/unknown-event-type.js';
import { unknownField } from '../../engine/faults/legal/unknown-field.js';
import { type Bench, type Twist, twist } from '../bench.js';
import type { Check, Shot } from '../contract.js';
import { makeEvent } from '../event.js';
import { allAccepted, applies, effectless, failed, passed, skipped, weakness } from '../finding.js';
import { optionalFields, withNull } from '../optional-fields.js';
import { accepted } from '../shot.js';
import { sources } from '../sources.js';

/** Of these deviations, those that an event of the run can have. */
function possible({ target }: Bench, twists: readonly Twist[]): Twist[] {
  return twists.filter(({ fault, params }) => fault.refuse?.(target, params) == null);
}

const unknownType: Check = {
  id: 'EVO-01',
  title: 'An unknown event type is acknowledged and ignored',
  level: 0,
  severity: 'must',
  source: sources.githubTen,
  sends: 'An event of a type that no document names, correctly signed.',
  expects: '2xx.',
  manner: 'legal',
  turn: 'together',
  notFor: applies,
  async ask(bench) {
    const twists = possible(bench, [twist(unknownEventType)]);
    if (twists.length === 0) return skipped('The bodies say their type nowhere where it could be changed.');
    const shot = await bench.send(bench.sample(), { label: 'an unknown event type', twists });
    return allAccepted(
      [shot],
      'A switch over event types ends in an error. New types appear at any time: acknowledge and ignore what is not known, or the provider sends it again for days and may switch the subscription off.',
    );
  },
};

const unknownParts: Check = {
  id: 'EVO-02',
  title: 'Unknown fields and values, and empty optional ones, are tolerated',
  level: 0,
  severity: 'must',
  source: sources.githubTen,
  sends: 'Events with a field more, with null in an optional field, with a value that no list names.',
  expects: '2xx to each.',
  manner: 'legal',
  turn: 'together',
  notFor: applies,
  async ask(bench) {
    const shots: Shot[] = [];
    for (const one of possible(bench, [twist(unknownField), twist(unknownEnum)])) {
      const label = one.fault === unknownField ? 'an unknown field' : 'an unknown value in a closed list';
      shots.push(await bench.send(bench.sample(), { label, twists: [one] }));
    }
    const event = bench.sample();
    const nulled = withNull(event, optionalFields(bench.shape, event));
    if (nulled) shots.push(await bench.send(nulled, { label: 'null in optional fields' }));
    if (shots.length === 0) return skipped('The bodies cannot be changed here.');
    return allAccepted(
      shots,
      'The schema is strict, and refuses what a later version of the provider adds. Read the fields you need and let the others pass; treat a value you do not know like none.',
    );
  },
};

const testEvent: Check = {
  id: 'EVO-03',
  title: 'The provider’s test event is acknowledged',
  level: 0,
  severity: 'should',
  source: sources.noyoVerification,
  sends: 'The provider’s own test event.',
  expects: '2xx; and no effect, from level 1 on.',
  manner: 'legal',
  turn: 'alone',
  notFor: ({ profile }) =>
    profile.test.value.kind === 'type'
      ? null
      : weakness(
          `A test event of ${profile.name} is a sample of a real type: nobody can tell the two apart.`,
        ),
  async ask(bench) {
    const { type } = bench.lane.profile.test.value;
    const before = await bench.effects?.settled();
    const event = makeEvent(bench.shape, { type, nowMs: bench.clock.now(), random: bench.random });
    const shot = await bench.send(event, { label: `the test event ${type}` });
    if (!accepted(shot)) return allAccepted([shot], 'The test event is taken for an error. Acknowledge it.');
    const changed = before === undefined ? null : await bench.effects!.changeSince(before);
    return changed === null
      ? passed(`Acknowledged with ${shot.response!.status}${effectless(before)}.`)
      : failed(
          `It changed the state: ${changed}.`,
          'The test event is treated like a real one. Ignore its type.',
          [shot],
        );
  },
};

export const evolution: readonly Check[] = [unknownType, unknownParts, testEvent];
