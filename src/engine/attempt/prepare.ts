import type { Random } from '../../lib/random.js';
import type { HeaderList, Profile, RequestInput, WireRequest } from '../../providers/contract.js';
import type { ClaimedDelivery } from '../../store/queue.js';
import type { LaneSnapshot } from '../lane-snapshot.js';
import { MASK } from '../sealed-settings.js';

export interface PrepareInput {
  lane: LaneSnapshot;
  delivery: Pick<ClaimedDelivery, 'id' | 'tries' | 'eventId'> & {
    event: { type: string; providerEventId: string | null; body: Uint8Array; createdAtMs: number };
  };
  /** Tenant time of this attempt. */
  tenantNowMs: number;
  /** Real time of this attempt, and of the publish. */
  wallMs: number;
  publishedWallMs: number;
  version: string;
  random: Random;
}

/** What the request of one attempt is made of. Pure. */
export function requestInputOf(input: PrepareInput): RequestInput {
  const { lane, delivery, tenantNowMs } = input;
  const virtual = lane.tenant.wire === 'virtual';
  return {
    type: delivery.event.type,
    body: delivery.event.body,
    providerEventId: delivery.event.providerEventId,
    deliveryId: delivery.id,
    attempt: delivery.tries + 1,
    timestampMs: virtual ? tenantNowMs : input.wallMs,
    eventTimestampMs: virtual ? delivery.event.createdAtMs : input.publishedWallMs,
    secrets: lane.secrets
      .filter((s) => s.expiresAtMs === null || s.expiresAtMs > tenantNowMs)
      .map((s) => s.value),
    settings: lane.settings,
    policies: lane.policies,
    customHeaders: lane.customHeaders,
    version: input.version,
    random: input.random,
  };
}

/** One request, complete but for what the connection adds. Pure. */
export function prepare(profile: Profile, input: RequestInput): WireRequest & { body: Uint8Array } {
  const wire = profile.request(input);
  return { ...wire, body: wire.body ?? input.body };
}

/** The headers as they may be shown and stored. */
export function maskHeaders(headers: HeaderList, secretNames: readonly string[]): HeaderList {
  if (secretNames.length === 0) return headers;
  return headers.map(([name, value]) => [name, secretNames.includes(name.toLowerCase()) ? MASK : value]);
}
