import { readFileSync } from 'node:fs';
import { type Svix, Webhook } from 'svix';
import { beforeAll, describe, expect, it } from 'vitest';
import { MINUTE, SECOND, START } from '../support/scene.js';
import { refused, useDoor } from '../support/svix.js';
import { BESIDE, OPERATIONS } from '../support/svix-operations.js';
import { useWorld } from '../support/world.js';

const README = new URL('../../src/providers/voyado/README.md', import.meta.url);
const TYPE = 'order.placed';

describe('the forty operations of Svix, by the official library told nothing but serverUrl', () => {
  const world = useWorld();
  const door = useDoor(world);
  let svix: Svix;
  let tenantId: string;
  beforeAll(async () => {
    const tenant = await world.tenant();
    tenantId = tenant.id;
    svix = door.svix(tenant.key);
    await world.app.services.clock.put(tenantId, { mode: 'manual', now: START });
  });
  const advance = (by: number) => world.app.services.clock.advance(tenantId, { by });

  it('make a life of an application: each write is seen by a read', async () => {
    await svix.health.get();
    const { application, endpoint, eventType, message, messageAttempt } = svix;

    await eventType.create({ name: TYPE, description: 'An order' });
    await eventType.patch(TYPE, { schemas: { 1: { examples: [{ order: 1 }] } } });
    expect((await eventType.get(TYPE)).schemas).toEqual({ 1: { examples: [{ order: 1 }] } });
    await eventType.update(TYPE, {
      description: 'An order was placed',
      schemas: { 1: { examples: [{ n: 1 }] } },
    });
    await eventType.update('order.lost', { description: 'Made by PUT' });
    await eventType.delete('order.lost');
    const { data: types } = await eventType.list({ includeArchived: true, limit: 250 });
    expect(types.find(({ name }) => name === TYPE)!.description).toBe('An order was placed');
    expect(types.find(({ name }) => name === 'order.lost')!.archived).toBe(true);

    const app = await application.create({ name: 'Shop', uid: 'shop' });
    expect(await application.getOrCreate({ name: 'Shop', uid: 'shop' })).toEqual(app);
    await application.patch('shop', { metadata: { country: 'se' } });
    expect((await application.get(app.id)).metadata).toEqual({ country: 'se' });
    await application.update('shop', { name: 'The shop', uid: 'shop' });
    await application.update('other', { name: 'Made by PUT', uid: 'other' });
    expect((await application.list()).data.map(({ name }) => name).slice(1)).toEqual([
      'The shop',
      'Made by PUT',
    ]);
    await application.delete('other');
    expect((await application.list()).data).toHaveLength(2);

    const consumer = await world.consumer(500);
    await endpoint.create('shop', { url: consumer.url, uid: 'main' });
    await endpoint.patch('shop', 'main', { filterTypes: [TYPE] });
    expect((await endpoint.get('shop', 'main')).filterTypes).toEqual([TYPE]);
    await endpoint.update('shop', 'main', { url: consumer.url, uid: 'main', description: 'Main' });
    await endpoint.update('shop', 'second', { url: consumer.url, uid: 'second' });
    expect((await endpoint.list('shop')).data.map(({ description }) => description)).toEqual(['', 'Main']);
    await endpoint.delete('shop', 'second');
    expect((await endpoint.list('shop')).data).toHaveLength(1);
    await endpoint.updateHeaders('shop', 'main', { headers: { 'X-A': '1' } });
    await endpoint.patchHeaders('shop', 'main', { headers: { 'X-B': '2' } });
    expect((await endpoint.getHeaders('shop', 'main')).headers).toEqual({ 'X-A': '1', 'X-B': '2' });
    const { key: before } = await endpoint.getSecret('shop', 'main');
    await endpoint.rotateSecret('shop', 'main', {});
    const { key } = await endpoint.getSecret('shop', 'main');
    expect(key).not.toBe(before);

    const sent = await message.create('shop', { eventType: TYPE, eventId: 'o-1', payload: { n: 1 } });
    await advance(5 * SECOND);
    expect((await message.get('shop', 'o-1')).id).toBe(sent.id);
    expect((await message.list('shop')).data).toHaveLength(1);
    for (const secret of [before, key]) {
      const { body, headers } = consumer.received[0]!;
      expect(new Webhook(secret).verify(body.toString(), headers)).toEqual({ n: 1 });
    }
    const { data: failed } = await messageAttempt.listByEndpoint('shop', 'main');
    expect((await messageAttempt.listByMsg('shop', sent.id)).data).toEqual(failed);
    expect(failed.map(({ responseStatusCode }) => responseStatusCode)).toEqual([500, 500]);
    await messageAttempt.expungeContent('shop', sent.id, failed[0]!.id);
    expect((await messageAttempt.get('shop', sent.id, failed[0]!.id)).response).toBe('EXPUNGED');
    expect((await messageAttempt.listAttemptedMessages('shop', 'main')).data[0]!.statusText).toBe('pending');
    consumer.answer(200);
    await messageAttempt.resend('shop', sent.id, 'main');
    await advance(0);
    expect((await messageAttempt.listAttemptedDestinations('shop', sent.id)).data[0]!.statusText).toBe(
      'success',
    );
    await message.expungeContent('shop', sent.id);
    expect((await message.get('shop', sent.id)).payload).toEqual({ expired: true });

    const example = await endpoint.sendExample('shop', 'main', { eventType: TYPE });
    await advance(0);
    expect(consumer.received.at(-1)!.headers['svix-id']).toBe(example.id);
    await endpoint.recover('shop', 'main', { since: new Date(START) });
    expect((await endpoint.getStats('shop', 'main')).success).toBe(2);
  });

  it('give a token that reaches one application, until it is logged out', async () => {
    const { token, url } = await svix.authentication.appPortalAccess('shop', {});
    const login = Buffer.from(url.slice(url.indexOf('#key=') + 5), 'base64').toString();
    expect(JSON.parse(login)).toEqual({ appId: (await svix.application.get('shop')).id, token });
    const theirs = door.svix(token);
    expect((await theirs.endpoint.list('shop')).data).toEqual((await svix.endpoint.list('shop')).data);
    await theirs.endpoint.patch('shop', 'main', { description: 'Theirs' });
    expect((await svix.endpoint.get('shop', 'main')).description).toBe('Theirs');
    expect((await theirs.eventType.list()).data.length).toBeGreaterThan(11);
    expect((await theirs.message.list('shop')).data.length).toBeGreaterThan(0);
    expect(await refused(theirs.endpoint.list('default'))).toBe('404 not_found');
    const beyond = [
      () => theirs.application.list(),
      () => theirs.application.delete('shop'),
      () => theirs.message.create('shop', { eventType: TYPE, payload: {} }),
      () => theirs.endpoint.sendExample('shop', 'main', { eventType: TYPE }),
      () => theirs.eventType.delete(TYPE),
      () => theirs.operationalWebhookEndpoint.list(),
      () => theirs.authentication.appPortalAccess('shop', {}),
    ];
    for (const call of beyond) expect(await refused(call())).toBe('403 insufficient_access');
    const twice = { idempotencyKey: 'of-the-tenant' };
    await svix.endpoint.rotateSecret('shop', 'main', {}, twice);
    expect(await refused(theirs.endpoint.rotateSecret('shop', 'main', {}, twice))).toBe(
      '409 idempotency_conflict',
    );
    const control = await fetch(`${door.url}/api/v1/tenants/${tenantId}/events`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(control.status).toBe(401);

    const { token: reading } = await svix.authentication.appPortalAccess('shop', { readOnly: true });
    const reader = door.svix(reading);
    expect((await reader.endpoint.get('shop', 'main')).description).toBe('Theirs');
    expect(await refused(reader.endpoint.delete('shop', 'main'))).toBe('403 insufficient_access');
    await theirs.authentication.logout();
    expect(await refused(theirs.endpoint.list('shop'))).toBe('401 authentication_failed');
    await reader.authentication.logout();
    expect(await refused(reader.endpoint.list('shop'))).toBe('401 authentication_failed');
    expect(await refused(svix.authentication.logout())).toBe('400 invalid_token');
    expect(await refused(svix.authentication.appPortalAccess('shop', { expiry: 60 }))).toBe(
      '422 body.expiry',
    );
    expect(await refused(svix.authentication.appPortalAccess('nobody', {}))).toBe('404 not_found');
    await svix.authentication.appPortalAccess('portal', { application: { name: 'Portal', uid: 'portal' } });
    expect((await svix.application.get('portal')).name).toBe('Portal');
  });

  it('do not keep the token for an idempotency key', async () => {
    const twice = { idempotencyKey: 'the-same' };
    const first = await svix.authentication.appPortalAccess('shop', {}, twice);
    const second = await svix.authentication.appPortalAccess('shop', {}, twice);
    expect(second.token).not.toBe(first.token);
    const { rows } = await world.app.context.db.pool.query(
      `SELECT count(*)::int AS kept FROM idempotent_answer WHERE path LIKE '%app-portal-access%'`,
    );
    expect(rows[0].kept).toBe(0);
  });

  it('hold what hosted Svix offers beside: replay of what is missing, operational endpoints', async () => {
    const { url } = await world.consumer();
    const { operationalWebhookEndpoint: operational } = svix;
    await svix.endpoint.replayMissing('shop', 'main', { since: new Date(START) });
    await operational.create({ url, uid: 'ops' });
    await operational.get('ops');
    await operational.update('ops', { url, uid: 'ops' });
    await operational.update('more', { url, uid: 'more' });
    await operational.updateHeaders('ops', { headers: { 'X-A': '1' } });
    expect((await operational.getHeaders('ops')).headers).toEqual({ 'X-A': '1' });
    const { key } = await operational.getSecret('ops');
    await operational.rotateSecret('ops', {});
    expect((await operational.getSecret('ops')).key).not.toBe(key);
    await operational.delete('more');
    expect((await operational.list()).data).toHaveLength(1);
    await advance(MINUTE);
  });

  it('are forty, each of them answered as the document of Svix has it, and listed in the README', () => {
    expect(OPERATIONS).toHaveLength(40);
    const statuses = new Map<string, Set<number>>();
    for (const { operation, status } of door.calls)
      if (operation !== undefined && status < 300)
        statuses.set(operation, (statuses.get(operation) ?? new Set()).add(status));
    const all = [...OPERATIONS, ...BESIDE];
    expect(all.map(([name]) => name).filter((name) => !statuses.has(name))).toEqual([]);
    expect(door.misfits).toEqual([]);
    const table = all.map(
      ([name, method, path]) =>
        `| \`${name}\` | ${method} \`${path}\` | ${[...statuses.get(name)!].sort((a, b) => a - b).join(', ')} |`,
    );
    const readme = readFileSync(README, 'utf8');
    const written = readme.split('\n').filter((line) => /^\| `\w+\.\w+` \| [A-Z]+ `/.test(line));
    expect(written, `the table reads:\n${table.join('\n')}`).toEqual(table);
  });
});
