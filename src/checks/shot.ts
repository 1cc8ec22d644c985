import { maskHeaders } from '../engine/attempt/prepare.js';
import type { Wire } from '../engine/attempt/send.js';
import type { SendResult } from '../engine/egress/exchange.js';
import { asText } from '../lib/bytes.js';
import type { Manner, Shot } from './contract.js';

export interface ShotInput {
  label: string;
  manner: Manner;
  method: 'POST' | 'GET' | 'HEAD';
  url: string;
  wire: Wire;
  result: SendResult;
  atMs: number;
  rightSignatures: readonly string[];
}

export function shotOf({ label, manner, method, url, wire, result, atMs, rightSignatures }: ShotInput): Shot {
  const answered = result.kind === 'answered' ? result : null;
  const before = wire.signature?.contents[0]?.before;
  return {
    label,
    manner,
    atMs,
    durationMs: Math.round(result.timing.durationMs),
    request: { method, url, headers: maskHeaders(wire.headers, wire.secretHeaders), body: wire.body },
    signed: before === undefined ? null : before + asText(wire.body),
    response: answered && {
      status: answered.status,
      headers: answered.headers,
      body: asText(answered.body),
      bodyBytes: answered.bodyBytes,
      truncated: answered.truncated,
    },
    failure: result.kind === 'failed' ? result.reason : null,
    detail: result.kind === 'failed' ? result.detail : null,
    rightSignatures,
    masked: wire.headers
      .filter(([name]) => wire.secretHeaders.includes(name.toLowerCase()))
      .map(([, value]) => value),
  };
}

export function accepted({ response }: Shot): boolean {
  return response !== null && response.status >= 200 && response.status < 300;
}

/** 4xx, but not for having come too often. */
export function refused({ response }: Shot): boolean {
  return response !== null && response.status >= 400 && response.status < 500 && response.status !== 429;
}

export function crashed({ response }: Shot): boolean {
  return response !== null && response.status >= 500;
}

/** Told to come again, as providers do: 409 Conflict, 425 Too Early. */
export function putOff({ response }: Shot): boolean {
  return response?.status === 409 || response?.status === 425;
}

/** `200`, or why there is no status. */
export function outcomeOf({ response, failure }: Shot): string {
  return response ? String(response.status) : `no answer (${failure})`;
}
