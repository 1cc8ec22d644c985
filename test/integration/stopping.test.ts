import { createHmac } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import type { Received } from '../support/consumer.js';
import { eventually } from '../support/eventually.js';
import {
  bare,
  DAY,
  gate,
  HOUR,
  MINUTE,
  refusalOf,
  type Scene,
  SECOND,
  START,
  setScene,
} from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const PROVIDERS = ['noyo', 'healthsherpa', 'voyado', 'novamed', 'healthsync'];

describe('paused', () => {
  it.each(PROVIDERS)(
    '%s: holds what is there and what comes, and resume sends it in order of creation',
    async (provider) => {
      const scene = await setScene(world, provider, { maxInFlight: 1 });
      const { subscriptions } = scene.services;
      const tried = await scene.publish();
      await scene.advance({ by: 0 });
      expect((await subscriptions.pause(scene.tenantId, scene.subscriptionId)).status).toBe('paused');
      const ids = [tried, await scene.publish(), await scene.publish()];
      expect(await scene.advance({ by: 10 * DAY })).toMatchObject({ attempts: 0, pending: 0 });
      for (const id of ids) expect((await scene.delivery(id)).status).toBe('held');
      expect(scene.consumer.received).toHaveLength(1);
      scene.consumer.answer(200);
      await subscriptions.resume(scene.tenantId, scene.subscriptionId);
      expect(await scene.advance({ untilIdle: true })).toMatchObject({ delivered: 3, pending: 0 });
      const ends = await Promise.all(ids.map(async (id) => (await scene.delivery(id)).attempts.at(-1)!.id));
      expect(ends).toEqual([...ends].sort());
      expect(await scene.offsets(tried)).toEqual([0, 10 * DAY]);
    },
  );
});

describe('switched off', () => {
  it.each([
    ['noyo', 'held'],
    ['healthsherpa', 'held'],
    ['novamed', 'held'],
    ['voyado', 'cancelled'],
    ['healthsync', 'cancelled'],
  ] as const)('%s: what is there and what comes is %s', async (provider, status) => {
    const scene = await setScene(world, provider);
    const { subscriptions } = scene.services;
    const tried = await scene.publish();
    await scene.advance({ by: 0 });
    await subscriptions.update(scene.tenantId, scene.subscriptionId, { active: false });
    const fresh = await scene.publish();
    for (const id of [tried, fresh]) expect((await scene.delivery(id)).status).toBe(status);
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ pending: 0 });
    expect(scene.consumer.received).toHaveLength(1);
    scene.consumer.answer(200);
    await subscriptions.update(scene.tenantId, scene.subscriptionId, { active: true });
    await scene.advance({ untilIdle: true });
    for (const id of [tried, fresh])
      expect((await scene.delivery(id)).status).toBe(status === 'held' ? 'delivered' : 'cancelled');
  });

  it('healthsherpa: before it is live nothing is made at all', async () => {
    const { tenantId, services, consumer } = await setScene(world, 'healthsherpa');
    const input = { provider: 'healthsherpa', url: consumer.url };
    const made = await services.subscriptions.create(tenantId, input, { status: 'requested' });
    const published = await services.publish.publish(tenantId, { provider: 'healthsherpa', type: 'sync' });
    expect(published.deliveries.map(({ subscriptionId }) => subscriptionId)).not.toContain(
      made.subscription.id,
    );
    expect(published.deliveries).toHaveLength(1);
  });
});

describe('deleted', () => {
  it('cancels what is pending or held, keeps history, and lets what is in flight finish', async () => {
    const scene = await setScene(world, 'healthsync', { maxInFlight: 3 });
    const { services, tenantId, subscriptionId } = scene;
    const waiting = await scene.publish();
    await scene.advance({ by: 0 });
    const gates = [gate(), gate()];
    scene.consumer.answer((_, index) => gates[index - 1]!.answer());
    const [good, bad] = [await scene.publish(), await scene.publish()];
    await scene.consumer.got(3);
    await services.subscriptions.remove(tenantId, subscriptionId);
    expect(await refusalOf(scene.subscription())).toBe('not_found');
    expect(await scene.delivery(waiting)).toMatchObject({
      status: 'cancelled',
      reason: 'subscription_deleted',
      attemptCount: 1,
    });
    expect((await scene.delivery(good)).status).toBe('sending');
    gates[0]!.open(200);
    gates[1]!.open(503);
    expect((await scene.until(good, 'delivered')).attempts).toHaveLength(1);
    const ended = await scene.until(bad, 'cancelled');
    expect(ended).toMatchObject({ reason: 'subscription_deleted', attemptCount: 1 });
    expect(ended.attempts).toMatchObject([{ outcome: 'failed', reason: 'status_503', nextAttemptAt: null }]);
    expect(await scene.advance({ untilIdle: true })).toMatchObject({ pending: 0 });
    const { data } = await services.history.deliveries(tenantId, { limit: 50 });
    expect(data.map(({ id }) => bare(id)).sort()).toEqual([waiting, good, bad].sort());
    expect(
      await services.publish.publish(tenantId, { provider: 'healthsync', type: 'document.uploaded' }),
    ).toMatchObject({
      deliveries: [],
    });
  });

  it('cancels a delivery that was held', async () => {
    const scene = await setScene(world, 'noyo');
    await scene.services.subscriptions.pause(scene.tenantId, scene.subscriptionId);
    const held = await scene.publish();
    await scene.services.subscriptions.remove(scene.tenantId, scene.subscriptionId);
    expect(await scene.delivery(held)).toMatchObject({ status: 'cancelled', reason: 'subscription_deleted' });
  });
});

