import { describe, expect, it } from 'vitest';
import { useDoorServer } from '../support/door.js';
import { useWorld } from '../support/world.js';

const world = useWorld();
const door = useDoorServer(world);
const APP = '/voyado/api/v1/app';

/** Somebody at Svix's door, in a fresh tenant. */
async function caller(headers: Record<string, string> = {}) {
  const { id: tenantId, key } = await world.tenant();
  const ask = (more: Record<string, string> = headers) =>
    door.as({ authorization: `Bearer ${key}`, ...more });
  return { tenantId, ask: ask(), with: ask };
}

describe('what must never happen again at a front door', () => {
  it.each([
    ['data', 'a\u0000b'],
    ['payload', 'a\ud800'],
  ])('a text that no column keeps gets past the check under the key "%s" of a map', async (key, value) => {
    const { ask } = await caller();
    const { status, body } = await ask('POST', APP, { name: 'x', metadata: { [key]: value } });
    expect(status).toBe(422);
    expect(body.detail[0].loc).toEqual(['body', 'metadata', key]);
    expect((await ask('GET', APP)).body.data).toHaveLength(1);
    const type = { name: 'own.type', description: '', schemas: { 1: { examples: [{ [key]: value }] } } };
    expect((await ask('POST', '/voyado/api/v1/event-type', type)).status).toBe(422);
  });

  it.each(['constructor', 'toString'])('a field called %s is told by another name', async (name) => {
    const { ask } = await caller();
    const { body } = await ask('POST', APP, { name: 'x', metadata: { [name]: 5 } });
    expect(body.detail[0].loc).toEqual(['body', 'metadata', name]);
    const partner = door.as({ 'x-api-key': (await world.tenant()).key });
    const refused = await partner('POST', '/novamed/api/external/webhook', { [name]: 1 });
    expect(Object.keys(refused.body.error.details)).toContain(name);
    const noyo = await ask('POST', '/noyo/subscriptions', { [name]: 1 });
    expect(Object.keys(noyo.body.errors)).toContain(name);
  });

  it('two Idempotency-Keys that differ far behind count as one, and the second request is lost', async () => {
    const { with: asking } = await caller();
    const post = (key: string) => asking({ 'idempotency-key': key })('POST', APP, { name: 'x' });
    const long = 'k'.repeat(254);
    const [one, other, again] = [await post(`${long}1`), await post(`${long}2`), await post(`${long}1`)];
    expect([one.status, other.status]).toEqual([201, 201]);
    expect(other.body.id).not.toBe(one.body.id);
    expect(again.body).toEqual(one.body);
    for (const key of ['k'.repeat(256), '', 'é']) expect((await post(key)).status).toBe(422);
    expect((await asking()('GET', APP)).body.data).toHaveLength(3);
  });

  it('a second application is called default, and nobody can reach it by its name', async () => {
    const { ask } = await caller();
    const { id } = (await ask('POST', APP, { name: 'x' })).body;
    for (const [method, path] of [
      ['PUT', `${APP}/nobody`],
      ['PUT', `${APP}/${id}`],
      ['PATCH', `${APP}/${id}`],
    ] as const)
      expect((await ask(method, path, { name: 'y', uid: 'default' })).status).toBe(409);
    const { data } = (await ask('GET', APP)).body;
    expect(data.map(({ uid, name }: { uid?: string; name: string }) => [uid, name]).slice(1)).toEqual([
      [undefined, 'x'],
    ]);
  });

  it('an application that is deleted while it is changed is a fault of ours', async () => {
    const { ask } = await caller();
    for (let i = 0; i < 5; i++) {
      const { id } = (await ask('POST', APP, { name: 'x' })).body;
      const changes = Array.from({ length: 5 }, () => ask('PATCH', `${APP}/${id}`, { name: 'y' }));
      const [gone, ...changed] = await Promise.all([ask('DELETE', `${APP}/${id}`), ...changes]);
      expect(gone?.status).toBe(204);
      for (const { status } of changed) expect([200, 404]).toContain(status);
    }
  });

  it('the first changes of the application default turn each other away', async () => {
    const { ask } = await caller();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const answers = await Promise.all(names.map((name) => ask('PATCH', `${APP}/default`, { name })));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200));
  });
});
