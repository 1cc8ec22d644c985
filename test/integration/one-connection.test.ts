import { describe, expect, it } from 'vitest';
import { useWorld } from '../support/world.js';

const world = useWorld();

/** What a statement answers, or the SQLSTATE of its refusal. */
async function answerOf(number: number): Promise<unknown> {
  const { pool } = world.app.context.db;
  const answer = pool.query('SELECT $1::int AS number, 60 / $1::int AS share', [number]);
  return answer.then(
    ({ rows }) => rows,
    ({ code }: { code: string }) => code,
  );
}

describe('what must never happen again on the embedded database’s one connection', () => {
  it('a statement that is refused gives those after it empty answers, or each other’s', async () => {
    const right = (number: number) => (number === 0 ? '22012' : [{ number, share: 60 / number }]);
    for (let round = 0; round < 5; round++) {
      const numbers = [0, 1, 0, 2, 3, 0, 4];
      // Each is asked the moment an answer has come: neither before the refusal nor long after it.
      const chains = Array.from({ length: 4 }, async () => {
        const answers = [];
        for (const number of numbers) answers.push(await answerOf(number));
        return answers;
      });
      for (const answers of await Promise.all(chains)) expect(answers).toEqual(numbers.map(right));
    }
  });
});
