import { formatDuration } from '../lib/duration.js';
import { setTimeout as startTimer, clearTimeout as stopTimer } from '../lib/timers.js';
import type { DeliveryResource } from '../services/schemas/deliveries.js';
import type { Stream } from '../services/stream.js';
import { closedError } from './while-open.js';

export interface WaitOptions {
  /** Real time; default 10,000. */
  timeoutMs?: number;
}

export interface Waiting {
  stream: Stream;
  tenantId: string;
  deliveries(): Promise<DeliveryResource[]>;
  closing: AbortSignal;
}

const TIMEOUT_MS = 10_000;

/** Looks now and at everything that happens, so that no time is slept away. */
export async function waitForDelivery(
  { stream, tenantId, deliveries, closing }: Waiting,
  predicate: (delivery: DeliveryResource) => boolean,
  { timeoutMs = TIMEOUT_MS }: WaitOptions = {},
): Promise<DeliveryResource> {
  let news = (): void => {};
  const stop = stream.follow(tenantId, null, () => news());
  let late = false;
  const onClose = () => news();
  closing.addEventListener('abort', onClose);
  const timer = startTimer(() => {
    late = true;
    news();
  }, timeoutMs);
  try {
    for (;;) {
      const happened = new Promise<void>((done) => {
        news = done;
      });
      const all = await deliveries().catch((error: unknown) => {
        // The database may be closed by now; what counts is why.
        throw closing.aborted ? closedError() : error;
      });
      const found = all.find(predicate);
      if (found) return found;
      if (closing.aborted) throw closedError();
      if (late) {
        throw new Error(`waitFor: no delivery fits within ${formatDuration(timeoutMs)}; ${countsOf(all)}.`);
      }
      await happened;
    }
  } finally {
    stopTimer(timer);
    closing.removeEventListener('abort', onClose);
    stop();
  }
}

function countsOf(all: readonly DeliveryResource[]): string {
  const counts = new Map<string, number>();
  for (const { status, reason } of all) {
    const word = reason === null ? status : `${status} (${reason})`;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts.size === 0
    ? 'there are none'
    : `there are: ${[...counts].map(([word, n]) => `${n} ${word}`).join(', ')}`;
}
