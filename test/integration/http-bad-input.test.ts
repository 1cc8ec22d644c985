import { beforeAll, describe, expect, it } from 'vitest';
import { type Api, type Asker, apiOf } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { gate } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const URL_OK = 'https://consumer.example/hook';

interface Row {
  title: string;
  method?: 'post' | 'put' | 'patch' | 'get';
  path: string;
  body?: unknown;
  status?: number;
  code: string;
  /** Of the first field at fault; absent: the refusal names no field. */
  at?: string;
  says?: RegExp;
}

const subscription = (body: object, more: Omit<Row, 'path' | 'body' | 'title'> & { title: string }): Row => ({
  path: '/subscriptions',
  body: { provider: 'noyo', url: URL_OK, ...body },
  ...more,
});
const event = (body: object, more: Omit<Row, 'path' | 'body' | 'title'> & { title: string }): Row => ({
  path: '/events',
  body: { provider: 'noyo', type: 'difference.created', ...body },
  ...more,
});
const header = (name: string, value = 'x') =>
  subscription(
    { headers: { [name]: value } },
    { title: `a header ${name.slice(0, 30)}`, code: 'invalid_header', at: `headers.${name.slice(0, 100)}` },
  );
const url = (given: string, code = 'invalid_url') =>
  subscription({ url: given }, { title: `the URL ${given.slice(0, 40)}`, code, at: 'url' });

