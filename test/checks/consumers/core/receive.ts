import type { Answer, Arrived } from './arrived.js';
import type { Book, Fields, Happening } from './book.js';
import type { Seen } from './seen.js';

/** What a correct consumer is made of; a planted bug replaces one of these. */
export interface Parts {
  /** @throws Refusal 401 for what the provider did not send. */
  verify(arrived: Arrived): void;
  /** @throws Refusal 400, 415 */
  parse(arrived: Arrived): Fields;
  /** Null for what is none of our business: an unknown type, a test event. It is acknowledged all the same. */
  read(payload: Fields, arrived: Arrived): Happening | null;
  seen: Seen;
  book: Book;
}

export const THANKS: Answer = { status: 200, body: { received: true } };

/** Verify the raw bytes, parse, pass over what is not for us, act once on each id, answer 200. */
export async function receive({ verify, parse, read, seen, book }: Parts, arrived: Arrived): Promise<Answer> {
  verify(arrived);
  const happening = read(parse(arrived), arrived);
  if (happening !== null && (await seen.claim(happening.id))) book.record(happening);
  return THANKS;
}

/** What a framework is given to serve. */
export interface Hook {
  receive(arrived: Arrived): Promise<Answer>;
  effects(): Record<string, Fields>;
}

export function hook(parts: Parts, flow: typeof receive = receive): Hook {
  return { receive: (arrived) => flow(parts, arrived), effects: () => parts.book.snapshot() };
}
