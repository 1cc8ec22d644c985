import { type Svix, Webhook } from 'svix';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Received } from '../support/consumer.js';
import { DAY, HOUR, START } from '../support/scene.js';
import { refused, useDoor } from '../support/svix.js';
import { useWorld } from '../support/world.js';

const APP = 'default';
const TYPE = 'contact.created';

describe('endpoints, by the official library', () => {
  const world = useWorld();
  const door = useDoor(world);
  let svix: Svix;
  let tenantId: string;
  beforeEach(async () => {
    const tenant = await world.tenant();
    tenantId = tenant.id;
    svix = door.svix(tenant.key);
  });

  const urls = async (options: Parameters<Svix['endpoint']['list']>[1] = {}) =>
    (await svix.endpoint.list(APP, options)).data.map(({ url }) => url);
  const lastStatus = () => door.calls.at(-1)!.status;
  const send = (eventType = TYPE, more: object = {}) =>
    svix.message.create(APP, { eventType, payload: { a: 1 }, ...more });
  const stand = () => world.app.services.clock.put(tenantId, { mode: 'manual', now: START });
  const advance = (by: number) => world.app.services.clock.advance(tenantId, { by });

  it('are created, read, replaced, changed and deleted; a read shows each', async () => {
    const { url } = await world.consumer();
    const made = await svix.endpoint.create(APP, {
      url,
      uid: 'main',
      description: 'The main one',
      filterTypes: [TYPE, 'contact.updated'],
      channels: ['eu', 'us'],
      throttleRate: 5,
      metadata: { team: 'crm' },
      headers: { 'X-Env': 'test' },
    });
    expect(lastStatus()).toBe(201);
    expect(made).toMatchObject({
      url,
      uid: 'main',
      description: 'The main one',
      filterTypes: [TYPE, 'contact.updated'],
      channels: ['eu', 'us'],
      disabled: false,
      throttleRate: 5,
      rateLimit: 5,
      version: 1,
      metadata: { team: 'crm' },
    });
    expect(made.id).toMatch(/^ep_[0-9A-Za-z]{27}$/);
    expect(await svix.endpoint.get(APP, made.id)).toEqual(made);
    expect(await svix.endpoint.get(APP, 'main')).toEqual(made);
    expect((await svix.endpoint.getHeaders(APP, 'main')).headers).toEqual({ 'X-Env': 'test' });

    const patched = await svix.endpoint.patch(APP, 'main', { description: 'Renamed', throttleRate: null });
    expect(patched).toMatchObject({
      ...made,
      description: 'Renamed',
      throttleRate: null,
      rateLimit: null,
      updatedAt: expect.any(Date),
    });
    expect(await svix.endpoint.get(APP, made.id)).toEqual(patched);
    const off = await svix.endpoint.patch(APP, 'main', { disabled: true, filterTypes: null, channels: null });
    expect(off).toMatchObject({ disabled: true, filterTypes: null, channels: null, description: 'Renamed' });
    expect(await svix.endpoint.get(APP, 'main')).toEqual(off);

    const put = await svix.endpoint.update(APP, 'main', { url: `${url}/2`, uid: 'main' });
    expect(lastStatus()).toBe(200);
    expect(put).toMatchObject({
      id: made.id,
      url: `${url}/2`,
      disabled: false,
      description: '',
      metadata: {},
    });
    expect(await svix.endpoint.get(APP, made.id)).toEqual(put);
    const upserted = await svix.endpoint.update(APP, 'second', { url, uid: 'second' });
    expect(lastStatus()).toBe(201);
    expect(await svix.endpoint.get(APP, 'second')).toEqual(upserted);

    await svix.endpoint.delete(APP, 'main');
    expect(lastStatus()).toBe(204);
    expect(await refused(svix.endpoint.get(APP, made.id))).toBe('404 not_found');
    expect(await urls()).toEqual([url]);
  });

  it('are the same as those of the control API', async () => {
    const { url } = await world.consumer();
    const { services } = world.app;
    const { subscription } = await services.subscriptions.create(tenantId, { provider: 'voyado', url });
    const [endpoint] = (await svix.endpoint.list(APP)).data;
    expect(endpoint).toMatchObject({ url, disabled: false, filterTypes: null });
    await svix.endpoint.patch(APP, endpoint!.id, { disabled: true, filterTypes: [TYPE] });
    const id = subscription.id.slice(4);
    expect(await services.subscriptions.read(tenantId, id)).toMatchObject({
      status: 'disabled',
      events: [TYPE],
    });
    await services.subscriptions.update(tenantId, id, { active: true });
    expect((await svix.endpoint.get(APP, endpoint!.id)).disabled).toBe(false);
    await services.subscriptions.create(tenantId, { provider: 'voyado', url, environment: 'staging' });
    await services.subscriptions.create(tenantId, { provider: 'noyo', url, secret: 'something long enough' });
    expect(await urls()).toEqual([url]);
  });

  it('are listed page by page, forwards and back, in either order', async () => {
    const { url } = await world.consumer();
    const all = ['1', '2', '3', '4', '5'].map((n) => `${url}/${n}`);
    for (const one of all) await svix.endpoint.create(APP, { url: one });
    expect(await urls()).toEqual(all.toReversed());
    expect(await urls({ order: 'ascending' as never })).toEqual(all);
    const first = await svix.endpoint.list(APP, { limit: 2 });
    const second = await svix.endpoint.list(APP, { limit: 2, iterator: first.iterator });
    const third = await svix.endpoint.list(APP, { limit: 2, iterator: second.iterator });
    expect([first, second, third].map(({ done }) => done)).toEqual([false, false, true]);
    expect([first, second, third].flatMap(({ data }) => data.map((e) => e.url))).toEqual(all.toReversed());
    const back = await svix.endpoint.list(APP, { limit: 2, iterator: third.prevIterator! });
    expect(back.data).toEqual(second.data);
    expect(await urls({ limit: 250 })).toHaveLength(5);
    expect(await refused(svix.endpoint.list(APP, { limit: 251 }))).toBe('422 query.limit');
  });

  it('verify with the secret that is read, made or brought, and its rotation overlaps as long as asked', async () => {
    await stand();
    const consumer = await world.consumer();
    const verify = (key: string, { headers, body }: Received) => {
      try {
        return new Webhook(key).verify(body.toString(), headers) && 'accepts';
      } catch {
        return 'refuses';
      }
    };
    const own = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    await svix.endpoint.create(APP, { url: consumer.url, uid: 'e', secret: own });
    const { key: first } = await svix.endpoint.getSecret(APP, 'e');
    expect(first).toBe(`whsec_${own}`);
    const sign = async () => {
      await send();
      await advance(0);
      return consumer.received.at(-1)!;
    };
    expect(verify(first, await sign())).toBe('accepts');

    await svix.endpoint.rotateSecret(APP, 'e', {});
    expect(lastStatus()).toBe(204);
    const { key: second } = await svix.endpoint.getSecret(APP, 'e');
    expect(second).toMatch(/^whsec_[A-Za-z0-9+/=]{32}$/);
    const both = await sign();
    expect([first, second].map((key) => verify(key, both))).toEqual(['accepts', 'accepts']);
    await advance(DAY);
    const later = await sign();
    expect([first, second].map((key) => verify(key, later))).toEqual(['refuses', 'accepts']);

    await svix.endpoint.rotateSecret(APP, 'e', { key: first, gracePeriodSeconds: 3_600 });
    const again = await sign();
    expect([first, second].map((key) => verify(key, again))).toEqual(['accepts', 'accepts']);
    await advance(HOUR);
    const end = await sign();
    expect([first, second].map((key) => verify(key, end))).toEqual(['accepts', 'refuses']);

    await svix.endpoint.patch(APP, 'e', { secret: second });
    expect((await svix.endpoint.getSecret(APP, 'e')).key).toBe(second);
    const patched = await sign();
    expect([first, second].map((key) => verify(key, patched))).toEqual(['refuses', 'accepts']);
    await svix.endpoint.patch(APP, 'e', { secret: null });
    expect((await svix.endpoint.getSecret(APP, 'e')).key).not.toBe(second);
  });

  it('keep at most ten old secrets alive', async () => {
    await stand();
    const { url } = await world.consumer();
    await svix.endpoint.create(APP, { url, uid: 'e' });
    for (let i = 0; i < 10; i++) await svix.endpoint.rotateSecret(APP, 'e', {});
    const { key } = await svix.endpoint.getSecret(APP, 'e');
    expect(await refused(svix.endpoint.rotateSecret(APP, 'e', {}))).toBe('400 limit_reached');
    expect((await svix.endpoint.getSecret(APP, 'e')).key).toBe(key);
    await advance(DAY);
    await svix.endpoint.rotateSecret(APP, 'e', {});
    const bad = (input: object) => refused(svix.endpoint.rotateSecret(APP, 'e', input));
    expect(await bad({ key: 'short' })).toBe('422 body.key');
    expect(await bad({ key: `whsec_${'='.repeat(32)}` })).toBe('422 body.key');
    expect(await bad({ gracePeriodSeconds: 604_801 })).toBe('422 body.gracePeriodSeconds');
    expect(await bad({ gracePeriodSeconds: -1 })).toBe('422 body.gracePeriodSeconds');
  });

  it('send the headers that are set, show none that is sensitive, and take none that Svix writes', async () => {
    const consumer = await world.consumer();
    await svix.endpoint.create(APP, { url: consumer.url, uid: 'e' });
    expect(await svix.endpoint.getHeaders(APP, 'e')).toEqual({ headers: {}, sensitive: [] });
    const headers = { 'X-One': '1', 'X-Two': '2', Authorization: 'Basic c2VjcmV0' };
    await svix.endpoint.updateHeaders(APP, 'e', { headers });
    expect(lastStatus()).toBe(204);
    const shown = { headers: { 'X-One': '1', 'X-Two': '2' }, sensitive: ['Authorization'] };
    expect(await svix.endpoint.headersUpdate(APP, 'e', { headers }).then(() => 'same')).toBe('same');
    expect(await svix.endpoint.getHeaders(APP, 'e')).toEqual(shown);
    await svix.endpoint.patchHeaders(APP, 'e', {
      headers: { 'x-one': 'one', 'X-Three': '3', 'X-Two': null as never },
    });
    expect(lastStatus()).toBe(204);
    expect((await svix.endpoint.getHeaders(APP, 'e')).headers).toEqual({ 'x-one': 'one', 'X-Three': '3' });
    await svix.endpoint.patchHeaders(APP, 'e', { headers: {}, deleteHeaders: ['X-THREE'] });
    await send();
    const [request] = await consumer.got(1);
    expect(request!.headers).toMatchObject({ 'x-one': 'one', authorization: 'Basic c2VjcmV0' });
    expect(request!.headers).not.toHaveProperty('x-two');
    expect(request!.headers).not.toHaveProperty('x-three');

    for (const name of [
      'svix-id',
      'User-Agent',
      'Content-Type',
      'x-svix-anything',
      'x-amz-date',
      'X-Azure-Id',
    ]) {
      const put = svix.endpoint.updateHeaders(APP, 'e', { headers: { [name]: 'x' } });
      expect(await refused(put), name).toBe(`422 body.headers.${name}`);
      const patch = svix.endpoint.patchHeaders(APP, 'e', { headers: { [name]: 'x' } });
      expect(await refused(patch), name).toBe(`422 body.headers.${name}`);
    }
    const long = svix.endpoint.updateHeaders(APP, 'e', { headers: { 'X-Long': 'x'.repeat(4_097) } });
    expect(await refused(long)).toBe('422 body.headers.X-Long');
    expect((await svix.endpoint.getHeaders(APP, 'e')).headers).toEqual({ 'x-one': 'one' });
  });

  it('get what they chose: by type, by channel, and nothing while disabled', async () => {
    await stand();
    const [all, byType, byChannel, off] = await Promise.all([1, 2, 3, 4].map(() => world.consumer()));
    await svix.endpoint.create(APP, { url: all!.url });
    await svix.endpoint.create(APP, { url: byType!.url, filterTypes: ['contact.deleted'] });
    await svix.endpoint.create(APP, { url: byChannel!.url, channels: ['vip'] });
    await svix.endpoint.create(APP, { url: off!.url, disabled: true });
    await send();
    await send('contact.deleted');
    await send(TYPE, { channels: ['vip', 'other'] });
    await send(TYPE, { channels: ['other'] });
    await advance(0);
    expect([all, byType, byChannel, off].map((c) => c!.received.length)).toEqual([4, 1, 1, 0]);
  });

  it('are refused with the place at fault, and nothing is made', async () => {
    const { url } = await world.consumer();
    const create = (input: object) => refused(svix.endpoint.create(APP, input as never));
    expect(await create({})).toBe('422 body.url');
    expect(await create({ url: 'nonsense' })).toBe('422 body.url');
    expect(await create({ url: 'ftp://127.0.0.1/x' })).toBe('422 body.url');
    expect(await create({ url: 'http://example.com/hook' })).toBe('422 body.url');
    expect(await create({ url, filterTypes: [] })).toBe('422 body.filterTypes');
    expect(await create({ url, filterTypes: ['no.such.type'] })).toBe('422 body.filterTypes');
    expect(await create({ url, channels: [] })).toBe('422 body.channels');
    expect(await create({ url, channels: Array.from({ length: 11 }, (_, i) => `c${i}`) })).toBe(
      '422 body.channels',
    );
    expect(await create({ url, channels: ['no space'] })).toBe('422 body.channels.[0]');
    expect(await create({ url, throttleRate: 0 })).toBe('422 body.throttleRate');
    expect(await create({ url, uid: 'ep_like' })).toBe('422 body.uid');
    expect(await create({ url, secret: 'too-short' })).toBe('422 body.secret');
    expect(await create({ url, headers: { 'svix-id': 'x' } })).toBe('422 body.headers.svix-id');
    expect(await urls()).toEqual([]);
    await svix.endpoint.create(APP, { url, uid: 'taken' });
    expect(await create({ url, uid: 'taken' })).toBe('409 conflict');
    expect(await refused(svix.endpoint.patch(APP, 'taken', { filterTypes: ['nope'] }))).toBe(
      '422 body.filterTypes',
    );
    expect(await refused(svix.endpoint.get('nobody', 'taken'))).toBe('404 not_found');
    expect(await urls()).toEqual([url]);
    expect(door.misfits).toEqual([]);
  });

  it('keep every change of those made at the same time', async () => {
    const { id } = await svix.endpoint.create('default', { url: 'https://consumer.example/' });
    const names = Array.from({ length: 4 }, (_, i) => `X-${i}`);
    await Promise.all([
      svix.endpoint.patch('default', id, { description: 'After' }),
      svix.endpoint.patch('default', id, { metadata: { k: 'v' } }),
      svix.endpoint.patch('default', id, { channels: ['c'] }),
      ...names.map((name) => svix.endpoint.patchHeaders('default', id, { headers: { [name]: '1' } })),
    ]);
    expect(await svix.endpoint.get('default', id)).toMatchObject({
      description: 'After',
      metadata: { k: 'v' },
      channels: ['c'],
    });
    const { headers } = await svix.endpoint.getHeaders('default', id);
    expect(headers).toEqual(Object.fromEntries(names.map((name) => [name, '1'])));
  });
});
