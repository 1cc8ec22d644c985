import { z } from 'zod';
import { parseDuration } from '../../lib/duration.js';

/** `"90s"`, `"26h"` or ISO 8601, as milliseconds. @param least of it, milliseconds. */
export function duration(least = 0) {
  return z
    .string()
    .meta({ description: 'A duration: 50ms, 90s, 26h, 3d, or ISO 8601.', example: '90s' })
    .transform((text, ctx) => {
      const ms = parseDuration(text);
      if (ms !== null && ms >= least) return ms;
      const message =
        ms === null
          ? `"${text.slice(0, 50)}" is no duration; write 50ms, 90s, 26h, 3d or ISO 8601 (PT26H)`
          : `"${text.slice(0, 50)}" is too short; at least ${least} ms are needed`;
      ctx.addIssue({ code: 'custom', message, params: { code: 'invalid_duration' } });
      return z.NEVER;
    });
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
