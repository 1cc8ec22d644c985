import { ConnectFailure, say } from './failures.js';

/** Who is told of an answer as it comes; an `Exchange` is one. */
export interface AnswerHandler {
  onResponseStarted(): void;
  onHeaders(status: number, raw: Buffer[]): boolean;
  onData(chunk: Buffer): boolean;
  onComplete(): void;
}

const MAX_HEAD_BYTES = 16_384;
const MAX_CHUNK_LINE_BYTES = 1_024;
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: |$)/;
const NOTHING = Buffer.alloc(0);

/** What of the body is still to come: so many bytes, chunks, everything until the end, or nothing. */
type Rest = { kind: 'length'; bytes: number } | { kind: 'chunked'; inChunk: number } | { kind: 'untilEnd' };

/**
 * Reads one HTTP/1.1 answer off a socket that was not written to as any client would: undici takes such requests from
 * nobody. @throws ConnectFailure for what is no answer.
 */
export class AnswerReader {
  private unread: Buffer = NOTHING;
  private rest: Rest | null = null;
  private done = false;

  constructor(private readonly handler: AnswerHandler) {}

  push(chunk: Buffer): void {
    if (this.done) return;
    this.handler.onResponseStarted();
    this.unread = this.unread.length === 0 ? chunk : Buffer.concat([this.unread, chunk]);
    while (!this.done && (this.rest === null ? this.readHead() : this.readBody(this.rest)));
  }

  /** The connection ended. @returns whether that was the end of the answer, too. */
  end(): boolean {
    if (this.rest?.kind === 'untilEnd') this.complete();
    return this.done;
  }

  /** @returns whether there may be more to read. */
  private readHead(): boolean {
    const end = this.unread.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.unread.length > MAX_HEAD_BYTES) throw invalid();
      return false;
    }
    if (end > MAX_HEAD_BYTES) throw invalid();
    const [statusLine = '', ...lines] = this.unread.toString('latin1', 0, end).split('\r\n');
    this.unread = this.unread.subarray(end + 4);
    const status = Number(STATUS_LINE.exec(statusLine)?.[1] ?? 0);
    if (status < 100) throw invalid();
    const headers = lines.map(headerOf);
    this.handler.onHeaders(
      status,
      headers.flat().map((text) => Buffer.from(text, 'latin1')),
    );
    if (status < 200) return true;
    this.rest = restOf(status, headers);
    if (this.rest.kind === 'length' && this.rest.bytes === 0) this.complete();
    return true;
  }

  private readBody(rest: Rest): boolean {
    if (this.unread.length === 0) return false;
    switch (rest.kind) {
      case 'untilEnd':
        this.take(this.unread.length);
        return false;
      case 'length':
        rest.bytes -= this.take(rest.bytes);
        if (rest.bytes === 0) this.complete();
        return true;
      case 'chunked':
        return this.readChunk(rest);
    }
  }

  /** Bytes of a chunk, or the line before the next one. */
  private readChunk(rest: Extract<Rest, { kind: 'chunked' }>): boolean {
    if (rest.inChunk > 0) {
      rest.inChunk -= this.take(rest.inChunk);
      return true;
    }
    const end = this.unread.indexOf('\r\n');
    if (end < 0) {
      if (this.unread.length > MAX_CHUNK_LINE_BYTES) throw invalid();
      return false;
    }
    const line = this.unread.toString('latin1', 0, end);
    this.unread = this.unread.subarray(end + 2);
    // What ends the chunk before.
    if (line === '') return true;
    const size = /^([0-9a-fA-F]{1,8})(?:;|$)/.exec(line)?.[1];
    if (size === undefined) throw invalid();
    rest.inChunk = Number.parseInt(size, 16);
    if (rest.inChunk === 0) this.complete();
    return true;
  }

  private take(most: number): number {
    const part = this.unread.subarray(0, most);
    this.unread = this.unread.subarray(part.length);
    this.handler.onData(part);
    return part.length;
  }

  private complete(): void {
    this.done = true;
    this.handler.onComplete();
  }
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw invalid();
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function restOf(status: number, headers: readonly (readonly [string, string])[]): Rest {
  const find = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  if (status === 204 || status === 304) return { kind: 'length', bytes: 0 };
  if (/\bchunked\s*$/i.test(find('transfer-encoding') ?? '')) return { kind: 'chunked', inChunk: 0 };
  const length = find('content-length');
  if (length === undefined) return { kind: 'untilEnd' };
  if (!/^\d{1,15}$/.test(length)) throw invalid();
  return { kind: 'length', bytes: Number(length) };
}

function invalid(): ConnectFailure {
  return new ConnectFailure('invalid_response', say('invalid_response'));
}
