import express, { type Request, type Response } from 'express';
import { AppError } from '../errors.js';
import { MAX_DEPTH, placeIn, scanJson } from '../lib/json-text.js';

/** Bytes of one request; a batch may have more. */
export const MAX_REQUEST_BYTES = 1024 * 1024;

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const utf8 = new TextDecoder('utf-8', { fatal: true });

export interface JsonBody {
  value: unknown;
  text: string;
}

/**
 * The body as JSON; an absent one counts as `{}`.
 * @param options `anyType`: whatever the content type says. @throws AppError
 */
export async function readJson(
  request: Request,
  response: Response,
  { limit, anyType = false }: { limit: number; anyType?: boolean },
): Promise<JsonBody> {
  const bytes = await readBytes(request, response, limit);
  if (bytes.length === 0) return { value: {}, text: '{}' };
  if (!anyType && !JSON_TYPE.test(request.headers['content-type'] ?? ''))
    throw new AppError('unsupported_media_type', 'Send JSON, with "Content-Type: application/json".');
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new AppError('invalid_json', 'The body is not UTF-8.');
  }
  return { value: parseJson(text), text };
}

/** @throws AppError `invalid_json` with the place. */
export function parseJson(text: string): unknown {
  const { faultAt, depth } = scanJson(text);
  if (faultAt !== null) {
    const end = faultAt >= text.length ? 'it ends too early, at' : 'it breaks off at';
    const detail = `The body is not JSON: ${end} position ${faultAt} (${placeIn(text, faultAt)}).`;
    throw new AppError('invalid_json', detail, [{ path: '', message: `position ${faultAt}` }]);
  }
  if (depth > MAX_DEPTH)
    throw new AppError(
      'invalid_json',
      `The body is nested ${depth} deep; at most ${MAX_DEPTH} levels are read.`,
    );
  return JSON.parse(text);
}

const readers = new Map<number, ReturnType<typeof express.raw>>();

function readBytes(request: Request, response: Response, limit: number): Promise<Buffer> {
  const read = readers.get(limit) ?? express.raw({ type: () => true, limit, inflate: false });
  readers.set(limit, read);
  return new Promise((done, fail) => {
    read(request, response, (error?: unknown) => {
      if (error) fail(refusalOf(error, limit));
      else done(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
    });
  });
}

function refusalOf(error: unknown, limit: number): unknown {
  const type = error instanceof Error && 'type' in error ? error.type : undefined;
  if (type === 'entity.too.large')
    return new AppError('body_too_large', `The request has more than ${limit} bytes.`);
  if (type === 'encoding.unsupported')
    return new AppError('unsupported_media_type', 'Send the body without Content-Encoding.');
  if (type === 'request.aborted' || type === 'request.size.invalid')
    return new AppError('invalid_request', 'The body is not as long as its Content-Length says.');
  return error;
}
