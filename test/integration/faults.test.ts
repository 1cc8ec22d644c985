import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openTenant } from '../../src/library/tenant.js';
import type { FaultInput } from '../../src/services/schemas/faults.js';
import { apiOf } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { HOUR, MINUTE, refusalOf, type Scene, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const add = (scene: Scene, fault: FaultInput) => scene.services.faults.add(scene.tenantId, fault);

/** Publishes so many, one after the other, and lets each settle. @returns which of their attempts the fault struck. */
async function struckOf(scene: Scene, count: number): Promise<boolean[]> {
  const struck: boolean[] = [];
  for (let i = 0; i < count; i++) {
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    const { attempts } = await scene.delivery(id);
    struck.push(attempts.some(({ faults }) => faults.length > 0));
  }
  return struck;
}

describe('when a fault strikes', () => {
  it.each<[string, object, boolean[]]>([
    ['always', {}, [true, true, true, true]],
    ['the first two', { first: 2 }, [true, true, false, false]],
    ['every second', { every: 2 }, [false, true, false, true]],
    ['never', { probability: 0 }, [false, false, false, false]],
    ['events of another type', { match: { event: 'group.*' } }, [false, false, false, false]],
    ['events of this type', { match: { event: 'diff*.created' } }, [true, true, true, true]],
    ['another endpoint', { match: { endpoint: 'https://*' } }, [false, false, false, false]],
    ['this endpoint', { match: { endpoint: '*/hook' } }, [true, true, true, true]],
  ])('%s', async (_, envelope, expected) => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    await add(scene, { type: 'extra_header', ...envelope });
    expect(await struckOf(scene, 4)).toEqual(expected);
  });

  it('on the attempts that it names, of every delivery', async () => {
    const scene = await setScene(world, 'noyo', { answers: 503 });
    await add(scene, { type: 'extra_header', on: [1, 3] });
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    for (let i = 0; i < 3; i++) await scene.advance({ toNext: true });
    const { attempts } = await scene.delivery(id);
    expect(attempts.slice(0, 4).map(({ faults }) => faults.length)).toEqual([1, 0, 1, 0]);
    expect(scene.consumer.received.slice(0, 4).map(({ headers }) => headers['x-ringer-unknown'])).toEqual([
      '1',
      undefined,
      '1',
      undefined,
    ]);
  });

  it('the same again with the same seed, and otherwise with another', async () => {
    const drawn = async (seed: string) => {
      const scene = await setScene(world, 'noyo', { answers: 200 });
      await add(scene, { type: 'extra_header', probability: 0.5, seed });
      return (await struckOf(scene, 12)).map(Number).join('');
    };
    const [one, again, other] = [await drawn('one'), await drawn('one'), await drawn('another')];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
    expect(one).toContain('1');
    expect(one).toContain('0');
  });

  it('until its ttl is over on the tenant’s clock', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    await add(scene, { type: 'extra_header', ttl: HOUR });
    expect(await struckOf(scene, 1)).toEqual([true]);
    await scene.advance({ by: HOUR });
    expect(await struckOf(scene, 1)).toEqual([false]);
  });

  it('at one subscription, or with one event, and at nobody else', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    const other = await setScene(world, 'noyo', { answers: 200, tenantId: scene.tenantId });
    const stranger = await setScene(world, 'noyo', { answers: 200 });
    await add(scene, { type: 'extra_header', subscriptionId: `sub_${scene.subscriptionId}` });
    await scene.publish();
    await stranger.publish();
    const wrong = await other.publish({ faults: [{ type: 'header_case' }] });
    await other.publish();
    await scene.advance({ by: 0 });
    await stranger.advance({ by: 0 });
    const marked = (received: Scene['consumer']['received']) =>
      received.filter(({ headers }) => headers['x-ringer-unknown'] === '1').length;
    expect([
      marked(scene.consumer.received),
      marked(other.consumer.received),
      marked(stranger.consumer.received),
    ]).toEqual([3, 0, 0]);
    const upper = other.consumer.received.filter(({ rawHeaders }) =>
      rawHeaders.every(([name]) => name === name.toUpperCase()),
    );
    expect(upper).toHaveLength(1);
    const { attempts } = await other.delivery(wrong);
    expect(attempts[0]!.faults).toMatchObject([
      { type: 'header_case', class: 'legal', params: { to: 'upper' } },
    ]);
  });

  it('no more once it is removed, and none once all are', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    const { fault } = await add(scene, { type: 'extra_header' });
    await add(scene, { type: 'unknown_field' });
    await scene.services.faults.remove(scene.tenantId, fault.id.slice(4));
    expect(await struckOf(scene, 1)).toEqual([true]);
    expect(await scene.services.faults.reset(scene.tenantId)).toBe(1);
    expect(await struckOf(scene, 1)).toEqual([false]);
  });
});

