import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { useDoorServer } from '../support/door.js';
import { documentText } from '../support/golden.js';
import { bare, START } from '../support/scene.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { useWorld } from '../support/world.js';

const WEBHOOK = '/api/external/webhook';
const CLINIC = '550e8400-e29b-41d4-a716-446655440000';
const OTHER_CLINIC = '550e8400-e29b-41d4-a716-446655440099';
const NOTHING = '660e8400-e29b-41d4-a716-446655440001';
const REGISTERED = 'Webhook registered successfully';

const world = useWorld();
const door = useDoorServer(world);

async function partner() {
  const tenant = await world.tenant();
  const { services } = world.app;
  const ask = door.as({ 'x-api-key': tenant.key });
  return {
    ...tenant,
    ask,
    register: (url: string, mount = '/novamed') =>
      ask('POST', mount + WEBHOOK, { clinic_id: CLINIC, webhook_url: url }),
    subscriptions: async () => (await services.subscriptions.list(tenant.id, { limit: 50 })).data,
    set: (settings: Record<string, unknown>, presets: string[] = []) =>
      services.settings.put(tenant.id, 'novamed', { settings, presets }),
    publish: (more: object = {}) =>
      services.publish.publish(tenant.id, { provider: 'novamed', type: 'order:shipped', ...more }),
  };
}

const seed = documentText('seeds/novamed.md');

/** The guide's commands with the answers printed below them. It was flattened into one line: ` \ ` ends a line there. */
function printedCommands(): { command: string; answer: Record<string, unknown> | null }[] {
  const printed = seed!.matchAll(/```bash (curl .*?) ```(?: \*\*Response\*\*: ```json (.*?) ```)?/g);
  return [...printed].map(([, command, answer]) => ({
    command: command!.replaceAll(' \\ ', ' \\\n'),
    answer: answer === undefined ? null : JSON.parse(answer),
  }));
}

/** Runs a command as it stands; that the status is written after the answer is the doing of a configuration file. */
async function runCurl(command: string): Promise<{ status: number; body: unknown; text: string }> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.curlrc'), 'write-out = "\\n%{http_code}"\nnoproxy = "*"\n');
  const env = { PATH: process.env.PATH ?? '', CURL_HOME: folder };
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { env });
  const [, text, status] = /^(.*)\n(\d+)$/s.exec(stdout)!;
  return { status: Number(status), body: JSON.parse(text!), text: text! };
}

// A clone that stands alone has no copy of the guide.
if (seed !== null)
  describe('the curl lines of the guide', () => {
    it('run as printed and answer as printed', async () => {
      const { key, subscriptions, publish } = await partner();
      const consumer = await world.consumer(200);
      const [register, remove, viaNgrok, ...more] = printedCommands();
      expect(more).toEqual([]);
      const adapted = (command: string) =>
        command
          .replace('https://novamed-feapidev.stackmod.info', `${door.url}/novamed`)
          .replace(/x-api-key: [\w-]+/, `x-api-key: ${key}`)
          .replace(/"webhook_url": "[^"]+"/, `"webhook_url": "${consumer.url}"`);

      const made = await runCurl(adapted(register!.command));
      const printed = register!.answer as { data: Record<string, string> };
      const { webhook_id, created_at } = (made.body as typeof printed).data;
      expect(made.status).toBe(200);
      const expected = {
        ...printed,
        data: { ...printed.data, webhook_id, webhook_url: consumer.url, created_at },
      };
      expect(made.text).toBe(JSON.stringify(expected));
      const digits = (text: string) => text.replace(/[0-9a-f]/g, '0');
      expect(digits(webhook_id!)).toBe(digits(printed.data.webhook_id!));
      expect(created_at!.replace(/\d/g, '0')).toBe(printed.data.created_at!.replace(/\d/g, '0'));
      expect(await subscriptions()).toMatchObject([
        {
          id: `sub_${webhook_id}`,
          url: consumer.url,
          environment: 'development',
          settings: { clinicId: CLINIC },
        },
      ]);

      await publish();
      const [arrived] = await consumer.got(1);
      expect(arrived!.headers['x-api-key']).toBe(key);
      expect(JSON.parse(arrived!.body.toString())).toMatchObject({
        event_type: 'order:shipped',
        clinic_id: CLINIC,
      });

      const another = await runCurl(adapted(remove!.command));
      expect([another.status, another.body]).toEqual([
        404,
        { success: false, error: { message: 'Webhook not found', details: {} } },
      ]);
      const gone = await runCurl(adapted(remove!.command).replace(printed.data.webhook_id!, webhook_id!));
      expect([gone.status, gone.text]).toEqual([200, JSON.stringify(remove!.answer)]);
      expect(await subscriptions()).toEqual([]);

      const placeholder = await runCurl(adapted(viaNgrok!.command));
      expect([placeholder.status, placeholder.body]).toEqual([
        400,
        {
          success: false,
          error: {
            message: 'Clinic ID must be a valid UUID.',
            details: { clinic_id: 'Clinic ID must be a valid UUID.' },
          },
        },
      ]);
      expect(await subscriptions()).toEqual([]);
      const filled = await runCurl(adapted(viaNgrok!.command).replace('your-clinic-uuid', CLINIC));
      expect([filled.status, filled.body]).toMatchObject([200, { success: true, message: REGISTERED }]);
    });
  });

