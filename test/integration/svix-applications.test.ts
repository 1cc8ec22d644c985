import type { Svix } from 'svix';
import { beforeEach, describe, expect, it } from 'vitest';
import { refused, useDoor } from '../support/svix.js';
import { useWorld } from '../support/world.js';

describe('applications, by the official library', () => {
  const world = useWorld();
  const door = useDoor(world);
  let svix: Svix;
  let tenantId: string;
  beforeEach(async () => {
    const tenant = await world.tenant();
    tenantId = tenant.id;
    svix = door.svix(tenant.key);
  });

  const names = async (options: Parameters<Svix['application']['list']>[0] = {}) =>
    (await svix.application.list(options)).data.map(({ name }) => name);

  it('start with the one of the control API, which answers to its id and to default', async () => {
    const { data, done } = await svix.application.list();
    expect([data.length, done]).toEqual([1, true]);
    const [first] = data;
    expect(first).toMatchObject({ uid: 'default', metadata: {} });
    expect(first!.id).toMatch(/^app_[0-9A-Za-z]{27}$/);
    expect(await svix.application.get('default')).toEqual(first);
    expect(await svix.application.get(first!.id)).toEqual(first);
    const changed = await svix.application.patch('default', { name: 'Engage', metadata: { a: '1' } });
    expect(changed).toMatchObject({ id: first!.id, uid: 'default', name: 'Engage', metadata: { a: '1' } });
    expect(await svix.application.get('default')).toEqual(changed);
    const replaced = await svix.application.update('default', { name: 'Engage 2' });
    expect(replaced).toMatchObject({ uid: 'default', name: 'Engage 2', metadata: {} });
    expect(await refused(svix.application.patch('default', { uid: 'other' }))).toBe('422 body.uid');
    expect(await refused(svix.application.delete('default'))).toBe('409 conflict');
    expect(await names()).toEqual(['Engage 2']);
  });

  it('are created, taken, read, replaced, changed and deleted; a read shows each', async () => {
    const made = await svix.application.create({
      name: 'Shop',
      uid: 'shop',
      throttleRate: 7,
      metadata: { k: 'v' },
    });
    expect(made).toMatchObject({
      name: 'Shop',
      uid: 'shop',
      throttleRate: 7,
      rateLimit: 7,
      metadata: { k: 'v' },
    });
    expect(await svix.application.get('shop')).toEqual(made);
    expect(await svix.application.getOrCreate({ name: 'Other', uid: 'shop' })).toEqual(made);
    expect(door.calls.at(-1)!.status).toBe(200);
    const fresh = await svix.application.getOrCreate({ name: 'Fresh', uid: 'fresh' });
    expect(door.calls.at(-1)!.status).toBe(201);
    expect(await svix.application.get(fresh.id)).toEqual(fresh);
    expect(await refused(svix.application.create({ name: 'Twin', uid: 'shop' }))).toBe('409 conflict');

    const put = await svix.application.update('shop', { name: 'Shop 2', uid: 'shop' });
    expect(put).toMatchObject({ id: made.id, name: 'Shop 2', uid: 'shop', metadata: {} });
    expect(put.throttleRate).toBeUndefined();
    expect(await svix.application.get(made.id)).toEqual(put);
    const upserted = await svix.application.update('nowhere', { name: 'New', uid: 'new' });
    expect(door.calls.at(-1)!.status).toBe(201);
    expect(await svix.application.get('new')).toEqual(upserted);

    const patched = await svix.application.patch('shop', { name: 'Shop 3', uid: 'store' });
    expect(await svix.application.get('store')).toEqual(patched);
    expect(await refused(svix.application.get('shop'))).toBe('404 not_found');
    expect(await refused(svix.application.patch('store', { uid: 'fresh' }))).toBe('409 conflict');

    await svix.application.delete('store');
    expect(door.calls.at(-1)!.status).toBe(204);
    expect(await refused(svix.application.get(made.id))).toBe('404 not_found');
    expect(await names()).toEqual([(await svix.application.get('default')).name, 'Fresh', 'New']);
  });

  it('are listed page by page, forwards and back, in either order', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await svix.application.create({ name, uid: name });
    const first = (await svix.application.get('default')).name;
    const all = [first, 'a', 'b', 'c', 'd'];
    expect(await names()).toEqual(all);
    const down = { order: 'descending' as never };
    expect(await names(down)).toEqual(all.toReversed());
    for (const [order, wanted] of [
      [{}, all],
      [down, all.toReversed()],
    ] as const) {
      const one = await svix.application.list({ ...order, limit: 2 });
      const two = await svix.application.list({ ...order, limit: 2, iterator: one.iterator });
      const three = await svix.application.list({ ...order, limit: 2, iterator: two.iterator });
      expect([one, two, three].map(({ done }) => done)).toEqual([false, false, true]);
      expect([one, two, three].flatMap(({ data }) => data.map(({ name }) => name))).toEqual(wanted);
      const back = await svix.application.list({ ...order, limit: 2, iterator: three.prevIterator! });
      expect(back.data).toEqual(two.data);
      const start = await svix.application.list({ ...order, limit: 2, iterator: back.prevIterator! });
      expect([start.data, start.done]).toEqual([one.data, true]);
    }
  });

  it('are left out by what they have', async () => {
    const { url } = await world.consumer();
    for (const uid of ['on', 'off', 'none']) await svix.application.create({ name: uid, uid });
    await svix.endpoint.create('on', { url });
    await svix.endpoint.create('off', { url, disabled: true });
    const first = (await svix.application.get('default')).name;
    expect(await names({ excludeAppsWithNoEndpoints: true })).toEqual(['on', 'off']);
    expect(await names({ excludeAppsWithDisabledEndpoints: true })).toEqual([first, 'on', 'none']);
    await svix.endpoint.create('none', { url: 'https://play.svix.com/in/e_x/' });
    expect(await names({ excludeAppsWithSvixPlayEndpoints: true })).toEqual([first, 'on', 'off']);
    const page = await svix.application.list({ excludeAppsWithDisabledEndpoints: true, limit: 2 });
    expect([page.data.map(({ name }) => name), page.done]).toEqual([[first, 'on'], false]);
  });

  it('take their endpoints with them', async () => {
    const { url } = await world.consumer();
    await svix.application.create({ name: 'gone', uid: 'gone' });
    await svix.endpoint.create('gone', { url });
    const count = async () =>
      (await world.app.services.subscriptions.list(tenantId, { limit: 10, cursor: undefined })).data.length;
    expect(await count()).toBe(1);
    await svix.application.delete('gone');
    expect(await count()).toBe(0);
    await svix.application.create({ name: 'again', uid: 'gone' });
    expect((await svix.endpoint.list('gone')).data).toEqual([]);
  });

  it('are refused with the place at fault, and nothing is made', async () => {
    const create = (input: object) => refused(svix.application.create(input as never));
    expect(await create({})).toBe('422 body.name');
    expect(await create({ name: '' })).toBe('422 body.name');
    expect(await create({ name: 'x', uid: 'has space' })).toBe('422 body.uid');
    expect(await create({ name: 'x', uid: 'app_like' })).toBe('422 body.uid');
    expect(await create({ name: 'x', throttleRate: 0 })).toBe('422 body.throttleRate');
    expect(await create({ name: 'x', metadata: { a: 'x'.repeat(5_000) } })).toBe('422 body.metadata');
    expect(await create({ name: 'x', uid: 'default' })).toBe('409 conflict');
    expect(await refused(svix.application.list({ limit: 251 }))).toBe('422 query.limit');
    expect(await refused(svix.application.list({ iterator: 'ep_nonsense' }))).toBe('422 query.iterator');
    expect(await refused(svix.application.list({ order: 'sideways' as never }))).toBe('422 query.order');
    expect(await names()).toHaveLength(1);
    expect(door.misfits).toEqual([]);
  });

  it('keep every change of those made at the same time', async () => {
    const { id } = await svix.application.create({ name: 'Before' });
    await svix.eventType.create({ name: 'order.placed', description: 'Before' });
    for (const ref of [id, 'default'])
      await Promise.all([
        svix.application.patch(ref, { name: 'After' }),
        svix.application.patch(ref, { metadata: { k: 'v' } }),
        svix.application.patch(ref, { throttleRate: 7 }),
      ]);
    for (const ref of [id, 'default'])
      expect(await svix.application.get(ref)).toMatchObject({
        name: 'After',
        metadata: { k: 'v' },
        throttleRate: 7,
      });
    await Promise.all([
      svix.eventType.patch('order.placed', { description: 'After' }),
      svix.eventType.patch('order.placed', { groupName: 'orders' }),
      svix.eventType.patch('order.placed', { deprecated: true }),
    ]);
    expect(await svix.eventType.get('order.placed')).toMatchObject({
      description: 'After',
      groupName: 'orders',
      deprecated: true,
    });
  });

  it('are gone with all that is theirs, or there with all of it', async () => {
    const consumer = await world.consumer();
    const app = await svix.application.create({ name: 'Shop', uid: 'shop', throttleRate: 3 });
    for (const uid of ['one', 'two']) await svix.endpoint.create('shop', { url: consumer.url, uid });
    const { pool } = world.app.context.db;
    const kept = async () => {
      const counted = ['subscription WHERE deleted_at IS NULL', 'application_limit', 'door_record'].map(
        (table) =>
          `(SELECT count(*)::int FROM ${table}${table.includes('WHERE') ? ' AND' : ' WHERE'} tenant_id = $1)`,
      );
      const { rows } = await pool.query(`SELECT array[${counted.join(', ')}] AS kept`, [tenantId]);
      return rows[0].kept;
    };
    expect(await kept()).toEqual([2, 1, 1]);
    await pool.query(
      `CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken off'; END $$`,
    );
    await pool.query(
      'CREATE TRIGGER break_off BEFORE DELETE ON door_record FOR EACH ROW EXECUTE FUNCTION break_off()',
    );
    await expect(svix.application.delete('shop')).rejects.toMatchObject({ code: 500 });
    expect(await kept()).toEqual([2, 1, 1]);
    expect((await svix.endpoint.list('shop')).data).toHaveLength(2);
    await pool.query('DROP TRIGGER break_off ON door_record');
    await svix.application.delete('shop');
    expect(await kept()).toEqual([0, 0, 0]);
    expect(await refused(svix.application.get(app.id))).toBe('404 not_found');
  });
});
