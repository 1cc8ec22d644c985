import { isUtf8 } from 'node:buffer';
import { asText, utf8 } from '../../lib/bytes.js';
import { isObject, type Json } from '../../lib/merge-patch.js';
import type { RequestInput } from '../contract.js';

/**
 * The bytes of this attempt: the event's own, unless the setting `retryBody` is `rebuilt`, where every retry writes the
 * same values with their keys in reverse order. What is not JSON stays as it is.
 */
export function attemptBody(input: Pick<RequestInput, 'body' | 'attempt' | 'settings'>): Uint8Array {
  if (input.settings.retryBody !== 'rebuilt' || input.attempt === 1 || !isUtf8(input.body)) return input.body;
  try {
    return utf8(JSON.stringify(reversed(JSON.parse(asText(input.body)))));
  } catch {
    return input.body;
  }
}

function reversed(node: Json): Json {
  if (Array.isArray(node)) return node.map(reversed);
  if (!isObject(node)) return node;
  return Object.fromEntries(
    Object.entries(node)
      .reverse()
      .map(([key, value]) => [key, reversed(value)]),
  );
}