describe('on a clock that stands', () => {
  it('late is late by exactly that, once', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    await add(scene, { type: 'late', by: 26 * HOUR });
    const id = await scene.publish();
    await scene.advance({ by: 26 * HOUR - 1 });
    expect(scene.consumer.received).toHaveLength(0);
    await scene.advance({ by: 1 });
    expect(await scene.offsets(id)).toEqual([26 * HOUR]);
    const { attempts } = await scene.delivery(id);
    expect(attempts[0]!.faults).toMatchObject([{ type: 'late', params: { by: 26 * HOUR } }]);
  });

  it('an outage holds everything back, and then all of it goes out', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    await add(scene, { type: 'outage', for: HOUR });
    const ids = [await scene.publish()];
    await scene.advance({ by: 20 * MINUTE });
    ids.push(await scene.publish());
    await scene.advance({ by: 20 * MINUTE });
    expect(scene.consumer.received).toHaveLength(0);
    await scene.advance({ untilIdle: true });
    for (const id of ids) expect(await scene.offsets(id)).toEqual([HOUR]);
    const late = await scene.publish();
    await scene.advance({ by: 0 });
    expect(await scene.offsets(late)).toEqual([HOUR]);
  });

  it('reorder turns the order of one window round', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    await add(scene, { type: 'reorder', window: 10_000 });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      ids.push(await scene.publish());
      await scene.advance({ by: 1_000 });
    }
    await scene.advance({ untilIdle: true });
    const starts = await Promise.all(ids.map(async (id) => (await scene.offsets(id))[0]!));
    expect(starts[0]! > starts[1]! && starts[1]! > starts[2]!).toBe(true);
    expect(scene.consumer.received).toHaveLength(3);
  });

  it('a lost answer is followed by a retry of the same event, which is told as such', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    await add(scene, { type: 'ack_lost', first: 1 });
    const id = await scene.publish();
    await scene.advance({ untilIdle: true });
    const { status, attempts } = await scene.delivery(id);
    expect(status).toBe('delivered');
    expect(attempts.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['retry', 'ack_lost'],
      ['delivered', null],
    ]);
    expect(attempts[0]!.response!.status).toBe(200);
    expect(scene.consumer.received[1]!.body).toEqual(scene.consumer.received[0]!.body);
  });

  it('duplicates come at their instants, as attempts of their own that change nothing', async () => {
    const scene = await setScene(world, 'voyado', { answers: 200 });
    await add(scene, { type: 'duplicate', n: 2, gap: MINUTE });
    const id = await scene.publish();
    await scene.advance({ untilIdle: true });
    const { status, attemptCount, attempts } = await scene.delivery(id);
    expect({ status, attemptCount }).toEqual({ status: 'delivered', attemptCount: 1 });
    expect(attempts.map(({ trigger, startedAt }) => [trigger, Date.parse(startedAt) - START])).toEqual([
      ['scheduled', 0],
      ['fault', MINUTE],
      ['fault', 2 * MINUTE],
    ]);
    expect(new Set(scene.consumer.received.map(({ headers }) => headers['svix-id'])).size).toBe(1);
  });

  it('a retired secret signs alone once its overlap is over, and is refused before', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200, secret: 'the-old-secret-of-noyo' });
    expect(await refusalOf(add(scene, { type: 'retired_secret' }))).toBe('fault_unsupported');
    await scene.services.secrets.rotate(scene.tenantId, scene.subscriptionId, {
      secret: 'the-new-secret-of-noyo',
      overlap: HOUR,
    });
    await scene.advance({ by: HOUR });
    await add(scene, { type: 'retired_secret' });
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    const { attempts } = await scene.delivery(id);
    expect(attempts[0]!.faults).toMatchObject([{ type: 'retired_secret', class: 'hostile' }]);
    expect(scene.consumer.received[0]!.headers['x-noyo-signature']!.split(',')).toHaveLength(1);
  });

  it('the bytes that a fault made are kept', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    await add(scene, { type: 'tampered_body' });
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    const kept = await scene.services.history.attemptBytes(scene.tenantId, id, {
      number: 1,
      part: 'request',
    });
    expect(Buffer.from(kept)).toEqual(scene.consumer.received[0]!.body);
  });
});

