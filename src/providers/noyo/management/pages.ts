import { z } from 'zod';

const count = z.int().min(0);

/** `{meta, response}`: how the API files print every list. */
export function page<Entry extends z.ZodType>(entry: Entry) {
  return z.strictObject({
    meta: z.strictObject({
      offset: count,
      page_num: z.int().min(1),
      page_size: z.int().min(1),
      total_records: count,
    }),
    response: z.array(entry),
  });
}

export const pageQuery = {
  page_size: z.coerce.number().int().min(1).max(100).default(50),
  offset: z.coerce.number().int().min(0).max(100_000_000).default(0),
};

export interface PageWanted {
  page_size: number;
  offset: number;
}

export function paged<Entry>(response: readonly Entry[], total: number, { page_size, offset }: PageWanted) {
  const meta = { offset, page_num: Math.floor(offset / page_size) + 1, page_size, total_records: total };
  return { meta, response };
}

/** Instants of the API are integers. */
export function unixSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
