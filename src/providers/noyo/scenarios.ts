import { uuid4 } from '../../lib/ids.js';
import type { Random } from '../../lib/random.js';
import { assumedClaim } from '../claims.js';
import {
  DAY_MS,
  type Draw,
  drawFrom,
  HOUR_MS,
  inOrder,
  MINUTE_MS,
  type Scenario,
  type ScenarioStep,
  SECOND_MS,
} from '../scenario.js';
import { SEED } from './sources.js';

/** A snapshot goes from `submitted` to `completed`; meanwhile the carrier gets it, and each difference comes to an end. */
const enrolment: Scenario = {
  name: 'enrolment',
  title: 'A member’s enrolment: a snapshot, what becomes of it at the carrier, and each of its differences.',
  ...assumedClaim('The events and what they mean are documented; the gaps and chances are ours.', SEED),
  steps({ random }) {
    const draw = drawFrom(random);
    const snapshot = uuid4(random);
    const carrier = uuid4(random);
    const status = (afterMs: number, is: string): ScenarioStep => ({
      afterMs,
      type: 'member_snapshot.status_change',
      data: { data: { id: snapshot, status: is } },
    });
    const fulfillment = (afterMs: number, is: string): ScenarioStep => ({
      afterMs,
      type: 'member_snapshot_carrier_fulfillment_status.status_change',
      data: { data: { carrier_id: carrier, member_snapshot_id: snapshot, status: is } },
    });
    const processedMs = draw.between(5 * SECOND_MS, MINUTE_MS);
    const scheduledMs = processedMs + draw.between(5 * MINUTE_MS, HOUR_MS);
    const sentMs = scheduledMs + draw.between(HOUR_MS, 20 * HOUR_MS);
    const validMs = sentMs + draw.between(2 * DAY_MS, 10 * DAY_MS);
    const differences = Array.from({ length: draw.oneOf([1, 2, 3]) }, () =>
      difference(random, draw, {
        createdMs: processedMs + draw.between(SECOND_MS, 10 * SECOND_MS),
        validMs,
        known: { snapshot, carrier },
      }),
    );
    return inOrder([
      status(0, 'submitted'),
      status(processedMs, 'processing'),
      ...differences.flat(),
      fulfillment(processedMs + draw.between(10 * SECOND_MS, 2 * MINUTE_MS), 'processing'),
      fulfillment(scheduledMs, 'scheduled'),
      fulfillment(sentMs, 'sent'),
      fulfillment(validMs, 'valid'),
      status(validMs + draw.between(SECOND_MS, MINUTE_MS), 'completed'),
    ]);
  },
};

interface DifferenceInput {
  createdMs: number;
  validMs: number;
  /** What its events do not say. */
  known: { snapshot: string; carrier: string };
  id?: string;
}

/** Open until it is resolved or replaced by another one, and then told of no more. */
function difference(
  random: Random,
  draw: Draw,
  { createdMs, validMs, known, id = uuid4(random) }: DifferenceInput,
): ScenarioStep[] {
  const told = (afterMs: number, what: string, more: { replacedBy?: string } = {}): ScenarioStep => ({
    afterMs,
    type: `difference.${what}`,
    data: { data: { id } },
    details: { ...known, ...more },
  });
  const created = told(createdMs, 'created');
  if (draw.chance(0.15)) {
    const replacedMs = createdMs + draw.between(HOUR_MS, DAY_MS);
    const replacedBy = uuid4(random);
    const successor = { createdMs: replacedMs, validMs: validMs + DAY_MS, known, id: replacedBy };
    return [
      created,
      ...difference(random, draw, successor),
      told(replacedMs + draw.between(SECOND_MS, 10 * SECOND_MS), 'replaced', { replacedBy }),
    ];
  }
  if (!draw.chance(0.3)) return [created, told(validMs + draw.between(SECOND_MS, MINUTE_MS), 'resolved')];
  // The carrier did not do what it said: found by a sync some days later.
  const foundMs = validMs + draw.between(DAY_MS, 7 * DAY_MS);
  return [
    created,
    told(foundMs, 'discrepancy'),
    told(foundMs + draw.between(HOUR_MS, 10 * DAY_MS), 'resolved'),
  ];
}

export const scenarios: readonly Scenario[] = [enrolment];
