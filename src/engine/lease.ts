import { DATABASE_TIMEOUT_MS } from '../store/database.js';
import type { Want } from './lanes.js';
import { totalMs } from './turned-away.js';

/** A lease outlives the slowest request by this much: the claim's answer, the settle and its retries. */
const LEASE_MARGIN_MS = DATABASE_TIMEOUT_MS + 5_000;

/** For how long these are claimed, milliseconds. */
export function leaseMs(wants: readonly Want[]): number {
  return LEASE_MARGIN_MS + Math.max(0, ...wants.map(({ lane }) => totalMs(lane.snapshot!.policies.timeout)));
}
