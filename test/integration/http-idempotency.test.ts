import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dropOldAnswers } from '../../src/store/idempotent-answers.js';
import { type Api, type Asker, apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

const EVENT = { provider: 'noyo', type: 'difference.created' };

describe('Idempotency-Key', () => {
  const world = useWorld();
  let api: Api;
  let ask: Asker;
  let at: string;
  let tenantId: string;
  beforeAll(() => {
    api = apiOf(world);
  });
  beforeEach(async () => {
    const { id, publicId, key } = await world.tenant();
    tenantId = id;
    at = `/tenants/${publicId}`;
    ask = api.as(key);
  });

  const events = async () => (await ask.get(`${at}/events`)).body.data.length as number;
  const sql = (text: string) => world.app.context.db.pool.query(text, [tenantId]);

  it('gives the same request the same answer and does the work once', async () => {
    const first = await ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'a');
    const second = await ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'a');
    expect(first.status).toBe(202);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(second.status).toBe(202);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.body).toEqual(first.body);
    expect(await events()).toBe(1);
  });

  it('is another key at another path and in another tenant', async () => {
    await ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'a');
    const batch = await ask.post(`${at}/events/batch`, { events: [EVENT] }).set('Idempotency-Key', 'a');
    expect(batch.headers['idempotency-replayed']).toBeUndefined();
    const other = await world.tenant();
    const theirs = await api
      .as(other.key)
      .post(`/tenants/${other.publicId}/events`, EVENT)
      .set('Idempotency-Key', 'a');
    expect(theirs.headers['idempotency-replayed']).toBeUndefined();
    expect(await events()).toBe(2);
  });

  it('is the same key for a tenant named by its slug', async () => {
    const { slug } = (await api.operator.get(at)).body;
    await ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'a');
    const second = await ask.post(`/tenants/${slug}/events`, EVENT).set('Idempotency-Key', 'a');
    expect(second.headers['idempotency-replayed']).toBe('true');
  });

  it('refuses another body under the same key', async () => {
    await ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'a');
    const other = await ask
      .post(`${at}/events`, { ...EVENT, type: 'difference.resolved' })
      .set('Idempotency-Key', 'a');
    expect(other.body).toMatchObject({ status: 409, code: 'idempotency_conflict' });
    expect(await events()).toBe(1);
  });

  it('shows a secret and a key once, not a second time', async () => {
    const subscribe = () =>
      ask
        .post(`${at}/subscriptions`, { provider: 'noyo', url: 'https://c.example/' })
        .set('Idempotency-Key', 's');
    const first = (await subscribe()).body;
    const again = (await subscribe()).body;
    expect(first.secret).toEqual(expect.any(String));
    expect(again).toEqual({ ...first, secret: undefined });
    const make = () =>
      api.operator.post('/tenants', { name: 'Once' }).set('Idempotency-Key', `t-${tenantId}`);
    const made = (await make()).body;
    expect((await make()).body).toEqual({ ...made, key: undefined });
    const { rows } = await world.app.context.db.pool.query(
      "SELECT convert_from(body, 'UTF8') AS body FROM idempotent_answer",
    );
    expect(JSON.stringify(rows)).not.toContain(first.secret);
    expect(JSON.stringify(rows)).not.toContain(made.key);
  });

  it('keeps nothing of a refusal: the same key may try again', async () => {
    const advance = () => ask.post(`${at}/clock/advance`, { by: '0s' }).set('Idempotency-Key', 'c');
    expect((await advance()).body.code).toBe('clock_not_manual');
    await ask.put(`${at}/clock`, { mode: 'manual' });
    expect((await advance()).status).toBe(200);
  });

  it('makes a second request wait for the first', async () => {
    const both = await Promise.all(
      [1, 2, 3].map(() => ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'w')),
    );
    expect(new Set(both.map(({ body }) => body.id)).size).toBe(1);
    expect(both.filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(2);
    expect(await events()).toBe(1);
  });

  it('a request that died with its process does not block for ever', async () => {
    await ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'd');
    await sql('UPDATE idempotent_answer SET status = NULL, body = NULL WHERE tenant_id = $1');
    const waiting = ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'd');
    await sql("UPDATE idempotent_answer SET created_at = now() - interval '9 seconds' WHERE tenant_id = $1");
    const answer = await waiting;
    expect(answer.status).toBe(202);
    expect(answer.headers['idempotency-replayed']).toBeUndefined();
    expect(await events()).toBe(2);
  });

  it('is forgotten after 24 hours', async () => {
    await ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'o');
    await sql("UPDATE idempotent_answer SET created_at = now() - interval '25 hours' WHERE tenant_id = $1");
    const answer = await ask
      .post(`${at}/events`, { ...EVENT, type: 'difference.resolved' })
      .set('Idempotency-Key', 'o');
    expect(answer.status).toBe(202);
    await sql("UPDATE idempotent_answer SET created_at = now() - interval '25 hours' WHERE tenant_id = $1");
    expect(await dropOldAnswers(world.app.context.db.pool)).toBe(1);
  });

  it('must be visible ASCII', async () => {
    const answer = await ask.post(`${at}/events`, EVENT).set('Idempotency-Key', 'a b');
    expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'Idempotency-Key' }] });
  });
});
