import { readFileSync } from 'node:fs';
import { UsageError } from './failure.js';
import { type Flag, flag, listFlag } from './flags.js';
import { setAt } from './pairs.js';
import type { Shell } from './shell.js';

export interface BodyFlags {
  set?: string[];
  data?: string;
  payload?: string;
  variant?: string;
  environment?: string;
  eventId?: string;
}

/** What an example becomes an event by. */
export const dataFlags = (): Flag[] => [
  listFlag('--set <path=value>', 'one value in the body, such as data.id=d-1; JSON, else text'),
  flag('--data <json>', 'JSON merged over the example: inline, @file, or - for standard input'),
  flag('--variant <name>', 'which shape of the event, where it has several'),
  flag('--environment <name>', 'environment of the event'),
];

/** What an event's body is made from, the same for `send` and `trigger`. */
export const bodyFlags = (): Flag[] => [
  ...dataFlags(),
  flag('--payload <bytes>', 'the whole body, byte for byte: inline, @file, or - for standard input'),
  flag('--event-id <id>', 'id a consumer dedupes on'),
];

export interface BodyInput {
  data?: unknown;
  payloadBase64?: string;
  variant?: string;
  environment?: string;
  eventId?: string;
}

export async function bodyFrom(flags: BodyFlags, shell: Shell): Promise<BodyInput> {
  const { set = [], data, payload, variant, environment, eventId } = flags;
  if (payload !== undefined && (data !== undefined || set.length > 0)) {
    throw new UsageError('--payload is the whole body; leave --data and --set out.');
  }
  const rest = {
    ...(variant === undefined ? {} : { variant }),
    ...(environment === undefined ? {} : { environment }),
    ...(eventId === undefined ? {} : { eventId }),
  };
  if (payload !== undefined) {
    return { ...rest, payloadBase64: (await bytesFrom(payload, '--payload', shell)).toString('base64') };
  }
  if (data === undefined && set.length === 0) return rest;
  const merged = data === undefined ? {} : parse(await bytesFrom(data, '--data', shell));
  for (const pair of set) setAt(merged, pair, '--set');
  return { ...rest, data: merged };
}

/** Inline, `@file`, or `-` for standard input. */
export async function bytesFrom(value: string, flags: string, shell: Shell): Promise<Buffer> {
  if (value === '-') return shell.stdin();
  if (!value.startsWith('@')) return Buffer.from(value);
  try {
    return readFileSync(value.slice(1));
  } catch {
    throw new UsageError(`${flags} names the file "${value.slice(1)}", which cannot be read.`);
  }
}

function parse(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new UsageError(`--data is not JSON: ${(error as Error).message}.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new UsageError('--data takes a JSON object, which is merged over the example.');
}
