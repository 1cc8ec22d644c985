import { type Arrived, Refusal } from './arrived.js';
import type { Fields } from './book.js';

const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

/** The body as an object. @throws Refusal 415, 400 */
export function parseObject({ headers, body }: Arrived): Fields {
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw new Refusal(415, 'expected application/json');
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal(400, 'the body is not JSON');
  }
  if (!isFields(parsed)) throw new Refusal(400, 'the body is not an object');
  return parsed;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under a key; empty where there is none. */
export function under(fields: Fields, key: string): Fields {
  const value = fields[key];
  return isFields(value) ? value : {};
}

/** Text or a number under a key, as text; null where there is neither. */
export function textAt(fields: Fields, key: string): string | null {
  const value = fields[key];
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : null;
}

/** Those of the named fields that are there. */
export function only(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.flatMap((name) => (name in fields ? [[name, fields[name]]] : [])));
}
