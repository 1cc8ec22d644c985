import { AppError } from '../errors.js';

// biome-ignore lint/suspicious/noExplicitAny: what a call takes is its own affair, and its type stays.
type Calls = Record<string, (...args: any[]) => Promise<unknown>>;

/** The same calls for as long as it is open: then each is refused, and one that the end cut short says so. @throws AppError */
export function whileOpen<T extends { [Name in keyof T]: Calls[string] }>(closing: AbortSignal, calls: T): T {
  const guarded = Object.entries(calls as Calls).map(([name, call]) => [
    name,
    async (...args: unknown[]) => {
      if (closing.aborted) throw closedError();
      return call(...args).catch((error: unknown) => {
        // Its database may be gone by now; what counts is why.
        throw closing.aborted && !(error instanceof AppError) ? closedError() : error;
      });
    },
  ]);
  return Object.fromEntries(guarded);
}

export function closedError(): AppError {
  return new AppError('conflict', 'This Ringer was closed; open another one with createRinger().');
}
