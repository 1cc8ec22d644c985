import type { Svix } from 'svix';
import { beforeEach, describe, expect, it } from 'vitest';
import { refused, useDoor } from '../support/svix.js';
import { useWorld } from '../support/world.js';

const OURS = [
  'contact.acceptsEmail.changed',
  'contact.acceptsPostal.changed',
  'contact.acceptsSms.changed',
  'contact.consent.changed',
  'contact.created',
  'contact.deleted',
  'contact.updated',
  'loyalty.addPoints',
  'point.balance.updated',
  'promotion.multichannel.assigned',
  'reward.voucher.created',
];

describe('event types, by the official library', () => {
  const world = useWorld();
  const door = useDoor(world);
  let svix: Svix;
  let tenantId: string;
  beforeEach(async () => {
    const tenant = await world.tenant();
    tenantId = tenant.id;
    svix = door.svix(tenant.key);
  });

  const names = async (options: Parameters<Svix['eventType']['list']>[0] = {}) =>
    (await svix.eventType.list(options)).data.map(({ name }) => name);
  const lastStatus = () => door.calls.at(-1)!.status;
  const send = (eventType: string) => svix.message.create('default', { eventType, payload: { a: 1 } });

  it('start with the eleven of Voyado, with their schemas where those are asked for', async () => {
    const { data, done } = await svix.eventType.list();
    expect([data.map(({ name }) => name), done]).toEqual([OURS, true]);
    expect(data.map(({ schemas }) => schemas)).toEqual(OURS.map(() => null));
    expect(data[0]).toMatchObject({ archived: false, deprecated: false, groupName: 'contact' });
    expect(data[0]!.description.length).toBeGreaterThan(10);
    const full = await svix.eventType.list({ withContent: true });
    for (const { schemas } of full.data)
      expect(schemas[1]).toMatchObject({ type: 'object', properties: { payload: { type: 'object' } } });
    const one = await svix.eventType.get('reward.voucher.created');
    expect(one.schemas[1].examples[0]).toMatchObject({ eventType: 'reward.voucher.created' });
    expect(await svix.eventType.get('reward.voucher.created')).toEqual(one);
  });

  it('are listed page by page, forwards and back, in either order', async () => {
    expect(await names({ order: 'descending' as never })).toEqual(OURS.toReversed());
    const first = await svix.eventType.list({ limit: 4 });
    const second = await svix.eventType.list({ limit: 4, iterator: first.iterator });
    const third = await svix.eventType.list({ limit: 4, iterator: second.iterator });
    expect([first, second, third].map(({ done }) => done)).toEqual([false, false, true]);
    expect([first, second, third].flatMap(({ data }) => data.map(({ name }) => name))).toEqual(OURS);
    const back = await svix.eventType.list({ limit: 4, iterator: third.prevIterator! });
    expect(back.data).toEqual(second.data);
    expect(await refused(svix.eventType.list({ limit: 251 }))).toBe('422 query.limit');
  });

  it('are created, replaced, changed, archived, brought back and expunged; a read shows each', async () => {
    const made = await svix.eventType.create({
      name: 'order.placed',
      description: 'An order was placed',
      schemas: { 1: { type: 'object' } },
      groupName: 'order',
      featureFlag: 'beta',
    });
    expect(lastStatus()).toBe(201);
    expect(made).toMatchObject({ name: 'order.placed', featureFlag: 'beta', featureFlags: ['beta'] });
    expect(await svix.eventType.get('order.placed')).toEqual(made);
    expect(await refused(svix.eventType.create({ name: 'order.placed', description: 'Twice' }))).toBe(
      '409 event_type_exists',
    );
    expect(await names()).toEqual([...OURS, 'order.placed'].sort());

    const patched = await svix.eventType.patch('order.placed', {
      description: 'Placed',
      deprecated: true,
      groupName: null,
    });
    expect(patched).toMatchObject({
      description: 'Placed',
      deprecated: true,
      groupName: null,
      schemas: made.schemas,
    });
    expect(await svix.eventType.get('order.placed')).toEqual(patched);
    const put = await svix.eventType.update('order.placed', { description: 'Anew' });
    expect(lastStatus()).toBe(200);
    expect(put).toMatchObject({ description: 'Anew', deprecated: false, schemas: null, featureFlags: null });
    const upserted = await svix.eventType.update('order.shipped', { description: 'Shipped' });
    expect(lastStatus()).toBe(201);
    expect(await svix.eventType.get('order.shipped')).toEqual(upserted);

    await svix.eventType.delete('order.placed');
    expect(lastStatus()).toBe(204);
    expect((await svix.eventType.get('order.placed')).archived).toBe(true);
    expect(await names()).not.toContain('order.placed');
    expect(await names({ includeArchived: true })).toContain('order.placed');
    await svix.eventType.create({ name: 'order.placed', description: 'Back' });
    expect(await svix.eventType.get('order.placed')).toMatchObject({ archived: false, description: 'Back' });

    await svix.eventType.delete('order.placed', { expunge: true });
    expect(await refused(svix.eventType.get('order.placed'))).toBe('404 not_found');
    expect(await names({ includeArchived: true })).not.toContain('order.placed');
    await svix.eventType.delete('contact.created', { expunge: true });
    expect(await refused(svix.eventType.get('contact.created'))).toBe('404 not_found');
    await svix.eventType.create({ name: 'contact.created', description: 'Ours now' });
    expect((await svix.eventType.get('contact.created')).description).toBe('Ours now');
    expect(await refused(svix.eventType.delete('nothing'))).toBe('404 not_found');
    expect(await refused(svix.eventType.patch('nothing', {}))).toBe('404 not_found');
  });

  it('that are made here are sent to whoever chose them, in the control API too', async () => {
    const [all, chosen] = [await world.consumer(), await world.consumer()];
    await svix.eventType.create({ name: 'order.placed', description: 'x' });
    await svix.endpoint.create('default', { url: all.url });
    const { id } = await svix.endpoint.create('default', { url: chosen.url, filterTypes: ['order.placed'] });
    await send('order.placed');
    await send('order.unheard');
    await all.got(2);
    expect(await chosen.got(1)).toHaveLength(1);
    // Such a subscription stays as it is when the control API changes something else of it.
    const { services } = world.app;
    const { data } = await services.subscriptions.list(tenantId, { limit: 10, cursor: undefined });
    const mine = data.find(({ url }) => url === chosen.url)!;
    expect(mine.events).toEqual(['order.placed']);
    await services.subscriptions.update(tenantId, mine.id.slice(4), {
      events: ['order.placed', 'contact.created'],
    });
    expect((await svix.endpoint.get('default', id)).filterTypes).toEqual(['order.placed', 'contact.created']);
    const unknown = services.subscriptions.update(tenantId, mine.id.slice(4), { events: ['order.unheard'] });
    await expect(unknown).rejects.toMatchObject({ code: 'unknown_event' });
    const publish = services.publish.publish(tenantId, {
      provider: 'voyado',
      type: 'order.placed',
      payload: {},
    });
    await expect(publish).rejects.toMatchObject({ code: 'unknown_event' });
  });

  it('that are archived cannot be sent or chosen any more, and stay with those who have them', async () => {
    const consumer = await world.consumer();
    await svix.endpoint.create('default', { url: consumer.url, uid: 'e', filterTypes: ['contact.updated'] });
    await svix.eventType.delete('contact.updated');
    expect(await refused(send('contact.updated'))).toBe('422 body.eventType');
    const choose = svix.endpoint.create('default', { url: consumer.url, filterTypes: ['contact.updated'] });
    expect(await refused(choose)).toBe('422 body.filterTypes');
    expect((await svix.endpoint.get('default', 'e')).filterTypes).toEqual(['contact.updated']);
    await svix.eventType.patch('contact.updated', { archived: false });
    await send('contact.updated');
    expect(await consumer.got(1)).toHaveLength(1);
  });

  it('that Voyado has not activated can be chosen, and reach nobody', async () => {
    const consumer = await world.consumer();
    const { settings } = world.app.services;
    await settings.put(tenantId, 'voyado', { settings: { activatedEvents: ['contact.deleted'] } });
    await svix.eventType.create({ name: 'order.placed', description: 'x' });
    await svix.endpoint.create('default', {
      url: consumer.url,
      filterTypes: ['contact.created', 'contact.deleted', 'order.placed'],
    });
    const quiet = await send('contact.created');
    expect(door.calls.at(-1)!.headers.get('ringer-notice')).toContain('not activated');
    const heard = [(await send('contact.deleted')).id, (await send('order.placed')).id];
    const got = (await consumer.got(2)).map(({ headers }) => headers['svix-id']);
    expect(new Set(got)).toEqual(new Set(heard));
    expect((await svix.messageAttempt.listAttemptedDestinations('default', quiet.id)).data).toEqual([]);
  });

  it('are refused with the place at fault, and nothing is made', async () => {
    const create = (input: object) => refused(svix.eventType.create(input as never));
    expect(await create({ name: 'x' })).toBe('422 body.description');
    expect(await create({ description: 'x' })).toBe('422 body.name');
    expect(await create({ name: 'has space', description: 'x' })).toBe('422 body.name');
    expect(await create({ name: 'x'.repeat(257), description: 'x' })).toBe('422 body.name');
    expect(await create({ name: 'x', description: 'x', schemas: [] })).toBe('422 body.schemas');
    expect(await refused(svix.eventType.update('has space', { description: 'x' }))).toBe(
      '422 path.event_type_name',
    );
    expect(await names()).toEqual(OURS);
    expect(door.misfits).toEqual([]);
  });
});
