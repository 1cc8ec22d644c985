import { isUtf8 } from 'node:buffer';
import type { Egress } from '../engine/egress/egress.js';
import { asText } from '../lib/bytes.js';
import type { Json } from '../lib/merge-patch.js';
import type { HttpsRule } from '../providers/contract.js';
import type { ReadSnapshot } from './effects.js';
import { ProbeFailure } from './probe-failure.js';

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 8 * 1_048_576;

/** Reads the state by GET, through the same door out as deliveries. @throws ProbeFailure */
export function readUrl(egress: Egress, url: string, https: HttpsRule): ReadSnapshot {
  return async () => {
    const result = await egress.send({
      method: 'GET',
      url,
      headers: [['accept', 'application/json']],
      body: new Uint8Array(),
      timeout: { kind: 'total', ms: TIMEOUT_MS },
      poolKey: 'effects',
      https,
      keepBytes: MOST_BYTES,
    });
    if (result.kind === 'failed')
      throw new ProbeFailure(`The effects probe gives no answer: ${result.detail}`);
    if (result.status !== 200)
      throw new ProbeFailure(`The effects probe answers ${result.status}; 200 and JSON is wanted.`);
    return parse(result.body);
  };
}

function parse(body: Uint8Array): Json {
  try {
    if (isUtf8(body)) return JSON.parse(asText(body)) as Json;
  } catch {
    // Said below.
  }
  throw new ProbeFailure('The effects probe answers no JSON.');
}

/** A function's own snapshot, taken as JSON. @throws ProbeFailure */
export function readFunction(snapshot: () => unknown): ReadSnapshot {
  return async () => {
    let text: string | undefined;
    try {
      text = JSON.stringify(await snapshot());
    } catch (error) {
      throw new ProbeFailure(
        `The effects probe fails: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    if (text === undefined)
      throw new ProbeFailure('The effects probe returns nothing; a snapshot is wanted.');
    return JSON.parse(text) as Json;
  };
}
