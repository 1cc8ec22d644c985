import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { z } from 'zod';
import type { advanceAnswer } from '../../../services/schemas/clock.js';
import { inTenant, post } from '../../state/api.js';
import { clock, readClock } from '../../state/clock.js';
import { sentenceOf } from '../../state/refusal.js';
import { say } from '../../state/say.js';
import { onMessages } from '../../state/stream.js';

type Advanced = z.output<typeof advanceAnswer>;
export type Jump = { by: string } | { to: string } | { toNext: true } | { untilIdle: true };

export interface Run {
  busy: boolean;
  /** Of the way, 0 to 1; null while nobody knows how long that is. */
  share: number | null;
  /** Made since it began. */
  attempts: number;
  last: Advanced | null;
  /** @param byMs how far that is; null where nobody knows yet. */
  start(jump: Jump, byMs?: number | null): void;
}

/** A jump and how far it is: the position comes with the stream. */
export function useAdvance(): Run {
  const state = useSignal<{
    busy: boolean;
    fromMs: number;
    toMs: number | null;
    attempts: number;
    last: Advanced | null;
  }>({ busy: false, fromMs: 0, toMs: null, attempts: 0, last: null });
  useEffect(
    () =>
      onMessages((messages) => {
        const made = messages.filter(({ type }) => type === 'attempt.settled').length;
        if (made > 0 && state.peek().busy)
          state.value = { ...state.peek(), attempts: state.peek().attempts + made };
      }),
    [],
  );
  const { busy, fromMs, toMs, attempts, last } = state.value;
  const nowMs = Date.parse(clock.value?.now ?? '');
  const start = async (jump: Jump, byMs: number | null) => {
    const from = Date.parse(clock.peek()?.now ?? '');
    state.value = {
      busy: true,
      fromMs: from,
      toMs: byMs === null ? null : from + byMs,
      attempts: 0,
      last: null,
    };
    try {
      const answer = await post<Advanced | { runId: string }>(inTenant('/clock/advance'), {
        ...jump,
        wait: '10m',
      });
      state.value = { ...state.peek(), busy: false, last: 'to' in answer ? answer : null };
    } catch (thrown) {
      state.value = { ...state.peek(), busy: false };
      say(sentenceOf(thrown), { wrong: true });
    }
    await readClock().catch(() => {});
  };
  return {
    busy,
    share: toMs === null ? null : Math.min(1, Math.max(0, (nowMs - fromMs) / Math.max(1, toMs - fromMs))),
    attempts,
    last,
    start: (jump, byMs = null) => void start(jump, byMs),
  };
}
