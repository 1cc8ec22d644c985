import { Svix, Webhook } from 'svix';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { HOUR, START } from '../support/scene.js';
import { refused, useDoor } from '../support/svix.js';
import { useWorld } from '../support/world.js';

const TYPE = 'contact.created';

describe('the manners of the door, by the official library', () => {
  const world = useWorld();
  const door = useDoor(world);
  let svix: Svix;
  let tenantId: string;
  let key: string;
  beforeEach(async () => {
    ({ id: tenantId, key } = await world.tenant());
    svix = door.svix(key);
  });

  const ask = (method: string, path: string, init: RequestInit = {}) =>
    fetch(`${door.url}/voyado/api/v1${path}`, {
      method,
      ...init,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...init.headers },
    });

  it('know a caller by the key of its tenant', async () => {
    expect(await refused(door.svix('nonsense').application.list())).toBe('401 authentication_failed');
    const none = await ask('GET', '/app', { headers: { authorization: '' } });
    expect([none.status, await none.json()]).toEqual([
      401,
      { code: 'authentication_failed', detail: expect.any(String) },
    ]);
    const { key: reader } = await world.app.services.keys.create(tenantId, { scope: 'read' });
    const reading = door.svix(reader!);
    expect((await reading.application.list()).data).toHaveLength(1);
    expect(await refused(reading.application.create({ name: 'x' }))).toBe('403 insufficient_access');
    const { id: endpointId } = await svix.endpoint.create('default', { url: 'https://consumer.example/' });
    expect((await reading.endpoint.get('default', endpointId)).id).toBe(endpointId);
    expect(await refused(reading.endpoint.getSecret('default', endpointId))).toBe('403 insufficient_access');
    expect(await refused(reading.endpoint.getHeaders('default', endpointId))).toBe('403 insufficient_access');
    await new Svix('no key at all', { serverUrl: `${door.url}/voyado` }).health.get();
  });

  it('keep tenants apart, and applications', async () => {
    const { url } = await world.consumer();
    const app = await svix.application.create({ name: 'Mine', uid: 'mine' });
    const endpoint = await svix.endpoint.create('mine', { url, uid: 'e' });
    const message = await svix.message.create('mine', { eventType: TYPE, payload: {}, eventId: 'm' });
    const [attempt] = await eventually(async () => {
      const { data } = await svix.messageAttempt.listByMsg('mine', message.id);
      if (data.length === 0) throw new Error('no attempt yet');
      return data;
    });
    await svix.eventType.create({ name: 'mine.only', description: 'x' });
    const operational = await svix.operationalWebhookEndpoint.create({ url });

    const other = door.svix((await world.tenant()).key);
    await other.application.create({ name: 'Theirs', uid: 'theirs' });
    await svix.application.create({ name: 'Beside', uid: 'beside' });
    const from = async (client: Svix, inApp: string) => [
      await refused(client.endpoint.get(inApp, endpoint.id)),
      await refused(client.endpoint.get(inApp, 'e')),
      await refused(client.endpoint.getSecret(inApp, endpoint.id)),
      await refused(client.endpoint.update(inApp, endpoint.id, { url: 'nonsense' })),
      await refused(client.endpoint.patch(inApp, endpoint.id, { disabled: true })),
      await refused(client.endpoint.delete(inApp, endpoint.id)),
      await refused(client.message.get(inApp, message.id)),
      await refused(client.message.get(inApp, 'm')),
      await refused(client.message.expungeContent(inApp, message.id)),
      await refused(client.messageAttempt.listByMsg(inApp, message.id)),
      await refused(client.messageAttempt.listByEndpoint(inApp, endpoint.id)),
      await refused(client.messageAttempt.get(inApp, message.id, attempt!.id)),
      await refused(client.messageAttempt.resend(inApp, message.id, endpoint.id)),
    ];
    const nothing = Array.from({ length: 13 }, (_, i) => (i === 3 ? '422 body.url' : '404 not_found'));
    expect(await from(svix, 'beside')).toEqual(nothing);
    expect(await from(other, 'theirs')).toEqual(nothing);
    expect(new Set(await from(other, app.id))).toEqual(new Set(['404 not_found']));
    expect(await refused(other.application.get('mine'))).toBe('404 not_found');
    expect(await refused(other.eventType.get('mine.only'))).toBe('404 not_found');
    expect(await refused(other.operationalWebhookEndpoint.get(operational.id))).toBe('404 not_found');
    expect(await refused(svix.endpoint.get('mine', operational.id))).toBe('404 not_found');
    expect((await svix.endpoint.get('mine', 'e')).disabled).toBe(false);
    expect((await svix.message.get('mine', 'm')).payload).toEqual({});
  });

  it('show of a message for all only the attempts of the application that is asked', async () => {
    const [one, two] = [await world.consumer(), await world.consumer(500)];
    await world.app.services.clock.put(tenantId, { mode: 'manual', now: START });
    await svix.application.create({ name: 'Second', uid: 'second' });
    await svix.endpoint.create('default', { url: one.url });
    await svix.endpoint.create('second', { url: two.url });
    const { services } = world.app;
    const { providerEventId } = await services.publish.publish(tenantId, { provider: 'voyado', type: TYPE });
    await services.clock.advance(tenantId, { by: 0 });
    const codes = async (app: string) =>
      (await svix.messageAttempt.listByMsg(app, providerEventId!)).data.map((a) => a.responseStatusCode);
    expect([await codes('default'), await codes('second')]).toEqual([[200], [500]]);
    const [attempt] = (await svix.messageAttempt.listByMsg('second', providerEventId!)).data;
    const across = svix.messageAttempt.get('default', providerEventId!, attempt!.id);
    expect(await refused(across)).toBe('404 not_found');
    const ends = async (app: string) =>
      (await svix.messageAttempt.listAttemptedDestinations(app, providerEventId!)).data.map(({ url }) => url);
    expect([await ends('default'), await ends('second')]).toEqual([[one.url], [two.url]]);
  });

  it('take a trailing slash, ignore unknown keys, and refuse in one shape whatever is wrong', async () => {
    expect((await ask('GET', '/app/')).status).toBe(200);
    expect((await ask('GET', '/app?nonsense=1&limit=5')).status).toBe(200);
    const made = await ask('POST', '/app/', { body: '{"name":"x","nonsense":true}' });
    expect([made.status, 'nonsense' in ((await made.json()) as object)]).toEqual([201, false]);
    const repeated = await ask('GET', '/app/default/msg?event_types=a&event_types=b,c');
    expect(repeated.status).toBe(200);
    const shapes = [
      await ask('GET', '/app/nobody'),
      await ask('GET', '/no/such/path'),
      await ask('PUT', '/app'),
      await ask('GET', '/app/%E0%A4%A'),
      await ask('POST', '/app', { body: 'not json' }),
      await ask('POST', '/app', { body: '{"name":"\\u0000"}' }),
      await ask('GET', '/app?limit=many'),
      await ask('POST', '/app/default/msg', {
        body: `{"eventType":"x","payload":{"a":"${'x'.repeat(2 ** 21)}"}}`,
      }),
    ];
    expect(shapes.map(({ status }) => status)).toEqual([404, 404, 405, 400, 422, 422, 422, 413]);
    for (const answer of shapes) {
      expect(answer.headers.get('content-type')).toContain('application/json');
      const body = (await answer.json()) as { code?: string; detail: unknown };
      if (answer.status !== 422)
        expect(body).toEqual({ code: expect.any(String), detail: expect.any(String) });
      else
        expect(body.detail).toContainEqual({
          loc: expect.arrayContaining([expect.any(String)]),
          msg: expect.any(String),
          type: expect.stringMatching(/^value_error/),
        });
    }
  });

  it('say of what hosted Svix alone offers that it is not implemented', async () => {
    const since = new Date(START);
    const calls: [string, () => Promise<unknown>][] = [
      ['background tasks', () => svix.backgroundTask.list()],
      ['a background task', () => svix.backgroundTask.get('qtask_1')],
      ['bulk replay', () => svix.endpoint.bulkReplay('default', 'e', { since })],
      ['transformation', () => svix.endpoint.transformationGet('default', 'e')],
      ['transformation patch', () => svix.endpoint.patchTransformation('default', 'e', {})],
      ['precheck', () => svix.message.precheck('default', { eventType: TYPE })],
      ['expunge all', () => svix.message.expungeAllContents('default')],
      ['integrations', () => svix.integration.list('default')],
      ['integration', () => svix.integration.create('default', { name: 'x' })],
      ['integration key', () => svix.integration.rotateKey('default', 'i')],
      ['poller', () => svix.message.poller.poll('default', 's')],
      ['poller of a consumer', () => svix.message.poller.consumerPoll('default', 's', 'c')],
      ['import of event types', () => svix.eventType.importOpenapi({})],
      ['export', () => svix.environment.export()],
      ['import', () => svix.environment.import({})],
      ['usage of applications', () => svix.statistics.aggregateAppStats({ since, until: since })],
      ['usage of event types', () => svix.statistics.aggregateEventTypes()],
      ['expiry of tokens', () => svix.authentication.expireAll('default', {})],
    ];
    for (const [name, call] of calls) {
      await expect(call(), name).rejects.toMatchObject({ code: 501 });
      expect(door.calls.at(-1)!.status, name).toBe(501);
    }
    const answer = await ask('POST', '/app/default/msg/bulk-expunge', { body: '{}' });
    expect([answer.status, await answer.json()]).toEqual([
      501,
      { code: 'not_implemented', detail: expect.any(String) },
    ]);
  });

  it('keep operational endpoints as Svix has them, which hear of what goes wrong, signed', async () => {
    const [hears, broken] = [await world.consumer(), await world.consumer(500)];
    await world.app.services.clock.put(tenantId, { mode: 'manual', now: START });
    const { operationalWebhookEndpoint: ends } = svix;
    const made = await ends.create({
      url: hears.url,
      uid: 'ops',
      description: 'Ops',
      filterTypes: ['message.attempt.exhausted'],
      metadata: { a: '1' },
    });
    expect(made).toMatchObject({
      uid: 'ops',
      description: 'Ops',
      filterTypes: ['message.attempt.exhausted'],
    });
    expect(await ends.get('ops')).toEqual(made);
    expect((await ends.list()).data).toEqual([made]);
    await ends.updateHeaders('ops', { headers: { 'X-Ops': 'yes' } });
    expect((await ends.getHeaders('ops')).headers).toEqual({ 'X-Ops': 'yes' });
    const { key: before } = await ends.getSecret('ops');
    await ends.rotateSecret('ops', {});
    const { key: secret } = await ends.getSecret('ops');
    expect(secret).not.toBe(before);

    const endpoint = await svix.endpoint.create('default', { url: broken.url, uid: 'broken' });
    const message = await svix.message.create('default', { eventType: TYPE, payload: {}, eventId: 'm' });
    await world.app.services.clock.advance(tenantId, { by: 48 * HOUR });
    const [told] = hears.received;
    expect(hears.received).toHaveLength(1);
    expect(told!.headers['x-ops']).toBe('yes');
    expect(new Webhook(secret).verify(told!.body.toString(), told!.headers)).toMatchObject({
      type: 'message.attempt.exhausted',
      data: { endpointId: endpoint.id, msgId: message.id, msgEventId: 'm' },
    });
    expect((await svix.endpoint.list('default')).data.map(({ uid }) => uid)).toEqual(['broken']);
    expect((await svix.message.list('default')).data.map(({ id }) => id)).toEqual([message.id]);

    const put = await ends.update('ops', { url: hears.url, uid: 'ops', filterTypes: ['endpoint.created'] });
    expect(door.calls.at(-1)!.headers.get('ringer-notice')).toContain('endpoint.created');
    expect(await ends.get('ops')).toEqual(put);
    expect(await refused(ends.create({ url: hears.url, filterTypes: [TYPE] }))).toBe('422 body.filterTypes');
    await ends.delete('ops');
    expect(await refused(ends.get('ops'))).toBe('404 not_found');
    expect((await ends.list()).data).toEqual([]);
    expect(door.misfits).toEqual([]);
  });
});
