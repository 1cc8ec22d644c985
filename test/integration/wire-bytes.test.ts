import { createHash, randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { Received } from '../support/consumer.js';
import { HOUR, setScene } from '../support/scene.js';
import { healthSyncVerifies, noyoVerifies } from '../support/verifiers.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

/** Bodies that something on the way might read, repair, reorder or refuse. */
const BODIES: readonly (readonly [what: string, body: string | Buffer])[] = [
  ['nothing but an object', '{}'],
  ['a NUL, escaped', '{"a":"\\u0000"}'],
  ['half a surrogate pair, escaped', '{"a":"\\ud800","b":"\\udc00\\ud800"}'],
  ['a number beyond any float', '{"a":1e400,"b":-1e-400,"c":0.1000}'],
  ['a number longer than a float', '{"a":12345678901234567890,"b":1.0}'],
  ['one key twice', '{"a":1,"a":2,"b":{"c":1,"c":2}}'],
  ['keys that look like indexes', '{"2":1,"1":2,"__proto__":3,"constructor":4}'],
  ['spaces and line ends', '{ "a" :\r\n\t1 }\r\n'],
  ['text beyond the first plane', '{"a":"😀é\u2028"}'],
  ['a byte order mark', '\ufeff{"a":1}'],
  ['escapes that need not be', '{"\\u0061":"\\/"}'],
  ['no JSON', 'not json at all'],
];
/** What no text holds; a verifier that works on bytes takes them. */
const BYTES: typeof BODIES = [
  ['a NUL byte', Buffer.from('{"a":"\u0000"}')],
  ['no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x80, 0x7d])],
  ['every byte there is', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
  ['a quarter of a mebibyte of noise', randomBytes(262_144)],
];

const NOYO = 'a long and random string for noyo';
const NEXT = 'another long and random string, the next';
const HEALTHSYNC = 'a long and random string for healthsync';
const VOYADO = `whsec_${Buffer.from('a secret of twenty-four!').toString('base64')}`;

const standard = (secret: string, { headers, body }: Received) => {
  const named = (name: string) => headers[`svix-${name}`] ?? '';
  const hook = new Webhook(secret);
  const sent = new Date(Number(named('timestamp')) * 1000);
  return named('signature')
    .split(' ')
    .includes(hook.sign(named('id'), sent, body.toString('utf8')));
};

const PROVIDERS = [
  { provider: 'noyo', secret: NOYO, verifies: noyoVerifies, bodies: BODIES, tries: 16 },
  {
    provider: 'healthsync',
    secret: HEALTHSYNC,
    verifies: healthSyncVerifies,
    bodies: [...BODIES, ...BYTES],
    tries: 2,
  },
  { provider: 'voyado', secret: VOYADO, verifies: standard, bodies: BODIES, tries: 5 },
];
const TYPES: Record<string, string> = {
  noyo: 'difference.created',
  healthsync: 'document.uploaded',
  voyado: 'contact.created',
};

const digest = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('the bytes that were published', () => {
  it.each(PROVIDERS)('are the bytes of every attempt at $provider, and signed', async (of) => {
    const scene = await setScene(world, of.provider, { secret: of.secret });
    for (const [what, body] of of.bodies) {
      scene.consumer.clear();
      await scene.publish({ type: TYPES[of.provider]!, payloadBase64: Buffer.from(body).toString('base64') });
      await scene.advance({ untilIdle: true });
      const { received } = scene.consumer;
      expect(received.length, what).toBeGreaterThanOrEqual(of.tries);
      expect(new Set(received.map((request) => digest(request.body))), what).toEqual(new Set([digest(body)]));
      for (const request of received) {
        expect(request.headers['content-length'], what).toBe(String(Buffer.byteLength(body)));
        expect(of.verifies(of.secret, request), `${what}: ${JSON.stringify(request.headers)}`).toBe(true);
      }
      // A failed subscription would get nothing more.
      await scene.services.subscriptions.resume(scene.tenantId, scene.subscriptionId).catch(() => {});
    }
  });

  it('are signed with both secrets while a rotation overlaps, on retries too, and with the new one after it', async () => {
    const scene = await setScene(world, 'noyo', { secret: NOYO });
    await scene.publish({ payloadBase64: Buffer.from(BODIES[5]![1]).toString('base64') });
    await scene.advance({ by: 0 });
    await scene.services.secrets.rotate(scene.tenantId, scene.subscriptionId, {
      secret: NEXT,
      overlap: HOUR,
    });
    await scene.advance({ untilIdle: true });
    const { received } = scene.consumer;
    const signed = received.map((request) => [noyoVerifies(NOYO, request), noyoVerifies(NEXT, request)]);
    expect(signed[0]).toEqual([true, false]);
    const within = signed.slice(1).filter(([old]) => old);
    const after = signed.slice(1).filter(([old]) => !old);
    expect(within.length).toBeGreaterThan(2);
    expect(after.length).toBeGreaterThan(2);
    expect(new Set(signed.slice(1).map(([, next]) => next))).toEqual(new Set([true]));
    expect(new Set(received.map(({ body }) => digest(body)))).toEqual(new Set([digest(BODIES[5]![1])]));
  });
});
