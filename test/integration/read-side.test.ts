import supertest from 'supertest';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/lib/merge-patch.js';
import type { FrontDoor } from '../../src/providers/front-door.js';
import { valueAt } from '../../src/providers/life.js';
import { apiOf } from '../support/api.js';
import { DAY, HOUR, MINUTE, SECOND, START } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();
let app: ReturnType<typeof apiOf>['app'];

beforeAll(() => {
  app = apiOf(world).app;
});

/** A consumer of one provider: a tenant on a clock that stands, whose events come to a real endpoint. */
async function consumerOf(provider: string, settings: Record<string, Json> = {}) {
  const tenant = await world.tenant();
  const { services, context } = world.app;
  const consumer = await world.consumer(200);
  await services.clock.put(tenant.id, { mode: 'manual', now: START });
  await services.settings.put(tenant.id, provider, { settings });
  await services.subscriptions.create(tenant.id, { provider, url: consumer.url });
  const { door } = context.registry.get(provider);
  const header = door!.key.value.kind === 'header' ? door!.key.value.header : null;
  const ask = (path: string) =>
    supertest(app)
      .get(path)
      .set(...keyOf(tenant.key))
      .expect(({ status, body }) => expectDeclared(door!, { path, status, body }));
  const keyOf = (key: string): [string, string] =>
    header === null ? ['Authorization', `Bearer ${key}`] : [header, key];
  return {
    tenant,
    services,
    ask,
    keyOf,
    publish: (type: string, data: Json, more: object = {}) =>
      services.publish.publish(tenant.id, { provider, type, data, ...more }),
    begin: (name: string, seed: number | string = 7) =>
      services.scenarios.start(tenant.id, { provider, name, seed }),
    advance: (by: number) => services.clock.advance(tenant.id, { by }),
    untilIdle: () => services.clock.advance(tenant.id, { untilIdle: true }),
    put: (more: Record<string, Json>) =>
      services.settings.put(tenant.id, provider, { settings: { ...settings, ...more } }),
    bodies: () => consumer.received.map(({ body }) => JSON.parse(body.toString()) as Json),
  };
}

/** What a door answers is what its route declares, and nothing beside it. */
function expectDeclared(door: FrontDoor, answer: { path: string; status: number; body: unknown }): void {
  const schemas = door.mounts.value.flatMap((mount) =>
    door.routes
      .filter(({ method, path }) => method === 'get' && fits(mount.path + path, answer.path))
      .map(({ answers }) => answers[answer.status]?.schema ?? door.refusal),
  );
  expect(schemas, answer.path).toHaveLength(1);
  const parsed = schemas[0]!.safeParse(answer.body);
  expect(parsed.error?.issues ?? [], answer.path).toEqual([]);
  expect(parsed.data).toEqual(answer.body);
}

function fits(pattern: string, path: string): boolean {
  return new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
}

const seconds = (ms: number) => Math.floor(ms / 1000);
/** The first seed of a provider's scenario that tells of this type. */
async function seedWith(provider: string, name: string, type: string): Promise<number> {
  const probe = await consumerOf(provider);
  for (let seed = 0; ; seed++) {
    const run = await probe.begin(name, seed);
    if (run.steps.some((step) => step.type === type)) return seed;
    await probe.services.scenarios.stop(probe.tenant.id, run.id.slice(4)).catch(() => {});
  }
}

