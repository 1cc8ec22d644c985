import type { RedirectRule, SuccessRule } from '../../providers/contract.js';
import type { SendResult } from '../egress/exchange.js';

/** Whether the provider would call this attempt a success, and if not, why. */
export interface Verdict {
  ok: boolean;
  /** `status_503`, `timeout`, `refused`, … ; null on success. */
  reason: string | null;
  /** No further attempt can change it: nothing was sent, and nothing would be. */
  terminal: boolean;
  /** A timeout or a 429: some schedules wait longer after those. */
  slowDown: boolean;
  /** What the answer's Retry-After asks for, milliseconds. */
  retryAfterMs: number | null;
}

export interface SuccessPolicies {
  success: SuccessRule;
  redirect: RedirectRule;
}

/** Refused before any packet left, for a reason that time does not cure. */
const TERMINAL = new Set(['egress_blocked', 'https_required', 'invalid_header']);
const TIMEOUTS = new Set(['timeout', 'connect_timeout']);

/** @param nowMs real time, for a Retry-After that names an instant. */
export function judge(result: SendResult, policies: SuccessPolicies, nowMs: number): Verdict {
  if (result.kind === 'failed') {
    const { reason } = result;
    return {
      ok: false,
      reason,
      terminal: TERMINAL.has(reason),
      slowDown: TIMEOUTS.has(reason),
      retryAfterMs: null,
    };
  }
  const { status } = result;
  if (isSuccess(status, policies))
    return { ok: true, reason: null, terminal: false, slowDown: false, retryAfterMs: null };
  return {
    ok: false,
    reason: `status_${status}`,
    terminal: false,
    slowDown: status === 429,
    retryAfterMs: retryAfter(result.headers, nowMs),
  };
}

function isSuccess(status: number, { success, redirect }: SuccessPolicies): boolean {
  if (status >= 300 && status < 400) return redirect === 'success';
  switch (success.kind) {
    case 'codes':
      return success.codes.includes(status);
    case 'class2xx':
      return status >= 200 && status < 300;
    case 'notError':
      return status < 400;
  }
}

/** RFC 9110: whole seconds or an HTTP date. */
function retryAfter(headers: readonly (readonly [string, string])[], nowMs: number): number | null {
  const value = headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1].trim();
  if (!value) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
