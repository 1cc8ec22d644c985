import { judgeUrl } from '../engine/egress/judge-url.js';
import type { EgressRules } from '../engine/egress/rules.js';
import type { Settings } from '../engine/sealed-settings.js';
import { AppError, unknownName } from '../errors.js';
import { plainIssue } from '../lib/plain-issue.js';
import type { Random } from '../lib/random.js';
import type { PolicyValues, Profile } from '../providers/contract.js';
import { effective } from '../providers/effective.js';
import { OPERATIONAL } from '../store/lanes.js';
import { checkAccess, refuseExpired } from './check-access.js';
import { checkHeaders, type Headers } from './custom-headers.js';
import { environmentOf } from './environments.js';
import { refuseMask } from './settings.js';

/** A subscription as somebody wants it, secrets and all in the clear. */
export interface SubscriptionDraft {
  url: string;
  environment: string;
  presets: string[];
  /** Only what was said, not what follows from it. */
  settings: Settings;
  /** Null = all. */
  events: readonly string[] | null;
  headers: Headers;
  rateLimit: number | null;
  maxInFlight: number;
  /** Group of subscriptions that can be published to alone. */
  application: string;
  /** A name of the consumer's choice, unique within the application. */
  uid: string | null;
  /** Empty = no filter. */
  channels: string[];
  /** What the provider's front door keeps beside. */
  details: Settings;
}

export interface JudgedDraft {
  draft: SubscriptionDraft;
  policies: PolicyValues;
  /** Sentences for `Ringer-Notice`. */
  notices: string[];
}

/**
 * Everything that can be wrong with a subscription, asked at creation and at every change.
 * @param vouched event types that are no names of the profile's and may be wanted all the same.
 * @throws AppError
 */
export function judgeDraft(
  profile: Profile,
  egress: EgressRules,
  draft: SubscriptionDraft,
  vouched: readonly string[] = [],
): JudgedDraft {
  environmentOf(profile, draft.environment);
  const { policies, settings } = effective(profile, 'subscription', draft.presets, draft.settings);
  refuseMask(draft.settings, profile.secretSettings);
  const verdict = judgeUrl(draft.url, egress, policies.https);
  if (!verdict.ok)
    throw new AppError(verdict.code, verdict.detail, [{ path: 'url', message: verdict.detail }]);
  const events = checkEvents(profile, draft, vouched);
  checkHeaders(profile, draft.headers);
  const access = profile.access?.(settings);
  if (access) checkAccess(access, { egress, https: policies.https, headers: draft.headers });
  const notices = verdict.notice === null ? [] : [verdict.notice];
  return { draft: { ...draft, url: verdict.url, events }, policies, notices };
}

/** Asked where settings are given, not where others change: a certificate may outlive its time in a subscription. */
export function refuseExpiredCredentials(profile: Profile, draft: SubscriptionDraft, nowMs: number): void {
  if (!profile.access) return;
  const { settings } = effective(profile, 'subscription', draft.presets, draft.settings);
  refuseExpired(profile.access(settings), nowMs);
}

function checkEvents(
  profile: Profile,
  { events, application }: Pick<SubscriptionDraft, 'events' | 'application'>,
  vouched: readonly string[],
): string[] | null {
  const offered = application === OPERATIONAL ? operationalEvents(profile) : profile.events;
  if (events === null) return null;
  const errors = [{ path: 'events', message: 'is not offered by this provider' }];
  if (profile.eventFilter.value === 'none')
    throw new AppError(
      'events_unsupported',
      `${profile.name} sends every event to every subscription; leave events out.`,
      errors,
    );
  const known = new Set([...offered.map(({ type }) => type), ...vouched]);
  const unknown = events.findIndex((type) => !known.has(type));
  if (unknown < 0) return [...new Set(events)];
  const { message } = unknownName('unknown_event', `event of ${profile.id}`, events[unknown]!, known);
  throw new AppError('unknown_event', message, [{ path: `events.${unknown}`, message: 'Unknown event' }]);
}

function operationalEvents(profile: Profile): readonly { type: string }[] {
  if (profile.operational) return profile.operational.value.events;
  throw new AppError('invalid_request', `${profile.name} tells nothing about its own deliveries.`, [
    { path: 'application', message: 'is not offered by this provider' },
  ]);
}

/** The secret a new subscription gets: the caller's, one of ours, or none. */
export function firstSecret(
  profile: Profile,
  given: string | undefined,
  random: Random,
): { value: string; made: boolean } | null {
  if (given !== undefined) return { value: checkSecret(profile, given), made: false };
  return profile.secret.value.use === 'required'
    ? { value: profile.secret.value.make(random), made: true }
    : null;
}

/** @throws AppError `invalid_secret`; the message never repeats the secret. */
export function checkSecret(profile: Profile, secret: string): string {
  const { use, accepts } = profile.secret.value;
  const refuse = (why: string) =>
    new AppError('invalid_secret', `The secret of ${profile.name} ${why}.`, [
      { path: 'secret', message: why },
    ]);
  if (use === 'none') throw refuse('does not exist: it signs nothing; leave it out');
  const parsed = accepts.safeParse(secret, { error: plainIssue });
  if (!parsed.success) throw refuse(parsed.error.issues.map((issue) => issue.message).join(', '));
  return parsed.data;
}
