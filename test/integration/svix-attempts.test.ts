import type { EndpointOut, MessageOut, Svix } from 'svix';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Consumer } from '../support/consumer.js';
import { HOUR, MINUTE, SECOND, START } from '../support/scene.js';
import { refused, useDoor } from '../support/svix.js';
import { useWorld } from '../support/world.js';

const APP = 'default';
/** A port that nothing listens on: the kernel hands out none so low. */
const NOBODY = 'http://127.0.0.1:1/hook';
const [SUCCESS, PENDING, FAIL, SENDING, CANCELED] = [0, 1, 2, 3, 4] as never[];
type ByEndpoint = Parameters<Svix['messageAttempt']['listByEndpoint']>[2];
type ByMessage = Parameters<Svix['messageAttempt']['listByMsg']>[2];
type Messages = Parameters<Svix['messageAttempt']['listAttemptedMessages']>[2];

describe('attempts, by the official library', () => {
  const world = useWorld();
  const door = useDoor(world);
  let svix: Svix;
  let tenantId: string;
  const advance = (by: number) => world.app.services.clock.advance(tenantId, { by });
  const lastStatus = () => door.calls.at(-1)!.status;
  const start = async () => {
    const tenant = await world.tenant();
    tenantId = tenant.id;
    svix = door.svix(tenant.key);
    await world.app.services.clock.put(tenantId, { mode: 'manual', now: START });
  };

  describe('of two messages at three endpoints', () => {
    let picky: EndpointOut;
    let broken: EndpointOut;
    let dead: EndpointOut;
    let created: MessageOut;
    let deleted: MessageOut;

    beforeAll(async () => {
      await start();
      const [one, two] = [await world.consumer(), await world.consumer(400)];
      // The first message fails there once, and is taken at its second attempt.
      one.answer((_, i) => (i === 0 ? { status: 503, body: 'not now' } : { status: 204 }));
      picky = await svix.endpoint.create(APP, { url: one.url, uid: 'picky' });
      broken = await svix.endpoint.create(APP, { url: two.url, uid: 'broken' });
      dead = await svix.endpoint.create(APP, { url: NOBODY, uid: 'dead', channels: ['vip'] });
      created = await svix.message.create(APP, {
        eventType: 'contact.created',
        payload: { n: 1 },
        channels: ['vip'],
        tags: ['first'],
      });
      await advance(5 * SECOND);
      await advance(HOUR);
      deleted = await svix.message.create(APP, {
        eventType: 'contact.deleted',
        payload: { n: 2 },
        channels: ['other'],
        tags: ['second'],
      });
      await advance(0);
    });

    /** What the attempts of a list are: message and answer, newest first. */
    const seen = async (endpoint: string, options: ByEndpoint = {}) =>
      (await svix.messageAttempt.listByEndpoint(APP, endpoint, options)).data.map(
        ({ msgId, responseStatusCode: code }) => `${msgId === created.id ? 'created' : 'deleted'} ${code}`,
      );
    const codes = async (message: MessageOut, options: ByMessage = {}) =>
      (await svix.messageAttempt.listByMsg(APP, message.id, options)).data.map((a) => a.responseStatusCode);

    it('are told in full', async () => {
      const { data } = await svix.messageAttempt.listByEndpoint(APP, 'picky');
      expect(data.map(({ statusText }) => statusText)).toEqual(['success', 'success', 'fail']);
      expect(data[2]).toMatchObject({
        msgId: created.id,
        endpointId: picky.id,
        url: picky.url,
        response: 'not now',
        responseStatusCode: 503,
        status: FAIL,
        statusText: 'fail',
        triggerType: 0,
        timestamp: new Date(START),
      });
      expect(data[2]!.id).toMatch(/^atmpt_[0-9A-Za-z]{27}$/);
      expect(data[2]!.responseDurationMs).toBeGreaterThanOrEqual(0);
      expect(await svix.messageAttempt.get(APP, created.id, data[2]!.id)).toEqual(data[2]);
      expect(await refused(svix.messageAttempt.get(APP, deleted.id, data[2]!.id))).toBe('404 not_found');
      const [lost] = (await svix.messageAttempt.listByEndpoint(APP, dead.id)).data;
      expect(lost).toMatchObject({
        responseStatusCode: 0,
        response: 'refused',
        statusText: 'fail',
      });
    });

    it('at an endpoint are narrowed by every filter', async () => {
      expect(await seen('picky')).toEqual(['deleted 204', 'created 204', 'created 503']);
      expect(await seen(picky.id, { status: SUCCESS })).toEqual(['deleted 204', 'created 204']);
      expect(await seen('picky', { status: FAIL })).toEqual(['created 503']);
      for (const status of [PENDING, SENDING, CANCELED]) expect(await seen('picky', { status })).toEqual([]);
      const ofClass = (statusCodeClass: number) =>
        seen('picky', { statusCodeClass: statusCodeClass as never });
      expect(await ofClass(200)).toEqual(['deleted 204', 'created 204']);
      expect(await ofClass(500)).toEqual(['created 503']);
      for (const none of [0, 100, 300, 400]) expect(await ofClass(none)).toEqual([]);
      expect(await seen('dead', { statusCodeClass: 0 as never })).not.toEqual([]);
      expect(await seen('dead', { statusCodeClass: 500 as never })).toEqual([]);
      expect(await seen('picky', { channel: 'other' })).toEqual(['deleted 204']);
      expect(await seen('picky', { tag: 'first' })).toEqual(['created 204', 'created 503']);
      expect(await seen('picky', { eventTypes: ['contact.deleted', 'x'] })).toEqual(['deleted 204']);
      expect(await seen('picky', { before: new Date(START + SECOND) })).toEqual(['created 503']);
      expect(await seen('picky', { after: new Date(START + MINUTE) })).toEqual(['deleted 204']);
      expect(await seen('broken', { status: FAIL, eventTypes: ['contact.deleted'] })).toEqual([
        'deleted 400',
      ]);
      const bare = await svix.messageAttempt.listByEndpoint(APP, 'picky', { withContent: false });
      expect(bare.data.map(({ response }) => response)).toEqual(['{}', '{}', '{}']);
      expect(bare.data[0]!.msg).toBeFalsy();
      const full = await svix.messageAttempt.listByEndpoint(APP, 'picky', { withMsg: true });
      expect(full.data.map(({ msg }) => msg?.payload)).toEqual([{ n: 2 }, { n: 1 }, { n: 1 }]);
    });

    it('of a message are narrowed by every filter', async () => {
      const all = await codes(created);
      expect(all.filter((code) => code === 204)).toHaveLength(1);
      expect(new Set(all)).toEqual(new Set([204, 503, 400, 0]));
      expect(await codes(created, { endpointId: 'picky' })).toEqual([204, 503]);
      expect(await codes(created, { endpointId: picky.id, status: SUCCESS })).toEqual([204]);
      expect(await codes(created, { statusCodeClass: 500 as never })).toEqual([503]);
      expect(await codes(created, { endpointId: 'picky', before: new Date(START + SECOND) })).toEqual([503]);
      expect(await codes(created, { endpointId: 'picky', after: new Date(START + SECOND) })).toEqual([204]);
      expect(await codes(deleted, { channel: 'other' })).toHaveLength(2);
      expect(await codes(deleted, { channel: 'vip' })).toEqual([]);
      expect(await codes(deleted, { tag: 'second' })).toHaveLength(2);
      expect(await codes(deleted, { tag: 'first' })).toEqual([]);
      expect(await codes(deleted, { eventTypes: ['contact.deleted'] })).toHaveLength(2);
      expect(await codes(deleted, { eventTypes: ['contact.created'] })).toEqual([]);
      const bare = await svix.messageAttempt.listByMsg(APP, deleted.id, { withContent: false });
      expect(bare.data.map(({ response }) => response)).toEqual(['{}', '{}']);
      expect(await refused(svix.messageAttempt.listByMsg(APP, created.id, { endpointId: 'nobody' }))).toBe(
        '404 not_found',
      );
    });

    it('are listed page by page, forwards and back', async () => {
      const first = await svix.messageAttempt.listByEndpoint(APP, 'picky', { limit: 2 });
      const second = await svix.messageAttempt.listByEndpoint(APP, 'picky', {
        limit: 2,
        iterator: first.iterator!,
      });
      expect([first.done, second.done]).toEqual([false, true]);
      const all = (await svix.messageAttempt.listByEndpoint(APP, 'picky')).data;
      expect([...first.data, ...second.data]).toEqual(all);
      const back = await svix.messageAttempt.listByEndpoint(APP, 'picky', {
        limit: 2,
        iterator: second.prevIterator!,
      });
      expect(back.data).toEqual(first.data);
      const bad = svix.messageAttempt.listByEndpoint(APP, 'picky', { iterator: 'atmpt_nothing' });
      expect(await refused(bad)).toBe('422 query.iterator');
      expect(await refused(svix.messageAttempt.listByEndpoint(APP, 'picky', { status: 9 as never }))).toBe(
        '422 query.status',
      );
      expect(
        await refused(svix.messageAttempt.listByEndpoint(APP, 'picky', { statusCodeClass: 7 as never })),
      ).toBe('422 query.status_code_class');
      expect(await refused(svix.messageAttempt.listByEndpoint(APP, 'nobody'))).toBe('404 not_found');
    });

    it('make up how each message of an endpoint stands, narrowed by every filter', async () => {
      const messages = async (endpoint: string, options: Messages = {}) =>
        (await svix.messageAttempt.listAttemptedMessages(APP, endpoint, options)).data.map(
          ({ id, statusText }) => `${id === created.id ? 'created' : 'deleted'} ${statusText}`,
        );
      expect(await messages('picky')).toEqual(['deleted success', 'created success']);
      expect(await messages('broken')).toEqual(['deleted pending', 'created pending']);
      expect(await messages('dead')).toEqual(['created pending']);
      expect(await messages('picky', { channel: 'vip' })).toEqual(['created success']);
      expect(await messages('picky', { tag: 'second' })).toEqual(['deleted success']);
      expect(await messages('picky', { eventTypes: ['contact.created'] })).toEqual(['created success']);
      expect(await messages('picky', { status: SUCCESS })).toHaveLength(2);
      for (const status of [PENDING, FAIL, SENDING, CANCELED])
        expect(await messages('picky', { status })).toEqual([]);
      expect(await messages('broken', { status: PENDING })).toHaveLength(2);
      expect(await messages('picky', { before: new Date(START + MINUTE) })).toEqual(['created success']);
      expect(await messages('picky', { after: new Date(START + MINUTE) })).toEqual(['deleted success']);
      const list = (options: Messages) => svix.messageAttempt.listAttemptedMessages(APP, 'picky', options);
      expect((await list({ withContent: false })).data.map(({ payload }) => payload)).toEqual([{}, {}]);
      expect((await list({})).data.map(({ payload }) => payload)).toEqual([{ n: 2 }, { n: 1 }]);
      const first = await list({ limit: 1 });
      const second = await list({ limit: 1, iterator: first.iterator! });
      expect([first.done, second.done, second.data[0]!.id]).toEqual([false, true, created.id]);
      expect((await list({ limit: 1, iterator: second.prevIterator! })).data).toEqual(first.data);
    });

    it('make up how a message stands at each endpoint', async () => {
      const destinations = (options = {}) =>
        svix.messageAttempt.listAttemptedDestinations(APP, created.id, options);
      const { data } = await destinations();
      expect(data.map(({ uid, statusText }) => `${uid} ${statusText}`).sort()).toEqual([
        'broken pending',
        'dead pending',
        'picky success',
      ]);
      expect(data.find(({ uid }) => uid === 'picky')).toMatchObject({
        id: picky.id,
        url: picky.url,
        nextAttempt: null,
      });
      const next = data.find(({ uid }) => uid === 'broken')!.nextAttempt!;
      expect(next.getTime()).toBeGreaterThan(START + HOUR);
      const first = await destinations({ limit: 2 });
      const second = await destinations({ limit: 2, iterator: first.iterator });
      expect([...first.data, ...second.data]).toEqual(data);
      const other = await svix.messageAttempt.listAttemptedDestinations(APP, deleted.id);
      expect(other.data.map(({ uid }) => uid).sort()).toEqual(['broken', 'picky']);
      expect([broken.uid, dead.uid]).toEqual(['broken', 'dead']);
    });

    it('are counted', async () => {
      expect(await svix.endpoint.getStats(APP, 'picky')).toEqual({
        success: 2,
        pending: 0,
        sending: 0,
        fail: 0,
        canceled: 0,
      });
      expect(await svix.endpoint.getStats(APP, 'broken')).toMatchObject({ success: 0, pending: 2 });
      const since = new Date(START + MINUTE);
      expect(await svix.endpoint.getStats(APP, 'picky', { since })).toMatchObject({ success: 1 });
      expect(await svix.endpoint.getStats(APP, 'picky', { until: since })).toMatchObject({ success: 1 });
      expect(
        await svix.endpoint.getStats(APP, 'picky', { since: new Date(START), until: since }),
      ).toMatchObject({ success: 1 });
      const bad = (range: object) => refused(svix.endpoint.getStats(APP, 'picky', range));
      expect(await bad({ until: new Date(START + 9 * HOUR) })).toBe('400 invalid_range');
      expect(await bad({ since: new Date(START - 29 * 24 * HOUR) })).toBe('400 invalid_range');
      expect(door.misfits).toEqual([]);
    });
  });

  describe('once more', () => {
    let consumer: Consumer;
    beforeEach(async () => {
      await start();
      consumer = await world.consumer(500);
      await svix.endpoint.create(APP, { url: consumer.url, uid: 'e' });
    });
    const send = async (more: object = {}) =>
      (await svix.message.create(APP, { eventType: 'contact.created', payload: { a: 1 }, ...more })).id;
    const standing = async (id: string) =>
      (await svix.messageAttempt.listAttemptedDestinations(APP, id)).data[0]!.statusText;
    const attempts = async (id: string) => (await svix.messageAttempt.listByMsg(APP, id)).data;

    it('by hand, whether a message failed, succeeded or waits', async () => {
      const id = await send({ eventId: 'by-hand' });
      await advance(48 * HOUR);
      expect([await standing(id), consumer.received.length]).toEqual(['fail', 8]);
      consumer.answer(200);
      expect(await svix.messageAttempt.resend(APP, 'by-hand', 'e')).toEqual({});
      expect(lastStatus()).toBe(202);
      await advance(0);
      expect([await standing(id), consumer.received.length]).toEqual(['success', 9]);
      expect((await attempts(id))[0]).toMatchObject({ triggerType: 1, statusText: 'success' });
      expect((await attempts(id))[1]).toMatchObject({ triggerType: 0, statusText: 'fail' });
      await svix.messageAttempt.resend(APP, id, 'e');
      await advance(0);
      expect(consumer.received.length).toBe(10);
      expect(new Set(consumer.received.map(({ headers }) => headers['svix-id']))).toEqual(new Set([id]));

      consumer.answer(500);
      const waiting = await send();
      await advance(0);
      await svix.messageAttempt.resend(APP, waiting, 'e');
      await advance(0);
      expect(await attempts(waiting)).toHaveLength(2);
      expect(await refused(svix.messageAttempt.resend(APP, id, 'nobody'))).toBe('404 not_found');
      expect(await refused(svix.messageAttempt.resend(APP, 'msg_nothing', 'e'))).toBe('404 not_found');
      await svix.endpoint.create(APP, { url: consumer.url, uid: 'late' });
      expect(await refused(svix.messageAttempt.resend(APP, id, 'late'))).toBe('404 not_found');
      await svix.endpoint.patch(APP, 'e', { disabled: true });
      await svix.messageAttempt.resend(APP, id, 'e');
      expect(door.calls.at(-1)!.headers.get('ringer-notice')).toContain('disabled');
    });

    it('for what failed in a range', async () => {
      const early = await send();
      await advance(48 * HOUR);
      const late = await send();
      await advance(48 * HOUR);
      consumer.answer(200);
      consumer.clear();
      const task = await svix.endpoint.recover(APP, 'e', { since: new Date(START + HOUR) });
      expect(lastStatus()).toBe(202);
      expect(task).toMatchObject({ status: 'running', task: 'endpoint.recover' });
      expect(task.id).toMatch(/^qtask_[0-9A-Za-z]{27}$/);
      await advance(0);
      expect([await standing(early), await standing(late)]).toEqual(['fail', 'success']);
      const until = new Date(START + HOUR);
      await svix.endpoint.recover(APP, 'e', { since: new Date(START), until });
      await advance(0);
      expect([await standing(early), consumer.received.length]).toEqual(['success', 2]);
      const recover = (input: object) => refused(svix.endpoint.recover(APP, 'e', input as never));
      expect(await recover({})).toBe('422 body.since');
      expect(await recover({ since: new Date(START - 11 * 24 * HOUR) })).toBe('422 body.since');
      expect(await recover({ since: until, until: new Date(START) })).toBe('422 body.until');
    });

    it('for what was never sent: while the endpoint was disabled, and before it was there', async () => {
      consumer.answer(200);
      const before = await send();
      await advance(0);
      await svix.endpoint.patch(APP, 'e', { disabled: true });
      const missed = await send();
      await advance(HOUR);
      const [canceled] = (await svix.messageAttempt.listAttemptedMessages(APP, 'e')).data;
      expect(canceled).toMatchObject({ id: missed, status: 4, statusText: 'canceled' });
      const old = await svix.messageAttempt.listAttemptedMessages(APP, 'e', { expandedStatuses: false });
      expect(old.data[0]!.statusText).toBe('fail');
      const only = async (status: number, expandedStatuses = true) =>
        (
          await svix.messageAttempt.listAttemptedMessages(APP, 'e', {
            status: status as never,
            expandedStatuses,
          })
        ).data.map(({ id }) => id);
      expect([await only(4), await only(2), await only(2, false)]).toEqual([[missed], [], [missed]]);
      expect(await svix.endpoint.getStats(APP, 'e')).toMatchObject({ success: 1, canceled: 1 });

      const since = new Date(START);
      await svix.endpoint.replayMissing(APP, 'e', { since });
      expect(door.calls.at(-1)!.headers.get('ringer-notice')).toContain('disabled');
      await svix.endpoint.patch(APP, 'e', { disabled: false });
      const task = await svix.endpoint.replayMissing(APP, 'e', { since });
      expect([lastStatus(), task.task]).toEqual([202, 'endpoint.replay']);
      await advance(0);
      const late = await world.consumer();
      await svix.endpoint.create(APP, { url: late.url, uid: 'late' });
      await svix.endpoint.replayMissing(APP, 'late', { since });
      await advance(0);
      const got = (c: Consumer) => new Set(c.received.map(({ headers }) => headers['svix-id']));
      expect([consumer.received.length, got(consumer)]).toEqual([2, new Set([before, missed])]);
      expect([late.received.length, got(late)]).toEqual([2, new Set([before, missed])]);
    });

    it('forget what was answered when it is expunged', async () => {
      consumer.answer({ status: 500, body: 'name and address' });
      const id = await send();
      await advance(5 * SECOND);
      const [second, first] = await attempts(id);
      await svix.messageAttempt.expungeContent(APP, id, first!.id);
      expect(lastStatus()).toBe(204);
      expect((await svix.messageAttempt.get(APP, id, first!.id)).response).toBe('EXPUNGED');
      expect((await svix.messageAttempt.get(APP, id, second!.id)).response).toBe('name and address');
      expect(await refused(svix.messageAttempt.expungeContent(APP, id, 'atmpt_nothing'))).toBe(
        '404 not_found',
      );
    });

    it('as an example, whatever the endpoint chose', async () => {
      consumer.answer(200);
      await svix.endpoint.patch(APP, 'e', { filterTypes: ['contact.deleted'] });
      const example = await svix.endpoint.sendExample(APP, 'e', { eventType: 'reward.voucher.created' });
      expect([lastStatus(), example.eventType]).toEqual([200, 'reward.voucher.created']);
      await svix.endpoint.sendExample(APP, 'e', { eventType: 'svix.ping' });
      await svix.eventType.create({
        name: 'made.here',
        description: 'x',
        schemas: { 1: { examples: [{ n: 0 }] }, 2: { type: 'object', examples: [{ n: 1 }, { n: 2 }] } },
      });
      const ours = (exampleIndex?: number) =>
        svix.endpoint.sendExample(APP, 'e', {
          eventType: 'made.here',
          ...(exampleIndex === undefined ? {} : { exampleIndex }),
        });
      const sent = [await ours(), await ours(1), await ours(9)];
      await advance(0);
      const bodies = new Map(
        consumer.received.map(({ headers, body }) => [headers['svix-id'], JSON.parse(body.toString())]),
      );
      expect(bodies.get(example.id)).toMatchObject({
        eventType: 'reward.voucher.created',
        payload: { Currency: expect.any(String) },
      });
      expect([...bodies.values()]).toContainEqual({ success: true });
      expect(sent.map(({ id }) => bodies.get(id))).toEqual([{ n: 1 }, { n: 2 }, { n: 1 }]);
      expect((await svix.message.get(APP, example.id)).payload).toEqual(bodies.get(example.id));
      await svix.eventType.create({ name: 'no.example', description: 'x' });
      const bad = (eventType: string) => refused(svix.endpoint.sendExample(APP, 'e', { eventType }));
      expect([await bad('no.example'), await bad('nothing')]).toEqual([
        '400 invalid_scheme',
        '404 not_found',
      ]);
      expect(door.misfits).toEqual([]);
    });
  });
});
