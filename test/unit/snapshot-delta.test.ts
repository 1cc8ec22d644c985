import { describe, expect, it } from 'vitest';
import type { Shot } from '../../src/checks/contract.js';
import { leaks } from '../../src/checks/leaks.js';
import { renamed } from '../../src/checks/renaming.js';
import { escaped } from '../../src/checks/reports/escape.js';
import { deltaOf } from '../../src/checks/snapshot-delta.js';
import { withoutInstants } from '../../src/checks/without-instants.js';

describe('what has become of a snapshot', () => {
  it('is told as amounts, values and members', () => {
    const before = { count: 3, list: ['a', 'b'], by: { x: { status: 'open' } } };
    const after = {
      count: 5,
      list: ['b', 'c', 'a'],
      by: { x: { status: 'done' }, y: { status: 'open', n: 1 } },
    };
    expect(deltaOf(before, after)).toEqual([
      { path: 'by.x.status', change: '"done"' },
      { path: 'by.y.n', change: '1' },
      { path: 'by.y.status', change: '"open"' },
      { path: 'count', change: '+2' },
      { path: 'list[]', change: 'has "c"' },
    ]);
    expect(deltaOf(after, after)).toEqual([]);
  });

  it('says nothing of the order in a list, and counts what is in it twice', () => {
    expect(deltaOf([1, 2, 2], [2, 1, 2])).toEqual([]);
    expect(deltaOf([1], [1, 1])).toEqual([{ path: '[]', change: 'has 1' }]);
    expect(deltaOf([1, 1], [1])).toEqual([{ path: '[]', change: 'has no more 1' }]);
  });

  it('is the same for two lives once their ids are named, in keys and within texts too', () => {
    const of = (id: string) => ({ [`order:${id}`]: { note: `id "${id}"\n`, id } });
    expect(renamed(of('ord_12345'), [['ord_12345', '‹id›']])).toEqual(of('‹id›'));
  });

  it('knows instants of its own time only', () => {
    const range = { fromMs: 1_700_000_000_000, untilMs: 1_700_000_010_000 };
    const at = new Date(1_700_000_005_000).toISOString();
    expect(
      withoutInstants({ at, ms: 1_700_000_005_000, s: 1_700_000_005, amount: 17, old: '2020-01-01' }, range),
    ).toEqual({ at: '<now>', ms: '<now>', s: '<now>', amount: 17, old: '2020-01-01' });
  });
});

describe('what an answer gives away', () => {
  const shot = (body: string, more: Partial<Shot> = {}): Shot => ({
    label: '',
    manner: 'hostile',
    atMs: 0,
    durationMs: 1,
    request: { method: 'POST', url: 'http://127.0.0.1/', headers: [], body: new Uint8Array() },
    signed: null,
    response: { status: 401, headers: [], body, bodyBytes: body.length, truncated: false },
    failure: null,
    detail: null,
    rightSignatures: [],
    masked: [],
    ...more,
  });
  const digest = Buffer.alloc(32, 7);

  it('is the secret, the signature in hex or base64, or a trace', () => {
    expect(leaks(shot('{"error":"bad signature"}'), ['hush-hush-hush'])).toEqual([]);
    expect(leaks(shot('expected hush-hush-hush'), ['hush-hush-hush'])).toEqual(['the secret']);
    const rightSignatures = [`v1,${digest.toString('base64')}`];
    expect(leaks(shot(digest.toString('hex'), { rightSignatures }), [])).toEqual(['the right signature']);
    expect(leaks(shot(`{"want":"${digest.toString('base64')}"}`, { rightSignatures }), [])).toEqual([
      'the right signature',
    ]);
    expect(leaks(shot('Error: no\\n    at verify (/app/src/hook.js:12:9)'), [])).toEqual(['a stack trace']);
    expect(leaks(shot('Traceback (most recent call last):'), [])).toEqual(['a stack trace']);
  });

  it('is not what came with the request', () => {
    const value = digest.toString('hex');
    const request = { ...shot('').request, headers: [['x-signature', value]] as [string, string][] };
    expect(leaks(shot(value, { request, rightSignatures: [value] }), [])).toEqual([]);
  });
});

describe('text in a report', () => {
  it('never becomes markup, nor anything XML cannot carry', () => {
    expect(escaped(`<script>"&'\u0000\ud800</script>`)).toBe(
      '&lt;script&gt;&quot;&amp;&#39;\ufffd\ufffd&lt;/script&gt;',
    );
  });
});