describe('noyo', () => {
  it('a consumer that fetches each difference when it is told of it sees it open, then resolved', async () => {
    const noyo = await consumerOf('noyo');
    await noyo.begin('enrolment');
    await noyo.advance(HOUR);
    const created = noyo.bodies().filter((body) => valueAt(body, 'event.type') === 'difference.created');
    expect(created.length).toBeGreaterThan(0);
    const snapshots = noyo
      .bodies()
      .filter((b) => valueAt(b, 'event.type') === 'member_snapshot.status_change');
    const snapshotId = valueAt(snapshots[0]!, 'data.id');
    for (const body of created) {
      const { status, body: difference } = await noyo.ask(
        `/noyo/api/v1/differences/${valueAt(body, 'data.id')}`,
      );
      expect(status).toBe(200);
      expect(difference).toMatchObject({
        id: valueAt(body, 'data.id'),
        created: valueAt(body, 'event.created'),
        resolved: null,
        replaced_by: null,
        sources: [{ stage: 'member_snapshot_sent_to_noyo', member_snapshot_id: snapshotId }],
      });
    }
    await noyo.untilIdle();
    const ended = noyo.bodies().findLast((body) => valueAt(body, 'event.type') === 'difference.resolved')!;
    const { body: resolved } = await noyo.ask(`/noyo/api/v1/differences/${valueAt(ended, 'data.id')}`);
    expect(resolved).toMatchObject({
      resolved: valueAt(ended, 'event.created'),
      modified: valueAt(ended, 'event.created'),
    });
    expect(resolved.sources.at(-1)).toMatchObject({ resolves_difference: true });
    const { body: snapshot } = await noyo.ask(`/noyo/api/v1/member_snapshots/${snapshotId}`);
    expect(snapshot).toMatchObject({
      id: snapshotId,
      created: seconds(START),
      status: 'completed',
      fulfillment_summary: [{ status: 'valid', carrier_id: resolved.carrier_id, errors: [] }],
    });
  });

  it('a replaced difference names its successor, which can be read', async () => {
    const noyo = await consumerOf('noyo');
    await noyo.begin('enrolment', await seedWith('noyo', 'enrolment', 'difference.replaced'));
    await noyo.untilIdle();
    const replaced = noyo.bodies().find((body) => valueAt(body, 'event.type') === 'difference.replaced')!;
    const id = valueAt(replaced, 'data.id');
    const { body } = await noyo.ask(`/noyo/api/v1/differences/${id}`);
    expect(body.resolved).toBeNull();
    expect(body.replaced_by).not.toBe(id);
    const successor = await noyo.ask(`/noyo/api/v1/differences/${body.replaced_by}`);
    expect(successor.body).toMatchObject({ id: body.replaced_by, employee_id: body.employee_id });
  });

  it('group requests follow their events, and what nobody was told of is not there', async () => {
    const noyo = await consumerOf('noyo');
    const id = '2cfcf643-540e-45b7-9007-912ed53edc42';
    await noyo.publish('group_connection_request.created', { data: { id, status: 'processing' } });
    await noyo.advance(MINUTE);
    await noyo.publish('group_connection_request.status_change', { data: { id, status: 'completed' } });
    const { body } = await noyo.ask(`/noyo/api/v1/group_connections/${id}`);
    expect(body).toMatchObject({ id, status: 'completed', completed: seconds(START + MINUTE) });
    await noyo.publish('group_disconnection_request.created', { data: { id, status: 'needs_review' } });
    expect((await noyo.ask(`/noyo/api/v1/group_disconnection_requests/${id}`)).body).toMatchObject({
      status: 'needs_review',
      decided: null,
    });
    const missing = await noyo.ask(`/noyo/api/v1/differences/${id}`);
    expect([missing.status, missing.body.message]).toEqual([404, `Difference not found with UUID ${id}`]);
    expect((await noyo.ask(`/noyo/api/v1/differences/${'x'.repeat(5_000)}`)).status).toBe(404);
    const stranger = await consumerOf('noyo');
    expect((await stranger.ask(`/noyo/api/v1/group_connections/${id}`)).status).toBe(404);
    expect((await supertest(app).get(`/noyo/api/v1/group_connections/${id}`)).status).toBe(401);
  });
});

