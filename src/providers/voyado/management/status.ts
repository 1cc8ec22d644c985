import { z } from 'zod';
import { flag } from './fields.js';

/** How a message stands with an endpoint, and how an attempt ended, in the numbers and words of Svix. */
const STATUSES = ['success', 'pending', 'fail', 'sending', 'canceled'] as const;
type StatusText = (typeof STATUSES)[number];

/** Of our own words, which Svix's stands for. */
const OURS: Readonly<Record<StatusText, readonly string[]>> = {
  success: ['delivered'],
  pending: ['pending', 'held'],
  fail: ['failed'],
  sending: ['sending'],
  canceled: ['cancelled'],
};

export const statusShape = { status: z.int(), statusText: z.enum(STATUSES) };

export const statusQuery = {
  status: z.coerce.number().int().min(0).max(4).optional(),
  expanded_statuses: flag.default(false).meta({ description: 'Without it, canceled is told as fail.' }),
};

export interface StatusFilter {
  status?: number | undefined;
  expanded_statuses: boolean;
}

export function statusOf(text: StatusText): { status: number; statusText: StatusText } {
  return { status: STATUSES.indexOf(text), statusText: text };
}

/** Of a delivery. */
export function deliveryStatus(status: string, expanded: boolean): ReturnType<typeof statusOf> {
  const text = STATUSES.find((word) => OURS[word].includes(status)) ?? 'pending';
  return statusOf(text === 'canceled' && !expanded ? 'fail' : text);
}

/** What deliveries of that status are called here; null = all. */
export function deliveryStatuses({
  status,
  expanded_statuses: expanded,
}: StatusFilter): readonly string[] | null {
  if (status === undefined) return null;
  const text = STATUSES[status]!;
  if (expanded) return OURS[text];
  if (text === 'canceled') return [];
  return text === 'fail' ? [...OURS.fail, ...OURS.canceled] : OURS[text];
}
