import type { DeliveryControl, RedirectRule, SuccessRule } from '../../providers/contract.js';
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
  /** What the answer asks for by its delivery control: no more of this delivery, or of the whole subscription. */
  control: 'abort' | 'disable' | null;
}

export interface JudgePolicies {
  success: SuccessRule;
  redirect: RedirectRule;
  deliveryControl: DeliveryControl;
}

/** Refused before any packet left, for a reason that time does not cure. */
const TERMINAL = new Set(['egress_blocked', 'https_required', 'invalid_header']);
const TIMEOUTS = new Set(['timeout', 'connect_timeout']);

/** @param nowMs on the clock that the consumer goes by, for a Retry-After that names an instant. */
export function judge(result: SendResult, policies: JudgePolicies, nowMs: number): Verdict {
  if (result.kind === 'failed') {
    const { reason } = result;
    return {
      ok: false,
      reason,
      terminal: TERMINAL.has(reason),
      slowDown: TIMEOUTS.has(reason),
      retryAfterMs: null,
      control: null,
    };
  }
  const { status, headers } = result;
  const control = controlOf(headers, policies.deliveryControl);
  if (isSuccess(status, policies))
    return { ok: true, reason: null, terminal: false, slowDown: false, retryAfterMs: null, control };
  return {
    ok: false,
    reason: `status_${status}`,
    terminal: false,
    slowDown: status === 429,
    retryAfterMs: retryAfter(headers, nowMs),
    control,
  };
}

type Headers = readonly (readonly [string, string])[];

function controlOf(headers: Headers, rule: DeliveryControl): Verdict['control'] {
  if (rule.kind === 'none') return null;
  const asked = headerOf(headers, rule.header)?.toLowerCase();
  if (asked === undefined) return null;
  if (asked === rule.disable) return 'disable';
  return asked === rule.abort ? 'abort' : null;
}

function headerOf(headers: Headers, wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted.toLowerCase())?.[1].trim();
}

function isSuccess(status: number, { success, redirect }: JudgePolicies): boolean {
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

/** RFC 9110: seconds or an HTTP date. A fraction of a second, which it does not know, is rounded up. */
function retryAfter(headers: Headers, nowMs: number): number | null {
  const value = headerOf(headers, 'retry-after');
  if (!value) return null;
  if (/^\d{1,9}(\.\d+)?$/.test(value)) return Math.ceil(Number(value)) * 1000;
  // An HTTP date begins with its weekday; without that almost anything is a date to JavaScript.
  if (!/^[A-Z][a-z]{2,8},? /.test(value)) return null;
  const at = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
