import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../errors.js';
import { clearInterval, setInterval } from '../lib/timers.js';
import {
  type AnswerKey,
  dropRunning,
  type HeldKey,
  keepAnswer,
  readAnswer,
  stillRunning,
  takeKey,
} from '../store/idempotent-answers.js';
import type { Queryable } from '../store/tenant-clock.js';
import type { Context } from './context.js';

/** A second request waits this long for the first, real milliseconds. */
const WAIT_MS = 10_000;
const POLL_MS = 50;
/** Sign of life of a running request; the database gives it up after four without one. */
const ALIVE_MS = 2_000;

/** Of a request with an Idempotency-Key. The operator's own stand under the nil UUID. */
export interface IdempotentRequest extends AnswerKey {
  /** Of everything that makes the request what it is. */
  hash: Uint8Array;
}

export interface KeptAnswer {
  status: number;
  body: Uint8Array | null;
}

/** Written beside a result by the transaction that makes it, before it commits; throws to make it undone. */
export type Inside<T> = (client: Queryable, result: T) => Promise<void>;

/** What may go with a piece of work into its transaction. */
export interface InsideOption<T> {
  inside?: Inside<T> | undefined;
}

/** A request's turn at its key. */
export interface Turn {
  /**
   * Writes the answer in the transaction that does the work: one is not there without the other, whatever breaks.
   * @throws AppError `idempotency_conflict` when another request took the key over meanwhile.
   */
  keep(client: Queryable, answer: KeptAnswer): Promise<void>;
}

export interface IdempotencyService {
  /**
   * Runs `work` once per key for 24 h; a later request with the same key gets the first answer.
   * When `work` throws before it kept its answer, nothing is kept: it changed nothing, so the same key may try again.
   * @param keep what to keep of the answer where `work` did not: never a secret.
   * @throws AppError `idempotency_conflict`
   */
  once<T>(
    request: IdempotentRequest,
    work: (turn: Turn) => Promise<T>,
    keep: (answer: T) => KeptAnswer,
  ): Promise<{ fresh: T } | { kept: KeptAnswer }>;
}

export function idempotencyService({
  db,
  ids,
  wall,
  log,
}: Pick<Context, 'db' | 'ids' | 'wall' | 'log'>): IdempotencyService {
  const client = db.pool;
  return {
    async once(request, work, keep) {
      const held = { ...request, holder: ids.next() };
      const kept = await takeOrWait(held);
      if (kept) return { kept };
      const alive = setInterval(() => void stillRunning(client, held).catch(() => {}), ALIVE_MS);
      alive.unref();
      try {
        const fresh = await work({ keep: (inside, answer) => keepInside(inside, held, answer) });
        // The work is done: that its answer could not be kept is no reason to tell its caller that it failed.
        await keepAnswer(client, held, keep(fresh)).catch((error: unknown) =>
          log.error('an answer could not be kept for its Idempotency-Key', { error: nameOf(error) }),
        );
        return { fresh };
      } catch (error) {
        await dropRunning(client, held).catch(() => {});
        throw error;
      } finally {
        clearInterval(alive);
      }
    },
  };

  /** Null when the key is ours to run. */
  async function takeOrWait(request: IdempotentRequest & HeldKey): Promise<KeptAnswer | null> {
    const deadline = wall.monotonic() + WAIT_MS;
    for (;;) {
      if (await takeKey(client, request, request.hash)) return null;
      const answer = await readAnswer(client, request);
      if (answer && !answer.request_hash.equals(request.hash))
        throw new AppError(
          'idempotency_conflict',
          'This Idempotency-Key belongs to a request with another body; use a new key.',
        );
      if (answer && answer.status !== null) return { status: answer.status, body: answer.body };
      if (wall.monotonic() > deadline)
        throw new AppError(
          'idempotency_conflict',
          'The first request with this Idempotency-Key still runs; ask again later.',
        );
      await pause(POLL_MS);
    }
  }
}

async function keepInside(client: Queryable, held: HeldKey, answer: KeptAnswer): Promise<void> {
  if (await keepAnswer(client, held, answer)) return;
  throw new AppError(
    'idempotency_conflict',
    'A later request with this Idempotency-Key took it over; ask again for its answer.',
  );
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
