import { beforeAll, describe, expect, it } from 'vitest';
import { declareWorld } from '../../src/services/declared-world.js';
import { declaredWorld } from '../../src/services/schemas/declared-world.js';
import { parseInput } from '../../src/services/schemas/parse.js';
import { type Api, type Asker, apiOf } from '../support/api.js';
import { START } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();
let api: Api;
let asker: Asker;
let path: string;

beforeAll(async () => {
  api = apiOf(world);
  const tenant = await world.tenant();
  asker = api.as(tenant.key);
  path = `/tenants/${tenant.publicId}`;
  await asker.put(`${path}/clock`, { mode: 'manual', now: new Date(START).toISOString() });
});

const DAILY = { cron: '0 9 * * *', provider: 'noyo', type: 'difference.created' };

describe('schedules', () => {
  it('are made, listed in pages, read and removed', async () => {
    const made = await asker.post(`${path}/schedules`, DAILY);
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^sch_[0-9a-f-]{36}$/),
      ...DAILY,
      variant: null,
      environment: null,
      data: null,
      subscriptionId: null,
      nextAt: '2026-01-01T09:00:00.000Z',
      refused: null,
      createdAt: '2026-01-01T00:00:00.000Z',
    });
    const second = await asker.post(`${path}/schedules`, {
      cron: '*/30 * * * * *',
      provider: 'healthsherpa',
      type: 'sync',
      variant: 'on_exchange',
      environment: 'sandbox',
      data: { policy_status: 'unknown' },
    });
    expect(second.body).toMatchObject({ variant: 'on_exchange', data: { policy_status: 'unknown' } });
    const first = await asker.get(`${path}/schedules?limit=1`);
    expect(first.body.data).toEqual([second.body]);
    const rest = await asker.get(`${path}/schedules?limit=1&cursor=${first.body.nextCursor}`);
    expect(rest.body).toEqual({ data: [made.body], nextCursor: null });
    expect((await asker.get(`${path}/schedules/${made.body.id}`)).body).toEqual(made.body);
    for (const { id } of [made.body, second.body])
      expect((await asker.delete(`${path}/schedules/${id}`)).status).toBe(204);
    expect((await asker.get(`${path}/schedules/${made.body.id}`)).body.code).toBe('not_found');
    expect((await asker.get(`${path}/schedules`)).body).toEqual({ data: [], nextCursor: null });
  });

  it.each([
    ['no cron expression', { cron: 'now and then' }, 'invalid_cron', /expected 5 or 6 fields but got 3/],
    ['a minute that no hour has', { cron: '60 * * * *' }, 'invalid_cron', /minute/],
    ['a day that no month has', { cron: '0 0 31 6 *' }, 'invalid_cron', /impossible/],
    ['no cron at all', { cron: undefined }, 'invalid_request', /cron/],
    ['an unknown provider', { provider: 'nojo' }, 'unknown_provider', /there are: /],
    ['an unknown event', { type: 'difference.lost' }, 'unknown_event', /there are: /],
    ['data that does not fit', { data: { data: { id: 7 } } }, 'invalid_data', /data\.id/],
    ['an unknown key', { at: '09:00' }, 'invalid_request', /at: /],
    ['nobody’s subscription', { subscriptionId: 'sub_7' }, 'not_found', /no subscription "sub_7"/],
  ])('with %s are refused, and none is made', async (_, wrong, code, detail) => {
    const refused = await asker.post(`${path}/schedules`, { ...DAILY, ...wrong });
    expect(refused.body).toMatchObject({ code, detail: expect.stringMatching(detail) });
    expect((await asker.get(`${path}/schedules`)).body.data).toEqual([]);
  });

  it('of a file are made once, changed with the file, and left alone by it otherwise', async () => {
    const { services, context } = world.app;
    const declare = (schedules: object[]) =>
      declareWorld(context, services, parseInput(declaredWorld, { tenants: { planner: { schedules } } }));
    const list = async () => {
      const tenant = await services.tenants.resolve('planner');
      const { data } = await services.schedules.list(tenant!.id, { limit: 50 });
      return data.reverse().map(({ id, cron, data: patch }) => ({ id, cron, data: patch }));
    };
    const noon = { ...DAILY, cron: '0 12 * * *' };
    await declare([DAILY, noon, { ...DAILY, type: 'difference.resolved' }]);
    const before = await list();
    expect(before.map(({ cron }) => cron)).toEqual(['0 9 * * *', '0 12 * * *', '0 9 * * *']);
    await declare([DAILY, noon]);
    expect(await list()).toEqual(before);
    await declare([DAILY, { ...noon, cron: '0 13 * * *' }]);
    const after = await list();
    expect(after.map(({ cron }) => cron)).toEqual(['0 9 * * *', '0 9 * * *', '0 13 * * *']);
    expect(after.slice(0, 2)).toEqual([before[0], before[2]]);
    await expect(declare([{ ...DAILY, provider: 'nojo' }])).rejects.toThrow(
      /^tenants\.planner\.schedules\.0: Unknown provider "nojo"/,
    );
  });
});

