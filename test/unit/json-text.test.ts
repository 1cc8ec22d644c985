import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  childrenOf,
  compactText,
  placeIn,
  reversedMembers,
  scanJson,
  withMember,
} from '../../src/lib/json-text.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('reading JSON text', () => {
  it('finds a fault exactly where JSON.parse finds one', () => {
    const broken = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 3 })).map(([text, at, piece]) => {
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + piece + text.slice(cut + piece.length);
    });
    const pieces = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '"a"',
        '1',
        '-',
        '0',
        '.5',
        'e9',
        'null',
        'true',
        ' ',
        '\\',
        '\n',
      ),
    );
    const texts = fc.oneof(
      fc.json(),
      broken,
      pieces.map((parts) => parts.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(scanJson(text).faultAt === null).toBe(isJson(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['{"a": nope}', 6],
    ['{"a": 1', 7],
    ['', 0],
    ['{"a": 1,}', 8],
    ['[1 2]', 3],
    ['{"a" 1}', 5],
    ['"\\x"', 2],
    ['"a\nb"', 2],
    ['[01]', 2],
    ['{} x', 3],
    ['[1]]', 3],
  ])('%j breaks off at %d', (text, at) => {
    expect(scanJson(text).faultAt).toBe(at);
  });

  it('counts depth without recursion', () => {
    const deep = 200_000;
    expect(scanJson('['.repeat(deep) + ']'.repeat(deep))).toEqual({ faultAt: null, depth: deep });
    expect(scanJson('{"a":{"b":[]}}').depth).toBe(3);
  });

  it('names a place by line and column', () => {
    expect(placeIn('{\n  "a": x', 9)).toBe('line 2, column 8');
    expect(placeIn('x', 0)).toBe('line 1, column 1');
  });

  it('takes space out and nothing else', () => {
    expect(compactText('{ "a b" : [ 1.0 , 1e400, "\\" \\\\" ] ,\n\t"2": 0, "1": 0, "a b": -0 }')).toBe(
      '{"a b":[1.0,1e400,"\\" \\\\"],"2":0,"1":0,"a b":-0}',
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(compactText(JSON.stringify(value, null, 2) ?? 'null')).toBe(JSON.stringify(value) ?? 'null');
      }),
    );
  });

  it('gives the children of an object and a list as they were written', () => {
    expect(childrenOf(' { "a" : [1, {"b": 2}] , "c\\u0041":"x,}" } ')).toEqual([
      { key: 'a', value: '[1, {"b": 2}]', from: 3, to: 22 },
      { key: 'cA', value: '"x,}"', from: 25, to: 40 },
    ]);
    expect(childrenOf('[ 1.50, {"a":[]} ]')).toEqual([
      { key: '0', value: '1.50', from: 2, to: 6 },
      { key: '1', value: '{"a":[]}', from: 8, to: 16 },
    ]);
    expect(childrenOf('{}')).toEqual([]);
    expect(childrenOf('7')).toEqual([]);
  });

  it('puts a member in and leaves every other byte', () => {
    const text = '\n{ "b": 9007199254740993 , "a":1.0 }\n';
    expect(withMember(text, 'c "d"', '7')).toBe('\n{ "b": 9007199254740993 , "a":1.0,"c \\"d\\"":7 }\n');
    expect(withMember(text, 'b', '[]')).toBe('\n{ "b": [] , "a":1.0 }\n');
    expect(withMember(' { } ', '__proto__', '1')).toBe(' {"__proto__":1 } ');
    expect(withMember('{"a":1,"a":2}', 'a', '3')).toBe('{"a":1,"a":3}');
  });

  it('turns members round and leaves every other byte', () => {
    expect(reversedMembers(' { "b" : 1e2,\n  "2":[ 1.0 ] , "a":{"x":1,"y":2} }\n')).toBe(
      ' { "a":{"x":1,"y":2},\n  "2":[ 1.0 ] , "b" : 1e2 }\n',
    );
    expect(reversedMembers('{ }')).toBe('{ }');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        expect(reversedMembers(reversedMembers(text))).toBe(text);
        expect(JSON.parse(reversedMembers(text))).toEqual(JSON.parse(text));
      }),
    );
  });
});
