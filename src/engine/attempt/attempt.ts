import type { WallClock } from '../../lib/clock.js';
import { type Ids, idTimeMs } from '../../lib/ids.js';
import type { Random } from '../../lib/random.js';
import { sourceAddressOf } from '../../providers/core-settings.js';
import type { ClaimedDelivery } from '../../store/queue.js';
import type { Egress } from '../egress/egress.js';
import type { SendResult } from '../egress/exchange.js';
import type { LaneSnapshot } from '../lane-snapshot.js';
import { judge } from './judge.js';
import { type Attempted, failedBeforeSending } from './outcome.js';
import { plan } from './plan.js';
import { prepare } from './prepare.js';

export interface AttemptTools {
  egress: Egress;
  clock: WallClock;
  ids: Ids;
  random: Random;
  version: string;
}

/** A connection that failed within this time may be tried again at once, where the provider does so. Milliseconds. */
const INSTANT_RETRY_WITHIN_MS = 1_000;

/**
 * One attempt, five steps: prepare, send, judge, plan; settling is the caller's. Never rejects for what a consumer does:
 * a failed delivery is an outcome. @throws what `prepare` throws, a fault of ours.
 * @param startedMs the database's clock now, as this process reads it.
 */
export async function attempt(
  delivery: ClaimedDelivery,
  lane: LaneSnapshot,
  startedMs: number,
  tools: AttemptTools,
): Promise<Attempted> {
  const { clock, ids, random, version } = tools;
  const wallStartedMs = clock.now();
  const base = {
    delivery,
    lane,
    attemptId: ids.next(),
    startedMs,
    startedMonotonicMs: clock.monotonic(),
    wallStartedMs,
  };
  const { event } = delivery;
  if (!event?.body) {
    return { ...base, wire: null, result: null, ...failedBeforeSending('body_gone') };
  }
  const tenantNowMs = delivery.ownClock ? delivery.dueAtMs : startedMs;
  const wire = prepare({
    lane,
    delivery: { ...delivery, event: { ...event, body: event.body } },
    tenantNowMs,
    wallMs: wallStartedMs,
    publishedWallMs: idTimeMs(delivery.eventId),
    version,
    random,
  });
  const request = {
    url: lane.url,
    headers: wire.headers,
    body: wire.body,
    timeout: lane.policies.timeout,
    poolKey: lane.tenantId,
    https: lane.policies.https,
    localAddress: sourceAddressOf(lane.settings),
  };
  let result = await tools.egress.send(request);
  if (lane.policies.retry.instantTransportRetry && neverLeft(result))
    result = await tools.egress.send(request);
  // A consumer says an instant by the clock it knows: that of the timestamps it gets.
  const verdict = judge(result, lane.policies, lane.tenant.wire === 'virtual' ? tenantNowMs : clock.now());
  const next = plan(verdict, {
    policy: lane.policies.retry,
    attempt: delivery.tries + 1,
    trigger: delivery.trigger,
    random,
  });
  return { ...base, wire, result, verdict, plan: next };
}

/** Only what reached nobody may go again under the same number. */
function neverLeft(result: SendResult): boolean {
  const transport = ['refused', 'reset', 'unreachable', 'dns_error', 'tls_error'];
  return (
    result.kind === 'failed' &&
    !result.requestSent &&
    transport.includes(result.reason) &&
    result.timing.durationMs <= INSTANT_RETRY_WITHIN_MS
  );
}