describe('healthsherpa', () => {
  it('an application off the exchange is read in the manner of its API, and follows its policy', async () => {
    const sherpa = await consumerOf('healthsherpa');
    await sherpa.begin('enrolment');
    const [first] = await eventuallyBodies(sherpa);
    const id = valueAt(first!, 'application_id') as string;
    const { status, body } = await sherpa.ask(`/healthsherpa/api/v1/applications/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      application_id: id,
      application: {
        policy_status: 'pending_effectuation',
        external_id: valueAt(first!, 'external_id'),
        members: [{ date_of_birth: '1980-05-10' }],
        policies: [{ gross_premium: '750.25', effective_date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) }],
      },
      errors: [],
    });
    await sherpa.untilIdle();
    const last = sherpa.bodies().at(-1)!;
    const after = await sherpa.ask(`/healthsherpa/api/v1/applications/${id}`);
    expect(after.body.application.policy_status).toBe(valueAt(last, 'policy_status'));
    expect(after.body.application.policy_status).not.toBe('pending_effectuation');
  });

  it('on the exchange there is none to read', async () => {
    const sherpa = await consumerOf('healthsherpa');
    await sherpa.begin('enrolmentOnExchange');
    const [first] = await eventuallyBodies(sherpa);
    const id = valueAt(first!, 'transaction_id');
    const { status, body } = await sherpa.ask(`/healthsherpa/api/v1/applications/${id}`);
    expect([status, body.errors[0].message]).toEqual([404, `Application ${id} not found`]);
  });
});

describe('voyado', () => {
  it.each([
    ['in the clear', {}],
    ['encrypted', { encryptionKey: 'DaqfT7Ys6tGqM3zbesEKpmacTJEqBCp2' }],
    ['encrypted whole', { encryptionKey: 'DaqfT7Ys6tGqM3zbesEKpmacTJEqBCp2', encryptionScope: 'body' }],
  ])('a contact is what was told of it, %s', async (_, settings) => {
    const voyado = await consumerOf('voyado', settings);
    const contactId = 'cbe3f42c-c1d0-4721-b8ce-ab35001ce051';
    const tell = (type: string, payload: { [key: string]: Json } = {}) =>
      voyado.publish(type, { payload: { contactId, ...payload } });
    const read = () => voyado.ask(`/voyado/api/v3/contacts/${contactId}`);
    expect((await read()).status).toBe(404);
    await tell('contact.created');
    await tell('contact.acceptsEmail.changed', { acceptsEmail: true });
    await tell('contact.acceptsEmail.changed', { acceptsEmail: false });
    await tell('contact.consent.changed', { consentId: 'newsletter', value: true });
    await tell('point.balance.updated', { balance: 50, definitionId: 1 });
    await tell('point.balance.updated', { balance: 75.5, definitionId: 1 });
    await voyado.publish('reward.voucher.created', {
      payload: { ContactId: contactId, Id: 'v-1', Amount: 100 },
    });
    await tell('promotion.multichannel.assigned', { promotionId: 'p-1' });
    const { body } = await read();
    expect(body).toEqual({
      id: contactId,
      createdOn: '2026-01-01T00:00:00.000Z',
      updatedOn: '2026-01-01T00:00:00.000Z',
      preferences: { acceptsEmail: false, acceptsSms: null, acceptsPostal: null },
      consents: [{ id: 'newsletter', value: true }],
      pointAccounts: [expect.objectContaining({ definitionId: 1, balance: 75.5 })],
      vouchers: [expect.objectContaining({ id: 'v-1', amount: 100 })],
      promotions: [{ promotionId: 'p-1', assignedOn: '2026-01-01T00:00:00.000Z' }],
    });
    await tell('contact.deleted');
    const gone = await read();
    expect([gone.status, gone.body]).toEqual([
      404,
      { code: 'not_found', detail: `Contact ${contactId} not found.` },
    ]);
    await tell('contact.created');
    expect((await read()).body).toMatchObject({ consents: [], pointAccounts: [] });
  });

  it('under another key what was encrypted before is not readable, and nothing breaks', async () => {
    const voyado = await consumerOf('voyado', { encryptionKey: 'DaqfT7Ys6tGqM3zbesEKpmacTJEqBCp2' });
    await voyado.publish('contact.created', { payload: { contactId: 'c-1' } });
    await voyado.publish('contact.acceptsSms.changed', { payload: { contactId: 'c-1', acceptsSms: true } });
    await voyado.put({ encryptionKey: 'ZaqfT7Ys6tGqM3zbesEKpmacTJEqBCpZ' });
    const { status, body } = await voyado.ask('/voyado/api/v3/contacts/c-1');
    expect([status, body.preferences?.acceptsSms]).toEqual([200, null]);
  });
});

describe('novamed', () => {
  it('an order made in the sandbox goes its way, and is read on the way in its own environment', async () => {
    const nova = await consumerOf('novamed');
    const clinic_id = 'b5f4a1de-0000-4000-8000-000000000001';
    const make = (mount: string, body: object) =>
      supertest(app)
        .post(`${mount}/sandbox/orders`)
        .set(...nova.keyOf(nova.tenant.key))
        .send(body);
    const seed = String(await seedWith('novamed', 'sandboxOrder', 'order:delivered'));
    const made = await make('/novamed', { clinic_id, patient_id: 'pat_7', seed });
    expect(made.status).toBe(200);
    const { order_id, events } = made.body.data as {
      order_id: string;
      events: { event_type: string; at: string }[];
    };
    const read = (mount: string) => nova.ask(`${mount}/api/external/orders/${order_id}`);
    expect((await read('/novamed')).body.data).toMatchObject({
      order_id,
      clinic_id,
      patient_id: 'pat_7',
      status: 'pending',
    });
    expect((await read('/novamed-production')).status).toBe(404);
    await nova.untilIdle();
    const shipped = nova.bodies().find((body) => valueAt(body, 'event_type') === 'order:shipped')!;
    expect((await read('/novamed')).body.data).toMatchObject({
      status: 'delivered',
      tracking_number: valueAt(shipped, 'data.tracking_number'),
      updated_at: events.find(({ event_type }) => event_type === 'order:delivered')!.at,
    });
  });

  it('an order of January 2026 is read as well', async () => {
    const nova = await consumerOf('novamed', { generation: '2026-01' });
    const made = await supertest(app)
      .post('/novamed/sandbox/orders')
      .set(...nova.keyOf(nova.tenant.key))
      .send({});
    const { order_id } = made.body.data;
    await nova.untilIdle();
    const { body } = await nova.ask(`/novamed/api/external/orders/${order_id}`);
    expect(body.data).toMatchObject({ order_id, status: expect.stringMatching(/shipped|cancelled/) });
  });
});

describe('healthsync', () => {
  it('a document is read as it is now, with its analysis, and not after it was deleted', async () => {
    const sync = await consumerOf('healthsync');
    await sync.begin('document', await seedWith('healthsync', 'document', 'document.deleted'));
    await sync.advance(2 * DAY);
    const uploaded = sync.bodies().find((body) => valueAt(body, 'type') === 'document.uploaded')!;
    const analysed = sync.bodies().find((body) => valueAt(body, 'type') === 'analysis.completed')!;
    const id = valueAt(uploaded, 'data.object.id');
    const { body } = await sync.ask(`/healthsync/v1/records/${id}`);
    expect(body).toMatchObject({
      data: {
        id,
        type: 'document',
        attributes: {
          filename: `final_${valueAt(uploaded, 'data.object.filename')}`,
          updated_at: expect.any(String),
        },
        relationships: {
          user: { data: { id: valueAt(uploaded, 'data.object.user_id'), type: 'user' } },
          analysis: { data: { id: valueAt(analysed, 'data.object.id'), type: 'analysis' } },
        },
      },
      meta: {},
    });
    expect((await sync.ask(`/healthsync-sandbox/v1/records/${id}`)).status).toBe(404);
    await sync.untilIdle();
    const gone = await sync.ask(`/healthsync/v1/records/${id}`);
    expect([gone.status, gone.body.error.code]).toEqual([404, 'not_found']);
  });
});

describe('on purpose', () => {
  it('reading lags behind what was sent, on the tenant’s clock', async () => {
    const noyo = await consumerOf('noyo', { readLagMs: 5 * MINUTE });
    const id = 'eb73184b-ae3c-4411-aa82-3c3bd877cf78';
    const read = async () => (await noyo.ask(`/noyo/api/v1/differences/${id}`)).body;
    await noyo.publish('difference.created', { data: { id } });
    expect(await read()).toMatchObject({ message: expect.stringContaining('not found') });
    await noyo.advance(5 * MINUTE - SECOND);
    await noyo.publish('difference.resolved', { data: { id } });
    expect(await read()).toMatchObject({ message: expect.stringContaining('not found') });
    await noyo.advance(SECOND);
    expect(await read()).toMatchObject({ id, resolved: null });
    await noyo.advance(5 * MINUTE);
    expect(await read()).toMatchObject({ id, resolved: seconds(START + 5 * MINUTE - SECOND) });
  });

  it('some ids are not found, each time the same ones', async () => {
    const sync = await consumerOf('healthsync', { readMissing: ['doc_2'] });
    const ids = Array.from({ length: 40 }, (_, i) => `doc_${i}`);
    for (const id of ids) await sync.publish('document.uploaded', { data: { object: { id } } });
    const missing = async () => {
      const answers = await Promise.all(ids.map((id) => sync.ask(`/healthsync/v1/records/${id}`)));
      return ids.filter((_, i) => answers[i]!.status === 404);
    };
    expect(await missing()).toEqual(['doc_2']);
    await sync.put({ readMissing: 0.5 });
    const half = await missing();
    expect(half.length).toBeGreaterThan(8);
    expect(half.length).toBeLessThan(32);
    expect(await missing()).toEqual(half);
    await sync.put({ readMissing: 1 });
    expect(await missing()).toEqual(ids);
    await sync.put({ readMissing: 0 });
    expect(await missing()).toEqual([]);
  });
});

async function eventuallyBodies(of: Awaited<ReturnType<typeof consumerOf>>): Promise<Json[]> {
  await of.advance(0);
  return of.bodies();
}
