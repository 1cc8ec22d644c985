import { z } from 'zod';
import { durationRefusal, parseDuration } from '../../lib/duration.js';

/** A hundred years, milliseconds. */
const LONGEST_MS = 100 * 365 * 86_400_000;

/** `"90s"`, `"26h"` or ISO 8601, or milliseconds, as they are kept. @param least of it, milliseconds. */
export function duration(least = 0) {
  const text = z
    .string()
    .meta({ description: 'A duration: 50ms, 90s, 26h, 3d, or ISO 8601.', example: '90s' })
    .transform((written, ctx) => {
      const ms = parseDuration(written);
      if (ms !== null && ms >= least) return ms;
      const message =
        ms === null
          ? durationRefusal(written, '50ms, 90s, 26h, 3d or ISO 8601 (PT26H)')
          : `"${written.slice(0, 50)}" is too short; at least ${least} ms are needed`;
      ctx.addIssue({ code: 'custom', message, params: { code: 'invalid_duration' } });
      return z.NEVER;
    });
  return z.union([text, z.number().int().min(least).max(LONGEST_MS).meta({ description: 'Milliseconds.' })]);
}

/** The same with what holds when it is left out. */
export function durationOr(otherwise: string, least = 0) {
  return duration(least).prefault(otherwise);
}

/** Real time between two pieces on the wire: an attempt must end within minutes. */
export const interval = (otherwise: string) =>
  durationOr(otherwise).refine((ms) => ms <= 60_000, 'must be at most 60s: it is real time');

export const count = (otherwise: number, most: number) =>
  z.number().int().min(1).max(most).default(otherwise);

/** A part of the whole, 0 to 1. */
export const share = (otherwise: number) => z.number().min(0).max(1).default(otherwise);