describe('scenarios', () => {
  it('are begun, listed, read and broken off', async () => {
    const begun = await asker.post(`${path}/scenarios`, { provider: 'noyo', name: 'enrolment', seed: 7 });
    expect(begun.status).toBe(201);
    expect(begun.body).toMatchObject({
      id: expect.stringMatching(/^scn_/),
      provider: 'noyo',
      name: 'enrolment',
      seed: '7',
      startedAt: '2026-01-01T00:00:00.000Z',
    });
    const left = { ...begun.body, steps: begun.body.steps.slice(1) };
    expect((await asker.get(`${path}/scenarios`)).body).toEqual({ data: [left], nextCursor: null });
    expect((await asker.get(`${path}/scenarios/${begun.body.id}`)).body).toEqual(left);
    expect((await asker.delete(`${path}/scenarios/${begun.body.id}`)).status).toBe(204);
    expect((await asker.delete(`${path}/scenarios/${begun.body.id}`)).body.code).toBe('not_found');
  });

  it.each([
    ['an unknown name', { name: 'enrollment' }, 'unknown_scenario', /there are: enrolment/],
    ['a seed that is none', { seed: { a: 1 } }, 'invalid_request', /seed/],
    ['a refused environment', { environment: 'sandbox' }, 'environment_refused', /not available in sandbox/],
    ['data that does not fit', { data: { data: { colour: 1 } } }, 'invalid_data', /data\.colour/],
  ])('with %s are refused, and nothing is published', async (_, wrong, code, detail) => {
    const count = async () => (await asker.get(`${path}/events?limit=200`)).body.data.length;
    const before = await count();
    const refused = await asker.post(`${path}/scenarios`, { provider: 'noyo', name: 'enrolment', ...wrong });
    expect(refused.body).toMatchObject({ code, detail: expect.stringMatching(detail) });
    expect(await count()).toBe(before);
  });

  it('and schedules are made once for one Idempotency-Key', async () => {
    for (const [list, input] of [
      ['scenarios', { provider: 'noyo', name: 'enrolment' }],
      ['schedules', DAILY],
    ] as const) {
      const make = () =>
        asker.post(`${path}/${list}`, input).set('Idempotency-Key', `once ${list}`.replace(' ', '-'));
      const made = await make();
      const again = await make();
      expect(made.status).toBe(201);
      expect(again.headers['idempotency-replayed']).toBe('true');
      expect(again.body).toEqual(made.body);
      expect((await asker.get(`${path}/${list}`)).body.data).toHaveLength(1);
      await asker.delete(`${path}/${list}/${made.body.id}`);
    }
  });

  it('stand in the catalogue with their claims, beside the rules that they keep', async () => {
    const { body } = await asker.get('/api/v1/providers/noyo');
    expect(body.scenarios).toEqual([
      {
        name: 'enrolment',
        title: expect.any(String),
        claim: 'assumed',
        source: 'seeds/noyo.md',
        why: expect.any(String),
      },
    ]);
    const difference = body.lives.find(({ kind }: { kind: string }) => kind === 'difference');
    expect(difference.idAt['difference.created']).toEqual(['data.id']);
    expect(difference.rules[0]).toEqual({
      rule: 'A resolved difference is never reopened.',
      types: ['difference.created', 'difference.discrepancy', 'difference.replaced'],
      claim: 'documented',
      source: 'seeds/noyo.md',
      quote: 'Once a difference is resolved, it cannot be reopened',
    });
  });
});
