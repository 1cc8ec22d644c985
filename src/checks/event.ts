import { uuid4 } from '../lib/ids.js';
import type { Json } from '../lib/merge-patch.js';
import type { Random } from '../lib/random.js';
import type { Profile } from '../providers/contract.js';
import { asJson } from '../services/event-body.js';

/** An event of a check: its bytes are fixed, its requests are made of it. */
export interface CheckEvent {
  type: string;
  variant: string | null;
  body: Uint8Array;
  /** The body as JSON, before any encryption; null where there is none. */
  json: Json | null;
  providerEventId: string | null;
  /** The same on every attempt. */
  deliveryId: string;
  publishedMs: number;
}

/** What shapes the events of a run. */
export interface EventShape {
  profile: Profile;
  environment: string;
  /** Tenant settings after presets, parsed. */
  settings: Readonly<Record<string, unknown>>;
}

export interface EventWanted {
  type: string;
  variant?: string | null;
  data?: Json;
  nowMs: number;
  random: Random;
}

export function makeEvent(
  { profile, environment, settings }: EventShape,
  { type, variant = null, data, nowMs, random }: EventWanted,
): CheckEvent {
  const input = { type, variant, environment, settings, nowMs, random };
  const built = profile.build(data === undefined ? input : { ...input, data });
  return {
    type,
    variant,
    body: built.body,
    json: built.json ?? asJson(built.body),
    providerEventId: built.providerEventId,
    deliveryId: uuid4(random),
    publishedMs: nowMs,
  };
}
