import { z } from 'zod';
import type { Random } from '../../lib/random.js';
import type { PolicyValues, Profile, RequestInput, WireRequest } from '../../providers/contract.js';
import type { Manner } from './manner.js';

/**
 * What a correct consumer owes it: a `legal` one is absorbed, a `hostile` one refused without effect, a `broken` one
 * survived. So every fault is a check, too.
 */
export type FaultClass = 'legal' | 'hostile' | 'broken';

/** A request, complete but for what the connection adds. */
export type Wire = WireRequest & { body: Uint8Array };

/**
 * One way to misbehave. It touches an attempt at the stages it has a function for, in this order; each is pure, and all of
 * its randomness comes with it.
 */
export interface Fault<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** snake_case: the word in every request, record and document. */
  type: string;
  class: FaultClass;
  /** What it does, one sentence. */
  summary: string;
  /** What a receiver sees of it, one sentence. */
  wire: string;
  /** Its own parameters, beside those of every fault. */
  params: Shape;
  /** Why it makes no sense there, as a sentence; null where it does. */
  refuse?(target: Target, params: Params<Shape>): string | null;
  /** A later instant for an attempt that is due, tenant time in milliseconds. */
  postpone?(due: Due, params: Params<Shape>): number;
  /** Further requests for the same delivery. */
  copy?(params: Params<Shape>): Copies;
  /** What the request is made and signed of. */
  input?(input: RequestInput, params: Params<Shape>, context: FaultContext): RequestInput;
  /** The request after it was signed. */
  request?(wire: Wire, params: Params<Shape>, context: FaultContext): Wire;
  /** How its bytes are put on the socket. */
  manner?(params: Params<Shape>): Partial<Manner>;
  /** How long it stays in effect after it was added, tenant time in milliseconds; null: as long as it stands. */
  lasts?(params: Params<Shape>): number | null;
  /** The answer is thrown away: the sender takes the attempt for failed, and goes on as its schedule says. */
  losesAnswer?: true;
}

export type Params<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

/** Where a fault would go: what a request there is made of, and the request without it. */
export interface Target {
  profile: Profile;
  policies: PolicyValues;
  input: RequestInput;
  wire: Wire;
  /** Secrets that signed here once and do not any more. */
  retired: readonly string[];
}

export interface FaultContext {
  profile: Profile;
  retired: readonly string[];
  /** The same for the same seed and turn. */
  random: Random;
  /** Lowercase names of the headers that prove who sends. */
  proof: readonly string[];
  /** What the consumer dedupes on; null where there is none. */
  id: string | null;
}

/** An attempt that would be made now. Instants are tenant time, milliseconds. */
export interface Due {
  dueAtMs: number;
  /** When the delivery was made. */
  createdAtMs: number;
  /** When the fault was added. */
  addedAtMs: number;
  /** Attempts made before this one. */
  tries: number;
  /** How often the fault had its turn, this one included. */
  turn: number;
  random: Random;
}

/** Requests beside the one that was due, each an attempt of its own with the trigger `fault`. */
export interface Copies {
  /** 0 or more. */
  count: number;
  /** Tenant time from the attempt to the first copy, and from copy to copy, milliseconds. 0: at once. */
  gapMs: number;
  /** How many are under way at once, the attempt itself included; more than one only without a gap. */
  concurrency: number;
  /** Whether those under way at once end in the same instant, as far as the network lets them. */
  together: boolean;
  /** How much older than their time their timestamps are, milliseconds. Absent: not at all. */
  agedMs?: number;
}

/** One whose name and parameters the compiler knows. */
export type TypedFault<Type extends string, Shape extends z.ZodRawShape> = Omit<Fault, 'type' | 'params'> & {
  readonly type: Type;
  readonly params: Shape;
};

/** Ties a fault's functions to its parameters. */
export function fault<const Type extends string, Shape extends z.ZodRawShape>(
  definition: Fault<Shape> & { type: Type },
): TypedFault<Type, Shape> {
  return definition as unknown as TypedFault<Type, Shape>;
}

/** Its own parameters, read; unknown ones are refused. */
export function paramsOf(of: Fault, given: Readonly<Record<string, unknown>>): Params<z.ZodRawShape> {
  return z.strictObject(of.params).parse(given);
}
