export type Fields = Readonly<Record<string, unknown>>;

/** Which of two states of a thing is the newer: by the event's own time, then by the place in its life. */
export interface Order {
  atMs: number;
  rank: number;
}

interface Known {
  fields: Fields;
  order: Order;
}

/** From what was known of a thing to what is known now. */
export type Change = (known: Known | undefined) => Known;

/** Something that happened to a thing of ours. */
export interface Happening {
  /** What the provider's documents tell to tell duplicates by. */
  id: string;
  /** `<kind>:<id>`. */
  object: string;
  change: Change;
}

/** The business state, in memory: what is known of each thing, and how many events made it so. */
export class Book {
  readonly #things = new Map<string, Known & { events: number }>();

  record({ object, change }: Happening): void {
    const known = this.#things.get(object);
    this.#things.set(object, { ...change(known), events: (known?.events ?? 0) + 1 });
  }

  knows(object: string): boolean {
    return this.#things.has(object);
  }

  /** The same for the same events, whatever their order: keys are sorted. */
  snapshot(): Record<string, Fields> {
    const names = [...this.#things.keys()].sort();
    return Object.fromEntries(
      names.map((name) => {
        const { fields, events } = this.#things.get(name)!;
        return [name, { ...fields, events }];
      }),
    );
  }
}

/** The newer state wins, in whatever order the two arrive. */
export function newest(order: Order, fields: Fields): Change {
  return (known) => (known && compare(known, { fields, order }) >= 0 ? known : { fields, order });
}

function compare(one: Known, other: Known): number {
  return (
    one.order.atMs - other.order.atMs ||
    one.order.rank - other.order.rank ||
    JSON.stringify(one.fields).localeCompare(JSON.stringify(other.fields))
  );
}
