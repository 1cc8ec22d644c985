/**
 * Written beside a result by the transaction that makes it, before it commits: one is not there without the other. What a
 * transaction runs on is the core's own business.
 */
export type Inside<T> = (client: never, result: T) => Promise<void>;
