import { afterAll, describe, expect, it } from 'vitest';
import { createTokens, type TokenAsk } from '../../src/engine/access/tokens.js';
import { createEgress } from '../../src/engine/egress/egress.js';
import { MASK } from '../../src/engine/sealed-settings.js';
import { sendOnce } from '../../src/index.js';
import type { Json } from '../../src/lib/merge-patch.js';
import type { Answer, Consumer, Received } from '../support/consumer.js';
import { gate, MINUTE, refusalOf, SECOND, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();
const CLIENT = { clientId: 'ringer', clientSecret: 'the-client-secret' };
const ACCEPTED = { status: 200, headers: { 'content-type': 'application/json' } };

const token = (value: string, more: object = { expires_in: 3600 }): Answer => ({
  ...ACCEPTED,
  body: JSON.stringify({ access_token: value, token_type: 'Bearer', ...more }),
});

/** A token endpoint that gives `token-1`, `token-2`, … to the one client it knows, and says which is in force. */
async function tokenEndpoint(): Promise<Consumer & { current(): string }> {
  const consumer = await world.consumer();
  let issued = 0;
  const basic = `Basic ${Buffer.from(`${CLIENT.clientId}:${CLIENT.clientSecret}`).toString('base64')}`;
  consumer.answer(({ headers }) => {
    if (headers.authorization !== basic) return { status: 401, body: '{"error":"invalid_client"}' };
    issued += 1;
    return token(`token-${issued}`);
  });
  return { ...consumer, current: () => `token-${issued}` };
}

const oauth2 = (endpoint: Consumer, more: { [key: string]: Json } = {}) => ({
  settings: { auth: { kind: 'oauth2', tokenUrl: endpoint.url, ...CLIENT, ...more } },
});

/** A subscription whose receiver takes the bearer token `valid()` and no other. */
async function enforcing(endpoint: Consumer, valid: () => string, more: { [key: string]: Json } = {}) {
  const scene = await setScene(world, 'healthsherpa', oauth2(endpoint, more));
  scene.consumer.answer(({ headers }) => (headers.authorization === `Bearer ${valid()}` ? 200 : 401));
  return scene;
}

const bearerOf = ({ headers }: Received) => headers.authorization;

describe('a subscription with OAuth 2.0 client credentials', () => {
  it('is accepted by a receiver that wants the token, fetched once for many deliveries', async () => {
    const endpoint = await tokenEndpoint();
    const scene = await enforcing(endpoint, endpoint.current);
    for (let i = 0; i < 3; i++) await scene.publish();
    expect(await scene.advance({ by: 0 })).toMatchObject({ delivered: 3 });
    await scene.publish();
    expect(await scene.advance({ by: 0 })).toMatchObject({ delivered: 4 - 3 });
    expect(endpoint.received).toHaveLength(1);
    expect(endpoint.received[0]!.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(endpoint.received[0]!.body.toString()).toBe('grant_type=client_credentials');
    expect(scene.consumer.received.map(bearerOf)).toEqual(Array(4).fill('Bearer token-1'));
  });

  it('proves itself in the form where asked to, with scope and audience', async () => {
    const endpoint = await tokenEndpoint();
    endpoint.answer(token('in-the-form'));
    const more = { clientAuthentication: 'body', scope: 'hooks write', audience: 'https://api.test/&' };
    const scene = await enforcing(endpoint, () => 'in-the-form', more);
    await scene.until(await scene.publish(), 'delivered');
    const [asked] = endpoint.received;
    expect(bearerOf(asked!)).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(asked!.body.toString()))).toEqual({
      grant_type: 'client_credentials',
      scope: 'hooks write',
      audience: 'https://api.test/&',
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
    });
  });

  it('encodes what HTTP Basic could not carry apart, as RFC 6749 wants it', async () => {
    const endpoint = await tokenEndpoint();
    endpoint.answer(token('t'));
    const scene = await enforcing(endpoint, () => 't', { clientId: 'a:b', clientSecret: 'c d%' });
    await scene.until(await scene.publish(), 'delivered');
    const sent = Buffer.from(bearerOf(endpoint.received[0]!)!.slice('Basic '.length), 'base64').toString();
    expect(sent).toBe('a%3Ab:c+d%25');
  });

  it('shares one fetch between attempts that run at once', async () => {
    const endpoint = await tokenEndpoint();
    const held = gate();
    endpoint.answer(() => held.answer().then(() => token('shared')));
    const scene = await enforcing(endpoint, () => 'shared');
    const ids = await Promise.all(Array.from({ length: 6 }, () => scene.publish()));
    await endpoint.got(1);
    held.open();
    for (const id of ids) await scene.until(id, 'delivered');
    expect(endpoint.received).toHaveLength(1);
  });

  it('gets another token where the receiver turns the first one down, within one attempt', async () => {
    const endpoint = await tokenEndpoint();
    const scene = await enforcing(endpoint, () => 'token-2');
    const delivery = await scene.until(await scene.publish(), 'delivered');
    expect(delivery.attempts).toHaveLength(1);
    expect(delivery.attempts[0]).toMatchObject({ outcome: 'delivered', response: { status: 200 } });
    expect(endpoint.received).toHaveLength(2);
    expect(scene.consumer.received.map(bearerOf)).toEqual(['Bearer token-1', 'Bearer token-2']);
    await scene.until(await scene.publish(), 'delivered');
    expect(endpoint.received).toHaveLength(2);
  });

  it('fails with status_401 where the second token is turned down too, and tries anew by the schedule', async () => {
    const endpoint = await tokenEndpoint();
    const scene = await enforcing(endpoint, () => 'token-3');
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    const failed = await scene.delivery(id);
    expect(failed.attempts.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['retry', 'status_401'],
    ]);
    expect(endpoint.received).toHaveLength(2);
    expect(scene.consumer.received).toHaveLength(2);
    await scene.advance({ by: 20 * SECOND });
    expect((await scene.delivery(id)).status).toBe('delivered');
    expect(endpoint.received).toHaveLength(3);
  });

  it('says that the client was refused, asks the receiver nothing, and gets through once it is known', async () => {
    const endpoint = await tokenEndpoint();
    const scene = await enforcing(endpoint, endpoint.current, { clientSecret: 'wrong' });
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    const { attempts } = await scene.delivery(id);
    expect(attempts).toMatchObject([{ outcome: 'retry', reason: 'oauth_token_refused', response: null }]);
    expect(attempts[0]!.timing).toMatchObject({
      tokenEndpoint: expect.stringMatching(/^The token endpoint: status 401.*invalid_client/),
    });
    expect(endpoint.received).toHaveLength(1);
    expect(scene.consumer.received).toEqual([]);
    await world.app.services.subscriptions.update(scene.tenantId, scene.subscriptionId, oauth2(endpoint));
    await scene.advance({ by: 20 * SECOND });
    expect((await scene.delivery(id)).status).toBe('delivered');
  });

  it.each(['basic', 'body'])(
    'tells in the attempt what the endpoint said, and none of what it was sent (%s)',
    async (clientAuthentication) => {
      const endpoint = await tokenEndpoint();
      const clientSecret = 'a "hushed" word / of ours & more';
      endpoint.answer(({ headers, body }) => ({
        status: 400,
        body: JSON.stringify({
          error: 'invalid_scope',
          got: [headers.authorization ?? '', body.toString(), clientSecret],
        }),
      }));
      const scene = await enforcing(endpoint, () => 'none', { clientSecret, clientAuthentication });
      const id = await scene.publish();
      await scene.advance({ by: 0 });
      const [first] = (await scene.delivery(id)).attempts;
      const { tokenEndpoint: said } = first!.timing as { tokenEndpoint: string };
      expect(said).toMatch(/^The token endpoint: status 400: \{"error":"invalid_scope".*\*{8}/);
      for (const part of ['hushed', '%22', Buffer.from(clientSecret).toString('base64').slice(4, 12)])
        expect(said).not.toContain(part);
      expect(said.length).toBeLessThan(260);
    },
  );

  it('tries again at once where the endpoint stumbles, and calls it a failed token where it stays down', async () => {
    const endpoint = await tokenEndpoint();
    endpoint.answer((_, index) => (index < 2 ? 503 : token('after-all')));
    const scene = await enforcing(endpoint, () => 'after-all');
    const delivery = await scene.until(await scene.publish(), 'delivered');
    expect(delivery.attempts).toHaveLength(1);
    expect(endpoint.received).toHaveLength(3);

    const down = await tokenEndpoint();
    down.answer(503);
    const other = await enforcing(down, () => 'none');
    const id = await other.publish();
    await other.advance({ by: 0 });
    expect((await other.delivery(id)).attempts).toMatchObject([
      { outcome: 'retry', reason: 'oauth_token_failed', response: null },
    ]);
    expect(down.received).toHaveLength(3);

    const gone = await tokenEndpoint();
    await gone.close();
    const third = await setScene(world, 'healthsherpa', oauth2(gone));
    await third.publish();
    await third.advance({ by: 0 });
    await third.advance({ by: 60 * MINUTE });
    const { data } = await world.app.services.history.deliveries(third.tenantId, { limit: 10 });
    expect(data).toMatchObject([{ status: 'failed', reason: 'exhausted', attemptCount: 4 }]);
    expect(third.consumer.received).toEqual([]);
  });

  it.each([
    ['no JSON', { status: 200, body: 'token=1' }],
    ['no token', { status: 200, body: '{"expires_in":60}' }],
    ['a token that no header carries', { status: 200, body: '{"access_token":"two words"}' }],
    ['a token of another type', { status: 200, body: '{"access_token":"t","token_type":"mac"}' }],
    ['a page that is not there', { status: 404, body: '{"error":"not_found"}' }],
    ['a redirect', { status: 302, headers: { location: 'https://example.com/' } }],
    ['an answer without end', { status: 200, body: JSON.stringify({ access_token: 'x'.repeat(30_000) }) }],
  ])('takes no token out of %s', async (_, answer) => {
    const endpoint = await tokenEndpoint();
    endpoint.answer(answer);
    const scene = await enforcing(endpoint, () => 'none');
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    expect((await scene.delivery(id)).attempts).toMatchObject([{ reason: 'oauth_token_failed' }]);
    expect(scene.consumer.received).toEqual([]);
  });

  it('waits for a token no longer than the attempt may take', async () => {
    const endpoint = await tokenEndpoint();
    const held = gate();
    endpoint.answer(() => held.answer());
    const { settings } = oauth2(endpoint);
    const scene = await setScene(world, 'healthsherpa', { settings: { ...settings, timeoutMs: 100 } });
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    const { attempts } = await scene.delivery(id);
    expect(attempts).toMatchObject([{ reason: 'oauth_token_failed' }]);
    expect(scene.consumer.received).toEqual([]);
    held.open();
  });

  it('shows neither token nor client secret, and takes its mask back', async () => {
    const endpoint = await tokenEndpoint();
    const scene = await enforcing(endpoint, endpoint.current);
    const delivery = await scene.until(await scene.publish(), 'delivered');
    expect(delivery.attempts[0]!.request.headers).toContainEqual(['Authorization', MASK]);
    expect(JSON.stringify(delivery)).not.toContain('token-1');
    const { settings } = await scene.subscription();
    expect(settings.auth).toMatchObject({ clientId: CLIENT.clientId, clientSecret: MASK });
    const { pool } = world.app.context.db;
    for (const table of ['subscription', 'attempt']) {
      const { rows } = await pool.query(`SELECT * FROM ${table} WHERE tenant_id = $1`, [scene.tenantId]);
      expect(JSON.stringify(rows)).not.toMatch(/the-client-secret|token-1/);
    }
    const { subscriptions } = world.app.services;
    await subscriptions.update(scene.tenantId, scene.subscriptionId, { settings: { auth: settings.auth } });
    await scene.until(await scene.publish(), 'delivered');
  });

  it('is refused where the token could not be fetched or sent, and nothing is made', async () => {
    const { id } = await world.tenant();
    const endpoint = await tokenEndpoint();
    const create = (tokenUrl: string, headers: Record<string, string> = {}) =>
      refusalOf(
        world.app.services.subscriptions.create(id, {
          provider: 'healthsherpa',
          url: endpoint.url,
          headers,
          settings: { auth: { kind: 'oauth2', tokenUrl, ...CLIENT } },
        }),
      );
    expect(await create('http://169.254.169.254/token')).toBe('egress_refused');
    expect(await create('http://10.0.0.1/token')).toBe('egress_refused');
    expect(await create('http://id.example.com/token')).toBe('https_required');
    expect(await create('token')).toBe('invalid_url');
    expect(await create('https://user:pass@id.example.com/')).toBe('invalid_url');
    expect(await create(endpoint.url, { Authorization: 'Bearer mine' })).toBe('invalid_header');
    expect((await world.app.services.subscriptions.list(id, { limit: 10 })).data).toEqual([]);
    expect(await create(endpoint.url)).toBe('was not refused');
  });

  it('works for a single send too, masked', async () => {
    const endpoint = await tokenEndpoint();
    const consumer = await world.consumer();
    consumer.answer(({ headers }) => (headers.authorization === 'Bearer token-1' ? 200 : 401));
    const send = { provider: 'healthsherpa', type: 'sync', url: consumer.url };
    const sent = await sendOnce({ ...send, ...oauth2(endpoint) });
    expect(sent).toMatchObject({ ok: true, response: { status: 200 } });
    expect(sent.request.headers).toContainEqual(['Authorization', MASK]);
    expect(await sendOnce({ ...send, ...oauth2(endpoint, { clientSecret: 'wrong' }) })).toMatchObject({
      ok: false,
      reason: 'oauth_token_refused',
      response: null,
    });
  });
});

