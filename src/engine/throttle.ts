/** How many may go now; `waitMs` says how long until the next when it is none. */
export interface Tokens {
  count: number;
  waitMs: number | null;
}

/** So many deliveries a second, counted in a bucket: of one subscription, or of all that share it. */
export interface Limit {
  bucket: Bucket;
  /** 1 or more. */
  rate: number;
}

/**
 * What was sent under one limit. On the database's clock tokens of one second, in real time. On a tenant's own clock whole
 * seconds of tenant time are windows: what does not fit into its window is due in the next one with room, and nothing
 * ever waits for real tokens.
 */
export interface Bucket {
  tokens: number | null;
  filledMs: number;
  /** By window. */
  readonly sent: Map<number, number>;
  readonly reserved: Map<number, number>;
}

const WINDOW_MS = 1_000;
const UNLIMITED: Tokens = { count: Number.POSITIVE_INFINITY, waitMs: null };

export function createBucket(): Bucket {
  return { tokens: null, filledMs: 0, sent: new Map(), reserved: new Map() };
}

/**
 * What all of these limits allow on the database's clock.
 * @param promised what was promised under each and is not sent yet.
 */
export function tokensOf(
  limits: readonly Limit[],
  monotonicMs: number,
  promised?: ReadonlyMap<Bucket, number>,
): Tokens {
  let tokens = UNLIMITED;
  for (const limit of limits) {
    const left = refill(limit, monotonicMs) - (promised?.get(limit.bucket) ?? 0);
    const waitMs = left >= 1 ? null : ((1 - left) * 1000) / limit.rate;
    tokens = {
      count: Math.min(tokens.count, Math.max(0, Math.floor(left))),
      waitMs: waitMs === null ? tokens.waitMs : Math.max(tokens.waitMs ?? 0, waitMs),
    };
  }
  return tokens;
}

/** One is sent on the database's clock. The first one of a lane is claimed before its limits are known. */
export function spend(limits: readonly Limit[], monotonicMs: number): void {
  for (const limit of limits) limit.bucket.tokens = refill(limit, monotonicMs) - 1;
}

/** On a tenant's own clock: null when it may go at its due instant, else the instant to which it is put off. */
export function place(limits: readonly Limit[], dueAtMs: number): number | null {
  let window = Math.floor(dueAtMs / WINDOW_MS);
  if (limits.every(({ bucket, rate }) => (bucket.sent.get(window) ?? 0) < rate)) {
    for (const { bucket } of limits) send(bucket, window);
    return null;
  }
  do window += 1;
  while (limits.some(({ bucket, rate }) => (bucket.reserved.get(window) ?? 0) >= rate));
  for (const { bucket } of limits) bucket.reserved.set(window, (bucket.reserved.get(window) ?? 0) + 1);
  return window * WINDOW_MS;
}

function refill({ bucket, rate }: Limit, monotonicMs: number): number {
  const gained = ((monotonicMs - bucket.filledMs) * rate) / 1000;
  bucket.tokens = Math.min(rate, bucket.tokens === null ? rate : bucket.tokens + gained);
  bucket.filledMs = monotonicMs;
  return bucket.tokens;
}

function send({ sent, reserved }: Bucket, window: number): void {
  const before = sent.get(window) ?? 0;
  if (before === 0)
    for (const map of [sent, reserved]) for (const key of map.keys()) if (key < window) map.delete(key);
  sent.set(window, before + 1);
}
