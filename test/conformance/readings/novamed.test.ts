import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/lib/bytes.js';
import novamed from '../../../src/providers/novamed/index.js';
import { useDoorServer } from '../../support/door.js';
import { requestInput } from '../../support/profiles.js';
import { outcome, readings } from '../../support/readings.js';
import { useWorld } from '../../support/world.js';

const MINUTE_MS = 60_000;
const TABLE = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS];
const RETRY = { attempt: 2, body: utf8('{"event_id":"evt_1","n":1}') };

readings(
  'novamed',
  [21, 24, 25, 31, 32],
  [
    {
      row: 21,
      reading: 'delays count from the first attempt',
      presets: ['fromFirstAttempt'],
      see: ({ policies, delaysMs }) => [policies.retry.anchor, delaysMs],
      byDefault: ['previousEnd', TABLE],
      otherwise: ['first', TABLE],
    },
    {
      row: 24,
      reading: 'a plain http endpoint is registered and never sent to',
      presets: ['acceptNeverSend'],
      see: ({ policies }) => policies.https,
      byDefault: 'required',
      otherwise: 'acceptNeverSend',
    },
    {
      row: 25,
      reading: 'the guide of January 2026 has other events',
      scope: 'tenant',
      presets: ['generation202601'],
      settings: { generation: '2026-01' },
      see: ({ body }) => outcome(() => body('refill:denied')),
      byDefault: expect.stringMatching(/^\{"event_type":"refill:denied","event_id":"evt_/),
      otherwise: expect.stringMatching(/^refused: Unknown event .*practitioner:activated\.$/),
    },
    {
      row: 31,
      reading: 'a redirect counts as delivered',
      presets: ['redirectIsSuccess'],
      see: ({ policies }) => policies.redirect,
      byDefault: 'failure',
      otherwise: 'success',
    },
    {
      row: 32,
      reading: 'a retry writes the body anew',
      presets: ['rebuiltBody'],
      see: ({ sent }) => sent(RETRY),
      byDefault: '{"event_id":"evt_1","n":1}',
      otherwise: '{"n":1,"event_id":"evt_1"}',
    },
    {
      row: null,
      reading: 'every 2xx is a success',
      presets: ['success2xx'],
      see: ({ policies }) => policies.success,
      byDefault: { kind: 'codes', codes: [200] },
      otherwise: { kind: 'class2xx' },
    },
    {
      row: null,
      reading: 'data carries keys that are not printed',
      scope: 'tenant',
      presets: ['additionalFields'],
      see: ({ body }) => outcome(() => body('order:created', { data: { data: { total: 7 } } })),
      byDefault: 'refused: data.total: Unknown key',
      otherwise: expect.stringContaining('"total":7'),
    },
    {
      row: null,
      reading: 'a registration is answered with 201',
      scope: 'tenant',
      presets: ['registered201'],
      see: ({ tenantSettings }) => tenantSettings.registerStatus,
      byDefault: 200,
      otherwise: 201,
    },
    {
      row: null,
      reading: 'the management API counts requests',
      scope: 'tenant',
      presets: ['rateLimited'],
      see: ({ tenantSettings: settings }) =>
        ['development', 'production'].map(
          (environment) => novamed.door!.limit!({ environment, settings })?.requests ?? null,
        ),
      byDefault: [null, null],
      otherwise: [100, 60],
    },
    {
      row: null,
      reading: 'plain http is served',
      presets: ['httpAllowed'],
      see: ({ policies }) => policies.https,
      byDefault: 'required',
      otherwise: 'optional',
    },
    {
      row: null,
      reading: 'a failed test counts',
      presets: ['testAffectsHealth'],
      see: ({ settings }) => settings.testAffectsHealth,
      byDefault: false,
      otherwise: true,
    },
  ],
);

it('22 x-api-key is whatever the subscription’s secret is: the partner key, or one agreed for webhooks', () => {
  for (const secret of ['dev_partner_key', 'a-webhook-secret']) {
    const { headers } = novamed.request(requestInput(novamed, { secrets: [secret] }));
    expect(headers).toContainEqual(['x-api-key', secret]);
  }
});

describe('23 the form of a deletion', () => {
  const world = useWorld();
  const door = useDoorServer(world);
  const path = '/novamed/api/external/webhook';
  const clinic_id = '550e8400-e29b-41d4-a716-446655440000';

  type Form = [path: string, body?: object];

  it.each([
    ['the body, as in the guide', (webhook_id: string): Form => [path, { clinic_id, webhook_id }]],
    ['the query, as in the OpenAPI file', (id: string): Form => [`${path}?id=${id}`]],
    ['the path, as in the older plan', (id: string): Form => [`${path}/${id}`]],
  ])('%s', async (_, form) => {
    const { id: tenantId, key } = await world.tenant();
    const ask = door.as({ 'x-api-key': key });
    const made = await ask('POST', path, { clinic_id, webhook_url: 'https://your-domain.com/hook' });
    const answer = await ask('DELETE', ...form(made.body.data.webhook_id));
    expect([answer.status, answer.body]).toEqual([
      200,
      { success: true, message: 'Webhook deleted successfully' },
    ]);
    expect((await world.app.services.subscriptions.list(tenantId, { limit: 1 })).data).toEqual([]);
  });

  it('and there is no list', async () => {
    const ask = door.as({ 'x-api-key': (await world.tenant()).key });
    expect((await ask('GET', path)).status).toBe(405);
  });
});