describe('tokens in hand', () => {
  const egress = createEgress({ mode: 'local', allow: [], ownPorts: () => [] });
  afterAll(() => egress.close());

  async function hands(life: object) {
    const endpoint = await tokenEndpoint();
    let issued = 0;
    endpoint.answer(() => {
      issued += 1;
      return token(`token-${issued}`, life);
    });
    let now = 1_000;
    const tokens = createTokens(egress, () => now);
    const ask: TokenAsk = {
      owner: 'tenant subscription',
      grant: {
        kind: 'clientCredentials',
        id: 'grant',
        at: 'auth',
        tokenUrl: endpoint.url,
        ...CLIENT,
        scope: null,
        audience: null,
        clientAuthentication: 'basic',
      },
      timeout: { kind: 'total', ms: 5_000 },
      https: 'required',
      poolKey: 'tenant',
      spentMs: 0,
    };
    return {
      get: async (more: Partial<TokenAsk> = {}) => {
        const got = await tokens.get({ ...ask, ...more });
        return got.kind === 'token' ? got.value : got.reason;
      },
      at: (ms: number) => {
        now = 1_000 + ms;
      },
      ask,
    };
  }

  it('are renewed 30 s before they end', async () => {
    const { get, at } = await hands({ expires_in: 3600 });
    expect(await get()).toBe('token-1');
    at(3570 * SECOND - 1);
    expect(await get()).toBe('token-1');
    at(3570 * SECOND);
    expect(await get()).toBe('token-2');
  });

  it('are renewed a tenth of their life before its end where that is short', async () => {
    const { get, at } = await hands({ expires_in: '10' });
    expect(await get()).toBe('token-1');
    at(9 * SECOND - 1);
    expect(await get()).toBe('token-1');
    at(9 * SECOND);
    expect(await get()).toBe('token-2');
  });

  it('last five minutes where nothing is said, and no time at all where that is said', async () => {
    const silent = await hands({});
    expect(await silent.get()).toBe('token-1');
    silent.at(270 * SECOND - 1);
    expect(await silent.get()).toBe('token-1');
    silent.at(270 * SECOND);
    expect(await silent.get()).toBe('token-2');
    const brief = await hands({ expires_in: 0 });
    expect(await brief.get()).toBe('token-1');
    expect(await brief.get()).toBe('token-2');
  });

  it('belong to one subscription and to what it asked with', async () => {
    const { get, ask } = await hands({ expires_in: 3600 });
    expect(await get()).toBe('token-1');
    expect(await get({ owner: 'tenant another' })).toBe('token-2');
    expect(await get()).toBe('token-1');
    expect(await get({ grant: { ...ask.grant, id: 'changed' } })).toBe('token-3');
  });

  it('that were turned down are not given again, while a newer one is', async () => {
    const { get } = await hands({ expires_in: 3600 });
    expect(await get()).toBe('token-1');
    expect(await get({ refused: 'token-1' })).toBe('token-2');
    expect(await get({ refused: 'token-1' })).toBe('token-2');
  });
});
