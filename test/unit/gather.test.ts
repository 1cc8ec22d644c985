import { describe, expect, it } from 'vitest';
import { gather, type Outcome } from '../../src/services/gather.js';
import { eventually } from '../support/eventually.js';

/** Work whose end is said by hand. */
function bench(workers = 1, most = 10) {
  const groups: {
    key: string;
    inputs: readonly number[];
    end(outcomes?: Outcome<string>[]): void;
    fail(e: Error): void;
  }[] = [];
  const ask = gather<number, string>({
    workers,
    most,
    work: (key, inputs) =>
      new Promise((done, fail) => {
        const usual = inputs.map((n) => ({ value: `${key}${n}` }));
        groups.push({ key, inputs, end: (outcomes = usual) => done(outcomes), fail });
      }),
  });
  return { ask, groups };
}

const turn = () => new Promise((done) => setImmediate(done));

describe('gathering', () => {
  it('lets one on its own go at once, and what comes meanwhile together after it', async () => {
    const { ask, groups } = bench();
    const first = ask('a', 1);
    const rest = [2, 3, 4].map((n) => ask('a', n));
    expect(groups.map((g) => g.inputs)).toEqual([[1]]);
    groups[0]!.end();
    expect(await first).toBe('a1');
    await turn();
    expect(groups.map((g) => g.inputs)).toEqual([[1], [2, 3, 4]]);
    groups[1]!.end();
    expect(await Promise.all(rest)).toEqual(['a2', 'a3', 'a4']);
  });

  it('refuses only what is refused, and all of them when none was done', async () => {
    const { ask, groups } = bench();
    const all = Promise.allSettled([ask('a', 0), ask('a', 1), ask('a', 2)]);
    groups[0]!.end();
    await turn();
    groups[1]!.end([{ error: new Error('not this one') }, { value: 'fine' }]);
    expect((await all).map((r) => (r.status === 'fulfilled' ? r.value : String(r.reason)))).toEqual([
      'a0',
      'Error: not this one',
      'fine',
    ]);
    const lost = Promise.allSettled([ask('a', 5)]);
    groups[2]!.fail(new Error('the database is gone'));
    expect((await lost)[0]).toMatchObject({ status: 'rejected' });
    const after = ask('a', 6);
    groups[3]!.end();
    expect(await after).toBe('a6');
  });

  it('starts another group beside small ones only', async () => {
    const { ask, groups } = bench(2);
    const all = [1, 2, 3, 4, 5, 6, 7].map((n) => ask('a', n));
    expect(groups.map((g) => g.inputs)).toEqual([[1], [2]]);
    groups[0]!.end();
    await turn();
    // Five go together now: the next one waits for them or for the single one, though a worker is free.
    groups[1]!.end();
    await turn();
    all.push(ask('a', 8));
    expect(groups.map((g) => g.inputs)).toEqual([[1], [2], [3, 4, 5, 6, 7]]);
    groups[2]!.end();
    await turn();
    groups[3]!.end();
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `a${n}`));
  });

  it('leaves nobody waiting for a group that hangs, however large it is', async () => {
    const { ask, groups } = bench(2);
    const hung = [1, 2, 3, 4, 5, 6, 7].map((n) => ask('a', n));
    groups[0]!.end();
    await turn();
    groups[1]!.end();
    await turn();
    expect(groups.map((g) => g.inputs)).toEqual([[1], [2], [3, 4, 5, 6, 7]]);
    const next = ask('a', 8);
    await eventually(() => expect(groups).toHaveLength(4));
    groups[3]!.end();
    expect(await next).toBe('a8');
    groups[2]!.end();
    expect(await Promise.all(hung)).toHaveLength(7);
  });

  it('keeps keys apart, has so many workers for each, and so many in a group', async () => {
    const { ask, groups } = bench(2, 2);
    const all = [ask('a', 1), ask('a', 2), ask('a', 3), ask('a', 4), ask('a', 5), ask('b', 6)];
    expect(groups.map((g) => [g.key, g.inputs])).toEqual([
      ['a', [1]],
      ['a', [2]],
      ['b', [6]],
    ]);
    for (let i = 0; i < 5; i++) {
      groups[i]?.end();
      await turn();
    }
    expect(groups.map((g) => g.inputs)).toEqual([[1], [2], [6], [3, 4], [5]]);
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'b6']);
  });
});
