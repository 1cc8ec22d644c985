import { createHmac } from 'node:crypto';
import { Webhook } from 'svix';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.js';
import type { Received } from '../support/consumer.js';
import { DAY, HOUR, MINUTE, SECOND, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

/** How a consumer of each provider, who knows one secret, judges a request. */
const VERIFIERS: Record<string, (secret: string, request: Received) => boolean> = {
  noyo: (secret, { headers, body }) => {
    const signed = `${headers['x-noyo-timestamp']}.${body}`;
    const expected = createHmac('sha256', secret).update(signed).digest('hex');
    return headers['x-noyo-signature']!.split(',').includes(expected);
  },
  voyado: (secret, { headers, body }) => {
    try {
      new Webhook(secret).verify(body.toString(), headers);
      return true;
    } catch {
      return false;
    }
  },
  healthsync: (secret, { headers, body }) =>
    headers['x-healthsync-signature'] === `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  novamed: (secret, { headers }) => headers['x-api-key'] === secret,
};

const svixSecret = (fill: number) => `whsec_${Buffer.alloc(24, fill).toString('base64')}`;
const SECRETS: Record<string, [old: string, fresh: string]> = {
  noyo: ['the old secret', 'the new secret'],
  voyado: [svixSecret(1), svixSecret(2)],
  healthsync: ['the old secret', 'the new secret'],
  novamed: ['the-old-key', 'the-new-key'],
};

/** A consumer who was told the old secret and one who was told the new: who accepts each request. */
function acceptedBy(provider: string, received: readonly Received[]): string[] {
  const [old, fresh] = SECRETS[provider]!;
  const verify = VERIFIERS[provider]!;
  return received.map((request) =>
    [verify(old, request) ? 'old' : '', verify(fresh, request) ? 'new' : ''].filter(Boolean).join(' and '),
  );
}

describe.each(['noyo', 'voyado'])('%s: rotation with an overlap', (provider) => {
  const [old, fresh] = SECRETS[provider]!;

  it('either secret accepts until the overlap ends, only the new one after, pending retries too', async () => {
    const scene = await setScene(world, provider, { secret: old });
    const { services, tenantId, subscriptionId, consumer } = scene;
    const waiting = await scene.publish();
    await scene.advance({ by: 0 });
    await services.secrets.rotate(tenantId, subscriptionId, { secret: fresh, overlap: HOUR });
    const before = consumer.received.length;
    await scene.advance({ by: HOUR - 1 });
    const during = consumer.received.length;
    expect(during).toBeGreaterThan(before + 1);
    await scene.advance({ untilIdle: true });
    expect((await scene.delivery(waiting)).reason).toBe('exhausted');
    expect(acceptedBy(provider, consumer.received)).toEqual(
      consumer.received.map((_, i) => (i < before ? 'old' : i < during ? 'old and new' : 'new')),
    );
    expect(consumer.received.length).toBeGreaterThan(during + 1);
  });

  it('ends to the millisecond, a day after the rotation unless told otherwise', async () => {
    const scene = await setScene(world, provider, { secret: old, answers: 200 });
    await scene.services.secrets.rotate(scene.tenantId, scene.subscriptionId, { secret: fresh });
    for (const by of [0, DAY - 1, 1]) {
      await scene.advance({ by });
      await scene.until(await scene.publish(), 'delivered');
    }
    expect(acceptedBy(provider, scene.consumer.received)).toEqual(['old and new', 'old and new', 'new']);
  });

  it('with an overlap of nothing switches at once', async () => {
    const scene = await setScene(world, provider, { secret: old, answers: 200 });
    const { services, tenantId, subscriptionId } = scene;
    await services.secrets.rotate(tenantId, subscriptionId, { secret: fresh, overlap: 0 });
    await scene.until(await scene.publish(), 'delivered');
    expect(acceptedBy(provider, scene.consumer.received)).toEqual(['new']);
  });
});

describe.each(['healthsync', 'novamed'])('%s: one secret at a time', (provider) => {
  const [old, fresh] = SECRETS[provider]!;

  it('the new one holds at once, pending retries too', async () => {
    const scene = await setScene(world, provider, { secret: old });
    const waiting = await scene.publish();
    await scene.advance({ by: 30 * SECOND });
    await scene.services.secrets.rotate(scene.tenantId, scene.subscriptionId, { secret: fresh });
    scene.consumer.answer((request) => (VERIFIERS[provider]!(fresh, request) ? 200 : 401));
    await scene.advance({ by: MINUTE });
    await scene.until(waiting, 'delivered');
    await scene.until(await scene.publish(), 'delivered');
    expect(acceptedBy(provider, scene.consumer.received)).toEqual(['old', 'new', 'new']);
  });

  it('an overlap is refused with the reason, and nothing has changed', async () => {
    const scene = await setScene(world, provider, { secret: old, answers: 200 });
    const { services, tenantId, subscriptionId } = scene;
    for (const overlap of [0, HOUR]) {
      const refused = await services.secrets
        .rotate(tenantId, subscriptionId, { secret: fresh, overlap })
        .catch((error: AppError) => error);
      expect(refused).toBeInstanceOf(AppError);
      expect(refused).toMatchObject({ code: 'overlap_unsupported', errors: [{ path: 'overlap' }] });
      expect((refused as AppError).message).toMatch(/one secret at a time: the new one holds at once/);
    }
    await scene.until(await scene.publish(), 'delivered');
    expect(acceptedBy(provider, scene.consumer.received)).toEqual(['old']);
  });
});
