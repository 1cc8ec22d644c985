/**
 * What a server of ours gives a client that is slow on purpose, real milliseconds: to say its head, and to have said all of its
 * request. Node's own would be a minute and five, looked at twice a minute. An answer may take as long as it likes.
 */
export const SERVER_LIMITS = {
  headersTimeout: 15_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
} as const;
