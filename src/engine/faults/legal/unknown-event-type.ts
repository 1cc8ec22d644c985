import { z } from 'zod';
import type { Json } from '../../../lib/merge-patch.js';
import { isObject } from '../../../lib/merge-patch.js';
import type { RequestInput } from '../../../providers/contract.js';
import { jsonOf, requestOf } from '../facts.js';
import { fault, type Target } from '../fault.js';
import { withJson } from '../rewrite.js';

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
    ...withJson(input, (json) => renamed(json, input.type, name) as typeof json),
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

function renamed(json: Json, type: string, name: string): Json {
  if (json === type) return name;
  if (Array.isArray(json)) return json.map((value) => renamed(value, type, name));
  if (!isObject(json)) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, renamed(value, type, name)]));
}