const rows: Row[] = [
  subscription(
    { provider: 'nojo' },
    { title: 'an unknown provider', code: 'unknown_provider', says: /noyo.*voyado/ },
  ),
  event(
    { provider: 'nojo' },
    { title: 'an event of an unknown provider', code: 'unknown_provider', says: /noyo/ },
  ),
  event({ type: 'nope' }, { title: 'an unknown event', code: 'unknown_event', says: /difference\.created/ }),
  subscription(
    { provider: 'healthsync', events: ['document.uploaded', 'nope'] },
    {
      title: 'an unknown event in the filter',
      code: 'unknown_event',
      at: 'events.1',
      says: /document\.uploaded/,
    },
  ),
  subscription(
    { events: ['difference.created'] },
    { title: 'a filter where there is none', code: 'events_unsupported', at: 'events' },
  ),
  event(
    { eventId: 'a\u0000b' },
    { title: 'a NUL that no column keeps', code: 'invalid_request', at: 'eventId' },
  ),
  subscription(
    { settings: { timestampScope: '\ud800' } },
    { title: 'half a character', code: 'invalid_request', at: 'settings.timestampScope' },
  ),
  event({ variant: 'nope' }, { title: 'an unknown variant', code: 'unknown_variant' }),
  subscription(
    { presets: ['nope'] },
    { title: 'an unknown preset', code: 'unknown_preset', says: /there are: / },
  ),
  subscription(
    { settings: { nope: 1 } },
    { title: 'an unknown setting', code: 'unknown_setting', at: 'settings.nope', says: /signedContent/ },
  ),
  subscription(
    { settings: { signedContent: 'nope' } },
    { title: 'a setting that does not fit', code: 'invalid_setting', at: 'settings.signedContent' },
  ),
  {
    title: 'an unknown setting of a tenant’s provider',
    method: 'put',
    path: '/providers/noyo',
    body: { settings: { nope: 1 } },
    code: 'unknown_setting',
    at: 'settings.nope',
    says: /keyOrder/,
  },
  {
    title: 'settings of an unknown provider',
    method: 'put',
    path: '/providers/nojo',
    body: {},
    code: 'unknown_provider',
  },
  subscription(
    { nope: 1 },
    { title: 'an unknown key', code: 'invalid_request', at: 'nope', says: /there are: provider, url/ },
  ),
  event({ nope: 1 }, { title: 'an unknown key of an event', code: 'invalid_request', at: 'nope' }),
  {
    title: 'an unknown key inside of a batch',
    path: '/events/batch',
    body: { events: [{ provider: 'noyo', type: 'difference.created', nope: 1 }] },
    code: 'invalid_request',
    at: 'events.0.nope',
  },
  event(
    { data: { event: { id: 7 } } },
    { title: 'data of another type', code: 'invalid_data', at: 'event.id' },
  ),
  event(
    { data: { data: { nope: 1 } } },
    { title: 'data with a key too many', code: 'invalid_data', at: 'data.nope' },
  ),
  event(
    { data: { data: null } },
    { title: 'data without a required field', code: 'invalid_data', at: 'data' },
  ),
  event({ data: {}, payload: {} }, { title: 'data and a payload', code: 'invalid_request', at: 'payload' }),
  event(
    { payloadBase64: '#' },
    { title: 'a payload that is not base64', code: 'invalid_request', at: 'payloadBase64' },
  ),
  url('ftp://consumer.example/'),
  url('consumer.example'),
  url('https://user:pass@consumer.example/'),
  url('https://10.0.0.1/', 'egress_refused'),
  url('https://169.254.169.254/latest/meta-data', 'egress_refused'),
  url('https://service.internal/', 'egress_refused'),
  url('http://consumer.example/', 'https_required'),
  ...['Host', 'Content-Length', 'transfer-encoding', 'connection', 'Upgrade', 'te', 'trailer'].map((name) =>
    header(name),
  ),
  ...['expect', 'cookie', 'Proxy-Authorization', 'content-type', 'content-encoding'].map((name) =>
    header(name),
  ),
  ...['x-noyo-signature', 'X-Noyo-Anything'].map((name) => header(name)),
  ...['', 'a b', 'a:b', 'naïve', `x${'y'.repeat(300)}`].map((name) => header(name)),
  header('x-a', 'line\nbreak'),
  header('x-b', 'naïve'),
  header('x-c', ' space'),
  header('x-d', 'v'.repeat(4097)),
  subscription(
    { headers: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`x-${i}`, 'v'])) },
    { title: '21 headers', code: 'invalid_header', at: 'headers' },
  ),
  subscription(
    { headers: { 'x-a': '1', 'X-A': '2' } },
    { title: 'a header twice', code: 'invalid_header', at: 'headers.X-A' },
  ),
  subscription({ secret: '' }, { title: 'a secret that does not fit', code: 'invalid_secret', at: 'secret' }),
  subscription(
    { provider: 'voyado', secret: 'whsec_short' },
    { title: 'a secret of another form', code: 'invalid_secret', at: 'secret' },
  ),
  event(
    { payload: 'x'.repeat(256 * 1024 + 1) },
    { title: 'a body over 256 KiB', status: 413, code: 'body_too_large' },
  ),
  event(
    { payload: 'x'.repeat(1024 * 1024) },
    { title: 'a request over 1 MiB', status: 413, code: 'body_too_large' },
  ),
  {
    title: 'a cursor that does not parse',
    method: 'get',
    path: '/deliveries?cursor=nope',
    code: 'invalid_cursor',
    at: 'cursor',
  },
  {
    title: 'a cursor of another list',
    method: 'get',
    path: `/events?cursor=${Buffer.from('dlv_019a0000-0000-7000-8000-000000000000').toString('base64url')}`,
    code: 'invalid_cursor',
    at: 'cursor',
  },
  { title: 'a limit of 0', method: 'get', path: '/events?limit=0', code: 'invalid_request', at: 'limit' },
  { title: 'a limit of 201', method: 'get', path: '/events?limit=201', code: 'invalid_request', at: 'limit' },
  {
    title: 'an unknown query key',
    method: 'get',
    path: '/events?nope=1',
    code: 'invalid_request',
    at: 'nope',
    says: /providerEventId/,
  },
  {
    title: 'an unknown status',
    method: 'get',
    path: '/deliveries?status=failed,nope',
    code: 'invalid_request',
    at: 'status',
  },
  {
    title: 'an id of another form',
    method: 'get',
    path: '/deliveries?eventId=dlv_1',
    code: 'invalid_request',
    at: 'eventId',
  },
  {
    title: 'an instant that does not parse',
    method: 'get',
    path: '/deliveries?since=yesterday',
    code: 'invalid_instant',
    at: 'since',
  },
  {
    title: 'an instant without a zone',
    method: 'get',
    path: '/deliveries?since=2026-01-01T00:00:00',
    code: 'invalid_instant',
    at: 'since',
  },
  {
    title: 'a duration that does not parse',
    path: '/clock/advance',
    body: { by: 'soon' },
    code: 'invalid_duration',
    at: 'by',
  },
  {
    title: 'an advance in two ways',
    path: '/clock/advance',
    body: { by: '1d', untilIdle: true },
    code: 'invalid_request',
    at: '',
  },
  {
    title: 'an advance of a clock that runs',
    path: '/clock/advance',
    body: { by: '1d' },
    status: 409,
    code: 'clock_not_manual',
  },
  {
    title: 'a scaled clock without its rate',
    method: 'put',
    path: '/clock',
    body: { mode: 'scaled' },
    code: 'invalid_request',
    at: 'rate',
  },
  subscription(
    { environment: 'sandbox' },
    {
      title: 'Noyo in sandbox',
      code: 'environment_refused',
      at: 'environment',
      says: /not available in sandbox/,
    },
  ),
  event(
    { environment: 'sandbox' },
    {
      title: 'a Noyo event in sandbox',
      code: 'environment_refused',
      at: 'environment',
      says: /not available in sandbox/,
    },
  ),
  subscription(
    { environment: 'moon' },
    { title: 'an unknown environment', code: 'environment_refused', at: 'environment', says: /production/ },
  ),
  subscription({ rateLimit: 0 }, { title: 'a rate limit of 0', code: 'invalid_request', at: 'rateLimit' }),
];

