/** A consumer as an integrator wrote it: a real HTTP server, correct or with exactly one planted bug. */
export interface Consumer {
  name: string;
  provider: 'noyo' | 'healthsherpa' | 'voyado' | 'novamed' | 'healthsync';
  /** What is wrong with it, in one line; null: nothing. */
  bug: string | null;
  /** The check that must find the bug, named before any check was run; null: none may fail. */
  foundBy: string | null;
  /** How such a bug comes into the world, or how the correct one is built. */
  story: string;
  /** On 127.0.0.1, at a port of its own, with no state. May be started any number of times. */
  start(): Promise<Started>;
}

export interface Started {
  /** Where the provider sends to. */
  url: string;
  /** GET answers the business state as JSON: `{ "<kind>:<id>": { …, "events": <events counted> } }`. */
  effectsUrl: string;
  /** What Ringer has to know to be believed: signing secret or `x-api-key`; null where `settings` carry it. */
  secret: string | null;
  /** Was the secret once and is no longer: what it signs must be refused. Null where nothing is rotated. */
  retiredSecret: string | null;
  /** Subscription settings the consumer asked the provider for. */
  settings?: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}
