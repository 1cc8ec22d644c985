import { messageInRaw, type Svix, Webhook } from 'svix';
import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, START } from '../support/scene.js';
import { refused, useDoor } from '../support/svix.js';
import { useWorld } from '../support/world.js';

const APP = 'default';
const TYPE = 'contact.created';

describe('messages, by the official library', () => {
  const world = useWorld();
  const door = useDoor(world);
  let svix: Svix;
  let tenantId: string;
  let key: string;
  beforeEach(async () => {
    ({ id: tenantId, key } = await world.tenant());
    svix = door.svix(key);
    await world.app.services.clock.put(tenantId, { mode: 'manual', now: START });
  });

  const advance = (by: number) => world.app.services.clock.advance(tenantId, { by });
  const send = (more: object = {}, app = APP) =>
    svix.message.create(app, { eventType: TYPE, payload: { a: 1 }, ...more });
  const publish = async () =>
    (await world.app.services.publish.publish(tenantId, { provider: 'voyado', type: TYPE })).providerEventId!;
  const ids = async (options: Parameters<Svix['message']['list']>[1] = {}, app = APP) =>
    (await svix.message.list(app, options)).data.map(({ id }) => id);
  /** The request as somebody else's library would write it. */
  const post = (path: string, body: string) =>
    fetch(`${door.url}/voyado/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
    });

  it('arrive signed, and read as they were sent', async () => {
    const consumer = await world.consumer();
    await svix.endpoint.create(APP, { url: consumer.url, uid: 'e' });
    const sent = await svix.message.create(APP, {
      eventType: TYPE,
      eventId: 'order-1',
      payload: { hello: 'wörld' },
      channels: ['eu'],
      tags: ['urgent'],
    });
    expect(door.calls.at(-1)!.status).toBe(202);
    expect(sent).toMatchObject({ eventType: TYPE, eventId: 'order-1', channels: ['eu'], tags: ['urgent'] });
    expect(sent.id).toMatch(/^msg_[0-9A-Za-z]{27}$/);
    expect(sent.timestamp).toEqual(new Date(START));
    const read = await svix.message.get(APP, sent.id);
    expect(read).toEqual({ ...sent, payload: { hello: 'wörld' } });
    expect(await svix.message.get(APP, 'order-1')).toEqual(read);
    expect((await svix.message.get(APP, sent.id, { withContent: false })).payload).toEqual({});
    expect(await ids()).toEqual([sent.id]);
    await advance(0);
    const [request] = consumer.received;
    expect(request!.headers['svix-id']).toBe(sent.id);
    const { key: secret } = await svix.endpoint.getSecret(APP, 'e');
    expect(new Webhook(secret).verify(request!.body.toString(), request!.headers)).toEqual({
      hello: 'wörld',
    });
  });

  it('keep the bytes of their payload as written, but for the space between tokens', async () => {
    const consumer = await world.consumer();
    await svix.endpoint.create(APP, { url: consumer.url });
    const written = '{ "a" : 1.0, "2": 1e400,\n "1": "x\\u0020y", "a" : 12345678901234567890 }';
    const compact = '{"a":1.0,"2":1e400,"1":"x\\u0020y","a":12345678901234567890}';
    expect((await post('/app/default/msg', `{"eventType":"${TYPE}","payload":${written}}`)).status).toBe(202);
    expect((await post('/app/default/msg/', `{"data":${written},"eventType":"${TYPE}"}`)).status).toBe(202);
    await svix.message.create(APP, messageInRaw(TYPE, '<order id="1"/>\n', 'text/xml'));
    expect(door.calls.at(-1)!.headers.get('ringer-notice')).toContain('content type');
    await advance(0);
    const bodies = consumer.received.map(({ body }) => body.toString());
    expect([bodies.length, new Set(bodies)]).toEqual([3, new Set(['<order id="1"/>\n', compact])]);
  });

  it('go to their own application; what the control API publishes goes to all of them', async () => {
    const [one, two] = [await world.consumer(), await world.consumer()];
    await svix.application.create({ name: 'Second', uid: 'second' });
    await svix.endpoint.create(APP, { url: one.url });
    await svix.endpoint.create('second', { url: two.url });
    const first = (await send()).id;
    const second = (await send({}, 'second')).id;
    const both = await publish();
    await advance(0);
    const got = (consumer: typeof one) => consumer.received.map(({ headers }) => headers['svix-id']).sort();
    expect(got(one)).toEqual([first, both].sort());
    expect(got(two)).toEqual([second, both].sort());
    expect(await ids()).toEqual([both, first]);
    expect(await ids({}, 'second')).toEqual([both, second]);
    expect(await refused(svix.message.get('second', first))).toBe('404 not_found');
    expect((await svix.message.get('second', both)).eventType).toBe(TYPE);
  });

  it('of the control API read with the whole body that Voyado sends', async () => {
    const consumer = await world.consumer();
    await svix.endpoint.create(APP, { url: consumer.url });
    const id = await publish();
    await advance(0);
    const { payload } = await svix.message.get(APP, id);
    expect(payload).toEqual(JSON.parse(consumer.received[0]!.body.toString()));
    expect(payload).toMatchObject({ eventType: TYPE, isEncrypted: false });
  });

  it('are listed by channel, tag, type and time, each leaving something out', async () => {
    const plain = (await send()).id;
    await advance(HOUR);
    const vip = (await send({ channels: ['vip', 'eu'], tags: ['a', 'b'] })).id;
    await advance(HOUR);
    const other = (await send({ eventType: 'contact.deleted', channels: ['eu'], tags: ['b'] })).id;
    await advance(HOUR);
    const custom = (await send({ eventType: 'made.up' })).id;
    expect(await ids()).toEqual([custom, other, vip, plain]);
    expect(await ids({ channel: 'eu' })).toEqual([other, vip]);
    expect(await ids({ channel: 'vip' })).toEqual([vip]);
    expect(await ids({ tag: 'a' })).toEqual([vip]);
    expect(await ids({ tag: 'b' })).toEqual([other, vip]);
    expect(await ids({ eventTypes: ['contact.deleted', 'made.up'] })).toEqual([custom, other]);
    expect(await ids({ before: new Date(START + HOUR) })).toEqual([plain]);
    expect(await ids({ after: new Date(START + 2 * HOUR) })).toEqual([custom, other]);
    expect(await ids({ after: new Date(START + HOUR), before: new Date(START + 3 * HOUR) })).toEqual([
      other,
      vip,
    ]);
    expect(await ids({ after: new Date(START + 4 * HOUR) })).toEqual([]);
    const { data } = await svix.message.list(APP, { withContent: false });
    expect(data.map(({ payload }) => payload)).toEqual([{}, {}, {}, {}]);
    expect((await svix.message.list(APP)).data[0]!.payload).toEqual({ a: 1 });
  });

  it('are listed page by page, forwards and back', async () => {
    const sent: string[] = [];
    for (let i = 0; i < 5; i++) sent.unshift((await send()).id);
    const first = await svix.message.list(APP, { limit: 2 });
    const second = await svix.message.list(APP, { limit: 2, iterator: first.iterator });
    const third = await svix.message.list(APP, { limit: 2, iterator: second.iterator });
    expect([first, second, third].map(({ done }) => done)).toEqual([false, false, true]);
    expect([first, second, third].flatMap(({ data }) => data.map(({ id }) => id))).toEqual(sent);
    const back = await svix.message.list(APP, { limit: 2, iterator: third.prevIterator! });
    expect(back.data).toEqual(second.data);
    expect(await refused(svix.message.list(APP, { iterator: 'msg_nothing' }))).toBe('422 query.iterator');
    expect(await refused(svix.message.list(APP, { limit: 251 }))).toBe('422 query.limit');
  });

  it('have a name that an application takes once', async () => {
    await svix.application.create({ name: 'Second', uid: 'second' });
    const first = await send({ eventId: 'once' });
    expect(await refused(send({ eventId: 'once' }))).toBe('409 conflict');
    const racing = await Promise.all([1, 2, 3].map(() => refused(send({ eventId: 'race' }))));
    expect(racing.sort()).toEqual(['409 conflict', '409 conflict', 'was not refused']);
    await send({ eventId: 'once' }, 'second');
    expect((await svix.message.get(APP, 'once')).id).toBe(first.id);
    expect((await ids()).length).toBe(2);
  });

  it('are made once for one idempotency key', async () => {
    const twice = { idempotencyKey: 'the-same' };
    const input = { eventType: TYPE, payload: { a: 1 } };
    const first = await svix.message.create(APP, input, twice);
    const second = await svix.message.create(APP, input, twice);
    expect(second).toEqual(first);
    expect(door.calls.at(-1)!.headers.get('idempotency-replayed')).toBe('true');
    expect(await ids()).toEqual([first.id]);
    const other = svix.message.create(APP, { ...input, payload: { a: 2 } }, twice);
    expect(await refused(other)).toBe('409 idempotency_conflict');
  });

  it('wait until they are to be delivered', async () => {
    const consumer = await world.consumer(500);
    await svix.endpoint.create(APP, { url: consumer.url, uid: 'e' });
    const deliverAt = new Date(START + HOUR);
    const sent = await send({ deliverAt });
    expect((await svix.message.get(APP, sent.id)).deliverAt).toEqual(deliverAt);
    await advance(HOUR - 1);
    expect(consumer.received).toHaveLength(0);
    const [waiting] = (await svix.messageAttempt.listAttemptedMessages(APP, 'e')).data;
    expect(waiting).toMatchObject({ status: 1, statusText: 'pending', nextAttempt: deliverAt });
    await advance(1);
    expect(consumer.received).toHaveLength(1);
    const [failed] = (await svix.messageAttempt.listAttemptedMessages(APP, 'e')).data;
    expect(failed!.nextAttempt).toEqual(new Date(START + HOUR + 5_000));
    await send({ deliverAt: new Date(START - MINUTE) });
    await advance(0);
    expect(consumer.received).toHaveLength(2);
  });

  it('lose their payload for good when it is expunged', async () => {
    const consumer = await world.consumer(500);
    await svix.endpoint.create(APP, { url: consumer.url, uid: 'e' });
    const { id } = await send();
    const other = await send();
    await advance(0);
    await svix.message.expungeContent(APP, id);
    expect(door.calls.at(-1)!.status).toBe(204);
    expect((await svix.message.get(APP, id)).payload).toEqual({ expired: true });
    expect((await svix.message.get(APP, other.id)).payload).toEqual({ a: 1 });
    expect(await refused(svix.messageAttempt.resend(APP, id, 'e'))).toBe('400 missing_payload');
    await advance(MINUTE);
    const sentIds = consumer.received.map(({ headers }) => headers['svix-id']);
    expect(sentIds.filter((sent) => sent === id)).toHaveLength(1);
    expect(sentIds.filter((sent) => sent === other.id)).toHaveLength(2);
  });

  it('bring their application along', async () => {
    const input = { eventType: TYPE, payload: {} };
    const application = { name: 'New', uid: 'new' };
    await svix.message.create('new', { ...input, application });
    expect((await svix.application.get('new')).name).toBe('New');
    expect(await ids({}, 'new')).toHaveLength(1);
    await svix.message.create('new', { ...input, application: { name: 'Ignored', uid: 'new' } });
    expect((await svix.application.get('new')).name).toBe('New');
    const create = (app: string, given?: object) =>
      refused(svix.message.create(app, { ...input, ...(given ? { application: given as never } : {}) }));
    expect(await create('other', application)).toBe('422 body.application.uid');
    expect(await create('other', { name: 'No uid' })).toBe('422 body.application.uid');
    expect(await create('other')).toBe('404 not_found');
    const big = { ...input, payload: { big: 'x'.repeat(300_000) }, application: { name: 'B', uid: 'big' } };
    expect(await refused(svix.message.create('big', big))).toBe('413 body_too_large');
    expect(await refused(svix.application.get('big'))).toBe('404 not_found');
  });

  it('lose their payload when they said, and no later than the tenant says', async () => {
    const consumer = await world.consumer();
    await svix.endpoint.create(APP, { url: consumer.url });
    const hours = await send({ payloadRetentionHours: 3 });
    const days = await send({ payloadRetentionPeriod: 5 });
    const usual = await send();
    const kept = () =>
      Promise.all(
        [hours, days, usual].map(async ({ id }) => !('expired' in (await svix.message.get(APP, id)).payload)),
      );
    await advance(3 * HOUR - 1);
    expect(await kept()).toEqual([true, true, true]);
    await advance(1);
    expect(await kept()).toEqual([false, true, true]);
    await advance(117 * HOUR);
    expect(await kept()).toEqual([false, false, true]);
    await advance(85 * 24 * HOUR);
    expect(await kept()).toEqual([false, false, false]);
    // What still has to go out keeps its payload until it has.
    consumer.answer(503);
    const owed = await send({ payloadRetentionHours: 1 });
    await advance(HOUR);
    expect((await svix.message.get(APP, owed.id)).payload).toEqual({ a: 1 });
    await advance(28 * HOUR);
    expect((await svix.message.get(APP, owed.id)).payload).toEqual({ expired: true });
  });

  it('are refused with the place at fault, and nothing is sent', async () => {
    const bad = (more: object) => refused(send(more));
    expect(await bad({ eventType: 'has space' })).toBe('422 body.eventType');
    expect(await bad({ payload: undefined })).toBe('422 body.payload');
    expect(await bad({ payload: 'text' })).toBe('422 body.payload');
    expect(await bad({ payload: [1] })).toBe('422 body.payload');
    expect(await bad({ eventId: 'msg_like' })).toBe('422 body.eventId');
    expect(await bad({ channels: [] })).toBe('422 body.channels');
    expect(await bad({ channels: ['1', '2', '3', '4', '5', '6'] })).toBe('422 body.channels');
    expect(await bad({ tags: ['no space'] })).toBe('422 body.tags.[0]');
    expect(await bad({ payloadRetentionPeriod: 4 })).toBe('422 body.payloadRetentionPeriod');
    expect(await bad({ payloadRetentionPeriod: 91 })).toBe('422 body.payloadRetentionPeriod');
    await svix.message.create(APP, { eventType: TYPE, payload: {}, payloadRetentionPeriod: 90 });
    expect(door.calls.at(-1)!.headers.get('ringer-notice')).toBeNull();
    const short = await svix.message.create(APP, { eventType: TYPE, payload: {}, payloadRetentionPeriod: 5 });
    expect(door.calls.at(-1)!.headers.get('ringer-notice')).toBeNull();
    expect(await refused(svix.message.get(APP, 'msg_nothing'))).toBe('404 not_found');
    expect((await post('/app/default/msg', '{"eventType":')).status).toBe(422);
    expect((await ids())[0]).toBe(short.id);
    expect(await ids()).toHaveLength(2);
    expect(door.misfits).toEqual([]);
  });
});
