import type { ClaimedDelivery } from '../store/queue.js';

/** What a dispatcher counted since its start. */
export interface Totals {
  /** Statements, and the real milliseconds they took together. */
  claims: number;
  claimMs: number;
  /** Deliveries. */
  claimed: number;
  /** Of those, claimed before and not settled: a lease that ended, or a fault of ours. */
  claimedAgain: number;
  /** Of those, with a settled attempt behind them. */
  retries: number;
  attempts: number;
  settled: number;
  /** Ended by a fault of ours that came back at every claim. */
  poisoned: number;
}

export function createTotals(): Totals {
  return {
    claims: 0,
    claimMs: 0,
    claimed: 0,
    claimedAgain: 0,
    retries: 0,
    attempts: 0,
    settled: 0,
    poisoned: 0,
  };
}

export function countClaimed(totals: Totals, { claims, tries }: ClaimedDelivery): void {
  totals.claimed += 1;
  if (claims > 1) totals.claimedAgain += 1;
  if (tries > 0) totals.retries += 1;
}
