import type { ZodObject, ZodType } from 'zod';
import type { Json } from '../lib/merge-patch.js';
import type { Random } from '../lib/random.js';
import type { Access } from './access.js';
import type { FrontDoor } from './front-door.js';
import type { Life } from './life.js';
import type { OperationalRule } from './operational.js';
import type { Scenario } from './scenario.js';

/**
 * What a provider is. One folder under `src/providers/` default-exports one `Profile`; nothing else in the code knows
 * its name. Policies are data in closed unions, because the API, the CLI, the page, the docs and the conformance suite
 * all show them; `build` and `request` are pure.
 */
export interface Profile {
  /** Folder name and the word in every URL: lowercase letters and digits. */
  id: string;
  name: string;
  summary: string;
  docs: string;
  /** What an event's environment may be; the first is the default. A refused one names the passage. */
  environments: Claimed<{
    offered: readonly [string, ...string[]];
    refused: Readonly<Record<string, string>>;
  }>;
  events: readonly EventType[];
  /** What `POST …/subscriptions/{id}/test` sends: a type of its own, or a sample of a type the caller may choose. */
  test: Claimed<{ kind: 'type'; type: string } | { kind: 'sample'; type: string }>;
  /** Where the id lies that a consumer dedupes on. */
  eventId: Claimed<EventIdRule>;
  secret: Claimed<SecretRule>;
  auth: Claimed<AuthRule>;
  policies: Policies;
  /** Knobs as strict zod objects in which every key has a default. `tenant` shapes bodies, `subscription` the rest. */
  settings: { tenant: ZodObject; subscription: ZodObject };
  /** Where each setting comes from, by its key; the conformance suite wants one for every key. */
  settingClaims: Readonly<Record<string, Claim>>;
  /**
   * Settings, of either kind, whose values are secrets: encrypted at rest and masked wherever they are shown.
   * Dotted paths; a last `*` stands for every key (`auth.headers.*`). Absent: none.
   */
  secretSettings?: readonly string[];
  presets: readonly Preset[];
  /** Whether a subscription may name the events it wants (`events`). */
  eventFilter: Claimed<'byType' | 'none'>;
  /** Header names a custom header may not take, lowercase, beyond those HTTP itself reserves. A trailing `*` is a prefix. */
  reservedHeaders: Claimed<readonly string[]>;
  /** Statuses of a subscription before it is live, in order; empty for most. */
  onboarding: readonly string[];
  /** Those of them in which events go out already; absent: none. */
  deliversIn?: readonly string[];
  /** Known answers of the signing, encryption or encoding: run by the conformance suite, shown in the docs. */
  vectors?: readonly Vector[];
  /** What its events tell of, and what cannot follow what. Absent: nothing is known. */
  lives?: readonly Life[];
  /** Lives that can be told from beginning to end. Absent: none. */
  scenarios?: readonly Scenario[];
  /** What it tells about its own deliveries. Absent: nothing. */
  operational?: Claimed<OperationalRule>;
  /** Anything else worth reading on the profile page: source addresses, documented limits, what could not be found. */
  facts: readonly Claimed<string>[];
  /** Whether an event of this shape goes to this subscription (the environment is compared by the engine). */
  wants(input: WantsInput): boolean;
  /** How long after the publish it goes out for the first time, milliseconds of tenant time. Absent: at once. */
  delayMs?(input: WantsInput): number;
  /** The body, once per event. Throws `BodyError` when `data` does not fit the schema after merging. */
  build(input: BuildInput): Built;
  /** The headers of one attempt: stamped, signed, in the order in which they are sent. */
  request(input: RequestInput): WireRequest;
  /** The provider's own API for whoever registers and manages; absent: it has none. */
  door?: FrontDoor;
  /** What its requests need beyond headers, by the subscription's settings; pure. Absent: nothing, for anybody. */
  access?(settings: Readonly<Record<string, unknown>>): Access;
  /** A sentence for `Ringer-Notice` where this publish is legal but noteworthy, else null. `read` gives its body. */
  notice?(input: BuildInput, read: () => Json | null): string | null;
}

