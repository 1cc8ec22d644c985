import { z } from 'zod';
import { withValues } from '../../../lib/json-text.js';
import type { Json } from '../../../lib/merge-patch.js';
import { isObject } from '../../../lib/merge-patch.js';
import type { RequestInput } from '../../../providers/contract.js';
import { jsonOf, requestOf } from '../facts.js';
import { fault, type Target } from '../fault.js';
import { withText } from '../rewrite.js';

export const unknownEventType = fault({
  type: 'unknown_event_type',
  class: 'legal',
  summary: 'An event of a type that no document names yet; everything else is as always.',
  wire: 'The type in the body, and in a header where there is one, is `name`; signed as always.',
  params: { name: z.string().min(1).max(100).default('ringer.unknown') },
  refuse({ profile, input }: Target) {
    const body = jsonOf(input.body);
    const said = body !== null && saysType(body, input.type);
    return said || headersSay(profile, input)
      ? null
      : `${profile.name} says the type of this event nowhere where it could be changed.`;
  },
  input: (input, { name }) => ({
    ...withText(input, (text) => renamed(text, input.type, name)),
    type: name,
  }),
});

function headersSay(profile: Target['profile'], input: RequestInput): boolean {
  return requestOf(profile, input).headers.some(([, value]) => value === input.type);
}

function saysType(json: Json, type: string): boolean {
  if (json === type) return true;
  if (Array.isArray(json)) return json.some((value) => saysType(value, type));
  return isObject(json) && Object.values(json).some((value) => saysType(value, type));
}

/** @param json as it is written. */
function renamed(json: string, type: string, name: string): string {
  if (json.startsWith('"')) return JSON.parse(json) === type ? JSON.stringify(name) : json;
  return withValues(json, ({ value }) => renamed(value, type, name));
}
