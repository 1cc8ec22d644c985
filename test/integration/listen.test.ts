import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ConfigError,
  type Heard,
  type Listener,
  type ListenOptions,
  listen,
  makeSecrets,
  sendOnce,
} from '../../src/index.js';

const TYPES = {
  noyo: 'difference.created',
  healthsherpa: 'sync',
  voyado: 'contact.created',
  novamed: 'order:created',
  healthsync: 'document.uploaded',
};

interface Listening extends Listener {
  heard: Heard[];
  secrets: Record<string, string>;
  send(provider: string, more?: Partial<Parameters<typeof sendOnce>[0]>, at?: number): Promise<number>;
  post(body: string, headers?: Record<string, string>): Promise<number>;
}

async function listening(options: ListenOptions = {}): Promise<Listening> {
  const heard: Heard[] = [];
  const secrets = await makeSecrets();
  const lists = Object.fromEntries(Object.entries(secrets).map(([id, secret]) => [id, [secret]]));
  const listener = await listen({ secrets: lists, heard: (one) => heard.push(one), ...options });
  onTestFinished(() => listener.close());
  const url = `${listener.url}/hook`;
  return {
    ...listener,
    heard,
    secrets,
    async send(provider, more = {}, atMs) {
      const type = TYPES[provider as keyof typeof TYPES];
      const secret = secrets[provider]!;
      const sent = await sendOnce(
        { provider, type, url, secret, ...more },
        atMs === undefined ? {} : { atMs },
      );
      return sent.response!.status;
    },
    post: async (body, headers = {}) => (await fetch(url, { method: 'POST', body, headers })).status,
  };
}

describe('ringer listen', () => {
  it('refuses a port that is none', async () => {
    await expect(listen({ port: 1_000_000 })).rejects.toBeInstanceOf(ConfigError);
  });

  it.each(Object.keys(TYPES))('takes what %s sends, once, and tells it', async (provider) => {
    const listener = await listening();
    const body = provider === 'healthsherpa' ? {} : { eventId: '3f2a0000-0000-4000-8000-000000000001' };
    expect(await listener.send(provider, body, Date.now())).toBe(200);
    expect(listener.heard[0]).toMatchObject({
      provider,
      type: TYPES[provider as keyof typeof TYPES],
      verdict: 'valid',
      duplicate: false,
    });
    expect(listener.effects()).toHaveLength(1);
    if (provider === 'healthsherpa') return;
    expect(await listener.send(provider, body)).toBe(200);
    expect(listener.heard[1]).toMatchObject({ status: 200, duplicate: true });
    const effects = await (await fetch(`${listener.url}/effects`)).json();
    expect(effects).toEqual({ taken: listener.effects() });
  });

  it('refuses another secret, and says to its owner why, but not to the sender', async () => {
    const listener = await listening();
    expect(await listener.send('noyo', { secret: 'another-secret' })).toBe(401);
    expect(listener.heard[0]).toMatchObject({ verdict: 'invalid', causes: [{ code: 'wrong_secret' }] });
    expect(listener.effects()).toEqual([]);
  });

  it('refuses what is too old or too new, where a timestamp is signed', async () => {
    const listener = await listening();
    const now = Date.now();
    expect(await listener.send('voyado', {}, now - 600_000)).toBe(401);
    expect(await listener.send('voyado', {}, now + 600_000)).toBe(401);
    expect(await listener.send('voyado', {}, now - 240_000)).toBe(200);
    expect(listener.heard.map(({ causes }) => causes[0]?.code)).toEqual([
      'stale_timestamp',
      'future_timestamp',
      undefined,
    ]);
    const patient = await listening({ toleranceMs: null });
    expect(await patient.send('voyado', {}, now - 86_400_000)).toBe(200);
  });

  it('acknowledges tests and types that nobody knows, and makes nothing of them', async () => {
    const listener = await listening();
    expect(await listener.send('noyo', { type: 'test.hello_world' })).toBe(200);
    expect(listener.heard[0]).toMatchObject({ type: 'test.hello_world', verdict: 'valid' });
    const payload = { event: { id: 'e-1', created: 1, type: 'never.heard_of' }, data: {} };
    expect(await listener.send('noyo', { payload })).toBe(200);
    expect(listener.effects()).toEqual([]);
  });

  it('answers what is broken, and goes on', async () => {
    const listener = await listening();
    expect(await listener.post('{}', { 'content-type': 'application/json' })).toBe(401);
    expect(await listener.send('noyo', { payload: '{"broken":' })).toBe(400);
    expect(await listener.send('noyo', { payload: '' })).toBe(400);
    const { novamed } = listener.secrets;
    expect(await listener.post('{}', { 'content-type': 'text/plain', 'x-api-key': novamed! })).toBe(415);
    expect(await listener.post('x'.repeat(3 * 1024 * 1024))).toBe(413);
    expect((await fetch(`${listener.url}/hook`)).status).toBe(405);
    const { port } = new URL(listener.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"cut');
    socket.end();
    await once(socket.resume(), 'close');
    expect(await listener.send('noyo')).toBe(200);
    expect(listener.effects()).toHaveLength(1);
  });

  it('answers as it was told, and takes nothing then', async () => {
    const listener = await listening({ status: 503, delayMs: 5 });
    expect(await listener.send('noyo')).toBe(503);
    expect(listener.effects()).toEqual([]);
    expect(await (await listening({ status: 204 })).send('noyo')).toBe(204);
  });

  it('says that its port is taken', async () => {
    const { url } = await listening();
    const port = Number(new URL(url).port);
    await expect(listen({ port })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 cannot be listened on (EADDRINUSE)`,
    );
  });
});
