import type { Ids } from '../../lib/ids.js';
import type { Random } from '../../lib/random.js';
import { judge, type Verdict } from './judge.js';
import type { Attempted } from './outcome.js';
import { plan } from './plan.js';
import { type How, type SendTools, send, type Wire } from './send.js';

export interface AttemptTools extends SendTools {
  ids: Ids;
  random: Random;
  version: string;
}

/** An attempt before it was made. */
export type Begun = Pick<
  Attempted,
  'delivery' | 'lane' | 'attemptId' | 'startedMs' | 'startedMonotonicMs' | 'wallStartedMs'
>;

export interface RoundOptions {
  tenantNowMs: number;
  tools: AttemptTools;
  how?: How;
  /** The answer is thrown away. */
  losesAnswer?: boolean;
}

const ACK_LOST: Verdict = {
  ok: false,
  reason: 'ack_lost',
  terminal: false,
  slowDown: false,
  retryAfterMs: null,
  control: null,
};

/** From a request that is complete to what becomes of its delivery: send, judge, plan. */
export async function round(
  begun: Begun,
  complete: Wire,
  { tenantNowMs, tools, how, losesAnswer = false }: RoundOptions,
): Promise<Attempted> {
  const { delivery, lane } = begun;
  const { wire, result } = await send(complete, lane, how === undefined ? tools : { ...tools, how });
  // A consumer says an instant by the clock it knows: that of the timestamps it gets.
  const nowMs = lane.tenant.wire === 'virtual' ? tenantNowMs : tools.clock.now();
  const verdict = losesAnswer && result.kind === 'answered' ? ACK_LOST : judge(result, lane.policies, nowMs);
  const next = plan(verdict, {
    policy: lane.policies.retry,
    attempt: delivery.tries + 1,
    trigger: delivery.trigger,
    random: tools.random,
  });
  // Written out: spreading two objects into a third costs 3 µs of a delivery.
  return {
    delivery,
    lane,
    attemptId: begun.attemptId,
    startedMs: begun.startedMs,
    startedMonotonicMs: begun.startedMonotonicMs,
    wallStartedMs: begun.wallStartedMs,
    wire,
    result,
    verdict,
    plan: next,
  };
}
