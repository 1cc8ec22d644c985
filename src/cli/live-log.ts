import type { StreamMessage } from './api.js';
import { answerLine, sentLine } from './log-lines.js';
import type { Clock } from './resources.js';
import type { Shell } from './shell.js';

interface SettledAttempt {
  deliveryId: string;
  eventId: string;
  eventType: string | null;
  subscriptionId: string;
  number: number;
  outcome: string;
  reason: string | null;
  status: number | null;
  url: string;
  startedAt: string;
  durationMs: number;
  nextAttemptAt: string | null;
}

export interface LiveLogOptions {
  shell: Shell;
  json: boolean;
  /** How many attempts the schedule has. */
  of: number | null;
  /** Only of this subscription. */
  subscriptionId: string;
  clock: Clock;
}

/** Deliveries whose first attempt is remembered, for how long ago it was. */
const REMEMBERED = 10_000;

/** Tells each attempt of a stream as it settles: two lines, or one document. */
export function liveLog({
  shell,
  json,
  of,
  subscriptionId,
  clock,
}: LiveLogOptions): (message: StreamMessage) => void {
  const firstMs = new Map<string, number>();
  let { mode } = clock;
  return ({ type, data }) => {
    if (type === 'clock.moved' && typeof data.mode === 'string') mode = data.mode;
    if (
      data.subscriptionId !== subscriptionId &&
      !(type === 'subscription.updated' && data.id === subscriptionId)
    )
      return;
    if (json) {
      shell.out(JSON.stringify({ type, ...data }));
      return;
    }
    if (type === 'subscription.updated') shell.say(`the subscription is ${String(data.status)}`);
    if (type !== 'attempt.settled') return;
    const attempt = data as unknown as SettledAttempt;
    const startedMs = Date.parse(attempt.startedAt);
    if (firstMs.size > REMEMBERED) firstMs.clear();
    if (attempt.number === 1) firstMs.set(attempt.deliveryId, startedMs);
    // On a clock of its own an attempt takes no tenant time; else it is over now.
    const endedMs = mode === 'system' ? startedMs + attempt.durationMs : startedMs;
    const shown = {
      ...attempt,
      type: attempt.eventType,
      of,
      afterMs: startedMs - (firstMs.get(attempt.deliveryId) ?? startedMs),
      ok: attempt.outcome === 'delivered',
      nextInMs:
        attempt.nextAttemptAt === null ? null : Math.max(0, Date.parse(attempt.nextAttemptAt) - endedMs),
    };
    shell.out(sentLine(shown, shell.colours));
    shell.out(answerLine(shown, shell.colours));
  };
}
