import { utf8 } from '../../lib/bytes.js';
import type { Json } from '../../lib/merge-patch.js';
import type { RequestInput } from '../../providers/contract.js';
import { jsonOf } from './facts.js';

type JsonObject = { [key: string]: Json };

/** The body with its JSON changed; as it is where it is none. */
export function withJson(input: RequestInput, change: (json: JsonObject) => JsonObject): RequestInput {
  const json = jsonOf(input.body);
  return json === null ? input : { ...input, body: utf8(JSON.stringify(change(json))) };
}

/** As it would have been made so long ago. @param byMs negative: as it would be made then. */
export function aged(input: RequestInput, byMs: number): RequestInput {
  return { ...input, timestampMs: input.timestampMs - byMs, eventTimestampMs: input.eventTimestampMs - byMs };
}
