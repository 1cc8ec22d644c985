import { inClear, reasonOf } from '../engine/resolve-settings.js';
import {
  joinSettings,
  maskSettings,
  openParts,
  placeOf,
  type SealedParts,
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
import { openSealed } from './open-sealed.js';
import type { SubscriptionResource } from './schemas/subscriptions.js';
import type { SubscriptionDraft } from './subscription-draft.js';

/** What the row says, opened, so that a change can be laid over it. @throws AppError `sealed_unreadable` */
export function draftOf(sealer: Sealer, row: SubscriptionRow): SubscriptionDraft {
  return openSealed(
    () => draftWith(row, openParts(sealer, placeOf.subscription(row.tenant_id, row.id), row.sealed)),
    'the subscription',
    'delete it and make it again',
  );
}

/** What can be shown of a subscription. */
export interface Shown {
  draft: SubscriptionDraft;
  /** What holds: defaults, presets and own values. */
  settings: Record<string, unknown>;
  /** Why that is not all of it; absent: it is. */
  unreadable?: string;
}

/** Whatever is wrong with one row: a list shows it beside the others. */
export function shownOf(sealer: Sealer, profile: Profile, row: SubscriptionRow): Shown {
  try {
    const parts = openParts(sealer, placeOf.subscription(row.tenant_id, row.id), row.sealed);
    const draft = draftWith(row, parts);
    const { settings } = effective(profile, 'subscription', draft.presets, draft.settings);
    return { draft, settings };
  } catch (error) {
    const { settings } = inClear(profile, row);
    return {
      draft: draftWith(row, { headers: [], settings: [] }),
      settings: { ...settings },
      unreadable: reasonOf(error),
    };
  }
}

function draftWith(row: SubscriptionRow, parts: SealedParts): SubscriptionDraft {
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
  const { draft, settings, unreadable } = shownOf(sealer, profile, row);
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
    ...(unreadable === undefined ? {} : { unreadable }),
  };
}

function instantOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : isoMillis(ms);
}
