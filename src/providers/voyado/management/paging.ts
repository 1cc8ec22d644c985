import { z } from 'zod';
import type { Listing } from '../../port.js';
import { invalid } from './errors.js';

const LIMIT = 50;
const MAX_LIMIT = 250;

export const pageQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LIMIT, `Given limit must not exceed ${MAX_LIMIT}`)
    .default(LIMIT),
  iterator: z.string().min(1).optional().meta({ description: 'Of the page before; prevIterator goes back.' }),
});

const order = z.enum(['ascending', 'descending']);
export const orderedPageQuery = pageQuery.extend({ order: order.optional() });

export function listOf<T extends z.ZodType>(entry: T) {
  return z.object({
    data: z.array(entry),
    done: z.boolean(),
    iterator: z.string().nullable(),
    prevIterator: z.string().nullable().optional(),
  });
}

export interface PageSource<Row> {
  order: NonNullable<Listing['order']>;
  /** Where a list goes on: what a row's iterator stands for; null when it stands for nothing. */
  locate(iterator: string): string | null | Promise<string | null>;
  read(listing: Required<Listing>): Promise<Row[]>;
  iteratorOf(row: Row): string;
}

export interface Page<Row> {
  rows: Row[];
  /** All of the answer but `data`. */
  rest: { done: boolean; iterator: string | null; prevIterator: string | null };
}

/**
 * One page as Svix makes it. An iterator names the last entry seen; with a `-` before it the list goes back from there, and
 * the page is in the list's own order all the same.
 */
export async function pageOf<Row>(
  { limit, iterator }: z.output<typeof pageQuery>,
  source: PageSource<Row>,
): Promise<Page<Row>> {
  const back = iterator?.startsWith('-') ?? false;
  const after = iterator === undefined ? null : await source.locate(back ? iterator.slice(1) : iterator);
  if (iterator !== undefined && after === null)
    throw invalid(['iterator'], 'Invalid iterator: pass one that a list has answered.', 'query');
  const order = back ? opposite(source.order) : source.order;
  const found = await source.read({ after, order, limit: limit + 1 });
  const rows = found.slice(0, limit);
  if (back) rows.reverse();
  const [first, last] = [rows[0], rows.at(-1)];
  return {
    rows,
    rest: {
      done: found.length <= limit,
      iterator: last === undefined ? null : source.iteratorOf(last),
      prevIterator: first === undefined ? null : `-${source.iteratorOf(first)}`,
    },
  };
}

function opposite(given: PageSource<unknown>['order']): PageSource<unknown>['order'] {
  return given === 'ascending' ? 'descending' : 'ascending';
}

/** A page of what is at hand in full, in ascending order of its key. */
export function inMemory<Row>(
  all: readonly Row[],
  keyOf: (row: Row) => string,
): (listing: Required<Listing>) => Promise<Row[]> {
  return async ({ after, order, limit }) => {
    const ordered = order === 'ascending' ? all : all.toReversed();
    const past = (row: Row) =>
      after === null || (order === 'ascending' ? keyOf(row) > after : keyOf(row) < after);
    return ordered.filter(past).slice(0, limit);
  };
}

/** Every entry of a list that is asked for page by page. */
export async function everyOne<Row extends { id: string }>(
  read: (listing: Required<Listing>) => Promise<Row[]>,
): Promise<Row[]> {
  const all: Row[] = [];
  for (;;) {
    const rows = await read({ after: all.at(-1)?.id ?? null, limit: MAX_LIMIT, order: 'ascending' });
    all.push(...rows);
    if (rows.length < MAX_LIMIT) return all;
  }
}