// --- Claims -------------------------------------------------------------------------------------------------------

/**
 * Where a fact comes from. `documented` quotes at most 15 words, found verbatim in the document named by `source`
 * (`seeds/noyo.md`); `external` names a first-party URL; `assumed` says why this reading was chosen.
 */
export type Claim =
  | { claim: 'documented'; source: string; quote: string }
  | { claim: 'external'; source: string; why?: string }
  | { claim: 'assumed'; source: string | null; why: string };

export type Claimed<T> = Claim & { value: T };

/** A named other reading: a bundle of policy and setting changes. `tenant` presets shape bodies, the others requests. */
export type Preset = Claim & {
  /** camelCase */
  name: string;
  title: string;
  scope: 'tenant' | 'subscription';
  policies?: Partial<PolicyValues>;
  settings?: Readonly<Record<string, Json>>;
};

/** A known answer: `actual()` must give `expected`. */
export interface Vector {
  title: string;
  /** URL or document it was published in; null when it is ours. */
  source: string | null;
  /** What went in, for people. */
  given: Readonly<Record<string, string>>;
  expected: string;
  actual(): string;
}

// --- Policies: closed unions --------------------------------------------------------------------------------------

export type Policies = { readonly [K in keyof PolicyValues]: Claimed<PolicyValues[K]> };

export interface PolicyValues {
  retry: RetryPolicy;
  success: SuccessRule;
  timeout: TimeoutRule;
  health: HealthPolicy;
  https: HttpsRule;
  redirect: RedirectRule;
  timestamp: TimestampRule;
  rotation: RotationRule;
  whileStopped: WhileStopped;
  deliveryControl: DeliveryControl;
}

export interface RetryPolicy {
  curve: RetryCurve;
  /**
   * What delays count from: the end of the previous attempt, its start, or the start of the first attempt
   * (then a `list` holds offsets, not gaps).
   */
  anchor: 'previousEnd' | 'previousStart' | 'first';
  /** Share of the delay that is spread at random, ±, 0 to 1. 0 = none. */
  jitter: number;
  /** Least delay after a timeout or a 429, milliseconds. 0 = none. */
  penaltyMs: number;
  /** `clamp`: an answer's Retry-After replaces the delay, kept within [1, 2] times it. */
  retryAfter: 'ignore' | 'clamp';
  /** One more try at once, under the same attempt number, when the connection failed before any byte was written. */
  instantTransportRetry: boolean;
}

export type RetryCurve =
  /** Delay (or offset, see anchor) before each retry, milliseconds. */
  | { kind: 'list'; delaysMs: readonly number[] }
  /** `retries` delays, each twice the last but at most `capMs`, that sum to exactly `spanMs`. */
  | { kind: 'doublingToSpan'; retries: number; spanMs: number; capMs: number | null }
  /** Google Cloud Tasks: doubling `maxDoublings` times from `minBackoffMs`, then linear, at most `maxBackoffMs`. */
  | { kind: 'cloudTasks'; retries: number; minBackoffMs: number; maxBackoffMs: number; maxDoublings: number }
  /** The same delay before each retry. */
  | { kind: 'fixed'; retries: number; delayMs: number };

export type SuccessRule =
  | { kind: 'codes'; codes: readonly number[] }
  | { kind: 'class2xx' }
  /** Any answer below 400. */
  | { kind: 'notError' };

export type TimeoutRule =
  /** From the first byte of the connection to the last of the answer, real milliseconds. */
  { kind: 'total'; ms: number } | { kind: 'split'; connectMs: number; totalMs: number };

