import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { IdPrefix } from '../lib/ids.js';
import type { InsideOption } from '../services/idempotency.js';
import type { Caller } from './caller.js';

export const API = '/api/v1';
export const TENANT = `${API}/tenants/{tenant}`;

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/**
 * Who may: everybody; anybody with a token; a tenant's key in its own tenant, to write where the method changes something;
 * the operator alone; whoever has a tenant's key at a provider's own front door.
 */
export type Access = 'open' | 'caller' | 'tenant' | 'operator' | 'door';

export interface Answer {
  description: string;
  /** Of a JSON answer. */
  schema?: z.ZodType;
  /** Media types of an answer that is not JSON. */
  types?: readonly string[];
}

/** One request that was let in and parsed. */
export interface Call<Query = unknown, Body = unknown> {
  caller: Caller;
  /** UUID of the tenant in the path; empty where the path has none. */
  tenantId: string;
  /** UUID in `{id}`; empty where the path has none. */
  id: string;
  /** Of the path, as written. */
  params: Readonly<Record<string, string>>;
  query: Query;
  body: Body;
  /** The body's JSON as the caller wrote it. */
  text: string;
  request: Request;
  response: Response;
  /**
   * With an Idempotency-Key: makes the transaction that does the work keep the answer too, so that no cut between the two
   * can make the same key run twice. Without one it is nothing.
   */
  inside<T>(reply: (result: T) => Reply): InsideOption<T>;
}

export type Reply =
  | {
      /** Default: the route's first answer. */
      status?: number;
      /** Becomes JSON; absent = no content. */
      body?: unknown;
      /** Sentences for `Ringer-Notice`. */
      notices?: readonly string[];
    }
  | { bytes: Uint8Array; type: string }
  /** The handler wrote the answer itself. */
  | 'sent';

/** One line of the table that is mounted, documented and tested. */
export interface Route {
  method: Method;
  /** With `{names}`, as in OpenAPI. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  access: Access;
  /** What `{id}` in the path is. */
  id?: IdPrefix;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Bytes; default 1 MiB. */
  bodyLimit?: number;
  /** Asked far more than all the rest: found first, and its handler notices when the tenant is gone. */
  often?: true;
  answers: Readonly<Record<number, Answer>>;
  /** What a refusal looks like. Default: a problem. */
  refusal?: z.ZodType;
  /** Name and place of the key. Default: bearer. */
  keyHeader?: string;
  /** Beside `keyHeader`, bearer will do. */
  orBearer?: boolean;
  handle(call: Call): Promise<Reply> | Reply;
}

type Definition<Query extends z.ZodObject, Body extends z.ZodType> = Omit<
  Route,
  'query' | 'body' | 'handle'
> & {
  query?: Query;
  body?: Body;
  handle(call: Call<z.output<Query>, z.output<Body>>): Promise<Reply> | Reply;
};

/** Ties what a handler gets to the schemas it is declared with. */
export function route<Query extends z.ZodObject = z.ZodObject, Body extends z.ZodType = z.ZodType>(
  definition: Definition<Query, Body>,
): Route {
  return definition as Route;
}
