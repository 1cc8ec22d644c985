import { isUtf8 } from 'node:buffer';
import { asText, sameBytes, utf8 } from '../../lib/bytes.js';
import type { Cause, CauseCode } from './causes.js';

/** What may have been done to a body on its way, undone. */
interface Repair {
  code: CauseCode;
  /** What happened, in plain words. */
  text: string;
  /** The body as it was before; null where this cannot have happened to it. */
  undo(body: Uint8Array): Uint8Array | null;
}

const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);
const RAW = 'Hand the verifier the raw bytes of the request, before anything parses them.';
/** Larger bodies are tried with one thing done to them, not with two; and larger ones as they are: each try reads them anew. */
const PAIRS_UP_TO_BYTES = 16_384;
const REPAIRED_UP_TO_BYTES = 262_144;

const onText =
  (change: (text: string) => string | null) =>
  (body: Uint8Array): Uint8Array | null => {
    const changed = isUtf8(body) ? change(asText(body)) : null;
    return changed === null ? null : utf8(changed);
  };

/** Likeliest first. */
const REPAIRS: readonly Repair[] = [
  {
    code: 'trailing_newline',
    text: 'a newline was put after the body, as editors and echo do (printf and --data-binary do not)',
    undo: onText((text) => (/\r?\n$/.test(text) ? text.replace(/(\r?\n)+$/, '') : null)),
  },
  {
    code: 'trailing_newline',
    text: 'the newline at the end of the body was taken off, as trim() does',
    undo: onText((text) => `${text}\n`),
  },
  {
    code: 'bom',
    text: 'a byte order mark (EF BB BF) was put before the body',
    undo: (body) => (sameBytes(body.subarray(0, 3), BOM) ? body.subarray(3) : null),
  },
  {
    code: 'bom',
    text: 'the byte order mark (EF BB BF) before the body was taken off',
    undo: (body) => Buffer.concat([BOM, body]),
  },
  {
    code: 'crlf',
    text: 'line ends were turned from LF into CRLF',
    undo: onText((text) => (text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : null)),
  },
  {
    code: 'crlf',
    text: 'line ends were turned from CRLF into LF',
    undo: onText((text) => (text.includes('\n') ? text.replaceAll(/\r?\n/g, '\r\n') : null)),
  },
  {
    code: 'reserialised_json',
    text: `the JSON was written anew with other spaces. ${RAW}`,
    undo: onText((text) => (isJson(text) ? withoutSpaces(text) : null)),
  },
  ...jsonRepairs(),
  {
    code: 'reserialised_json',
    text: `the body was stringified twice, so it is a JSON string that holds JSON. ${RAW}`,
    undo: onText((text) => {
      const value = jsonOf(text);
      return typeof value === 'string' ? value : null;
    }),
  },
  {
    code: 'charset',
    text: `the body was read as Latin-1 and written as UTF-8. ${RAW}`,
    undo: unlatin,
  },
];

function jsonRepairs(): Repair[] {
  const text = `the JSON was parsed and written anew. ${RAW}`;
  const writers: ((value: unknown) => string)[] = [
    (value) => JSON.stringify(value),
    (value) => ascii(JSON.stringify(value)),
    (value) => JSON.stringify(value).replaceAll('/', '\\/'),
    (value) => ascii(JSON.stringify(value)).replaceAll('/', '\\/'),
    (value) => spaced(JSON.stringify(value)),
    (value) => ascii(spaced(JSON.stringify(value))),
    (value) => JSON.stringify(value, null, 2),
    (value) => JSON.stringify(value, null, 4),
    (value) => JSON.stringify(value, null, '\t'),
    (value) => JSON.stringify(sorted(value)),
  ];
  return writers.map((write) => ({
    code: 'reserialised_json',
    text,
    undo: onText((body) => {
      const value = jsonOf(body);
      return value === undefined || typeof value === 'string' ? null : write(value);
    }),
  }));
}

/** A body that may have been sent, and what then happened to it. */
export interface Candidate {
  causes: Cause[];
  body: Uint8Array;
}

/** The body as it came, then with one thing undone, then with two. */
export function* repairsOf(body: Uint8Array): Generator<Candidate> {
  yield { causes: [], body };
  if (body.length > REPAIRED_UP_TO_BYTES) return;
  const ones: Candidate[] = [];
  for (const { code, text, undo } of REPAIRS) {
    const undone = undo(body);
    if (undone === null || sameBytes(undone, body)) continue;
    const one = { causes: [{ code, text }], body: undone };
    ones.push(one);
    yield one;
  }
  if (body.length > PAIRS_UP_TO_BYTES) return;
  for (const { causes, body: once } of ones) {
    for (const { code, text, undo } of REPAIRS) {
      const undone = code === causes[0]!.code ? null : undo(once);
      if (undone !== null && !sameBytes(undone, once))
        yield { causes: [...causes, { code, text }], body: undone };
    }
  }
}

/** Whether both are JSON and hold the same values. */
export function sameJson(a: Uint8Array, b: Uint8Array): boolean {
  const [left, right] = [jsonOf(asText(a)), jsonOf(asText(b))];
  return left !== undefined && JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

function unlatin(body: Uint8Array): Uint8Array | null {
  const text = isUtf8(body) ? asText(body) : '';
  return /[\u0080-\u00ff]/.test(text) && !/[^\u0000-\u00ff]/.test(text) ? Buffer.from(text, 'latin1') : null;
}

/** Undefined for what is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  return jsonOf(text) !== undefined;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[ \t\r\n]+/g;

/** Without the spaces between tokens; numbers and escapes stay as they are written. */
function withoutSpaces(json: string): string {
  return json.replace(TOKEN, (token) => (token.startsWith('"') ? token : ''));
}

/** `{"a": 1, "b": 2}`, as Python writes it. */
function spaced(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) => (token.startsWith('"') ? token : `${token} `));
}

function ascii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
