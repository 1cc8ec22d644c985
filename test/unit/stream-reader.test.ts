import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/http/route.js';
import { followStream } from '../../src/http/stream.js';
import { wallClock } from '../../src/lib/clock.js';
import type { Services } from '../../src/services/services.js';
import { createStream } from '../../src/services/stream.js';

/** A response whose reader takes nothing. */
class StuckResponse extends EventEmitter {
  writableLength = 0;
  destroyed = false;
  status() {
    return this;
  }
  setHeader() {}
  flushHeaders() {}
  write(text: string) {
    this.writableLength += text.length;
  }
  destroy() {
    this.destroyed = true;
    this.emit('close');
  }
}

describe('a reader of the stream that takes nothing', () => {
  it('is dropped once a mebibyte waits for it, and nobody else is', () => {
    const stream = createStream('e');
    const response = new StuckResponse();
    const request = { method: 'GET', get: () => undefined };
    const caller = { kind: 'operator' };
    const services = { stream } as unknown as Services;
    followStream(services, { caller, tenantId: 't', request, response } as unknown as Call, {
      wall: wallClock,
    });
    const others: string[] = [];
    stream.follow('t', null, ({ id }) => others.push(id));
    const publish = () => stream.publish('t', 'event.created', { text: 'x'.repeat(100_000) });
    for (let i = 0; i < 10; i++) publish();
    expect(response.destroyed).toBe(false);
    publish();
    expect(response.destroyed).toBe(true);
    const unread = response.writableLength;
    publish();
    expect(response.writableLength).toBe(unread);
    expect(others).toHaveLength(12);
  });
});
