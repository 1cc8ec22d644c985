import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';

/** `{data: {id, type, attributes}, meta}`: how the sibling pages print a resource. */
export function resource<Attributes extends z.ZodType>(type: string, attributes: Attributes) {
  return z.strictObject({ data: entry(type, attributes), meta: z.strictObject({}) });
}

export function entry<Attributes extends z.ZodType>(type: string, attributes: Attributes) {
  return z.strictObject({ id: z.guid(), type: z.literal(type), attributes });
}

export function page<Entry extends z.ZodType, Meta extends z.ZodRawShape>(of: Entry, meta: Meta) {
  const link = z.string().nullable();
  return z.strictObject({
    data: z.array(of),
    meta: z.strictObject({ ...paging, ...meta }),
    links: z.strictObject({ first: z.string(), last: z.string(), prev: link, next: link }),
  });
}

const count = z.int().min(0);
const paging = { total: count, page: z.int().min(1), per_page: z.int().min(1), total_pages: count };

/** `?page=1&per_page=20` */
export const pageQuery = {
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  per_page: z.coerce.number().int().min(1).max(100).default(20),
};

export interface PageWanted {
  page: number;
  per_page: number;
}

export function offsetOf({ page: number, per_page }: PageWanted): { offset: number; limit: number } {
  return { offset: (number - 1) * per_page, limit: per_page };
}

/** @param at path and query of the list, without its page. */
export function paged(total: number, { page: number, per_page }: PageWanted, at: string) {
  const last = Math.max(1, Math.ceil(total / per_page));
  const link = (to: number) =>
    to < 1 || to > last ? null : `${at}${at.includes('?') ? '&' : '?'}page=${to}&per_page=${per_page}`;
  return {
    meta: { total, page: number, per_page, total_pages: Math.ceil(total / per_page) },
    links: { first: link(1)!, last: link(last)!, prev: link(number - 1), next: link(number + 1) },
  };
}

export const instant = z.iso.datetime({ precision: 3 });

export function instantOrNull(ms: number | null): string | null {
  return ms === null ? null : isoMillis(ms);
}
