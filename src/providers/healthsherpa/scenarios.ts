import { isObject, type Json } from '../../lib/merge-patch.js';
import { assumedClaim } from '../claims.js';
import type { ExampleContext } from '../contract.js';
import {
  DAY_MS,
  drawFrom,
  HOUR_MS,
  MINUTE_MS,
  type Scenario,
  type ScenarioContext,
  type ScenarioStep,
} from '../scenario.js';
import { usDate } from './events/fields.js';
import { offExchangeExample } from './events/off-exchange.js';
import { onExchangeExample } from './events/on-exchange.js';
import { skillExample } from './events/skill-2026-06.js';
import { tenantOf } from './settings.js';
import { SEED } from './sources.js';

type Variant = 'off_exchange' | 'on_exchange';

/** One moment of an application: which webhook tells of it, with which status. */
interface Moment {
  afterMs: number;
  type: 'submission' | 'sync';
  status: string;
}

/** Pending until the binder payment: then effectuated and perhaps terminated later, or cancelled without ever being so. */
function momentsOf({ random, settings }: ScenarioContext, variant: Variant): Moment[] {
  const draw = drawFrom(random);
  // Statuses of the API reference alone, and of its on-exchange bodies alone.
  const canBeUnknown = variant === 'on_exchange' && tenantOf(settings).generation === 'seed';
  const moments: Moment[] = [{ afterMs: 0, type: 'submission', status: 'pending_effectuation' }];
  const sync = (gapMs: number, status: string) =>
    moments.push({ afterMs: moments.at(-1)!.afterMs + gapMs, type: 'sync', status });
  sync(draw.between(10 * MINUTE_MS, DAY_MS), 'pending_effectuation');
  if (canBeUnknown && draw.chance(0.2)) sync(draw.between(HOUR_MS, DAY_MS), draw.oneOf(['unknown', 'blank']));
  if (draw.chance(0.3)) {
    sync(draw.between(20 * DAY_MS, 35 * DAY_MS), 'cancelled');
    return moments;
  }
  sync(draw.between(2 * DAY_MS, 12 * DAY_MS), 'effectuated');
  for (let payments = draw.oneOf([0, 1, 2]); payments > 0; payments--)
    sync(draw.between(28 * DAY_MS, 32 * DAY_MS), 'effectuated');
  if (draw.chance(0.4)) sync(draw.between(15 * DAY_MS, 90 * DAY_MS), 'terminated');
  return moments;
}

/** What stays the same from the first body to the last; each event brings its own type and timestamp. */
function applicationOf({ random, startMs, settings }: ScenarioContext, variant: Variant) {
  const context: ExampleContext = {
    type: 'submission',
    variant,
    environment: '',
    nowMs: startMs,
    random,
    settings,
  };
  const exampleOf =
    tenantOf(settings).generation !== 'seed'
      ? skillExample
      : variant === 'on_exchange'
        ? onExchangeExample
        : offExchangeExample;
  const example = exampleOf(context, 'submission', 'pending_effectuation');
  const { event_type, event_timestamp, timestamp, ...kept } = isObject(example) ? example : {};
  return kept;
}

/** Only `paid` is printed; until the binder payment it cannot be that. */
function paymentAt(payment: Json | undefined, { status }: Moment, atMs: number): { [key: string]: Json } {
  const paid = status === 'effectuated' || status === 'terminated';
  return {
    ...(isObject(payment) ? payment : {}),
    payment_status: paid ? 'paid' : 'unpaid',
    payment_status_updated_date: usDate(atMs),
  };
}

function bodyAt(
  application: { [key: string]: Json },
  moment: Moment,
  { startMs, settings }: ScenarioContext,
): { [key: string]: Json } {
  const { policy_status, policy_aor_npn, policies, policy, payment, ...ids } = application;
  const { status, type, afterMs } = moment;
  const atMs = startMs + afterMs;
  // On the exchange a short submission has neither of the two.
  const isShort =
    payment !== undefined && type === 'submission' && tenantOf(settings).onExchangeSubmission === 'short';
  return {
    ...ids,
    ...(isShort ? {} : { policy_status: status }),
    ...(isShort || policy_aor_npn === undefined ? {} : { policy_aor_npn }),
    ...(isObject(policy) ? { policy: { ...policy, status } } : {}),
    ...(Array.isArray(policies)
      ? {
          policies: policies.filter(isObject).map((one) => ({
            ...one,
            status,
            payment: paymentAt(one.payment, moment, atMs),
          })),
        }
      : {}),
    ...(payment === undefined ? {} : { payment: paymentAt(payment, moment, atMs) }),
  };
}

function enrolment(name: string, title: string, variant: Variant): Scenario {
  return {
    name,
    title,
    ...assumedClaim('The statuses and their order are documented; the gaps and chances are ours.', SEED),
    steps(context) {
      const application = applicationOf(context, variant);
      return momentsOf(context, variant).map(
        (moment): ScenarioStep => ({
          afterMs: moment.afterMs,
          type: moment.type,
          variant,
          data: bodyAt(application, moment, context),
        }),
      );
    },
  };
}

export const scenarios: readonly Scenario[] = [
  enrolment(
    'enrolment',
    'A member’s enrolment off the exchange, from submission to its end.',
    'off_exchange',
  ),
  enrolment('enrolmentOnExchange', 'The same on the exchange, where less is told.', 'on_exchange'),
];