describe('on a clock that runs', () => {
  it('what is put off and what is copied comes by itself', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200, clock: null });
    await add(scene, { type: 'delay', by: 30, first: 1 });
    await add(scene, { type: 'duplicate', n: 2, gap: 30, first: 1 });
    const id = await scene.publish();
    const { attempts, status } = await eventually(async () => {
      const found = await scene.delivery(id);
      if (found.attempts.length < 3) throw new Error(`there are ${found.attempts.length} attempts`);
      return found;
    }, 60_000);
    expect(status).toBe('delivered');
    expect(attempts.map(({ trigger, faults }) => [trigger, faults.map(({ type }) => type)])).toEqual([
      ['scheduled', ['delay', 'duplicate']],
      ['fault', ['duplicate']],
      ['fault', ['duplicate']],
    ]);
    const [first, ...copies] = attempts.map(({ dueAt }) => Date.parse(dueAt));
    expect(copies.every((at) => at >= first! + 30)).toBe(true);
  });
});

describe('what is refused', () => {
  it('what makes no sense for the provider, with the reason, and nothing is kept', async () => {
    const scene = await setScene(world, 'healthsync', { answers: 200 });
    const refused = add(scene, { type: 'stale_timestamp' });
    await expect(refused).rejects.toThrow('signs no timestamp');
    await expect(scene.publish({ faults: [{ type: 'stale_timestamp' }] })).rejects.toThrow(
      'signs no timestamp',
    );
    expect((await scene.services.faults.list(scene.tenantId, { limit: 50 })).data).toEqual([]);
    await scene.advance({ by: 0 });
    expect(scene.consumer.received).toHaveLength(0);
  });

  it('in a tenant with several providers it is left out where it makes none, with a notice', async () => {
    const scene = await setScene(world, 'noyo', { answers: 200 });
    const other = await setScene(world, 'healthsync', { answers: 200, tenantId: scene.tenantId });
    const { notices } = await add(scene, { type: 'stale_timestamp' });
    expect(notices).toEqual([expect.stringContaining(`sub_${other.subscriptionId} is left out`)]);
    const id = await other.publish();
    await scene.advance({ by: 0 });
    const { attempts } = await other.delivery(id);
    expect(attempts[0]!.faults).toMatchObject([
      { type: 'stale_timestamp', skipped: expect.stringContaining('signs no timestamp') },
    ]);
  });

  it('hostile and broken ones beyond loopback, legal ones nowhere', async () => {
    const scene = await setScene(world, 'noyo', { url: 'https://consumer.example.com/hook' });
    for (const type of ['bad_signature', 'truncated_body'])
      expect(await refusalOf(add(scene, { type, subscriptionId: `sub_${scene.subscriptionId}` }))).toBe(
        'fault_refused',
      );
    expect((await add(scene, { type: 'duplicate' })).fault.type).toBe('duplicate');
  });

  it('over HTTP: unknown types, parameters and places, each with its path', async () => {
    const { publicId, key } = await world.tenant();
    const asker = apiOf(world).as(key);
    const at = `/tenants/${publicId}/faults`;
    for (const [body, path] of [
      [{ type: 'gremlins' }, 'type'],
      [{ type: 'late', until: '3h' }, 'until'],
      [{ type: 'late', by: 'soon' }, 'by'],
      [{ type: 'duplicate', n: 0 }, 'n'],
      [{ type: 'outage' }, 'for'],
      [{ type: 'late', first: 1, every: 2 }, ''],
      [{ type: 'late', probability: 2 }, 'probability'],
      [{ type: 'late', match: { tenant: 'somebody' } }, 'match.tenant'],
      [{ type: 'late', subscriptionId: 'sub_00000000-0000-7000-8000-000000000000' }, 'subscriptionId'],
    ] as const) {
      const answer = await asker.post(at, body);
      expect([400, 404], JSON.stringify(body)).toContain(answer.status);
      expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
    }
    const made = await asker
      .post(at, { type: 'late', by: '26h', first: 1, match: { tenant: publicId } })
      .expect(201);
    expect(made.body).toMatchObject({
      type: 'late',
      class: 'legal',
      params: { by: 26 * HOUR },
      first: 1,
      turns: 0,
    });
    expect((await asker.get(at).expect(200)).body.data).toHaveLength(1);
    await asker.get(`${at}/${made.body.id}`).expect(200);
    const stranger = await world.tenant();
    await apiOf(world)
      .as(stranger.key)
      .delete(`/tenants/${stranger.publicId}/faults/${made.body.id}`)
      .expect(404);
    await asker.delete(`${at}/${made.body.id}`).expect(204);
    await asker.post(at, { type: 'late' }).expect(201);
    await asker.delete(at).expect(204);
    expect((await asker.get(at).expect(200)).body.data).toEqual([]);
  });
});

