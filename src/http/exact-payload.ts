import { childrenOf, compactText } from '../lib/json-text.js';
import type { PublishInput } from '../services/schemas/publish.js';

/**
 * Keeps a JSON `payload` as its caller wrote it where parsing and writing it anew would change it: `1.0`, `1e400`, integer
 * keys out of order, a key twice.
 * @param text the JSON that `input` was parsed from.
 */
export function withExactPayload(input: PublishInput, text: string): PublishInput {
  if (input.payload === undefined || typeof input.payload === 'string') return input;
  const written = childrenOf(text).findLast(({ key }) => key === 'payload')?.value;
  if (written === undefined) return input;
  const payloadText = compactText(written);
  return payloadText === JSON.stringify(input.payload) ? input : { ...input, payloadText };
}

/** The same for each event of a batch. */
export function withExactPayloads(inputs: readonly PublishInput[], text: string): PublishInput[] {
  const events = childrenOf(text).findLast(({ key }) => key === 'events')?.value ?? '[]';
  const texts = childrenOf(events).map(({ value }) => value);
  return inputs.map((input, i) => withExactPayload(input, texts[i] ?? '{}'));
}
