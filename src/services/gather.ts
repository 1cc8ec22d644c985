import { clearTimeout, setTimeout } from '../lib/timers.js';

/** What became of one of a group: another's refusal is none of its business. */
export type Outcome<Result> = { value: Result } | { error: unknown };

export interface GatherOptions<Input, Result> {
  /** Does all of them at once, and answers in their order; throws when none is done. */
  work(key: string, inputs: readonly Input[]): Promise<readonly Outcome<Result>[]>;
  /** Groups of one key at work at the same time, while they are small: beside a large one the others gather. */
  workers: number;
  /** Inputs in one group. */
  most: number;
}

interface Waiting<Input, Result> {
  input: Input;
  done(result: Result): void;
  fail(error: unknown): void;
}

interface Line<Input, Result> {
  waiting: Waiting<Input, Result>[];
  working: number;
  /** Inputs of the groups at work. */
  underWay: number;
}

/** Inputs of a small group: under load one round of many costs less than two of half as many. */
const SMALL = 4;
/** What takes longer may be on a connection that says nothing more, and keeps nobody else waiting, milliseconds. */
const HANGS_MS = 500;

/**
 * What is asked while others of its key are under way goes together in the next statement. One on its own waits for nobody;
 * of fifty at once each costs a fiftieth. Nothing joins a statement that has begun, so each sees all that was committed
 * before it was asked.
 */
export function gather<Input, Result>({ work, workers, most }: GatherOptions<Input, Result>) {
  const lines = new Map<string, Line<Input, Result>>();

  async function workOff(key: string, line: Line<Input, Result>): Promise<void> {
    line.working += 1;
    while (line.waiting.length > 0) {
      const group = line.waiting.splice(0, most);
      const leave = join(key, line, group.length);
      await workOnce(key, group);
      leave();
    }
    line.working -= 1;
    if (line.working === 0) lines.delete(key);
  }

  /** @returns how a group that joins those at work leaves them; one that hangs has left them before its end. */
  function join(key: string, line: Line<Input, Result>, size: number): () => void {
    line.underWay += size;
    let left = false;
    const leave = () => {
      clearTimeout(timer);
      if (!left) line.underWay -= size;
      left = true;
    };
    const timer = setTimeout(() => {
      leave();
      if (line.waiting.length > 0 && line.working < workers) void workOff(key, line);
    }, HANGS_MS);
    return leave;
  }

  async function workOnce(key: string, group: readonly Waiting<Input, Result>[]): Promise<void> {
    try {
      const inputs = group.map(({ input }) => input);
      const outcomes = await work(key, inputs);
      group.forEach(({ done, fail }, i) => {
        const outcome = outcomes[i]!;
        if ('value' in outcome) done(outcome.value);
        else fail(outcome.error);
      });
    } catch (error) {
      for (const { fail } of group) fail(error);
    }
  }

  return (key: string, input: Input): Promise<Result> =>
    new Promise((done, fail) => {
      const line = lines.get(key) ?? { waiting: [], working: 0, underWay: 0 };
      lines.set(key, line);
      line.waiting.push({ input, done, fail });
      if (line.working === 0 || (line.working < workers && line.underWay <= SMALL)) void workOff(key, line);
    });
}
