import { describe, expect, it } from 'vitest';
import { withExactPayload, withExactPayloads } from '../../src/http/exact-payload.js';
import type { PublishInput } from '../../src/services/schemas/publish.js';

function exact(text: string) {
  return withExactPayload(JSON.parse(text) as PublishInput, text).payloadText;
}

describe('a payload as its caller wrote it', () => {
  it.each([
    ['{"payload": {"2": 1, "1": 2}}', '{"2":1,"1":2}'],
    ['{"payload": {"a": 1.0, "b": 1e400}}', '{"a":1.0,"b":1e400}'],
    ['{"payload": {"a": 12345678901234567890}}', '{"a":12345678901234567890}'],
    ['{"payload": {"a": 1, "a": 2}}', '{"a":1,"a":2}'],
    ['{"payload": "\\u0041"}', undefined],
    ['{"payload": {"a": "\\u0041"}}', '{"a":"\\u0041"}'],
    ['{"payload": 1, "payload": {"x": 1.0}}', '{"x":1.0}'],
    ['{"payload": {"a": [1, "two", null]}}', undefined],
    ['{"data": {"a": 1.0}}', undefined],
  ])('%s', (text, written) => {
    expect(exact(text)).toBe(written);
  });

  it('in each event of a batch', () => {
    const text = '{"events": [{"payload": {"a": 1.0}}, {"payload": {"a": 1}}, {"payload": "text"}]}';
    const { events } = JSON.parse(text) as { events: PublishInput[] };
    expect(withExactPayloads(events, text).map((input) => input.payloadText)).toEqual([
      '{"a":1.0}',
      undefined,
      undefined,
    ]);
  });
});
