import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import { randomText } from '../../../lib/ids.js';
import type { Random } from '../../../lib/random.js';

export const OFF_EXCHANGE_STATUSES = [
  'pending_effectuation',
  'effectuated',
  'cancelled',
  'terminated',
] as const;
export const ON_EXCHANGE_STATUSES = [...OFF_EXCHANGE_STATUSES, 'unknown', 'blank'] as const;

export const DAY_MS = 86_400_000;

export const usDateSchema = z
  .string()
  .regex(/^(0[1-9]|1[0-2])\/(0[1-9]|[12]\d|3[01])\/\d{4}$/, 'must be a date as MM/DD/YYYY');

const moneySchema = z.string().regex(/^-?\d+\.\d{2}$/, 'must be an amount as a string, such as "50.50"');

/** `07/01/2025` */
export function usDate(atMs: number): string {
  const [year, month, day] = isoMillis(atMs).slice(0, 10).split('-');
  return `${month}/${day}/${year}`;
}

/** The first of the next month and the last day of that year. */
export function coverage(nowMs: number): { effectiveMs: number; expirationMs: number } {
  const [year, month] = isoMillis(nowMs).split('-').map(Number) as [number, number];
  const effectiveMs = Date.UTC(year, month, 1);
  const effectiveYear = Number(isoMillis(effectiveMs).slice(0, 4));
  return { effectiveMs, expirationMs: Date.UTC(effectiveYear, 11, 31) };
}

/** `HSA` and nine digits. */
export function numbered(prefix: 'HSA' | 'HSM' | 'HSP', random: Random): string {
  return prefix + randomText(random, 9, '0123456789');
}

/** Nine digits. */
export function transactionId(random: Random): number {
  return 100_000_000 + Math.floor(random.float() * 900_000_000);
}

export function externalId(random: Random, length: number): string {
  return randomText(random, length, 'abcdefghijklmnopqrstuvwxyz0123456789');
}

export const paymentSchema = z.strictObject({
  // Only `paid` is printed, and no list.
  payment_status: z.string(),
  payment_status_updated_date: usDateSchema,
  grace_period_start_date: usDateSchema,
  paid_through_date: usDateSchema,
  past_due_member_responsibility_balance_due: moneySchema,
  current_member_responsibility_balance_due: moneySchema,
  autopay_indicator: z.boolean(),
});

export function samplePayment(nowMs: number) {
  return {
    payment_status: 'paid',
    payment_status_updated_date: usDate(nowMs - 16 * DAY_MS),
    grace_period_start_date: usDate(nowMs - 21 * DAY_MS),
    paid_through_date: usDate(coverage(nowMs).effectiveMs - DAY_MS),
    past_due_member_responsibility_balance_due: '0.00',
    current_member_responsibility_balance_due: '50.50',
    autopay_indicator: true,
  };
}
