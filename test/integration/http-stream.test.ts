import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpOptions } from '../../src/http/server.js';
import { wallClock } from '../../src/lib/clock.js';
import { SESSION_MS } from '../../src/services/sessions.js';
import { apiOf } from '../support/api.js';
import { ADMIN_TOKEN, useWorld } from '../support/world.js';

interface Told {
  id: string;
  type: string;
  data: Record<string, unknown>;
}

describe('the stream of a tenant', () => {
  const world = useWorld();

  async function listening(options: Partial<HttpOptions> = {}) {
    const closing = new AbortController();
    const api = apiOf(world, { closing: closing.signal, ...options });
    const server = createServer(api.app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { publicId, key } = await world.tenant();
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const url = `${origin}/api/v1/tenants/${publicId}/stream`;
    const follow = async (
      lastId?: string,
      as: Record<string, string> = { authorization: `Bearer ${key}` },
    ) => {
      const stop = new AbortController();
      const headers = { ...as, ...(lastId ? { 'last-event-id': lastId } : {}) };
      const answer = await fetch(url, { headers, signal: stop.signal });
      expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
        for (;;) {
          const found = pattern.exec(text);
          if (found) {
            text = text.slice(found.index + found[0].length);
            return found;
          }
          const { value, done } = await reader.read();
          if (done) throw new Error('the stream ended');
          text += value;
        }
      };
      const next = async (): Promise<Told> => {
        const [, id, type, data] = await until(/id: (\S+)\nevent: (\S+)\ndata: (.*)\n\n/);
        return { id: id!, type: type!, data: JSON.parse(data!) };
      };
      return { next, until, stop: () => stop.abort(), ended: () => reader.closed };
    };
    const { operator } = api;
    const at = `/tenants/${publicId}`;
    const session = async (method: 'POST' | 'DELETE', more: RequestInit & { headers?: object } = {}) =>
      fetch(`${origin}/api/v1/session`, { method, ...more, headers: { origin, ...more.headers } });
    const signIn = async (as = key): Promise<{ cookie: string }> => {
      const headers = { 'content-type': 'application/json' };
      const answer = await session('POST', { headers, body: JSON.stringify({ key: as }) });
      return { cookie: answer.headers.get('set-cookie')!.split(';')[0]! };
    };
    const signOut = (headers: { cookie: string }) => session('DELETE', { headers });
    return { ask: api.as(key), operator, at, follow, signIn, signOut, close: () => closing.abort() };
  }

  it('tells what happens, without secrets, and goes on after Last-Event-ID', async () => {
    const { ask, at, follow } = await listening();
    const first = await follow();
    const { body: made } = await ask.post(`${at}/subscriptions`, {
      provider: 'noyo',
      url: 'https://c.example/',
    });
    const told = await first.next();
    const { secret, ...shown } = made;
    expect(told).toMatchObject({ type: 'subscription.updated', data: shown });
    expect(JSON.stringify(told)).not.toContain(secret);
    first.stop();
    await ask.post(`${at}/subscriptions/${made.id}/pause`);
    const second = await follow(told.id);
    expect(await second.next()).toMatchObject({ type: 'subscription.updated', data: { status: 'paused' } });
    second.stop();
  });

  it('says that everything must be read anew when its past is gone', async () => {
    const { follow } = await listening();
    const reader = await follow('from-before-a-restart');
    expect(await reader.next()).toMatchObject({ type: 'reset' });
    reader.stop();
  });

  it('keeps the line open with comments', async () => {
    const { follow } = await listening({ heartbeatMs: 5 });
    const reader = await follow();
    await reader.until(/: still here\n\n[\s\S]*: still here\n\n/);
    reader.stop();
  });

  it('ends at once when the key that opened it is revoked, and no other one does', async () => {
    const { follow, operator, ask, at } = await listening();
    const reader = await follow();
    await reader.until(/retry: 1000\n\n/);
    const { body: other } = await operator.post(`${at}/keys`, {});
    await operator.delete(`${at}/keys/${other.id}`);
    await ask.post(`${at}/subscriptions`, { provider: 'noyo', url: 'https://c.example/' });
    await reader.next();
    const { body: keys } = await operator.get(`${at}/keys`);
    await operator.delete(`${at}/keys/${keys.data[0].id}`);
    await expect(reader.until(/never/)).rejects.toThrow('the stream ended');
  });

  it('ends at its next comment when another process revoked it', async () => {
    const { follow, at } = await listening({ heartbeatMs: 20 });
    const reader = await follow();
    await reader.until(/retry: 1000\n\n/);
    await world.app.context.db.pool.query('DELETE FROM tenant_key WHERE tenant_id = $1', [
      at.slice('/tenants/ten_'.length),
    ]);
    await expect(reader.until(/never/)).rejects.toThrow('the stream ended');
  });

  it('ends at once when the session that opened it is given back, and no other one does', async () => {
    const { follow, signIn, signOut, ask, at } = await listening();
    for (const who of [await signIn(), await signIn(ADMIN_TOKEN)]) {
      const other = await signIn();
      const [reader, stays] = [await follow(undefined, who), await follow(undefined, other)];
      await reader.until(/retry: 1000\n\n/);
      expect((await signOut(who)).status).toBe(204);
      await expect(reader.until(/never/)).rejects.toThrow('the stream ended');
      await ask.post(`${at}/subscriptions`, { provider: 'noyo', url: 'https://c.example/' });
      expect(await stays.next()).toMatchObject({ type: 'subscription.updated' });
      stays.stop();
    }
  });

  it('ends at its next comment when the session that opened it is over', async () => {
    let aheadMs = 0;
    const wall = { ...wallClock, now: () => wallClock.now() + aheadMs };
    const { follow, signIn } = await listening({ heartbeatMs: 20, wall });
    const [reader, byKey] = [await follow(undefined, await signIn()), await follow()];
    await reader.until(/: still here\n\n/);
    aheadMs = SESSION_MS;
    await expect(reader.until(/never/)).rejects.toThrow('the stream ended');
    await byKey.until(/: still here\n\n[\s\S]*: still here\n\n/);
    byKey.stop();
  });

  it('ends when the process goes', async () => {
    const { follow, close } = await listening();
    const reader = await follow();
    await reader.until(/retry: 1000\n\n/);
    close();
    await expect(reader.until(/never/)).rejects.toThrow('the stream ended');
  });
});
