import { describe, expect, it } from 'vitest';
import { type JudgePolicies, judge } from '../../src/engine/attempt/judge.js';
import type { SendResult } from '../../src/engine/egress/exchange.js';
import type { SendFailure } from '../../src/engine/egress/failures.js';

const TIMING = { startedWallMs: 0, durationMs: 1, connectMs: null, firstByteMs: null };
const NOW = Date.parse('2026-01-01T00:00:00.000Z');

const plain = { redirect: 'failure', deliveryControl: { kind: 'none' } } as const;
const strict: JudgePolicies = { success: { kind: 'codes', codes: [200] }, ...plain };
const class2xx: JudgePolicies = { success: { kind: 'class2xx' }, ...plain };
const notError: JudgePolicies = { success: { kind: 'notError' }, ...plain };

function answered(status: number, headers: [string, string][] = []): SendResult {
  const body = new Uint8Array();
  return { kind: 'answered', status, headers, body, bodyBytes: 0, truncated: false, timing: TIMING };
}

function failed(reason: SendFailure): SendResult {
  return { kind: 'failed', reason, detail: '', requestSent: false, timing: TIMING };
}

describe('an answer', () => {
  it.each([
    [200, true, true, true],
    [201, false, true, true],
    [204, false, true, true],
    [299, false, true, true],
    [301, false, false, false],
    [304, false, false, false],
    [399, false, false, false],
    [400, false, false, false],
    [404, false, false, false],
    [429, false, false, false],
    [500, false, false, false],
    [599, false, false, false],
  ])('%i: exactly 200 %s, 2xx %s, below 400 %s', (status, exact, two, open) => {
    const verdicts = [strict, class2xx, notError].map((policies) => judge(answered(status), policies, NOW));
    expect(verdicts.map((v) => v.ok)).toEqual([exact, two, open]);
    for (const { ok, reason, terminal } of verdicts) {
      expect(reason).toBe(ok ? null : `status_${status}`);
      expect(terminal).toBe(false);
    }
  });

  it('of a redirect counts as the profile says, whatever else is a success', () => {
    for (const { success } of [strict, class2xx, notError]) {
      expect(judge(answered(302), { ...plain, success, redirect: 'success' }, NOW).ok).toBe(true);
      expect(judge(answered(302), { ...plain, success, redirect: 'failure' }, NOW).ok).toBe(false);
    }
  });

  it('of 429 asks for more time, one of 503 does not', () => {
    expect(judge(answered(429), strict, NOW).slowDown).toBe(true);
    expect(judge(answered(503), strict, NOW).slowDown).toBe(false);
  });

  it.each<[string | null, number | null]>([
    ['120', 120_000],
    [' 7 ', 7_000],
    ['0', 0],
    ['6.2', 7_000],
    ['6.0', 6_000],
    ['.5', null],
    ['6.', null],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2026 00:00:00 GMT', 0],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['Thursday, 01-Jan-26 00:00:30 GMT', 30_000],
    ['Thu Jan  1 00:00:30 2026', 30_000],
    ['soon', null],
    ['', null],
    ['1e3', null],
    ['99999999999', null],
    [null, null],
  ])('with Retry-After %j asks for %j ms', (value, ms) => {
    const headers: [string, string][] = value === null ? [] : [['RETRY-After', value]];
    expect(judge(answered(503, headers), strict, NOW).retryAfterMs).toBe(ms);
  });
});

describe('delivery control', () => {
  const deliveryControl = {
    kind: 'header',
    header: 'Webhook-Delivery',
    abort: 'abort-message',
    disable: 'disable',
  } as const;
  const controlled: JudgePolicies = { ...class2xx, deliveryControl };

  it.each<[string, string, 'abort' | 'disable' | null]>([
    ['webhook-delivery', 'abort-message', 'abort'],
    ['WEBHOOK-Delivery', ' Disable ', 'disable'],
    ['webhook-delivery', 'disabled', null],
    ['webhook-delivery', 'abort', null],
    ['webhook-delivery', '', null],
    ['x-webhook-delivery', 'disable', null],
  ])('%s: %s asks for %s, of a success and of a failure', (name, value, control) => {
    for (const status of [200, 503]) {
      expect(judge(answered(status, [[name, value]]), controlled, NOW).control).toBe(control);
      expect(judge(answered(status, [[name, value]]), class2xx, NOW).control).toBeNull();
    }
  });

  it('knows only the words that the provider has', () => {
    const half: JudgePolicies = { ...class2xx, deliveryControl: { ...deliveryControl, abort: null } };
    expect(judge(answered(503, [['webhook-delivery', 'abort-message']]), half, NOW).control).toBeNull();
    expect(judge(answered(503), half, NOW).control).toBeNull();
  });
});

describe('no answer', () => {
  it.each<[SendFailure, boolean, boolean]>([
    ['timeout', false, true],
    ['connect_timeout', false, true],
    ['refused', false, false],
    ['reset', false, false],
    ['dns_error', false, false],
    ['tls_error', false, false],
    ['tls_client_refused', false, false],
    ['oauth_token_refused', false, false],
    ['oauth_token_failed', false, false],
    ['egress_blocked', true, false],
    ['https_required', true, false],
    ['invalid_header', true, false],
  ])('%s: final %s, asks for more time %s', (reason, terminal, slowDown) => {
    expect(judge(failed(reason), strict, NOW)).toEqual({
      ok: false,
      reason,
      terminal,
      slowDown,
      retryAfterMs: null,
      control: null,
    });
  });
});
