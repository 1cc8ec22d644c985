import { AppError } from '../errors.js';
import { queueMicrotask } from '../lib/timers.js';
import type { ClockResource } from '../services/clock.js';
import { advanceInput, clockInput } from '../services/schemas/clock.js';
import { parseInput } from '../services/schemas/parse.js';
import type { Services } from '../services/services.js';
import { closedError, whileOpen } from './while-open.js';

/** What an advance did. */
export interface Advanced {
  from: string;
  to: string;
  attempts: number;
  delivered: number;
  failed: number;
  pending: number;
}

export interface ClockSetting {
  mode: 'system' | 'scaled' | 'manual';
  /** Tenant seconds per real second, where it is scaled. */
  rate?: number;
  now?: Date | string;
  /** What signed timestamps say: real time, or this clock. */
  wire?: 'wall' | 'virtual';
}

/** A tenant's time. Moving it stops it first, where it runs. */
export interface TenantClock {
  now(): Promise<Date>;
  /** At an instant it stands still; anything else is said in full. */
  set(to: Date | string | ClockSetting): Promise<ClockResource>;
  /** @param by `3d`, `90s`, `PT1H`, or milliseconds. Resolves once everything that fell due has settled. */
  advance(by: string | number): Promise<Advanced>;
  advanceTo(to: Date | string): Promise<Advanced>;
  /** To the next instant at which something is due. */
  toNext(): Promise<Advanced>;
  /** Until nothing is pending any more. */
  untilIdle(): Promise<Advanced>;
  /**
   * Tells each instant the clock comes to; an advance tells it before anything due there is sent. A bridge to a faked clock:
   * `clock.onAdvance((now) => vi.setSystemTime(now))` with `vi.useFakeTimers({ toFake: ['Date'] })`.
   * @returns how to stop; closing the Ringer stops it, too.
   */
  onAdvance(tell: (now: Date) => void): () => void;
}

/** An advance is waited for to its end; Node's timers end here, milliseconds. */
const WAIT = '2147483647ms';

export function openClock(
  { clock, stream }: Pick<Services, 'clock' | 'stream'>,
  { tenantId, closing }: { tenantId: string; closing: AbortSignal },
): TenantClock {
  const move = async (step: Record<string, unknown>): Promise<Advanced> => {
    const input = parseInput(advanceInput, { ...step, wait: WAIT });
    const { mode, rate } = await clock.read(tenantId);
    if (mode !== 'manual') await clock.put(tenantId, { mode: 'manual' });
    try {
      return (await clock.advance(tenantId, input)).body as unknown as Advanced;
    } catch (error) {
      // Refused before it began: the clock runs on as it did.
      if (mode !== 'manual' && error instanceof AppError && error.status === 400)
        await clock.put(tenantId, mode === 'scaled' ? { mode, rate } : { mode });
      throw error;
    }
  };
  const moves = {
    now: async () => new Date((await clock.read(tenantId)).now),
    async set(to: Date | string | ClockSetting) {
      const { now, ...setting } =
        to instanceof Date || typeof to === 'string' ? { mode: 'manual', now: to } : to;
      return clock.put(
        tenantId,
        parseInput(clockInput, now === undefined ? setting : { ...setting, now: instantText(now) }),
      );
    },
    advance: async (by: string | number) => move({ by: durationText(by) }),
    advanceTo: async (to: Date | string) => move({ to: instantText(to) }),
    toNext: () => move({ toNext: true }),
    untilIdle: () => move({ untilIdle: true }),
  };
  return {
    ...whileOpen(closing, moves),
    onAdvance(tell) {
      if (closing.aborted) throw closedError();
      const stop = stream.follow(tenantId, null, ({ type, data }) => {
        if (type !== 'clock.moved') return;
        try {
          tell(new Date(String(data.now)));
        } catch (error) {
          // The listener's own fault: said where the test runner hears it, and not in the middle of an advance.
          queueMicrotask(() => {
            throw error;
          });
        }
      });
      closing.addEventListener('abort', stop, { once: true });
      return () => {
        closing.removeEventListener('abort', stop);
        stop();
      };
    },
  };
}

/** As requests write it. */
export function durationText(duration: string | number): string {
  return typeof duration === 'number' ? `${duration}ms` : duration;
}

/** As requests write it; a date that is none as text that is refused. */
export function instantText(instant: Date | string): string {
  return typeof instant === 'string' || Number.isNaN(instant.getTime())
    ? String(instant)
    : instant.toISOString();
}
