import { asText, utf8 } from '../../lib/bytes.js';
import type { RequestInput } from '../../providers/contract.js';
import { jsonOf } from './facts.js';

/** The body with the text of its JSON object changed, every other byte as it was; as it is where it is none. */
export function withText(input: RequestInput, change: (text: string) => string): RequestInput {
  return jsonOf(input.body) === null ? input : { ...input, body: utf8(change(asText(input.body))) };
}

/** As it would have been made so long ago. @param byMs negative: as it would be made then. */
export function aged(input: RequestInput, byMs: number): RequestInput {
  return { ...input, timestampMs: input.timestampMs - byMs, eventTimestampMs: input.eventTimestampMs - byMs };
}
