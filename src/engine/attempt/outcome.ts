import { isUtf8 } from 'node:buffer';
import { asText } from '../../lib/bytes.js';
import type { WireRequest } from '../../providers/contract.js';
import { UNTEXTUAL_BYTES } from '../../store/outcome-rows.js';
import { type ClaimedDelivery, type Outcome, TRIGGERS } from '../../store/queue.js';
import type { SendResult } from '../egress/exchange.js';
import type { LaneSnapshot } from '../lane-snapshot.js';
import type { Verdict } from './judge.js';
import type { Plan } from './plan.js';
import { maskHeaders } from './prepare.js';

export interface Attempted {
  delivery: ClaimedDelivery;
  lane: LaneSnapshot;
  attemptId: string;
  /** Null when nothing could be prepared. */
  wire: (WireRequest & { body: Uint8Array }) | null;
  result: SendResult | null;
  verdict: Verdict;
  plan: Plan;
  /** The database's clock at the start, as this process reads it. */
  startedMs: number;
  /** The same instant on this process's monotonic clock. */
  startedMonotonicMs: number;
  wallStartedMs: number;
  /** What faults did to it; absent where there are none. */
  touched?: Touched;
}

export interface Touched {
  /** JSON text of what is recorded of them; null when none of them struck. */
  faults: string | null;
  /** Whether its body is another than the event's. */
  rewritten: boolean;
  /** What they sent beside it, in order. */
  copies: readonly Attempted[];
}

/** The attempt record: everything that was sent and came back, secrets masked. Pure. */
export function toOutcome(attempted: Attempted): Outcome {
  const { delivery, lane, wire, result, verdict, plan, touched } = attempted;
  const answered = result?.kind === 'answered' ? result : null;
  const body = storedBody(answered?.body ?? null);
  const outcome: Outcome = {
    tenantId: delivery.tenantId,
    id: delivery.id,
    token: delivery.token,
    attemptId: attempted.attemptId,
    guard: false,
    number: delivery.tries + 1,
    trigger: TRIGGERS.indexOf(delivery.trigger),
    dueMs: delivery.dueAtMs,
    outcome: plan.outcome,
    reason: verdict.reason,
    endReason: plan.outcome === 'failed' ? plan.endReason : null,
    startedMs: attempted.startedMs,
    wallStartedMs: attempted.wallStartedMs,
    durationMs: Math.round(result?.timing.durationMs ?? 0),
    anchor: plan.outcome === 'retry' ? plan.anchor : null,
    delayMs: plan.outcome === 'retry' ? plan.delayMs : null,
    subscriptionStatus: lane.status,
    url: lane.url,
    requestHeaders: wire ? maskHeaders(wire.headers, wire.secretHeaders) : [],
    requestBytes: wire?.body.length ?? 0,
    signature: wire?.signature ?? null,
    status: answered?.status ?? null,
    responseHeaders: answered?.headers ?? null,
    bodyText: body.bodyText,
    bodyBase64: body.bodyBase64,
    responseBytes: answered?.bodyBytes ?? null,
    truncated: answered?.truncated ?? false,
    timing: result
      ? {
          connectMs: result.timing.connectMs,
          firstByteMs: result.timing.firstByteMs,
          durationMs: result.timing.durationMs,
          ...saidBefore(result),
        }
      : {},
  };
  return touched ? { ...outcome, ...touchedFields(touched, wire) } : outcome;
}

/** Why there was no token: what its endpoint said has no place in an answer of the consumer's. */
function saidBefore(result: SendResult): { tokenEndpoint?: string } {
  if (result.kind === 'answered' || !result.reason.startsWith('oauth_token')) return {};
  return { tokenEndpoint: result.detail };
}

function touchedFields(
  { faults, rewritten }: Touched,
  wire: Attempted['wire'],
): Pick<Outcome, 'faults' | 'requestBase64'> {
  return {
    ...(faults === null ? {} : { faults }),
    ...(rewritten && wire ? { requestBase64: Buffer.from(wire.body).toString('base64') } : {}),
  };
}

/** The visible end of a delivery that this program could not send, whatever it tried. */
export function unsendable(
  delivery: ClaimedDelivery,
  lane: LaneSnapshot,
  at: Pick<Attempted, 'attemptId' | 'startedMs' | 'startedMonotonicMs' | 'wallStartedMs'>,
): Attempted {
  return { delivery, lane, ...at, wire: null, result: null, ...failedBeforeSending('unsendable') };
}

/** No packet left, and none would. */
export function failedBeforeSending(reason: string): Pick<Attempted, 'verdict' | 'plan'> {
  return {
    verdict: { ok: false, reason, terminal: true, slowDown: false, retryAfterMs: null, control: null },
    plan: { outcome: 'failed', endReason: reason },
  };
}

/** What is no text, or holds a byte that stands for something in the text of a batch, travels as base64. */
function storedBody(body: Uint8Array | null): { bodyText: string | null; bodyBase64: string | null } {
  if (body === null) return { bodyText: null, bodyBase64: null };
  if (isUtf8(body) && !UNTEXTUAL_BYTES.some((byte) => body.includes(byte)))
    return { bodyText: asText(body), bodyBase64: null };
  return { bodyText: null, bodyBase64: Buffer.from(body).toString('base64') };
}
