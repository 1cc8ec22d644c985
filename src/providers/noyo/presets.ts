import { assumedClaim, documentedClaim, externalClaim } from '../claims.js';
import type { Preset } from '../contract.js';
import { corePresets } from '../core-presets.js';
import { health, retry, SPAN_MS } from './policy.js';
import { CLOUD_TASKS, OPENAPI, SEED, VERIFICATION } from './sources.js';

const HOUR_MS = 3_600_000;
const WHILE_STOPPED = { failed: 'hold', disabled: 'hold', onboarding: 'hold' } as const;
const BACKOFF = 'its queue will handle retrying with backoff 15 times over 3 days';

function doubling(retries: number, capMs: number | null): Preset['policies'] {
  return { retry: { ...retry, curve: { kind: 'doublingToSpan', retries, spanMs: SPAN_MS, capMs } } };
}

const signing: Preset[] = [
  {
    name: 'body',
    title: 'The signature covers the body alone, as the prose and the openssl line say',
    scope: 'subscription',
    settings: { signedContent: 'body' },
    ...externalClaim(VERIFICATION),
  },
  {
    name: 'both',
    title: 'The list carries a digest of timestamp.body and one of the body: passes either verifier',
    scope: 'subscription',
    settings: { signedContent: 'both' },
    ...externalClaim(VERIFICATION),
  },
  {
    name: 'singleSecret',
    title: 'One signature, never a list: a new secret holds from the next attempt on',
    scope: 'subscription',
    policies: { rotation: { kind: 'switch' } },
    ...assumedClaim(
      'The printed header carries one signature, and no rotation procedure is documented.',
      SEED,
    ),
  },
  {
    name: 'timestampPerEvent',
    title: 'The timestamp is the event’s, so retries carry the same signature',
    scope: 'subscription',
    settings: { timestampScope: 'event' },
    ...assumedClaim('Whether the timestamp belongs to the attempt or the event is not documented.', SEED),
  },
  {
    name: 'wholeSecondTimestamps',
    title: 'Timestamps without a fraction, as Python writes them once in a million',
    scope: 'subscription',
    settings: { timestampFraction: 'none' },
    ...assumedClaim('The printed value looks like Python’s isoformat(), which drops a zero fraction.', SEED),
  },
];

const schedule: Preset[] = [
  {
    name: 'cappedAt12h',
    title: '15 retries over 3 days, doubling up to 12 hours',
    scope: 'subscription',
    policies: doubling(15, 12 * HOUR_MS),
    ...documentedClaim(SEED, BACKOFF),
  },
  {
    name: 'cappedAt24h',
    title: '15 retries over 3 days, doubling up to 24 hours',
    scope: 'subscription',
    policies: doubling(15, 24 * HOUR_MS),
    ...documentedClaim(SEED, BACKOFF),
  },
  {
    name: 'cloudTasks',
    title: '15 retries within 3 days on Google Cloud Tasks’ curve: doubling 4 times from 242 s, then linear',
    scope: 'subscription',
    policies: {
      retry: {
        ...retry,
        curve: {
          kind: 'cloudTasks',
          retries: 15,
          minBackoffMs: 242_000,
          maxBackoffMs: 24 * HOUR_MS,
          maxDoublings: 4,
        },
      },
    },
    ...externalClaim(CLOUD_TASKS, 'x-cloud-trace-context is Google Cloud’s; Noyo does not name its queue.'),
  },
  {
    name: 'fifteenAttempts',
    title: '15 attempts in all: 14 retries over 3 days',
    scope: 'subscription',
    policies: doubling(14, null),
    ...documentedClaim(SEED, BACKOFF),
  },
];

const answers: Preset[] = [
  corePresets.success2xx(assumedClaim('Only `200` is named; whether 201 to 299 count is not said.', SEED)),
  corePresets.timeout30s(
    assumedClaim('No timeout is documented; 30 s is the upper end of what is usual.', SEED),
  ),
  corePresets.redirectIsSuccess(assumedClaim('Redirects are not documented.', SEED)),
  corePresets.rebuiltBody(assumedClaim('That retries repeat the bytes is not documented.', SEED)),
  corePresets.httpAllowed(assumedClaim('For receivers on a test network without TLS.')),
];

const subscriptionHealth: Preset[] = [
  {
    name: 'unhealthyOnExhaustion',
    title: '`unhealthy` only once all retries of an event have failed',
    scope: 'subscription',
    policies: { health: { ...health, unhealthyAt: 'exhausted', scope: 'exhausted' } },
    ...documentedClaim(
      SEED,
      'When a webhook fails delivery, its subscription is moved into `unhealthy` status',
    ),
  },
  {
    name: 'failedOnExhaustion',
    title: '`unhealthy` at the first failed attempt, `failed` only when an event has used up its retries',
    scope: 'subscription',
    policies: { health: { ...health, scope: 'exhausted' } },
    ...documentedClaim(SEED, 'and that event fails, the subscription is changed to "failed."'),
  },
  {
    name: 'dropWhileFailed',
    title: 'Events for a failed subscription are dropped',
    scope: 'subscription',
    policies: { whileStopped: { ...WHILE_STOPPED, failed: 'drop' } },
    ...assumedClaim('How a failed subscription comes back, and with which events, is not documented.', SEED),
  },
  {
    name: 'cancelWhileFailed',
    title: 'Events for a failed subscription are recorded as cancelled',
    scope: 'subscription',
    policies: { whileStopped: { ...WHILE_STOPPED, failed: 'cancel' } },
    ...assumedClaim('How a failed subscription comes back, and with which events, is not documented.', SEED),
  },
  corePresets.testAffectsHealth(assumedClaim('Whether a test counts is not documented.', SEED)),
];

const bodies: Preset[] = [
  corePresets.additionalFields(documentedClaim(SEED, 'Some events may include additional fields.')),
  {
    name: 'shuffledKeys',
    title: 'Another order of keys in every event',
    scope: 'tenant',
    settings: { keyOrder: 'shuffled' },
    ...assumedClaim('The examples print their keys in three orders.', SEED),
  },
  {
    name: 'publishedDisconnectionStatuses',
    title: 'Group disconnection requests carry only the four published statuses',
    scope: 'tenant',
    settings: { disconnectionStatuses: 'published' },
    ...externalClaim(OPENAPI, 'The published list lacks the `action_required` of the printed example.'),
  },
];

export const presets: readonly Preset[] = [
  ...signing,
  ...schedule,
  ...answers,
  ...subscriptionHealth,
  ...bodies,
];