export type HealthPolicy =
  /** Nothing the endpoint answers changes the subscription. */
  | { kind: 'none' }
  /** Only the user turns it off and on. */
  | { kind: 'byUser' }
  /**
   * A failure makes it `unhealthy`, a success `active` again. An event created `failAfterMs` or more after
   * `unhealthySince` whose attempt fails (or, `exhausted`, whose last attempt fails) makes it `failed`.
   */
  | {
      kind: 'unhealthyThenFailed';
      failAfterMs: number;
      scope: 'attempt' | 'exhausted';
      /** Which failure makes it `unhealthy`: a failed attempt (absent), or a delivery out of retries. */
      unhealthyAt?: 'attempt' | 'exhausted';
    }
  /**
   * The clock starts at a failed attempt that is `confirmFromMs` to `confirmToMs` after an earlier one with no success
   * between; the first failed attempt (or exhausted delivery) `disableAfterMs` later makes it `disabled`.
   */
  | {
      kind: 'disableAfterSpan';
      confirmFromMs: number;
      confirmToMs: number;
      disableAfterMs: number;
      judgedAt: 'attempt' | 'exhaustion';
    }
  /** `threshold` failed attempts in a row make it `disabled`. */
  | { kind: 'consecutiveFailures'; threshold: number };

/** `acceptNeverSend`: a plain URL is registered, and its deliveries fail with `https_required` without a packet. */
export type HttpsRule = 'required' | 'acceptNeverSend' | 'optional';

/** A redirect is never followed; what differs is what it counts as. */
export type RedirectRule = 'failure' | 'success';

export type TimestampRule =
  | { kind: 'none' }
  | {
      kind: 'header';
      header: string;
      format: 'isoMicros' | 'isoMillis' | 'unixSeconds' | 'unixMillis';
      /** `event`: the instant of publishing, the same on every attempt. */
      scope: 'attempt' | 'event';
    };

export type RotationRule =
  /** Old and new secret both sign until the overlap ends, in one header. Milliseconds. */
  | { kind: 'overlap'; defaultMs: number; maxMs: number }
  /** The new secret holds from the next attempt on. */
  | { kind: 'switch' }
  /** A secret lives as long as its subscription. */
  | { kind: 'fixed' };

/** What becomes of a delivery for a subscription in this status. A paused subscription always holds. */
export type WhileStopped = Readonly<Record<'failed' | 'disabled' | 'onboarding', StoppedRule>>;

/**
 * `hold` waits for resume; `skip` is cancelled and can be replayed as never attempted; `cancel` is cancelled;
 * `drop` makes no delivery at all.
 */
export type StoppedRule = 'hold' | 'skip' | 'cancel' | 'drop';

/** What an answer may ask for beside its status. */
export type DeliveryControl =
  | { kind: 'none' }
  /**
   * By the value of a header of the answer, compared without case: `abort` ends the retries of this delivery, where it
   * would have any; `disable` disables the subscription, whatever the status. Null where the provider knows no such word.
   */
  | { kind: 'header'; header: string; abort: string | null; disable: string | null };

export type EventIdRule =
  /** In the body, at this path. */
  | { kind: 'body'; path: readonly string[] }
  /** In a header only, made once per event. */
  | { kind: 'header'; header: string }
  | { kind: 'none' };

/** HMAC-SHA-256 over the content, in a header. `{id}` `{timestamp}` `{body}` are filled in. */
export interface SignatureRule {
  kind: 'signature';
  header: string;
  algorithm: 'hmac-sha256';
  encoding: 'hex' | 'base64';
  prefix: string;
  content: string;
  separator: string;
  key: 'utf8' | 'whsec';
}

export type AuthRule =
  | SignatureRule
  /** The same value on every request. */
  | { kind: 'sharedKey'; header: string }
  /** Whatever the consumer asked for, one of these; `signature`: beside it, where a secret was set. */
  | {
      kind: 'chosen';
      options: readonly string[];
      asked: Readonly<Record<string, Asked>>;
      signature?: SignatureRule;
    }
  | { kind: 'none' };

/** What a subscription brings to get one of the options; words in capitals are the consumer's to fill in. */
export interface Asked {
  secret?: string;
  settings?: Readonly<Record<string, Json>>;
}

