import { createDecipheriv } from 'node:crypto';
import { Webhook } from 'svix';
import { afterAll, describe, expect, it } from 'vitest';
import type { Received } from '../support/consumer.js';
import { HOUR, MINUTE, SECOND, setScene } from '../support/scene.js';
import { type TcpServer, tcpServer } from '../support/tcp-server.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const KEY = 'DaqfT7Ys6tGqM3zbesEKpmacTJEqBCp2';
const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

/** As Voyado's page on soft identification has a consumer do it. */
function decrypt(token: string, key = KEY): unknown {
  const standard = token.replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Buffer.from(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='), 'base64');
  const decipher = createDecipheriv('aes-256-cbc', key, bytes.subarray(0, 16));
  return JSON.parse(decipher.update(bytes.subarray(16), undefined, 'utf8') + decipher.final('utf8'));
}

/** What the official library makes of a request; it throws for one that it refuses. */
const verified = ({ body, headers }: Received) => new Webhook(SECRET).verify(body.toString(), headers);

describe('an encrypted delivery', () => {
  async function encrypted(settings: Record<string, string> = {}) {
    const scene = await setScene(world, 'voyado', { answers: 200, secret: SECRET });
    const { services, tenantId } = scene;
    const wanted = { presets: [], settings: { encryptionKey: KEY, ...settings } };
    await services.settings.put(tenantId, 'voyado', wanted);
    return scene;
  }
  const VOUCHER = { provider: 'voyado', type: 'reward.voucher.created' } as const;
  const data = { payload: { UniqueCode: 'Blåbär-7 ✓' } };

  it('arrives signed over the bytes sent, and decrypts to what was published', async () => {
    const scene = await encrypted();
    await scene.publish({ ...VOUCHER, data });
    const [request] = await scene.consumer.got(1);
    const body = verified(request!) as { payload: string };
    expect(body).toMatchObject({ isEncrypted: true, eventType: 'reward.voucher.created', tenant: 'ringer' });
    expect(decrypt(body.payload)).toMatchObject(data.payload);
    expect(request!.body.toString()).not.toContain('Blåbär');
    expect(() => decrypt(body.payload, KEY.replace('D', 'E'))).toThrow();
    // A signature over what was encrypted would not do.
    const clear = { ...body, isEncrypted: false, payload: decrypt(body.payload) };
    expect(() => verified({ ...request!, body: Buffer.from(JSON.stringify(clear)) })).toThrow();
  });

  it('has the same bytes on every attempt, and another event another vector', async () => {
    const scene = await encrypted();
    scene.consumer.answer((_, index) => (index === 0 ? 503 : 200));
    await scene.publish({ ...VOUCHER, data });
    await scene.advance({ untilIdle: true });
    await scene.publish({ ...VOUCHER, data });
    const [first, again, other] = await scene.consumer.got(3);
    expect(again!.body.equals(first!.body)).toBe(true);
    for (const request of [first!, again!, other!]) verified(request);
    const tokens = [first!, other!].map(({ body }) => JSON.parse(body.toString()).payload as string);
    expect(tokens[0]!.slice(0, 21)).not.toBe(tokens[1]!.slice(0, 21));
  });

  it('may be one token as a whole', async () => {
    const scene = await encrypted({ encryptionScope: 'body' });
    await scene.publish({ ...VOUCHER, data });
    const [request] = await scene.consumer.got(1);
    expect(decrypt(verified(request!) as string)).toMatchObject({ isEncrypted: true, ...data });
  });
});

describe('svixOss', () => {
  const servers: TcpServer[] = [];
  afterAll(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
  });

  it('spreads every delay by up to a fifth, each time anew', async () => {
    const scene = await setScene(world, 'voyado', { presets: ['svixOss'] });
    const ids = await Promise.all(Array.from({ length: 6 }, () => scene.publish()));
    await scene.advance({ untilIdle: true });
    const planned = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];
    const gaps: number[] = [];
    for (const id of ids) {
      const at = await scene.offsets(id);
      expect(at).toHaveLength(8);
      planned.forEach((delay, i) => {
        const share = (at[i + 1]! - at[i]!) / delay;
        expect(Math.abs(share - 1)).toBeLessThanOrEqual(0.2001);
        gaps.push(share);
      });
    }
    expect(new Set(gaps.map((share) => share.toFixed(3))).size).toBeGreaterThan(20);
  });

  it.each([
    ['a 429', 429],
    ['a timeout', 0],
  ])('waits at least a minute after %s', async (_, status) => {
    const scene = await setScene(world, 'voyado', { presets: ['svixOss'], settings: { timeoutMs: 150 } });
    scene.consumer.answer(() => (status === 0 ? new Promise<number>(() => {}) : status));
    const id = await scene.publish();
    await scene.advance({ toNext: true });
    expect(await scene.offsets(id)).toEqual([0, MINUTE]);
  });

  it.each([
    ['svixOss', 2],
    ['timeout30s', 1],
  ])('%s: tries %i times within one attempt when a connection fails at once', async (preset, connects) => {
    // Takes the connection and drops it before a byte of the request could go.
    const server = await tcpServer({ onConnect: (socket) => void socket.destroy() });
    servers.push(server);
    const scene = await setScene(world, 'voyado', {
      presets: [preset],
      url: `https://127.0.0.1:${server.port}/`,
    });
    const id = await scene.publish();
    const { attempts } = await scene.untilAttempts(id, 1);
    expect(attempts[0]).toMatchObject({ number: 1, outcome: 'retry', response: null });
    expect(server.connects).toBe(connects);
  });

  it('writes its header names in title case, and the official library reads them', async () => {
    const scene = await setScene(world, 'voyado', { presets: ['svixOss'], answers: 200, secret: SECRET });
    await scene.until(await scene.publish(), 'delivered');
    const [request] = scene.consumer.received;
    expect(request!.rawHeaders.map(([name]) => name)).toEqual(
      expect.arrayContaining(['Svix-Id', 'Svix-Timestamp', 'Svix-Signature']),
    );
    expect(verified(request!)).toMatchObject({ eventType: 'contact.created' });
  });
});
