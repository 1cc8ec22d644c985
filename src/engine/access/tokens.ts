import pRetry from 'p-retry';
import { setTimeout as startTimer, clearTimeout as stopTimer } from '../../lib/timers.js';
import type { Egress, OutgoingRequest } from '../egress/egress.js';
import type { SendResult } from '../egress/exchange.js';
import type { SendFailure } from '../egress/failures.js';
import type { LaneGrant } from './lane-access.js';
import { readTokenAnswer, tokenRequest } from './token-request.js';

export interface TokenAsk extends Pick<OutgoingRequest, 'timeout' | 'https' | 'poolKey' | 'tls'> {
  /** Whose token it is: a subscription has one at a time. */
  owner: string;
  grant: LaneGrant;
  /** How much of the attempt's time is over, milliseconds. */
  spentMs: number;
  /** A token that the receiver turned down: any but this one. */
  refused?: string;
}

export type TokenResult =
  | { kind: 'token'; value: string }
  | { kind: 'failed'; reason: SendFailure; detail: string };

/** Bearer tokens, kept until shortly before they expire. Real time: a tenant's clock does not reach a token endpoint. */
export interface Tokens {
  /** The one in hand, or a new one; whoever asks meanwhile waits for the same answer. Never rejects. */
  get(ask: TokenAsk): Promise<TokenResult>;
}

interface Kept {
  /** What it was asked with: another one is another token. */
  id: string;
  value: string | null;
  /** Monotonic. */
  staleAt: number;
  asking: Promise<TokenResult> | null;
}

/** A token is renewed so long before its end, milliseconds, or a tenth of its life before where that is less. */
const RENEW_BEFORE_MS = 30_000;
const REMEMBERED = 20_000;
/** Further tries within one attempt, for faults that may be over in a moment. */
const RETRIES = { retries: 2, minTimeout: 100 };
const TRANSIENT: ReadonlySet<SendFailure> = new Set(['refused', 'reset', 'unreachable', 'dns_error']);

export function createTokens(egress: Egress, monotonic: () => number): Tokens {
  const all = new Map<string, Kept>();

  const keptFor = ({ owner, grant, tls }: TokenAsk): Kept => {
    const id = `${grant.id} ${tls?.id ?? ''}`;
    const known = all.get(owner);
    if (known?.id === id) return known;
    const made: Kept = { id, value: null, staleAt: 0, asking: null };
    all.delete(owner);
    if (all.size >= REMEMBERED) all.delete(all.keys().next().value!);
    all.set(owner, made);
    return made;
  };

  const ask = async (kept: Kept, { grant, timeout, https, poolKey, tls }: TokenAsk): Promise<TokenResult> => {
    const startedAt = monotonic();
    const form = { url: grant.tokenUrl, ...tokenRequest(grant), timeout, https, poolKey, tls: tls ?? null };
    try {
      const { value, lifeMs } = await pRetry(
        async () => tokenIn(await egress.send({ ...form, spentMs: monotonic() - startedAt }), grant),
        { ...RETRIES, shouldRetry: ({ error }) => error instanceof NoToken && error.again },
      );
      kept.value = value;
      kept.staleAt = startedAt + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 10);
      return { kind: 'token', value };
    } catch (error) {
      if (!(error instanceof NoToken)) throw error;
      return { kind: 'failed', reason: error.reason, detail: error.message };
    }
  };

  return {
    get(request) {
      const kept = keptFor(request);
      const { value } = kept;
      if (value !== null && value !== request.refused && monotonic() < kept.staleAt)
        return Promise.resolve({ kind: 'token', value });
      kept.asking ??= ask(kept, request).finally(() => {
        kept.asking = null;
      });
      const { timeout, spentMs } = request;
      return within(kept.asking, (timeout.kind === 'total' ? timeout.ms : timeout.totalMs) - spentMs);
    },
  };
}

class NoToken extends Error {
  override readonly name = 'NoToken';
  constructor(
    readonly reason: 'oauth_token_refused' | 'oauth_token_failed',
    why: string,
    readonly again: boolean,
  ) {
    super(`The token endpoint: ${why}.`);
  }
}

/** @throws NoToken */
function tokenIn(result: SendResult, grant: LaneGrant): { value: string; lifeMs: number } {
  if (result.kind === 'failed')
    throw new NoToken('oauth_token_failed', result.reason, TRANSIENT.has(result.reason));
  const answer = readTokenAnswer(result, grant);
  if (answer.kind === 'refused') throw new NoToken('oauth_token_refused', answer.why, false);
  if (answer.kind === 'failed') throw new NoToken('oauth_token_failed', answer.why, answer.again);
  return answer;
}

/** The answer, or a failure when it takes longer. */
async function within(asking: Promise<TokenResult>, ms: number): Promise<TokenResult> {
  let timer: ReturnType<typeof startTimer> | undefined;
  const late = new Promise<TokenResult>((resolve) => {
    const failure = { kind: 'failed', reason: 'oauth_token_failed', detail: 'No token in time.' } as const;
    timer = startTimer(() => resolve(failure), Math.max(0, Math.ceil(ms)));
  });
  try {
    return await Promise.race([asking, late]);
  } finally {
    stopTimer(timer);
  }
}
