import { computed, signal } from '@preact/signals';
import type { z } from 'zod';
import type { clockAnswer } from '../../services/schemas/clock.js';
import { get, inTenant, session, tenantSlug } from './api.js';
import { onMessages } from './stream.js';
import { wallNow } from './time.js';

export type Clock = z.output<typeof clockAnswer>;

/** The tenant's clock, and the real time at which it showed that. */
export const clock = signal<(Clock & { readAtMs: number }) | null>(null);

/** The tenant's now, milliseconds. Read inside a component it goes on by itself. */
export function tenantNow(): number {
  const known = clock.value;
  if (!known) return wallNow.value;
  const now = Date.parse(known.now);
  if (known.mode === 'manual') return now;
  const passed = Math.max(0, wallNow.value - known.readAtMs);
  return now + passed * (known.mode === 'scaled' ? known.rate : 1);
}

/** The date on the tenant's clock. */
export const today = computed(() => new Date(tenantNow()).toISOString().slice(0, 10));

export async function readClock(): Promise<void> {
  const slug = tenantSlug();
  if (!session.value) return;
  keepClock(await get<Clock>(inTenant('/clock', slug)));
}

export function keepClock(read: Partial<Clock>): void {
  const before = clock.peek();
  const base = before ?? { mode: 'system', now: '', rate: 1, wire: 'wall', nextDueAt: null, running: false };
  clock.value = { ...base, ...read, readAtMs: Date.now() } as Clock & { readAtMs: number };
}

/** Keeps the clock as the stream tells it; what a message leaves out is read anew, at most twice a second. */
export function followClock(): void {
  let timer = 0;
  const soon = () => {
    if (timer !== 0) return;
    timer = window.setTimeout(() => {
      timer = 0;
      readClock().catch(() => {});
    }, 500);
  };
  onMessages((messages) => {
    const moved = messages.findLast(({ type }) => type === 'clock.moved');
    if (moved && clock.peek()) keepClock(moved.data);
    soon();
  });
}
