import {
  joinSettings,
  maskSettings,
  openParts,
  placeOf,
  type Settings,
  sealParts,
  splitSettings,
} from '../engine/sealed-settings.js';
import { isoMillis } from '../lib/clock.js';
import { publicId } from '../lib/ids.js';
import type { Sealer } from '../lib/sealing.js';
import type { Profile } from '../providers/contract.js';
import { effective } from '../providers/effective.js';
import type { SubscriptionColumns, SubscriptionRow } from '../store/subscriptions.js';
import { maskHeaders } from './custom-headers.js';
import type { SubscriptionResource } from './schemas/subscriptions.js';
import type { SubscriptionDraft } from './subscription-draft.js';

/** What the row says, opened, so that a change can be laid over it. */
export function draftOf(sealer: Sealer, row: SubscriptionRow): SubscriptionDraft {
  const parts = openParts(sealer, placeOf.subscription(row.tenant_id, row.id), row.sealed);
  return {
    url: row.url,
    environment: row.environment,
    presets: row.presets,
    settings: joinSettings(row.settings as Settings, parts.settings),
    events: row.all_events ? null : row.events,
    headers: parts.headers,
    rateLimit: row.rate_limit,
    maxInFlight: row.max_in_flight,
    application: row.application,
    uid: row.uid,
    channels: row.channels,
    details: row.details as Settings,
  };
}

/** As it is stored: every header value and every secret setting sealed for this subscription. */
export function columnsOf(
  sealer: Sealer,
  profile: Profile,
  { tenantId, id, status, draft }: { tenantId: string; id: string; status: string; draft: SubscriptionDraft },
): SubscriptionColumns {
  const { clear, secrets } = splitSettings(draft.settings, profile.secretSettings);
  return {
    url: draft.url,
    environment: draft.environment,
    status,
    events: [...(draft.events ?? [])],
    all_events: draft.events === null,
    presets: draft.presets,
    settings: clear,
    sealed: sealParts(sealer, placeOf.subscription(tenantId, id), {
      headers: draft.headers,
      settings: secrets,
    }),
    rate_limit: draft.rateLimit,
    max_in_flight: draft.maxInFlight,
    application: draft.application,
    uid: draft.uid,
    channels: draft.channels,
    details: draft.details,
  };
}

/** As the API shows it. */
export function subscriptionResource(
  sealer: Sealer,
  profile: Profile,
  row: SubscriptionRow,
): SubscriptionResource {
  const draft = draftOf(sealer, row);
  const { settings } = effective(profile, 'subscription', draft.presets, draft.settings);
  return {
    id: publicId('sub', row.id),
    provider: row.provider,
    url: row.url,
    status: row.status,
    unhealthySince: instantOrNull(row.health?.unhealthySince),
    failingSince: instantOrNull(row.health?.failingSince),
    events: draft.events === null ? null : [...draft.events],
    headers: maskHeaders(draft.headers),
    settings: maskSettings(settings, profile.secretSettings),
    presets: row.presets,
    environment: row.environment,
    rateLimit: row.rate_limit,
    maxInFlight: row.max_in_flight,
    createdAt: isoMillis(row.created_at.getTime()),
    updatedAt: isoMillis(row.updated_at.getTime()),
  };
}

function instantOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : isoMillis(ms);
}