describe('a challenge', () => {
  it('is answered with the tenant’s token, and opens that origin alone', async () => {
    const { publicId, key, id } = await world.tenant();
    const asker = apiOf(world).as(key);
    const { body: challenge } = await asker.get(`/tenants/${publicId}/challenge`).expect(200);
    expect(challenge.token).toMatch(/^[0-9A-Za-z]{32}$/);
    let said = 'something else';
    const server = createServer((_, res) => res.end(`${said}\n`)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    expect((await asker.post(`/tenants/${publicId}/challenge`, { url })).body.code).toBe('fault_refused');
    expect((await asker.get(`/tenants/${publicId}/challenge`)).body.targets).toEqual([]);
    said = challenge.token;
    const proved = await asker.post(`/tenants/${publicId}/challenge`, { url }).expect(200);
    expect(proved.body.origin).toBe(new URL(url).origin);
    expect((await asker.get(`/tenants/${publicId}/challenge`)).body.targets).toHaveLength(1);
    // The proof is by origin: one that was never asked stays closed.
    const scene = await setScene(world, 'noyo', {
      tenantId: id,
      url: 'https://never-asked.example.com/hook',
    });
    expect(
      await refusalOf(add(scene, { type: 'bad_signature', subscriptionId: `sub_${scene.subscriptionId}` })),
    ).toBe('fault_refused');
  });

  it('opens a target beyond loopback, as long as it holds', async () => {
    const scene = await setScene(world, 'noyo', { url: 'https://staging.example.com/hook' });
    const fault = { type: 'bad_signature', subscriptionId: `sub_${scene.subscriptionId}` };
    const prove = (ago: string) =>
      world.app.context.db.pool.query(
        `INSERT INTO fault_target (tenant_id, origin, proved_at) VALUES ($1, 'https://staging.example.com', now() - $2::interval)
         ON CONFLICT (tenant_id, origin) DO UPDATE SET proved_at = excluded.proved_at`,
        [scene.tenantId, ago],
      );
    await prove('25 hours');
    expect(await refusalOf(add(scene, fault))).toBe('fault_refused');
    await prove('23 hours');
    expect((await add(scene, fault)).fault.class).toBe('hostile');
  });
});

describe('in the library', () => {
  it('a fault is gone at the end of its block', async () => {
    const consumer = await world.consumer();
    const resource = await world.app.services.tenants.create({ name: 'of the library' });
    const tenant = openTenant(world.app, resource, {
      closing: new AbortController().signal,
      next: () => world.app.services,
    });
    await tenant.subscribe({ provider: 'noyo', url: consumer.url });
    {
      await using fault = await tenant.faults.add({ type: 'extra_header' });
      expect(await tenant.faults.list()).toMatchObject([{ id: fault.id }]);
      await tenant.send('difference.created', { provider: 'noyo' });
      await tenant.clock.advance('0s');
    }
    expect(await tenant.faults.list()).toEqual([]);
    await tenant.send('difference.created', { provider: 'noyo' });
    await tenant.clock.advance('0s');
    expect(consumer.received.map(({ headers }) => headers['x-ringer-unknown'])).toEqual(['1', undefined]);
  });
});
