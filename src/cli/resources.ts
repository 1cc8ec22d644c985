/** The parts of the API's documents that the command line shows as text; --json prints them whole. */
export interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

export interface Claimed<T> {
  value: T;
  claim: string;
}

export interface Profile {
  id: string;
  name: string;
  summary: string;
  docs: string;
  events: {
    type: string;
    variants: string[] | null;
    summary: string;
    /** Settings of the tenant that offer it; null = always. */
    offeredWhen: Record<string, unknown> | null;
    shapes: { variant: string | null; example: unknown }[];
  }[];
  scenarios: { name: string; title: string }[];
  retryDelaysMs: number[];
  auth: Claimed<{
    kind: string;
    header?: string;
    algorithm?: string;
    encoding?: string;
    content?: string;
    prefix?: string;
    options?: string[];
    asked?: Record<string, { secret?: string; settings?: Record<string, unknown> }>;
  }>;
  policies: Record<string, Claimed<Record<string, unknown> | string>>;
  settings: { tenant: { properties?: Record<string, { default?: unknown }> } };
  presets: {
    name: string;
    title: string;
    scope: string;
    policies?: Record<string, unknown>;
    settings?: Record<string, unknown>;
  }[];
}

export interface ProviderSettings {
  provider: string;
  presets: string[];
  /** What holds: defaults, presets and own values. */
  settings: Record<string, unknown>;
}

export interface Published {
  id: string;
  providerEventId: string | null;
  type: string;
  deliveries: { id: string; subscriptionId: string; status: string }[];
}

export interface Subscription {
  id: string;
  provider: string;
  url: string;
  status: string;
  unhealthySince: string | null;
  failingSince: string | null;
  environment: string;
  events: string[] | null;
  presets: string[];
  settings: Record<string, unknown>;
  headers: Record<string, string>;
  rateLimit: number | null;
  maxInFlight: number;
  secret?: string;
}

export interface Event {
  id: string;
  providerEventId: string | null;
  provider: string;
  type: string;
  environment: string;
  createdAt: string;
  bodyBytes: number;
  body?: unknown;
  deliveries?: Published['deliveries'];
}

export interface Attempt {
  number: number;
  dueAt: string;
  startedAt: string;
  durationMs: number;
  outcome: string;
  reason: string | null;
  request: { url: string };
  response: { status: number; body: string | null } | null;
  nextAttemptAt: string | null;
  faults: { type: string; class: string; skipped?: string }[];
}

export interface Delivery {
  id: string;
  eventId: string;
  providerEventId: string | null;
  subscriptionId: string;
  provider: string | null;
  eventType: string | null;
  status: string;
  reason: string | null;
  attemptCount: number;
  nextAttemptAt: string | null;
  createdAt: string;
  attempts?: Attempt[];
}

export interface Clock {
  mode: string;
  now: string;
  rate: number;
  wire: string;
  nextDueAt: string | null;
  running: boolean;
  shiftedMs?: number;
}

export interface Advanced {
  from: string;
  to: string;
  attempts: number;
  delivered: number;
  failed: number;
  pending: number;
}

export interface Secret {
  id: string;
  name: string | null;
  createdAt: string;
  expiresAt: string | null;
  secret?: string;
}

export interface Tenant {
  id: string;
  slug: string;
  name: string;
  createdAt: string;
  retentionMs: number;
  notifyUrl: string | null;
  maxInFlight: number | null;
  maxInFlightPerOrigin: number | null;
  key?: string;
}

export interface Key {
  id: string;
  name: string | null;
  scope: string;
  createdAt: string;
  key?: string;
}

export interface ReceiverState {
  url: string;
  status: number;
  delayMs: number;
  requests: {
    receivedAt: string;
    method: string;
    path: string;
    status: number;
    verified: boolean | null;
    bodyBytes: number;
    reason: string | null;
  }[];
}

export interface ScenarioRun {
  id: string;
  provider: string;
  name: string;
  seed: string;
  startedAt: string;
  steps: { at: string | null; type: string; variant: string | null; refused: string | null }[];
}

export interface Schedule {
  id: string;
  cron: string;
  provider: string;
  type: string;
  nextAt: string | null;
  refused: string | null;
  subscriptionId: string | null;
}

export interface Fault {
  id: string;
  type: string;
  class: string;
  subscriptionId: string | null;
  eventId: string | null;
  params: Record<string, unknown>;
  probability: number;
  first: number | null;
  every: number | null;
  on: number[] | null;
  turns: number;
}

export interface ProvedTarget {
  origin: string;
  provedAt: string;
  endsAt: string;
}

export interface Challenge {
  path: string;
  token: string;
  targets: ProvedTarget[];
}
