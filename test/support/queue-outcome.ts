import type { Outcome } from '../../src/store/queue.js';

/** What a worker tells the queue of an attempt: delivered at once, unless it is told otherwise. */
export function outcomeOf(
  given: Pick<Outcome, 'tenantId' | 'id' | 'token' | 'attemptId'> & Partial<Outcome>,
): Outcome {
  return {
    guard: false,
    number: 1,
    trigger: 0,
    dueMs: 0,
    outcome: 'delivered',
    reason: null,
    endReason: null,
    startedMs: 0,
    wallStartedMs: 0,
    durationMs: 5,
    anchor: null,
    delayMs: null,
    subscriptionStatus: 'active',
    url: 'http://127.0.0.1/',
    requestHeaders: [],
    requestBytes: 2,
    signature: null,
    status: 200,
    responseHeaders: [],
    bodyText: 'ok',
    bodyBase64: null,
    responseBytes: 2,
    truncated: false,
    timing: {},
    ...given,
  };
}