function noyoDigest(secret: string, { headers, body }: Received): string {
  return createHmac('sha256', secret).update(`${headers['x-noyo-timestamp']}.`).update(body).digest('hex');
}

const noyoSigned = (request: Received) => request.headers['x-noyo-signature']!.split(',');

function healthsyncDigest(secret: string, { body }: Received): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

describe('a change of URL or secret', () => {
  it('holds from the next attempt', async () => {
    const scene = await setScene(world, 'noyo', { secret: 'the first secret' });
    const other = await world.consumer(503);
    const id = await scene.publish();
    await scene.advance({ toNext: true });
    await scene.services.subscriptions.update(scene.tenantId, scene.subscriptionId, {
      url: other.url,
      secret: 'the second secret',
    });
    await scene.advance({ toNext: true });
    expect((await scene.delivery(id)).attempts.map((a) => a.request.url)).toEqual([
      scene.consumer.url,
      scene.consumer.url,
      other.url,
    ]);
    for (const request of scene.consumer.received)
      expect(noyoSigned(request)).toEqual([noyoDigest('the first secret', request)]);
    expect(noyoSigned(other.received[0]!)).toEqual([noyoDigest('the second secret', other.received[0]!)]);
  });

  it('noyo: both secrets sign until the overlap ends by advance, then only the new one', async () => {
    const scene = await setScene(world, 'noyo', { secret: 'old', answers: 200 });
    const { secrets } = scene.services;
    await secrets.rotate(scene.tenantId, scene.subscriptionId, { secret: 'new', overlap: HOUR });
    for (const by of [0, HOUR - 1, 1, DAY]) {
      await scene.advance({ by });
      await scene.until(await scene.publish(), 'delivered');
    }
    const signed = scene.consumer.received.map((request) => {
      const names = new Map(['old', 'new'].map((secret) => [noyoDigest(secret, request), secret]));
      return noyoSigned(request).map((digest) => names.get(digest));
    });
    expect(signed).toEqual([['new', 'old'], ['new', 'old'], ['new'], ['new']]);
  });

  it('voyado: so they do, in one header', async () => {
    const secret = (fill: number) => `whsec_${Buffer.alloc(24, fill).toString('base64')}`;
    const scene = await setScene(world, 'voyado', { secret: secret(1), answers: 200 });
    await scene.services.secrets.rotate(scene.tenantId, scene.subscriptionId, { secret: secret(2) });
    for (const by of [DAY - 1, 1]) {
      await scene.advance({ by });
      await scene.until(await scene.publish(), 'delivered');
    }
    const signed = scene.consumer.received.map(({ headers, body }) => {
      const names = new Map(
        [1, 2].map((fill) => {
          const hmac = createHmac('sha256', Buffer.alloc(24, fill));
          hmac.update(`${headers['svix-id']}.${headers['svix-timestamp']}.`).update(body);
          return [`v1,${hmac.digest('base64')}`, fill];
        }),
      );
      return headers['svix-signature']!.split(' ').map((signature) => names.get(signature));
    });
    expect(signed).toEqual([[2, 1], [2]]);
  });

  it('healthsync: the switch is at once, pending retries too', async () => {
    const scene = await setScene(world, 'healthsync', { secret: 'old' });
    await scene.publish();
    await scene.advance({ by: 0 });
    await scene.services.secrets.rotate(scene.tenantId, scene.subscriptionId, { secret: 'new' });
    await scene.advance({ toNext: true });
    const signed = scene.consumer.received.map((request) => request.headers['x-healthsync-signature']);
    expect(signed).toEqual([
      healthsyncDigest('old', scene.consumer.received[0]!),
      healthsyncDigest('new', scene.consumer.received[1]!),
    ]);
  });
});

