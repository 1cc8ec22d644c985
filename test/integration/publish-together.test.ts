import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/lib/merge-patch.js';
import { apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

describe('publishes that come at the same time', () => {
  const world = useWorld();

  it('each get their own answer, a refused one its own refusal, and every event is delivered once', async () => {
    const tenant = await world.tenant();
    const consumer = await world.consumer(200);
    const { services } = world.app;
    await services.subscriptions.create(tenant.id, {
      provider: 'noyo',
      url: consumer.url,
      secret: 'a secret of ours',
    });
    await services.clock.put(tenant.id, { mode: 'manual', now: Date.parse('2026-03-01T00:00:00Z') });
    const api = apiOf(world).as(tenant.key);
    const asked = Array.from({ length: 60 }, (_, i) => ({
      provider: 'noyo',
      type: i % 10 === 7 ? 'no.such.event' : 'difference.created',
      data:
        i % 10 === 3
          ? { data: { id: 5 } }
          : { data: { id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}` } },
    }));
    const answers = await Promise.all(
      asked.map((body) => api.post(`/tenants/${tenant.publicId}/events`, body).then((answer) => answer)),
    );
    answers.forEach((answer, i) => {
      const code = i % 10 === 7 ? 'unknown_event' : i % 10 === 3 ? 'invalid_data' : undefined;
      expect([answer.status, answer.body.code], `answer ${i}`).toEqual([code ? 400 : 202, code]);
      // What is told of a group's index is nobody's business.
      if (code) expect(answer.body.detail).not.toContain('Event ');
    });
    await services.clock.advance(tenant.id, { untilIdle: true });
    const ids = consumer.received.map(({ body }) => JSON.parse(body.toString()).data.id as string);
    const wanted = asked.flatMap(({ data }, i) =>
      i % 10 === 7 || i % 10 === 3 ? [] : [data.data.id as string],
    );
    expect(ids).toHaveLength(wanted.length);
    expect(new Set(ids)).toEqual(new Set(wanted));
    const told = answers.filter((a) => a.status === 202);
    for (const [i, answer] of told.entries()) {
      const event = await services.history.event(tenant.id, answer.body.id.slice(4));
      expect(JSON.stringify(event.body)).toContain(wanted[i]);
      expect(event.deliveries).toEqual([
        { id: answer.body.deliveries[0].id, subscriptionId: expect.any(String), status: 'delivered' },
      ]);
    }
  });

  it.each([
    ['a NUL', 'a\u0000b'],
    ['half a character', '\ud800'],
    ['more than an index keeps', randomBytes(4_000).toString('hex')],
  ])('never fail with one of them whose id has %s, nor does that one', async (_, id) => {
    const { id: tenantId } = await world.tenant();
    const { publish } = world.app.services.publish;
    const types = { noyo: 'difference.created', novamed: 'order:created', healthsync: 'document.uploaded' };
    for (const [provider, type] of Object.entries(types)) {
      const rule = world.app.context.registry.get(provider).eventId.value;
      const path = rule.kind === 'body' ? rule.path : [];
      const payload = path.reduceRight<Json>((inner, key) => ({ [key]: inner }), id);
      const [odd, ...plain] = await Promise.all([
        publish(tenantId, { provider, type, payload }),
        ...Array.from({ length: 5 }, () => publish(tenantId, { provider, type })),
      ]);
      expect(odd.providerEventId, provider).toBeNull();
      expect(new Set(plain.map(({ providerEventId }) => providerEventId)).size, provider).toBe(5);
    }
  });

  it('to a tenant that is gone are all refused', async () => {
    const { services } = world.app;
    const gone = '01a1fd4f-0000-7000-8000-000000000000';
    const publish = () => services.publish.publish(gone, { provider: 'noyo', type: 'difference.created' });
    const answers = await Promise.allSettled([publish(), publish(), publish()]);
    expect(
      answers.map((a) => (a.status === 'rejected' ? (a.reason as { code: string }).code : 'taken')),
    ).toEqual(['not_found', 'not_found', 'not_found']);
  });
});