export interface SecretRule {
  use: 'required' | 'optional' | 'none';
  /** What a caller may bring; its message says what is wrong. */
  accepts: ZodType<string>;
  /** Made when a required one is left out. */
  make(random: Random): string;
}

// --- Events -------------------------------------------------------------------------------------------------------

export interface EventType {
  type: string;
  /** Shapes of the same type; the first is the default. Absent: one shape. */
  variants?: readonly [string, ...string[]];
  /** Tenant settings under which the type exists, by key (a generation's own events). Absent: always. */
  offeredWhen?: Readonly<Record<string, Json>>;
  summary: string;
  claim: Claim;
  /** Where the body's shape comes from; it may be assumed although the event is documented. */
  bodyClaim: Claim;
  /** The whole body as consumers see it before encryption, strict. */
  schema(shape: Shape): ZodType;
  /** A whole body with fresh ids and times, keys in documented order. */
  example(context: ExampleContext): Json;
}

export interface Shape {
  variant: string | null;
  /** Tenant settings after presets, parsed. */
  settings: Readonly<Record<string, unknown>>;
}

export interface ExampleContext extends Shape {
  type: string;
  environment: string;
  /** Tenant time of the publish, milliseconds. */
  nowMs: number;
  random: Random;
}

export interface BuildInput extends ExampleContext {
  /** JSON merge patch over the example. */
  data?: Json;
  /** The id the consumer dedupes on; refused by `eventId.kind` `none`. */
  eventId?: string;
}

export interface Built {
  body: Uint8Array;
  /** The body as JSON, before any encryption. Absent: what the bytes say. */
  json?: Json;
  providerEventId: string | null;
}

/** The body would not fit its schema. Carries every path and reason; nothing was stored. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  constructor(readonly issues: readonly { path: string; message: string }[]) {
    super(issues.map((i) => `${i.path || '(body)'}: ${i.message}`).join('; '));
  }
}

export interface WantsInput {
  type: string;
  variant: string | null;
  /** Event types the subscription named, or null for all. */
  events: readonly string[] | null;
  /** The body as JSON, or null when raw bytes were published. */
  body: Json | null;
  subscriptionSettings: Readonly<Record<string, unknown>>;
  tenantSettings: Readonly<Record<string, unknown>>;
}

// --- One attempt --------------------------------------------------------------------------------------------------

export interface RequestInput {
  type: string;
  body: Uint8Array;
  providerEventId: string | null;
  /** UUID of the delivery: the same on every attempt. */
  deliveryId: string;
  /** 1 for the first attempt. */
  attempt: number;
  /** What a header timestamp says: wall time of this attempt unless the tenant's clock is `virtual`. */
  timestampMs: number;
  /** The same reading, taken when the event was published, for `scope: 'event'`. */
  eventTimestampMs: number;
  /** Every secret valid now, newest first; empty where there is none. */
  secrets: readonly string[];
  /** Subscription settings after presets, parsed. */
  settings: Readonly<Record<string, unknown>>;
  policies: PolicyValues;
  /** The subscription's own headers, already checked. */
  customHeaders: readonly (readonly [string, string])[];
  /** Ringer's version, for a user agent that names it. */
  version: string;
  random: Random;
}

export type HeaderList = readonly (readonly [name: string, value: string])[];

export interface WireRequest {
  headers: HeaderList;
  /** Lowercase names of headers whose values are secrets: masked wherever they are shown. */
  secretHeaders: readonly string[];
  /** How the signature came about, or null when nothing was signed. */
  signature: WireSignature | null;
  /** The bytes of this attempt where they are not the event's own (setting `retryBody`): sent and signed instead. */
  body?: Uint8Array;
}

export interface WireSignature {
  /** `hmac-sha256 hex over timestamp.body`: for people. */
  scheme: string;
  header: string;
  /** Exactly what was signed is `before` + body. With several contents (a compatibility preset) one entry each. */
  contents: readonly { before: string }[];
}
