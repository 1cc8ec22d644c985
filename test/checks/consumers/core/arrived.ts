/** One request as a framework hands it on. */
export interface Arrived {
  /** Names in lower case; a header that came twice is joined with `, `. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Names and values in turn, as they were spelled. Only where the framework shows them. */
  rawHeaders: readonly string[];
  /** The bytes, before anybody parsed them. */
  body: Buffer;
}

export interface Answer {
  status: number;
  body: Readonly<Record<string, unknown>>;
}

/** The sender is told no: its status goes out, and of the reason only what the sender may know. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What a failure looks like from outside: a refusal as it is, anything else without a word about itself. */
export function answerTo(error: unknown): Answer {
  if (error instanceof Refusal) return { status: error.status, body: { error: error.message } };
  const status = (error as { status?: unknown; statusCode?: unknown } | null)?.status;
  const own = typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
  return { status: own, body: { error: own === 500 ? 'internal error' : 'bad request' } };
}
