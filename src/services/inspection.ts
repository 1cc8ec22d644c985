import { type LaneSources, loadLaneSnapshots, sendingPolicies } from '../engine/lane-snapshot.js';
import { AppError } from '../errors.js';
import { MASK } from '../lib/mask.js';
import type { RetryPolicy } from '../providers/contract.js';
import { retryDelays } from '../providers/retry/delays.js';
import { type Explained, explain } from '../providers/signing/explain.js';
import { verifierCode } from '../providers/signing/verifier-code.js';
import { findDelivery } from '../store/history.js';
import { readSubscriptionHead } from '../store/lanes.js';
import type { HistoryService } from './history.js';
import { noDelivery } from './history.js';
import type { PlanResource, VerifyInput } from './schemas/inspection.js';

/** What verifiers of the field tolerate where nobody says otherwise, milliseconds. */
const TOLERANCE_MS = 300_000;

export interface InspectionService {
  /** Why an attempt, or what somebody received of it, verifies or not. */
  verify(
    tenantId: string,
    deliveryId: string,
    at: { number: number; input: VerifyInput },
  ): Promise<Explained & { verifier: string | null }>;
  /** The schedule that holds for a delivery, with its subscription's presets. */
  plan(tenantId: string, deliveryId: string): Promise<PlanResource>;
}

export function inspectionService(sources: LaneSources, history: HistoryService): InspectionService {
  const client = sources.db.pool;
  const find = async (tenantId: string, id: string) => {
    const row = await findDelivery(client, tenantId, id);
    if (!row) throw noDelivery();
    return row;
  };

  /** Of a subscription that is gone nothing is kept. */
  async function secretsOf(tenantId: string, subscriptionId: string): Promise<string[]> {
    const head = await readSubscriptionHead(client, tenantId, subscriptionId);
    const [snapshot] = head ? await loadLaneSnapshots(sources, [head.lane]) : [];
    return (snapshot?.secrets ?? []).map(({ value }) => value);
  }

  return {
    async verify(tenantId, deliveryId, { number, input }) {
      const delivery = await find(tenantId, deliveryId);
      const attempt = await history.attempt(tenantId, deliveryId, number);
      const sent = await history.attemptBytes(tenantId, deliveryId, { number, part: 'request' });
      if (delivery.provider === null) throw noDelivery();
      const profile = sources.registry.get(delivery.provider);
      const own = await secretsOf(tenantId, delivery.subscription_id);
      const { secret, tolerance = TOLERANCE_MS } = input;
      // What is shown masked was sent as the secret itself.
      const asSent = attempt.request.headers.map(
        ([name, value]) => [name, value === MASK ? (own[0] ?? MASK) : value] as [string, string],
      );
      const result = explain(profile, {
        headers: input.headers ?? asSent,
        body: receivedBody(input) ?? sent,
        secrets: secret === undefined ? own : [secret],
        nowMs: input.at ?? Date.parse(attempt.wallStartedAt),
        toleranceMs: tolerance,
        sent,
      });
      const given = input.headers ?? receivedBody(input);
      const told = secret === undefined && given ? withoutExpected(result) : result;
      return { ...told, verifier: verifierCode(profile) };
    },

    async plan(tenantId, deliveryId) {
      const { subscription_id: subscriptionId } = await find(tenantId, deliveryId);
      const found = await sendingPolicies(sources, tenantId, subscriptionId);
      if (!found) throw new AppError('not_found', 'The delivery’s subscription is not known any more.');
      const { profile, presets, policies } = found;
      const { claim, source } = profile.policies.retry;
      const { anchor, jitter } = policies.retry;
      return { provider: profile.id, presets, anchor, jitter, claim, source, steps: stepsOf(policies.retry) };
    },
  };
}

/** Nobody gets bytes of their own signed here: by secrets that the caller does not name, what would fit is not told. */
function withoutExpected(result: Explained): Explained {
  return {
    ...result,
    header: result.header && { ...result.header, expected: [] },
    firstDifference: result.firstDifference?.in === 'header' ? null : result.firstDifference,
  };
}

function receivedBody({ body, bodyBase64 }: VerifyInput): Uint8Array | null {
  if (bodyBase64 !== undefined) return Buffer.from(bodyBase64, 'base64');
  return body === undefined ? null : Buffer.from(body, 'utf8');
}

function stepsOf(policy: RetryPolicy): PlanResource['steps'] {
  const delays = retryDelays(policy);
  const steps: PlanResource['steps'] = [{ number: 1, gapMs: 0, afterMs: 0, earliestMs: 0, latestMs: 0 }];
  for (const [i, delay] of delays.entries()) {
    const before = steps[i]!;
    const gapMs = policy.anchor === 'first' ? delay - before.afterMs : delay;
    const spread = gapMs * policy.jitter;
    // Counted from the first attempt each one spreads on its own, else what was spread before adds up.
    const from =
      policy.anchor === 'first' ? [before.afterMs, before.afterMs] : [before.earliestMs, before.latestMs];
    steps.push({
      number: i + 2,
      gapMs,
      afterMs: before.afterMs + gapMs,
      earliestMs: Math.round(from[0]! + gapMs - spread),
      latestMs: Math.round(from[1]! + gapMs + spread),
    });
  }
  return steps;
}
