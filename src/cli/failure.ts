import { ConfigError } from '../config.js';
import { AppError } from '../errors.js';
import { inCommands } from './command-for-route.js';

export const EXIT = {
  ok: 0,
  /** It was tried and failed, or something was found. */
  failed: 1,
  /** The call or the configuration has to change first. */
  usage: 2,
} as const;
/** One of these, but for `exec`: there it is the command's own. */
export type Exit = number;

/** Wrong flags, or the same in the environment. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** It cannot be done now: the server is away, refuses the state, or something was not found. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** Statuses that say that the request itself has to change. */
const CALLERS = new Set([400, 401, 403, 405, 413, 415]);

export function exitForStatus(status: number): Exit {
  return CALLERS.has(status) ? EXIT.usage : EXIT.failed;
}

/**
 * One line for stderr and the exit code; null for what is no expected end, which is a fault of ours.
 * @param own how the command line is called.
 */
export function failureOf(error: unknown, own: string): { line: string; exit: Exit } | null {
  if (error instanceof UsageError || error instanceof ConfigError)
    return { line: oneLine(error, own), exit: EXIT.usage };
  if (error instanceof AppError) return { line: oneLine(error, own), exit: exitForStatus(error.status) };
  if (error instanceof Failure) return { line: oneLine(error, own), exit: EXIT.failed };
  return null;
}

function oneLine({ message }: Error, own: string): string {
  return inCommands(message, own)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}
