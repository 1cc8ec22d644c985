import { UsageError } from './failure.js';

export interface RawRequest {
  headers: [name: string, value: string][];
  body: Buffer;
}

const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

/** A saved HTTP request: its first line where it has one, its headers, an empty line, and the body to the last byte. */
export function parseRequest(bytes: Buffer): RawRequest {
  const end = /\r?\n\r?\n/.exec(bytes.toString('latin1'));
  if (!end) throw new UsageError('The request has no empty line between its headers and its body.');
  const head = bytes.subarray(0, end.index).toString('utf8');
  const rest = bytes.subarray(end.index + end[0].length);
  const lines = head.split(/\r?\n/);
  const headers = parseHeaders((/^\S+ \S+ HTTP\/\d/.test(lines[0]!) ? lines.slice(1) : lines).join('\n'));
  const chunked = headers.some(
    ([name, value]) => name.toLowerCase() === 'transfer-encoding' && value.toLowerCase() === 'chunked',
  );
  return { headers, body: chunked ? joinChunks(rest) : rest };
}

/** `name: value` lines, or JSON: an object, or a list of pairs. */
export function parseHeaders(text: string): [string, string][] {
  const json = jsonOf(text.trim());
  if (json !== undefined) return headersFromJson(json);
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name, value] = HEADER.exec(line) ?? [];
      if (name === undefined || value === undefined)
        throw new UsageError(`"${line.slice(0, 60)}" is no header; write each as name: value.`);
      return [name, value];
    });
}

function headersFromJson(json: unknown): [string, string][] {
  const pairs = Array.isArray(json) ? json : Object.entries(json as object);
  return pairs.map((pair) => {
    const [name, value] = Array.isArray(pair) ? pair : [];
    if (typeof name === 'string' && typeof value === 'string') return [name, value];
    throw new UsageError('--headers as JSON is {"name":"value"} or [["name","value"]].');
  });
}

function jsonOf(text: string): unknown {
  if (!/^[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('--headers looks like JSON and is none.');
  }
}

/** The body of a chunked transfer. */
function joinChunks(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = /^[0-9a-f]+/i.exec(bytes.toString('latin1', at, Math.max(end, at)))?.[0];
    if (size === undefined)
      throw new UsageError('The request says Transfer-Encoding: chunked, and its body is not in chunks.');
    const length = Number.parseInt(size, 16);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}