describe('bad input over HTTP', () => {
  const world = useWorld();
  let api: Api;
  let ask: Asker;
  let at: string;
  let tenantId: string;
  beforeAll(async () => {
    api = apiOf(world);
    const { id, publicId, key } = await world.tenant();
    tenantId = id;
    at = `/tenants/${publicId}`;
    ask = api.as(key);
  });

  /** Rows of every table there is, and where the clocks stand; what beats by itself is left out. */
  async function counts(): Promise<unknown> {
    const { pool } = world.app.context.db;
    const { rows: tables } = await pool.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
         AND NOT relispartition AND relname NOT IN ('dispatcher', '_prisma_migrations') ORDER BY relname`,
    );
    expect(tables.length).toBeGreaterThan(10);
    const sums = tables.map(({ name }) => `(SELECT count(*)::int FROM ${name}) AS ${name}`).join(', ');
    const { rows: found } = await pool.query(`SELECT ${sums}`);
    const { rows: clocks } = await pool.query(
      'SELECT id, clock_mode, clock_anchor, wire FROM tenant ORDER BY id',
    );
    return [found[0], clocks];
  }

  it.each(rows)(
    'refuses $title with $code',
    async ({ method = 'post', path, body, status = 400, code, at: field, says }) => {
      const before = await counts();
      const answer = await ask[method](`${at}${path}`, body);
      expect(answer.body).toMatchObject({ code, status, detail: expect.stringMatching(says ?? /./) });
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      if (field !== undefined) expect(answer.body.errors[0].path).toBe(field);
      expect(await counts()).toEqual(before);
    },
  );

  it('refuses broken JSON with the place where it breaks off', async () => {
    const before = await counts();
    const answer = await ask
      .post(`${at}/events`)
      .set('Content-Type', 'application/json')
      .send('{"provider": "noyo",\n  "type": nope}');
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      code: 'invalid_json',
      detail: expect.stringContaining('position 31 (line 2, column 11)'),
    });
    expect(await counts()).toEqual(before);
  });

  it('refuses an event id that is taken, and one where there is none', async () => {
    const eventId = 'b5b0a4d4-5dba-4e5e-9d0c-0f4f6f2a7a11';
    const first = await ask.post(`${at}/events`, { provider: 'noyo', type: 'difference.created', eventId });
    expect(first.body.providerEventId).toBe(eventId);
    const before = await counts();
    const second = await ask.post(`${at}/events`, { provider: 'noyo', type: 'difference.created', eventId });
    expect(second.body).toMatchObject({ status: 409, code: 'event_id_taken' });
    const none = await ask.post(`${at}/events`, { provider: 'healthsherpa', type: 'submission', eventId });
    expect(none.body).toMatchObject({ status: 400, code: 'event_id_unsupported' });
    expect(await counts()).toEqual(before);
  });

  it('refuses a clock moved backwards in a tenant that has events, and changes nothing of it', async () => {
    await ask.put(`${at}/clock`, { mode: 'manual', now: '2027-01-01T00:00:00Z' });
    const before = await counts();
    const back = await ask.put(`${at}/clock`, { mode: 'manual', now: '2026-12-31T00:00:00Z' });
    expect(back.body).toMatchObject({ status: 400, code: 'clock_backwards' });
    expect((await ask.get(`${at}/clock`)).body.now).toBe('2027-01-01T00:00:00.000Z');
    const to = await ask.post(`${at}/clock/advance`, { to: '2026-12-31T00:00:00Z' });
    expect(to.body).toMatchObject({ status: 400, code: 'clock_backwards' });
    expect(await counts()).toEqual(before);
  });

  it('refuses a second advance, and a clock set meanwhile', async () => {
    const consumer = await world.consumer();
    const held = gate();
    consumer.answer(held.answer);
    const { publicId, key } = await world.tenant();
    const mine = `/tenants/${publicId}`;
    const own = api.as(key);
    await own.put(`${mine}/clock`, { mode: 'manual', now: '2026-01-01T00:00:00Z' });
    await own.post(`${mine}/subscriptions`, { provider: 'noyo', url: consumer.url });
    await own.post(`${mine}/events`, { provider: 'noyo', type: 'difference.created' });
    await consumer.got(1);
    const first = own.post(`${mine}/clock/advance`, { by: '1d', wait: '1ms' });
    expect((await first).status).toBe(202);
    const before = await counts();
    const second = await own.post(`${mine}/clock/advance`, { by: '1d' });
    expect(second.body).toMatchObject({ status: 409, code: 'clock_busy' });
    const set = await own.put(`${mine}/clock`, { mode: 'system' });
    expect(set.body).toMatchObject({ status: 409, code: 'clock_busy' });
    expect(await counts()).toEqual(before);
    held.open();
    await eventually(async () => expect((await own.get(`${mine}/clock`)).body.running).toBe(false));
  });

  it('refuses a change with what a creation refuses, and changes nothing', async () => {
    const made = await ask.post(`${at}/subscriptions`, { provider: 'noyo', url: URL_OK });
    const path = `${at}/subscriptions/${made.body.id}`;
    const before = await world.app.services.subscriptions.read(tenantId, made.body.id.slice(4));
    for (const [patch, code] of [
      [{ url: 'http://consumer.example/' }, 'https_required'],
      [{ settings: { nope: 1 } }, 'unknown_setting'],
      [{ presets: ['nope'] }, 'unknown_preset'],
      [{ headers: { host: 'x' } }, 'invalid_header'],
      [{ environment: 'sandbox' }, 'environment_refused'],
      [{ events: ['difference.created'] }, 'events_unsupported'],
      [{ secret: '' }, 'invalid_secret'],
      [{ secret: null }, 'invalid_secret'],
      [{ provider: 'voyado' }, 'invalid_request'],
    ] as const)
      expect((await ask.patch(path, patch)).body).toMatchObject({ status: 400, code });
    expect((await ask.get(path)).body).toEqual(before);
  });
});