describe('the front door of NovaMed', () => {
  it('keeps the key that a webhook was made with, and sends it', async () => {
    const { id, key, register, publish } = await partner();
    const { services } = world.app;
    const second = await services.keys.create(id, {});
    const [first, later, own] = await Promise.all([1, 2, 3].map(() => world.consumer(200)));
    await register(first!.url);
    await door.as({ 'x-api-key': second.key! })('POST', `/novamed${WEBHOOK}`, {
      clinic_id: CLINIC,
      webhook_url: later!.url,
    });
    await services.keys.remove(id, bare(second.id));
    await services.settings.put(id, 'novamed', { settings: { webhookSecret: 'agreed-by-telephone' } });
    await register(own!.url);
    const { deliveries } = await publish();
    expect(deliveries).toHaveLength(3);
    for (const [consumer, value] of [
      [first!, key],
      [later!, second.key],
      [own!, 'agreed-by-telephone'],
    ] as const)
      expect((await consumer.got(1))[0]!.headers['x-api-key']).toBe(value);
    const shown = JSON.stringify(await services.settings.read(id, 'novamed'));
    expect(shown).not.toContain('agreed-by-telephone');
  });

  it('has two environments that do not mix', async () => {
    const { ask, register, publish, subscriptions } = await partner();
    const [development, production] = await Promise.all([1, 2].map(() => world.consumer(200)));
    const made = await register(development!.url);
    const live = await register(production!.url, '/novamed-production');
    expect([made.status, live.status]).toEqual([200, 200]);
    const reaches = async (more: object) =>
      (await publish(more)).deliveries.map(({ subscriptionId }) => bare(subscriptionId));
    expect(await reaches({})).toEqual([made.body.data.webhook_id]);
    expect(await reaches({ environment: 'production' })).toEqual([live.body.data.webhook_id]);
    await Promise.all([development!.got(1), production!.got(1)]);
    const across = await ask('DELETE', `/novamed${WEBHOOK}?id=${live.body.data.webhook_id}`);
    expect([across.status, across.body.error.message]).toEqual([404, 'Webhook not found']);
    const there = await ask('DELETE', `/novamed-production${WEBHOOK}?id=${live.body.data.webhook_id}`);
    expect(there.status).toBe(200);
    expect((await subscriptions()).map(({ environment }) => environment)).toEqual(['development']);
  });

  it('sends the events of the clinic that was registered, and those only', async () => {
    const { register, publish } = await partner();
    await register('https://your-domain.com/webhooks/novamed');
    const of = async (clinic_id: string) => (await publish({ data: { clinic_id } })).deliveries.length;
    expect(await of(CLINIC)).toBe(1);
    expect(await of(OTHER_CLINIC)).toBe(0);
  });

  it('deletes nobody else’s webhook, and none twice', async () => {
    const { register, ask, subscriptions } = await partner();
    const { webhook_id } = (await register('https://your-domain.com/a')).body.data;
    const stranger = await partner();
    const notFound = { success: false, error: { message: 'Webhook not found', details: {} } };
    const refusals = [
      await stranger.ask('DELETE', `/novamed${WEBHOOK}`, { clinic_id: CLINIC, webhook_id }),
      await stranger.ask('DELETE', `/novamed${WEBHOOK}?id=${webhook_id}`),
      await stranger.ask('DELETE', `/novamed${WEBHOOK}/${webhook_id}`),
      await ask('DELETE', `/novamed${WEBHOOK}`, { clinic_id: OTHER_CLINIC, webhook_id }),
    ];
    expect(refusals.map(({ status, body }) => [status, body])).toEqual(
      Array.from({ length: 4 }, () => [404, notFound]),
    );
    expect(await subscriptions()).toHaveLength(1);
    expect((await ask('DELETE', `/novamed${WEBHOOK}/${webhook_id.toUpperCase()}`)).status).toBe(200);
    expect((await ask('DELETE', `/novamed${WEBHOOK}/${webhook_id}`)).status).toBe(404);
  });

  it('takes the same URL twice, each registration with an id of its own', async () => {
    const { register, subscriptions } = await partner();
    const ids = [];
    for (let i = 0; i < 2; i++) ids.push((await register('https://your-domain.com/a')).body.data.webhook_id);
    expect(new Set(ids).size).toBe(2);
    expect(await subscriptions()).toHaveLength(2);
  });

  it('refuses plain http in the words of the guide; on this machine it says so', async () => {
    const { id, register, set, publish, subscriptions } = await partner();
    const { services } = world.app;
    await services.clock.put(id, { mode: 'manual', now: START });
    const refused = await register('http://your-domain.com/webhooks/novamed');
    expect([refused.status, refused.body.error.message]).toEqual([
      400,
      'Webhook endpoints must use HTTPS. NovaMed will not send webhooks to HTTP endpoints.',
    ]);
    expect(await subscriptions()).toEqual([]);
    const here = await register('http://127.0.0.1:9/hook');
    expect(here.headers.get('ringer-notice')).toMatch(/Plain http is accepted/);
    await set({ plainHttp: 'neverSent' });
    // A public address, so that no name has to be resolved before the rule decides.
    const { webhook_id } = (await register('http://8.8.8.8/webhooks/novamed')).body.data;
    const { deliveries } = await publish();
    const mine = deliveries.find(({ subscriptionId }) => bare(subscriptionId) === webhook_id);
    await services.clock.advance(id, { by: 0 });
    const { status, reason } = await services.history.delivery(id, bare(mine!.id));
    expect([status, reason]).toEqual(['failed', 'https_required']);
  });

  it('answers 201, or knows only some clinics, where it is told to', async () => {
    const { register, set, subscriptions } = await partner();
    await set({}, ['registered201']);
    const made = await register('https://your-domain.com/a');
    expect([made.status, made.body.message]).toEqual([201, REGISTERED]);
    await set({ clinics: [OTHER_CLINIC] });
    const refused = await register('https://your-domain.com/b');
    expect([refused.status, refused.body]).toEqual([
      400,
      { success: false, error: { message: 'Clinic not found', details: {} } },
    ]);
    expect(await subscriptions()).toHaveLength(1);
    await set({ clinics: [CLINIC.toUpperCase()] });
    expect((await register('https://your-domain.com/b')).status).toBe(200);
  });

  it('counts the requests of a minute where it is told to, for each key and environment', async () => {
    const { id, ask, set } = await partner();
    const { services } = world.app;
    await services.clock.put(id, { mode: 'manual', now: START });
    const unlimited = await ask('DELETE', `/novamed${WEBHOOK}?id=${NOTHING}`);
    expect(unlimited.headers.get('x-ratelimit-limit')).toBeNull();
    await set({}, ['rateLimited']);
    const other = door.as({ 'x-api-key': (await services.keys.create(id, {})).key! });
    const limits = ({ headers }: { headers: Headers }) =>
      ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`)));
    const reset = START / 1000 + 60;
    for (const [mount, limit] of [
      ['/novamed', 100],
      ['/novamed-production', 60],
    ] as const) {
      const path = `${mount}${WEBHOOK}?id=${NOTHING}`;
      for (let left = limit - 1; left >= 0; left--) {
        const answer = await ask('DELETE', path);
        if (answer.status !== 404 || limits(answer)[1] !== left)
          expect([answer.status, limits(answer)]).toEqual([404, [limit, left, reset]]);
      }
      const tooMany = await ask('DELETE', path);
      expect([tooMany.status, limits(tooMany), tooMany.body]).toEqual([
        429,
        [limit, 0, reset],
        {
          success: false,
          error: {
            code: 'RATE_LIMIT_EXCEEDED',
            message: 'Rate limit exceeded. Please retry after 60 seconds.',
            retry_after: 60,
          },
        },
      ]);
      expect(limits(await other('DELETE', path))).toEqual([limit, limit - 1, reset]);
    }
    await services.clock.advance(id, { by: 59_999 });
    expect((await ask('POST', `/novamed${WEBHOOK}`, {})).status).toBe(429);
    await services.clock.advance(id, { by: 1 });
    const again = await ask('POST', `/novamed${WEBHOOK}`, {});
    expect([again.status, limits(again)]).toEqual([400, [100, 99, reset + 60]]);
  });

  it('creates an order in the sandbox and tells its life to the clinic’s webhook', async () => {
    const { id, ask, set, key, subscriptions } = await partner();
    const { services } = world.app;
    await services.clock.put(id, { mode: 'manual', now: START });
    const [consumer, elsewhere] = await Promise.all([world.consumer(200), world.consumer(200)]);
    for (const [clinic_id, to] of [
      [CLINIC, consumer!],
      [OTHER_CLINIC, elsewhere!],
    ] as const)
      await ask('POST', `/novamed${WEBHOOK}`, { clinic_id, webhook_url: to.url });
    const order = (body: object, mount = '/novamed') => ask('POST', `${mount}/sandbox/orders`, body);

    const made = await order({ clinic_id: CLINIC, patient_id: 'pat_7', seed: 'delivered' });
    expect([made.status, made.body]).toMatchObject([
      200,
      {
        success: true,
        data: { clinic_id: CLINIC, created_at: new Date(START).toISOString(), seed: 'delivered' },
        message: 'Order created successfully',
      },
    ]);
    const { order_id, events } = made.body.data;
    const first = (await consumer!.got(1))[0]!;
    expect(first.headers['x-api-key']).toBe(key);
    expect(JSON.parse(first.body.toString())).toMatchObject({
      event_type: 'order:created',
      clinic_id: CLINIC,
      data: { order_id, patient_id: 'pat_7' },
    });
    await services.clock.advance(id, { to: Date.parse(events.at(-1).at) });
    const told = consumer!.received.map(({ body }) => JSON.parse(body.toString()));
    expect(told.map(({ event_type, timestamp: at }) => ({ event_type, at }))).toEqual(events);
    expect(events.map(({ event_type }: { event_type: string }) => event_type)).toEqual([
      'order:created',
      'order:processing',
      'order:shipped',
      'order:delivered',
    ]);
    expect(new Set(told.map(({ data }) => data.order_id))).toEqual(new Set([order_id]));
    expect(elsewhere!.received).toEqual([]);

    const again = (await order({ seed: 'delivered' })).body.data;
    expect(again.order_id).not.toBe(order_id);
    const gaps = (of: { at: string }[]) => of.map(({ at }) => Date.parse(at) - Date.parse(of[0]!.at));
    expect(gaps(again.events)).toEqual(gaps(events));

    await set({}, ['generation202601']);
    const later = (await order({ clinic_id: OTHER_CLINIC })).body.data;
    expect(JSON.parse((await elsewhere!.got(1))[0]!.body.toString())).toMatchObject({
      event_name: 'medication_order:verified',
      event_data: { id: later.order_id, clinic_id: OTHER_CLINIC },
    });

    await set({ clinics: [OTHER_CLINIC] });
    const refused = [
      await order({}, '/novamed-production'),
      await order({ clinic_id: CLINIC }),
      await order({ clinic_id: 'clinic-1' }),
      await order({ order_id: 'ord_1' }),
      await order({ seed: '' }),
    ].map(({ status, body }) => [status, body.error.message]);
    expect(refused).toEqual([
      [404, expect.stringContaining('POST /novamed/sandbox/orders')],
      [400, 'Clinic not found'],
      [400, 'Clinic ID must be a valid UUID.'],
      [400, expect.stringContaining('order_id')],
      [400, expect.any(String)],
    ]);
    expect(await subscriptions()).toHaveLength(2);
  });

  const url = 'https://your-domain.com/webhooks/novamed';
  const ok = { clinic_id: CLINIC, webhook_url: url };
  it.each([
    ['nothing', {}, 400, 'Clinic ID is required.', ['clinic_id', 'webhook_url']],
    ['no clinic', { webhook_url: url }, 400, 'Clinic ID is required.', ['clinic_id']],
    ['no URL', { clinic_id: CLINIC }, 400, 'Webhook URL is required.', ['webhook_url']],
    [
      'a clinic that is no UUID, before the URL is looked at',
      { clinic_id: 'clinic-1', webhook_url: 'https://169.254.169.254/latest' },
      400,
      'Clinic ID must be a valid UUID.',
      ['clinic_id'],
    ],
    [
      'the address of a cloud’s metadata',
      { clinic_id: CLINIC, webhook_url: 'https://169.254.169.254/latest' },
      400,
      /cannot be reached/,
      ['webhook_url'],
    ],
    ['a URL that is none', { ...ok, webhook_url: 'your-domain.com' }, 400, /absolute URL/, ['webhook_url']],
    ['a URL that is a number', { ...ok, webhook_url: 7 }, 400, /HTTPS URL/, ['webhook_url']],
    [
      'a URL with credentials',
      { ...ok, webhook_url: 'https://a:b@c.com/' },
      400,
      /password/,
      ['webhook_url'],
    ],
    ['half a character', { ...ok, webhook_url: `${url}/\ud800` }, 400, /half a character/, ['webhook_url']],
    ['a key too many', { ...ok, events: ['order:shipped'] }, 400, /events/, ['events']],
    ['a list', [ok], 400, /must be a JSON object/, ['body']],
    ['no JSON', '{"clinic_id":', 400, /not JSON/, ['body']],
    ['a body without end', `"${'x'.repeat(1024 * 1024)}"`, 413, /bytes/, []],
  ] as const)('refuses %s and keeps nothing', async (_, body, status, message, fields) => {
    const { ask, subscriptions } = await partner();
    const answer = await ask('POST', `/novamed${WEBHOOK}`, body);
    expect(answer.status).toBe(status);
    expect(answer.body.error.message).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
    expect(Object.keys(answer.body.error.details)).toEqual(fields);
    expect(await subscriptions()).toEqual([]);
  });

  it.each([
    ['nothing', '', {}, 'Webhook ID is required.'],
    ['no clinic beside it', '', { webhook_id: NOTHING }, 'Clinic ID is required.'],
    ['no webhook beside it', '', { clinic_id: CLINIC }, 'Webhook ID is required.'],
    ['an id that is none', '', { clinic_id: CLINIC, webhook_id: '7' }, 'Webhook ID must be a valid UUID.'],
    ['an id in the query that is none', '?id=7', undefined, 'Webhook ID must be a valid UUID.'],
    [
      'two ids that differ',
      `?id=${CLINIC}`,
      { clinic_id: CLINIC, webhook_id: NOTHING },
      'The body and the query name two webhooks; name one.',
    ],
  ] as const)('refuses to delete by %s', async (_, query, body, message) => {
    const { ask } = await partner();
    const answer = await ask('DELETE', `/novamed${WEBHOOK}${query}`, body);
    expect([answer.status, answer.body.error.message]).toEqual([400, message]);
  });

  it('refuses whoever may not, and what is not there, in the same shape', async () => {
    const { id, ask, subscriptions } = await partner();
    const unauthorized =
      'Unauthorized. This can happen if the access token is invalid, expired or has been revoked';
    const { key: readKey } = await world.app.services.keys.create(id, { scope: 'read' });
    const post = (headers: Record<string, string>) => door.as(headers)('POST', `/novamed${WEBHOOK}`, ok);
    const seen = [
      await post({}),
      await post({ 'x-api-key': 'your-api-key-here' }),
      await post({ 'x-api-key': readKey! }),
      await ask('GET', `/novamed${WEBHOOK}`),
      await ask('GET', '/novamed/api/external/order'),
      await ask('DELETE', `/novamed${WEBHOOK}/%E0%A4%A`),
      await ask('DELETE', `/novamed${WEBHOOK}/nonsense`),
    ].map(({ status, body }) => [status, body.success, body.error.message]);
    expect(seen).toEqual([
      [401, false, unauthorized],
      [401, false, unauthorized],
      [403, false, expect.stringContaining('"read"')],
      [405, false, expect.stringContaining('POST, DELETE')],
      [404, false, 'Resource not found'],
      [400, false, 'The request cannot be read.'],
      [404, false, 'Webhook not found'],
    ]);
    expect(await subscriptions()).toEqual([]);
  });
});
