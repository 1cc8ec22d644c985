import { AppError } from '../errors.js';
import { type IdPrefix, parsePublicId, publicId } from '../lib/ids.js';
import type { Page, PageOf } from './schemas/fields.js';

/** Where a list goes on: the id of the last entry seen, or null for its start. @throws AppError `invalid_cursor` */
export function readCursor(prefix: IdPrefix, cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const id = parsePublicId(prefix, Buffer.from(cursor, 'base64url').toString('latin1'));
  if (id !== null) return id;
  throw new AppError(
    'invalid_cursor',
    'The cursor is not one of this list; pass nextCursor of the page before, unchanged.',
    [{ path: 'cursor', message: 'cannot be read' }],
  );
}

/**
 * One page of a list that is newest first.
 * @param read asked for one more than the page holds: that tells whether there is a next one.
 */
export async function readPage<Row extends { id: string }, T>(
  prefix: IdPrefix,
  { limit, cursor }: Page,
  { read, show }: { read(at: { before: string | null; limit: number }): Promise<Row[]>; show(row: Row): T },
): Promise<PageOf<T>> {
  const rows = await read({ before: readCursor(prefix, cursor), limit: limit + 1 });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const nextCursor = last ? Buffer.from(publicId(prefix, last.id), 'latin1').toString('base64url') : null;
  return { data: shown.map(show), nextCursor };
}
