import type { ZodObject, ZodType, z } from 'zod';
import type { Json } from '../lib/merge-patch.js';
import type { Random } from '../lib/random.js';
import type { Claim, Claimed } from './contract.js';
import type { Inside } from './inside.js';
import type { Port } from './port.js';

/**
 * The API that the provider itself offers to whoever registers, manages, secures, reads and replays: a route table in the
 * provider's folder. It is mounted under the provider's name, so that a consumer changes the base URL and nothing else.
 * Handlers reach the world through a `Port` alone; they know neither Express nor a database.
 */
export interface FrontDoor {
  /**
   * Where the routes stand, and the environment behind each: `/novamed` and `/novamed-production`. The first segment begins
   * with the provider's id.
   */
  mounts: Claimed<readonly [DoorMount, ...DoorMount[]]>;
  /** Where a caller puts the tenant's key; `orBearer`: there or where every other door has it. */
  key: Claimed<{ kind: 'bearer' } | { kind: 'header'; header: string; orBearer?: boolean }>;
  routes: readonly DoorRoute[];
  /** A refusal in the provider's own shape; everything that goes wrong at this door is answered by it. */
  refuse(refusal: Refusal): DoorReply;
  /** What a refusal looks like, for the OpenAPI document. */
  refusal: ZodType;
  /**
   * How many requests one key may make, counted on the tenant's clock in windows that start with their first request;
   * null: as many as it likes. Told in `X-RateLimit-…` headers; one too many is refused with 429 `rate_limited`.
   */
  limit?(input: { environment: string; settings: Readonly<Record<string, unknown>> }): DoorLimit | null;
  /** Whether a POST with an `Idempotency-Key` runs once, and for how long the answer is kept is Ringer's rule. Default: no. */
  idempotent?: Claimed<boolean>;
}

export interface DoorMount {
  path: string;
  environment: string;
}

export interface DoorLimit {
  requests: number;
  windowMs: number;
}

export type DoorMethod = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One line of the table: mounted, documented and tested. */
export interface DoorRoute {
  method: DoorMethod;
  /** Under the mount, with `{names}`. */
  path: string;
  summary: string;
  claim: Claim;
  query?: ZodObject;
  /** Default: a body is not read. */
  body?: ZodType;
  /** By status; the first is the usual one. */
  answers: Readonly<Record<number, DoorAnswer>>;
  /** No key is asked for. Default false. */
  open?: boolean;
  /** Only reads, though its method is not GET: a key of scope `read` will do. Default false. */
  reads?: boolean;
  /**
   * Its answer is a secret: a key of scope `read` gets none, and it is not kept for an `Idempotency-Key`, each request runs.
   * Default false.
   */
  secret?: boolean;
  /** Kinds of the profile's lives of which it shows one thing as it is; its port is asked for `now`, `settings` and `told` alone. */
  shows?: readonly string[];
  handle(call: DoorCall): Promise<DoorReply> | DoorReply;
}

export interface DoorAnswer {
  description: string;
  /** Of a JSON answer; absent: no content. */
  schema?: ZodType;
}

/** One request that was let in and parsed. */
export interface DoorCall<Query = unknown, Body = unknown> {
  port: Port;
  /** Of the mount that was asked. */
  environment: string;
  /** Of the path, decoded. */
  params: Readonly<Record<string, string>>;
  query: Query;
  body: Body;
  /** The body's JSON as the caller wrote it; empty where none was read. */
  text: string;
  /** The key that let the caller in; empty at an open route. */
  key: string;
  /** The only application that the caller may reach, let in by a pass; null = by a key. The door's routes hold to it. */
  application: string | null;
  header(name: string): string | undefined;
  /** Where this door stands, as the caller wrote it: `http://127.0.0.1:4700/voyado`. */
  baseUrl: string;
  random: Random;
  /**
   * The answer to a request with an `Idempotency-Key`, for the transaction of the work: whatever breaks after it, the same key
   * gets it again. Undefined where there is no such key.
   */
  answer?<T>(reply: (result: T) => DoorReply): Inside<T>;
}

export interface DoorReply {
  status: number;
  /** Becomes JSON; absent = no content. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Sentences for `Ringer-Notice`. */
  notices?: readonly string[];
}

/** Why a request is not answered as wanted. */
export type Refusal =
  /** It does not fit the route's schemas. */
  | { kind: 'invalid'; issues: readonly DoorIssue[] }
  /** Everything else: `code` is one of Ringer's catalogue, or of a `DoorRefusal`'s own. */
  | { kind: 'refused'; status: number; code: string; detail: string; issues: readonly DoorIssue[] };

export interface DoorIssue {
  in: 'body' | 'query' | 'path';
  path: readonly (string | number)[];
  message: string;
  /** zod's word for what is wrong: `invalid_type`, `unrecognized_keys`, `custom` … */
  type: string;
}

/** Thrown by a handler: ends the request with the door's own refusal; nothing may have been changed before. */
export class DoorRefusal extends Error {
  override readonly name = 'DoorRefusal';
  constructor(
    readonly status: number,
    /** In the provider's own words. */
    readonly code: string,
    detail: string,
    readonly issues: readonly DoorIssue[] = [],
  ) {
    super(detail);
  }
}

type Definition<Query extends ZodObject, Body extends ZodType> = Omit<
  DoorRoute,
  'query' | 'body' | 'handle'
> & {
  query?: Query;
  body?: Body;
  handle(call: DoorCall<z.output<Query>, z.output<Body>>): Promise<DoorReply> | DoorReply;
};

/** Ties what a handler gets to the schemas it is declared with. */
export function doorRoute<Query extends ZodObject = ZodObject, Body extends ZodType = ZodType>(
  definition: Definition<Query, Body>,
): DoorRoute {
  return definition as DoorRoute;
}

/** A setting or a record as JSON, for handlers that keep something of their own. */
export type DoorData = { [key: string]: Json };
