import type { Random } from '../../lib/random.js';
import type { Profile, RequestInput } from '../../providers/contract.js';
import { proofHeaders, requestOf } from './facts.js';
import type { Fault, FaultContext, Params, Target, Wire } from './fault.js';
import { type Manner, PLAIN } from './manner.js';

/** A fault whose turn it is, with the randomness of that turn. */
export interface Drawn {
  fault: Fault;
  params: Params<Fault['params']>;
  random: Random;
}

export interface Distorted {
  wire: Wire;
  /** Null: as any client does it. */
  manner: Manner | null;
  losesAnswer: boolean;
}

/** What a fault is judged by: this request as it would be without it. Pure. */
export function targetOf(profile: Profile, input: RequestInput, retired: readonly string[]): Target {
  return { profile, policies: input.policies, input, wire: requestOf(profile, input), retired };
}

/** The request of one attempt with these faults in it, each on top of those before. Pure; knows no database and no socket. */
export function distort(
  profile: Profile,
  given: RequestInput,
  { drawn, retired = [] }: { drawn: readonly Drawn[]; retired?: readonly string[] },
): Distorted {
  const proof = proofHeaders(profile, requestOf(profile, given), given);
  const context = (random: Random): FaultContext => ({
    profile,
    retired,
    random,
    proof,
    id: given.providerEventId,
  });
  const input = drawn.reduce(
    (so, { fault, params, random }) => fault.input?.(so, params, context(random)) ?? so,
    given,
  );
  const made = profile.request(input);
  const wire = drawn.reduce(
    (so: Wire, { fault, params, random }) => fault.request?.(so, params, context(random)) ?? so,
    { ...made, body: made.body ?? input.body },
  );
  const manners = drawn.flatMap(({ fault, params }) => fault.manner?.(params) ?? []);
  return {
    wire,
    manner: manners.length > 0 ? Object.assign({}, PLAIN, ...manners) : null,
    losesAnswer: drawn.some(({ fault }) => fault.losesAnswer),
  };
}