describe('retention', () => {
  async function delivered(retention?: number) {
    const scene = await setScene(world, 'novamed');
    scene.consumer.answer({ status: 200, body: 'thanks' });
    if (retention !== undefined) await scene.services.tenants.update(scene.tenantId, { retention });
    const id = await scene.publish();
    await scene.until(id, 'delivered');
    const eventId = bare((await scene.delivery(id)).eventId);
    return { ...scene, id, eventId };
  }

  async function bodies(scene: Scene & { id: string; eventId: string }) {
    const { history } = scene.services;
    const event = await refusalOf(history.eventBytes(scene.tenantId, scene.eventId));
    const { attempts } = await scene.delivery(scene.id);
    return { event, answer: attempts[0]!.response!.body };
  }

  it('keeps bodies for 90 days, and the rows after that', async () => {
    const scene = await delivered();
    await scene.advance({ by: 90 * DAY - 1 });
    expect(await bodies(scene)).toEqual({ event: 'was not refused', answer: 'thanks' });
    await scene.advance({ by: 1 });
    expect(await bodies(scene)).toEqual({ event: 'body_gone', answer: null });
    const { history } = scene.services;
    expect(await history.event(scene.tenantId, scene.eventId)).toMatchObject({
      body: null,
      type: 'order:created',
    });
    expect(await scene.delivery(scene.id)).toMatchObject({ status: 'delivered', attemptCount: 1 });
    expect((await scene.delivery(scene.id)).attempts[0]).toMatchObject({
      outcome: 'delivered',
      response: { status: 200, bodyBytes: 6 },
    });
  });

  it('of 0d keeps none, but for what a delivery still needs', async () => {
    const scene = await delivered(0);
    const other = await setScene(world, 'healthsync', { tenantId: scene.tenantId });
    const waiting = await other.publish();
    await scene.advance({ by: 0 });
    expect(await bodies(scene)).toEqual({ event: 'body_gone', answer: null });
    other.consumer.answer(200);
    await scene.advance({ by: MINUTE });
    expect((await scene.delivery(waiting)).status).toBe('delivered');
    const [first, second] = other.consumer.received;
    expect(second!.body.equals(first!.body)).toBe(true);
    const eventId = bare((await scene.delivery(waiting)).eventId);
    expect(await refusalOf(scene.services.history.eventBytes(scene.tenantId, eventId))).toBe('body_gone');
  });
});

if (inject('server')) {
  it('a pause that takes longer than any other statement may is no failure', async () => {
    const scene = await setScene(world, 'novamed');
    const { pool } = world.app.context.db;
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    // As long as half a million rows take, and longer than the server and the driver give another statement.
    await pool.query(
      'CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(12.5); RETURN NEW; END $$',
    );
    await pool.query(
      `CREATE TRIGGER slow BEFORE UPDATE OF state ON open_delivery FOR EACH ROW
       WHEN (NEW.state = 4 AND NEW.subscription_id = '${scene.subscriptionId}') EXECUTE FUNCTION slow()`,
    );
    await scene.services.subscriptions.pause(scene.tenantId, scene.subscriptionId);
    expect((await scene.delivery(id)).status).toBe('held');
    await pool.query('DROP TRIGGER slow ON open_delivery');
    const { rows } = await pool.query<{ statement_timeout: string }>('SHOW statement_timeout');
    expect(rows[0]!.statement_timeout).toBe('10s');
  });
}

describe('reset', () => {
  it('empties the tenant, keeps it, puts its clock back, and drops late attempts', async () => {
    const scene = await setScene(world, 'noyo');
    const { services, tenantId } = scene;
    const done = await scene.publish();
    await scene.advance({ by: SECOND });
    const answer = gate();
    scene.consumer.answer(answer.answer);
    const late = await scene.publish();
    await scene.consumer.got(2);
    await services.reset.reset(tenantId);
    answer.open(200);
    const dispatcher = world.app.dispatcher!;
    await dispatcher.quiet(tenantId);
    for (const id of [done, late]) expect(await refusalOf(scene.delivery(id))).toBe('not_found');
    const { rows } = await world.app.context.db.pool.query(
      `SELECT (SELECT count(*) FROM attempt WHERE tenant_id = $1)::int AS attempts,
         (SELECT count(*) FROM event WHERE tenant_id = $1)::int AS events,
         (SELECT count(*) FROM open_delivery WHERE tenant_id = $1)::int AS open,
         (SELECT count(*) FROM subscription WHERE tenant_id = $1)::int AS subscriptions`,
      [tenantId],
    );
    expect(rows).toEqual([{ attempts: 0, events: 0, open: 0, subscriptions: 0 }]);
    expect(await services.clock.read(tenantId)).toMatchObject({
      mode: 'system',
      nextDueAt: null,
      running: false,
    });
    expect((await services.tenants.read(tenantId)).id).toBe(`ten_${tenantId}`);
    // It can be used anew, from any instant.
    await services.clock.put(tenantId, { mode: 'manual', now: START - 365 * DAY });
    const again = await setScene(world, 'noyo', { tenantId, answers: 200 });
    const id = await again.publish();
    await eventually(async () => expect((await again.delivery(id)).status).toBe('delivered'));
  });
});
