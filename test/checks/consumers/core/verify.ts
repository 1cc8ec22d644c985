import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Arrived, Refusal } from './arrived.js';

const MINUTE_MS = 60_000;

/** A header that must be there. @throws Refusal 401 */
export function required(headers: Arrived['headers'], name: string): string {
  const value = headers[name];
  if (value === undefined || value === '') throw new Refusal(401, 'not authenticated');
  return value;
}

/** In constant time, and false for texts of different lengths. */
export function sameText(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** @throws Refusal 401 */
export function demand(holds: boolean): void {
  if (!holds) throw new Refusal(401, 'not authenticated');
}

export function hmac(key: string | Buffer, parts: readonly (string | Buffer)[]) {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac;
}

/** Neither older nor younger than this, milliseconds: 5 minutes, as Svix and Standard Webhooks have it. @throws Refusal 401 */
export function demandRecent(atMs: number, { pastMs = 5 * MINUTE_MS, futureMs = 5 * MINUTE_MS } = {}): void {
  const ageMs = Date.now() - atMs;
  demand(ageMs <= pastMs && ageMs >= -futureMs);
}
