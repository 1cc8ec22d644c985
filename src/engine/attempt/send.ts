import type { WallClock } from '../../lib/clock.js';
import type { WireRequest } from '../../providers/contract.js';
import { sourceAddressOf } from '../../providers/core-settings.js';
import type { LaneAccess, LaneGrant } from '../access/lane-access.js';
import type { Tokens } from '../access/tokens.js';
import type { Egress, OutgoingRequest } from '../egress/egress.js';
import type { SendResult } from '../egress/exchange.js';
import type { LaneSnapshot } from '../lane-snapshot.js';

export type Wire = WireRequest & { body: Uint8Array };

export interface SendTools {
  egress: Egress;
  tokens: Tokens;
  clock: WallClock;
}

/** What was sent, as it went out, and what came of it. */
export interface Sent {
  wire: Wire;
  result: SendResult;
}

/** A connection that failed within this time may be tried again at once, where the provider does so. Milliseconds. */
const INSTANT_RETRY_WITHIN_MS = 1_000;

/** How a fault has it sent; absent: as any client does it. */
export type How = Pick<OutgoingRequest, 'manner' | 'together'>;

/** Sends the request of one attempt, with what the subscription's access adds to it. Never rejects. */
export async function send(
  wire: Wire,
  lane: LaneSnapshot,
  { how, ...tools }: SendTools & { how?: How | undefined },
): Promise<Sent> {
  const request: OutgoingRequest = {
    url: lane.url,
    headers: wire.headers,
    body: wire.body,
    timeout: lane.policies.timeout,
    poolKey: lane.tenantId,
    https: lane.policies.https,
    localAddress: sourceAddressOf(lane.settings),
    ...how,
  };
  if (lane.access === null) return { wire, result: await post(request, lane, tools.egress) };
  const { grant, tls }: LaneAccess = lane.access;
  if (grant === null) return { wire, result: await post({ ...request, tls }, lane, tools.egress) };
  return sendWithToken({ ...request, tls }, wire, { grant, lane, tools });
}

/** Within one timeout: a token, the request, and where the receiver turns the token down, both once more. */
async function sendWithToken(
  request: OutgoingRequest,
  bare: Wire,
  { grant, lane, tools }: { grant: LaneGrant; lane: LaneSnapshot; tools: SendTools },
): Promise<Sent> {
  const { egress, tokens, clock } = tools;
  const startedAt = clock.monotonic();
  const startedWallMs = clock.now();
  const owner = `${lane.tenantId} ${lane.subscriptionId}`;
  const spent = () => clock.monotonic() - startedAt;
  let wire = bare;
  for (let refused: string | undefined; ; ) {
    const asked = {
      ...request,
      owner,
      grant,
      spentMs: spent(),
      ...(refused === undefined ? {} : { refused }),
    };
    const token = await tokens.get(asked);
    if (token.kind === 'failed') {
      const timing = { startedWallMs, durationMs: Math.round(spent()), connectMs: null, firstByteMs: null };
      return { wire, result: { ...token, requestSent: refused !== undefined, timing } };
    }
    wire = withToken(bare, token.value);
    const spentMs = spent();
    const result = await post({ ...request, headers: wire.headers, spentMs }, lane, egress);
    if (refused !== undefined || result.kind === 'failed' || result.status !== 401)
      return { wire, result: startedBefore(result, spentMs) };
    refused = token.value;
  }
}

function withToken(wire: Wire, token: string): Wire {
  return {
    ...wire,
    headers: [...wire.headers, ['Authorization', `Bearer ${token}`]],
    secretHeaders: [...wire.secretHeaders, 'authorization'],
  };
}

/** Its times counted from the start of the attempt. */
function startedBefore(result: SendResult, byMs: number): SendResult {
  const { startedWallMs, durationMs, connectMs, firstByteMs } = result.timing;
  const later = (ms: number | null) => (ms === null ? null : Math.round(ms + byMs));
  const timing = {
    startedWallMs,
    durationMs: Math.round(durationMs + byMs),
    connectMs: later(connectMs),
    firstByteMs: later(firstByteMs),
  };
  return { ...result, timing };
}

async function post(request: OutgoingRequest, lane: LaneSnapshot, egress: Egress): Promise<SendResult> {
  const result = await egress.send(request);
  const again = lane.policies.retry.instantTransportRetry && neverLeft(result);
  return again ? egress.send(request) : result;
}

/** Only what reached nobody may go again under the same number. */
function neverLeft(result: SendResult): boolean {
  return (
    result.kind === 'failed' &&
    !result.requestSent &&
    /^(?:refused|reset|unreachable|dns_error|tls_.*)$/.test(result.reason) &&
    result.timing.durationMs <= INSTANT_RETRY_WITHIN_MS
  );
}
