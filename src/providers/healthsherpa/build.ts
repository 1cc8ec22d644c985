import { isObject, type Json } from '../../lib/merge-patch.js';
import { buildBody, compactJson } from '../body.js';
import type { BuildInput, Built, EventType, WantsInput } from '../contract.js';
import { carrierOf } from './carriers.js';
import { type SubscriptionSettings, tenantOf } from './settings.js';

export function build(events: readonly EventType[], input: BuildInput): Built {
  return buildBody(events, input, {
    finish: (body, { settings }) => compactJson(withBlank(body, tenantOf(settings).blankAs)),
  });
}

/** A merge patch cannot say null, so `blank` is published and written as the setting wants it. */
function withBlank(body: Json, blankAs: string | null): Json {
  return isObject(body) && body.policy_status === 'blank' ? { ...body, policy_status: blankAs } : body;
}

/** By exchange and by webhook, as the onboarding form asks, and by what is heard of the carrier at all. */
export function wants(input: WantsInput): boolean {
  const { type, variant, body, subscriptionSettings } = input;
  const { exchange, webhooks } = subscriptionSettings as SubscriptionSettings;
  const webhook = type === 'submission' ? 'submission' : 'policy_status';
  return (
    (webhooks === 'both' || webhooks === webhook) &&
    (exchange === 'both' || exchange === exchangeOf(variant, body)) &&
    carrierOf(input).connected !== 'none'
  );
}

/** Why a policy status reaches nobody, or only later. */
export function notice({ type, settings }: BuildInput, read: () => Json | null): string | null {
  if (type !== 'sync' || Object.keys(tenantOf(settings).carriers).length === 0) return null;
  const { connected } = carrierOf({
    type,
    variant: null,
    body: read(),
    subscriptionSettings: {},
    tenantSettings: settings,
  });
  if (connected === 'none')
    return 'The carrier of this policy is not connected: its statuses are stored and reach no subscription.';
  return connected === 'late' ? 'The carrier of this policy is connected late: it is sent later.' : null;
}

/** What a carrier tells late is sent late. */
export function delayMs(input: WantsInput): number {
  const carrier = carrierOf(input);
  return carrier.connected === 'late' ? carrier.byMs : 0;
}

/** Where no variant was named, by the key that only off-exchange bodies have. */
function exchangeOf(variant: string | null, body: Json): 'on' | 'off' {
  if (variant !== null) return variant === 'on_exchange' ? 'on' : 'off';
  return isObject(body) && !('application_id' in body) ? 'on' : 'off';
}
