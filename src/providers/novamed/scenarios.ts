import { isoMillis } from '../../lib/clock.js';
import { randomText, uuid4 } from '../../lib/ids.js';
import type { Json } from '../../lib/merge-patch.js';
import { assumedClaim } from '../claims.js';
import {
  DAY_MS,
  drawFrom,
  HOUR_MS,
  MINUTE_MS,
  type Scenario,
  type ScenarioContext,
  type ScenarioStep,
} from '../scenario.js';
import { numbered } from './events/envelope.js';
import { tenantOf } from './settings.js';
import { SEED } from './sources.js';

/** Requested, approved, ordered, filled, shipped, delivered; or cancelled before it is shipped. Then perhaps a refill. */
function orderOfSeed({ random, startMs }: ScenarioContext): ScenarioStep[] {
  const draw = drawFrom(random);
  const medication_request_id = numbered('med_req', random);
  const patient_id = numbered('pat', random);
  const practitioner_id = numbered('prac', random);
  const order_id = numbered('ord', random);
  const steps: ScenarioStep[] = [];
  const nextMs = (gapMs: number) => (steps.at(-1)?.afterMs ?? 0) + gapMs;
  const tell = (afterMs: number, type: string, data: { [key: string]: Json }) =>
    steps.push({ afterMs, type, data: { data } });
  const request = (gapMs: number, change: string, more: { [key: string]: Json } = {}) =>
    tell(nextMs(gapMs), `medication_request:${change}`, {
      medication_request_id,
      patient_id,
      practitioner_id,
      ...more,
    });
  const order = (gapMs: number, change: string, more: { [key: string]: Json } = {}) =>
    tell(nextMs(gapMs), `order:${change}`, { order_id, patient_id, medication_request_id, ...more });

  request(0, 'created');
  request(draw.between(10 * MINUTE_MS, 8 * HOUR_MS), 'approved', { refills: 3 });
  order(draw.between(MINUTE_MS, 30 * MINUTE_MS), 'created');
  if (draw.chance(0.1)) {
    order(draw.between(MINUTE_MS, 4 * HOUR_MS), 'cancelled');
    request(draw.between(MINUTE_MS, HOUR_MS), 'cancelled');
    return steps;
  }
  order(draw.between(5 * MINUTE_MS, 4 * HOUR_MS), 'processing');
  if (draw.chance(0.1)) {
    order(draw.between(10 * MINUTE_MS, 8 * HOUR_MS), 'cancelled');
    request(draw.between(MINUTE_MS, HOUR_MS), 'cancelled');
    return steps;
  }
  request(draw.between(HOUR_MS, DAY_MS), 'filled');
  const transitMs = draw.between(DAY_MS, 5 * DAY_MS);
  const shipGapMs = draw.between(HOUR_MS, DAY_MS);
  order(shipGapMs, 'shipped', {
    tracking_number: `1Z999AA1${randomText(random, 10, '0123456789')}`,
    estimated_delivery: isoMillis(startMs + nextMs(shipGapMs) + transitMs).slice(0, 10),
  });
  order(transitMs, 'delivered');
  if (draw.chance(0.5)) {
    const refill = { refill_id: numbered('refill', random), medication_request_id, patient_id };
    tell(nextMs(draw.between(20 * DAY_MS, 28 * DAY_MS)), 'refill:requested', refill);
    const answer = draw.chance(0.8) ? 'refill:approved' : 'refill:denied';
    tell(nextMs(draw.between(HOUR_MS, 2 * DAY_MS)), answer, refill);
  }
  return steps;
}

/** An order for a prescription that is there already: created at once, then on its way, or cancelled before it is shipped. */
function orderAlone({ random, startMs }: ScenarioContext): ScenarioStep[] {
  const draw = drawFrom(random);
  const ids = {
    order_id: numbered('ord', random),
    patient_id: numbered('pat', random),
    medication_request_id: numbered('med_req', random),
  };
  let afterMs = 0;
  const tell = (gapMs: number, change: string, more: { [key: string]: Json } = {}): ScenarioStep => {
    afterMs += gapMs;
    return { afterMs, type: `order:${change}`, data: { data: { ...ids, ...more } } };
  };
  const steps = [tell(0, 'created'), tell(draw.between(MINUTE_MS, 2 * HOUR_MS), 'processing')];
  if (draw.chance(0.15)) return [...steps, tell(draw.between(10 * MINUTE_MS, 8 * HOUR_MS), 'cancelled')];
  const shipGapMs = draw.between(HOUR_MS, DAY_MS);
  const transitMs = draw.between(DAY_MS, 5 * DAY_MS);
  const shipped = tell(shipGapMs, 'shipped', {
    tracking_number: `1Z999AA1${randomText(random, 10, '0123456789')}`,
    estimated_delivery: isoMillis(startMs + afterMs + shipGapMs + transitMs).slice(0, 10),
  });
  return [...steps, shipped, tell(transitMs, 'delivered')];
}

/** The events of January 2026: a medication order on its way to a shipment. */
function orderOf2026({ random }: ScenarioContext): ScenarioStep[] {
  const draw = drawFrom(random);
  const ids = {
    id: uuid4(random),
    patient_id: uuid4(random),
    practitioner_id: uuid4(random),
    rx_number: randomText(random, 6, '0123456789'),
  };
  let afterMs = 0;
  const tell = (gapMs: number, type: string, more: { [key: string]: Json } = {}): ScenarioStep => {
    afterMs += gapMs;
    return { afterMs, type, data: { event_data: { ...ids, ...more } } };
  };
  const shipment = { shipment_id: uuid4(random) };
  const steps = [
    tell(0, 'medication_order:verified'),
    tell(draw.between(MINUTE_MS, 2 * HOUR_MS), 'medication_order:submitted'),
    tell(draw.between(MINUTE_MS, 8 * HOUR_MS), 'medication_order:acknowledged'),
    tell(draw.between(HOUR_MS, DAY_MS), 'medication_order:filled'),
    tell(draw.between(HOUR_MS, DAY_MS), 'shipment:created', shipment),
  ];
  return draw.chance(0.15)
    ? [...steps, tell(draw.between(HOUR_MS, DAY_MS), 'shipment:cancelled', shipment)]
    : steps;
}

const order: Scenario = {
  name: 'order',
  title: 'An order’s life: from the request to the doorstep, or cancelled on the way; perhaps a refill.',
  ...assumedClaim('The guide names the events; their order, the gaps and the chances are ours.', SEED),
  steps: (context) =>
    tenantOf(context.settings).generation === 'seed' ? orderOfSeed(context) : orderOf2026(context),
};

const sandboxOrder: Scenario = {
  name: 'sandboxOrder',
  title:
    'What creating an order in the sandbox sets off: created at once, then up to the doorstep, or cancelled.',
  ...assumedClaim('The guide says that it triggers a test event; which, and what follows, is ours.', SEED),
  steps: (context) =>
    tenantOf(context.settings).generation === 'seed' ? orderAlone(context) : orderOf2026(context),
};

export const scenarios: readonly Scenario[] = [order, sandboxOrder];
