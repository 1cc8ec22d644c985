import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { START } from '../support/scene.js';
import { ADMIN_TOKEN, useWorld } from '../support/world.js';

/** An operation as the OpenAPI document has it. */
interface Operation {
  method: string;
  path: string;
  /** The header a key goes into; null where nobody is asked for one. */
  keyHeader: string | null;
}

/** What a tenant has, for the `{names}` of paths: by the beginning of the path, and the name. */
type Places = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Populated {
  publicId: string;
  key: string;
  readKey: string;
  revokedKey: string;
  /** Stands in everything that this tenant made. */
  mark: string;
  secret: string;
  places: Places;
}

const API = '/api/v1/tenants/{tenant}';
const OPERATOR = ADMIN_TOKEN;

/** Nobody needs a key for these. A new one has to be added on purpose. */
const OPEN = [
  ...['get /healthz', 'get /readyz', 'get /openapi.json', 'get /metrics', 'get /voyado/api/v1/health'],
  // They look at the key in the body, and at a cookie.
  ...['post /api/v1/session', 'delete /api/v1/session'],
];
/** The operator's alone. */
const OPERATORS = [/^\/api\/v1\/tenants$/, /^\/api\/v1\/tenants\/\{tenant\}$/, /\{tenant\}\/keys/];
/** A reader may, though the method is not GET: it ends the caller's own token. */
const READS = ['post /voyado/api/v1/auth/logout'];
/** A reader may not, though the method is GET: the answer is a secret. */
const SECRETS = [
  'get /voyado/api/v1/app/{app_id}/endpoint/{endpoint_id}/secret',
  'get /voyado/api/v1/app/{app_id}/endpoint/{endpoint_id}/headers',
  'get /voyado/api/v1/operational-webhook/endpoint/{endpoint_id}/secret',
  'get /voyado/api/v1/operational-webhook/endpoint/{endpoint_id}/headers',
];
/** By whatever name: what is not there yet is made, in the caller's own tenant. */
const MAKES = [
  'put /voyado/api/v1/app/{app_id}',
  'put /voyado/api/v1/event-type/{event_type_name}',
  'put /voyado/api/v1/operational-webhook/endpoint/{endpoint_id}',
  'put /healthsherpa/carriers/{issuerHiosId}',
  'get /healthsherpa/carriers/{issuerHiosId}',
];
/** Svix's hosted routes that Ringer knows and does not have: they look at nothing of anybody's. */
const NOT_OFFERED = 501;

const BODIES: Readonly<Record<string, unknown>> = {
  [`post ${API}/subscriptions/{id}/recover`]: { since: '2026-01-01T00:00:00Z' },
  'put /voyado/api/v1/app/{app_id}': { name: 'x' },
  'post /noyo/subscriptions/{id}/secrets': { secret: 'a long and random string of its own' },
  'put /voyado/api/v1/app/{app_id}/endpoint/{endpoint_id}': { url: 'https://consumer.example/' },
  'put /voyado/api/v1/app/{app_id}/endpoint/{endpoint_id}/headers': { headers: {} },
  'put /voyado/api/v1/operational-webhook/endpoint/{endpoint_id}': { url: 'https://consumer.example/' },
  'put /voyado/api/v1/operational-webhook/endpoint/{endpoint_id}/headers': { headers: {} },
  'post /voyado/api/v1/app/{app_id}/endpoint/{endpoint_id}/recover': { since: '2026-01-01T00:00:00Z' },
  'post /voyado/api/v1/app/{app_id}/endpoint/{endpoint_id}/replay-missing': { since: '2026-01-01T00:00:00Z' },
  'post /voyado/api/v1/app/{app_id}/endpoint/{endpoint_id}/send-example': { eventType: 'contact.created' },
  'post /voyado/api/v1/app/{app_id}/msg': { eventType: 'contact.created', payload: {} },
  'post /voyado/api/v1/app/{app_id}/endpoint': { url: 'https://consumer.example/' },
};

describe('every route of the OpenAPI document, asked by everybody', () => {
  const world = useWorld();
  let server: Server;
  let base: string;
  let operations: Operation[];
  let own: Populated;
  let other: Populated;

  beforeAll(async () => {
    server = createServer(apiOf(world).app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    operations = await documented();
    own = await populate('own');
    other = await populate('other');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function ask(
    { method, path, keyHeader }: Operation,
    key: string | null,
    body: unknown = BODIES[`${method} ${path}`] ?? {},
    filled = path,
  ): Promise<{ status: number; text: string }> {
    const headers: Record<string, string> = {};
    if (method !== 'get') headers['content-type'] = 'application/json';
    if (key !== null)
      headers[keyHeader ?? 'authorization'] = keyHeader === 'x-api-key' ? key : `Bearer ${key}`;
    const answer = await fetch(base + filled, {
      method: method.toUpperCase(),
      headers,
      ...(method === 'get' ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
      await answer.body!.cancel();
      return { status: answer.status, text: '' };
    }
    return { status: answer.status, text: await answer.text() };
  }

  async function documented(): Promise<Operation[]> {
    const { paths, components } = (await (await fetch(`${base}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { security?: Record<string, unknown>[] }>>;
      components: { securitySchemes: Record<string, { in?: string; name?: string }> };
    };
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security = [] }]) => {
        const scheme = Object.keys(security[0] ?? {})[0];
        const keyHeader =
          scheme === undefined ? null : (components.securitySchemes[scheme]!.name ?? 'authorization');
        return { method, path, keyHeader };
      }),
    );
  }

  /** A tenant with one of everything, through the API and the doors alone. */
  async function populate(mark: string): Promise<Populated> {
    const { id, publicId, key } = await world.tenant(`of ${mark}`);
    const { services } = world.app;
    const readKey = (await services.keys.create(id, { scope: 'read', name: `reader of ${mark}` })).key!;
    const revoked = await services.keys.create(id, {});
    await services.keys.remove(id, revoked.id.slice(4));
    const kept = await services.keys.create(id, { name: `${mark}-key` });
    // A clock that stands: what is to be compared later does not move by itself.
    await services.clock.put(id, { mode: 'manual', now: START });
    const consumer = await world.consumer();
    const url = `${consumer.url}?${mark}-url`;
    const made = async (path: string, body: unknown, header = 'authorization') => {
      const { status, text } = await ask({ method: 'post', path, keyHeader: header }, key, body);
      expect(status, `${path}: ${text}`).toBeLessThan(300);
      return JSON.parse(text || '{}');
    };
    const api = (path: string, body: unknown) => made(`/api/v1/tenants/${publicId}${path}`, body);
    const secret = `secret-of-${mark}-0123456789`;
    const subscription = await api('/subscriptions', { provider: 'noyo', url, secret });
    const noyo = (type: string, data: object) => api('/events', { provider: 'noyo', type, data: { data } });
    const ids = {
      difference: randomUUID(),
      snapshot: randomUUID(),
      joined: randomUUID(),
      left: randomUUID(),
    };
    const event = await noyo('difference.created', { id: ids.difference });
    await noyo('member_snapshot.status_change', { id: ids.snapshot });
    await noyo('group_connection_request.created', { id: ids.joined });
    await noyo('group_disconnection_request.created', { id: ids.left });
    const object = { id: `doc_${mark}` };
    await api('/events', { provider: 'healthsync', type: 'document.uploaded', data: { data: { object } } });
    const contactId = `contact-of-${mark}`;
    await api('/events', { provider: 'voyado', type: 'contact.created', payload: { contactId } });
    const order = await made('/novamed/sandbox/orders', {}, 'x-api-key');
    const planned = { provider: 'noyo', type: 'difference.created', cron: '0 0 1 1 *' };
    const schedule = await api('/schedules', planned);
    const scenario = await api('/scenarios', { provider: 'noyo', name: 'enrolment' });
    const fault = await api('/faults', { type: 'header_case', probability: 0 });
    const check = await api('/checks', { subscriptionId: subscription.id, only: ['ACK-04'] });

    const door = await made('/noyo/subscriptions', { destination: url, secret });
    const sync = { events: ['document.uploaded'] };
    const webhook = await made('/healthsync/v1/webhooks', { ...sync, url });
    const sandbox = await made('/healthsync-sandbox/v1/webhooks', { ...sync, url });
    const form = { webhook_url: url, exchange: 'both', webhooks: 'both', environment: 'production' };
    const onboarding = await made('/healthsherpa/onboarding', form, 'x-api-key');
    const clinic_id = randomUUID();
    const [nova, novaLive] = [
      await made('/novamed/api/external/webhook', { clinic_id, webhook_url: url }, 'x-api-key'),
      await made('/novamed-production/api/external/webhook', { clinic_id, webhook_url: url }, 'x-api-key'),
    ];
    const svix = (path: string, body: unknown) => made(`/voyado/api/v1${path}`, body);
    const app = await svix('/app', { name: mark, uid: `${mark}-app` });
    const endpoint = await svix(`/app/${app.id}/endpoint`, { url, uid: `${mark}-endpoint` });
    const type = await svix('/event-type', { name: `${mark}.only`, description: mark });
    const message = await svix(`/app/${app.id}/msg`, { eventType: type.name, payload: { mark } });
    const operational = await svix('/operational-webhook/endpoint', { url });
    const attempt = await eventually(async () => {
      const path = `/voyado/api/v1/app/${app.id}/attempt/msg/${message.id}`;
      const { text } = await ask({ method: 'get', path, keyHeader: 'authorization' }, key);
      const [first] = JSON.parse(text).data;
      if (!first) throw new Error('no attempt yet');
      return first;
    }, 60_000);
    await eventually(async () => {
      const { data } = await services.history.deliveries(id, { limit: 200 } as never);
      if (data.some(({ status }) => status === 'pending' || status === 'sending'))
        throw new Error('something is under way');
      if (world.app.services.checks.read(id, check.id.slice(4)).status !== 'finished')
        throw new Error('a check is under way');
    }, 60_000);
    const inApp = { app_id: app.id, endpoint_id: endpoint.id, msg_id: message.id, attempt_id: attempt.id };
    return {
      publicId,
      key,
      readKey,
      revokedKey: revoked.key!,
      mark,
      secret,
      places: {
        [`${API}/keys/`]: { id: kept.id },
        [`${API}/subscriptions/`]: { id: subscription.id },
        [`${API}/events/`]: { id: event.id },
        [`${API}/deliveries/`]: { id: event.deliveries[0].id, n: '1' },
        [`${API}/scenarios/`]: { id: scenario.id },
        [`${API}/schedules/`]: { id: schedule.id },
        [`${API}/faults/`]: { id: fault.id },
        [`${API}/checks/`]: { id: check.id },
        [`${API}/providers/`]: { provider: 'noyo' },
        '/api/v1/providers/': { provider: 'noyo' },
        '/noyo/subscriptions/': { id: door.id, secret: door.secrets[0].id },
        '/noyo/api/v1/differences/': { id: ids.difference },
        '/noyo/api/v1/member_snapshots/': { id: ids.snapshot },
        '/noyo/api/v1/group_connections/': { id: ids.joined },
        '/noyo/api/v1/group_disconnection_requests/': { id: ids.left },
        '/healthsync/v1/webhooks/': { id: webhook.data.id, delivery: 'nothing' },
        '/healthsync-sandbox/v1/webhooks/': { id: sandbox.data.id, delivery: 'nothing' },
        '/healthsync/v1/records/': { id: object.id },
        '/healthsync-sandbox/v1/records/': { id: 'nothing' },
        '/healthsherpa/onboarding/': { id: onboarding.onboarding_id },
        '/healthsherpa/carriers/': { issuerHiosId: mark === 'own' ? '11111' : '22222' },
        '/healthsherpa/api/v1/applications/': { id: 'nothing' },
        '/novamed/api/external/webhook/': { id: nova.data.webhook_id },
        '/novamed-production/api/external/webhook/': { id: novaLive.data.webhook_id },
        '/novamed/api/external/orders/': { id: order.data.order_id },
        '/novamed-production/api/external/orders/': { id: randomUUID() },
        '/voyado/api/v1/operational-webhook/': { endpoint_id: operational.id },
        '/voyado/api/v1/event-type/': { event_type_name: type.name },
        '/voyado/api/v1/app/': { ...inApp, integ_id: 'x', sink_id: 'x', consumer_id: 'x' },
        '/voyado/api/v1/auth/app-portal-access/': { app_id: app.id },
        '/voyado/api/v1/auth/app/': { app_id: app.id },
        '/voyado/api/v1/background-task/': { task_id: 'x' },
        '/voyado/api/v3/contacts/': { id: contactId },
      },
    };
  }

  /** The path with what `whose` has, under the tenant of `at`. */
  function fill({ method, path }: Operation, { places }: Populated, at: Populated): string {
    const row = Object.entries(places).find(([prefix]) => path.startsWith(prefix))?.[1];
    return path.replace(/\{(\w+)\}/g, (_, name: string) => {
      if (name === 'tenant') return at.publicId;
      const value = row?.[name];
      if (value === undefined)
        throw new Error(`${method} ${path} has no row here: let populate() make what {${name}} stands for`);
      return encodeURIComponent(value);
    });
  }

  const named = ({ method, path }: Operation) => `${method} ${path}`;
  const closed = () => operations.filter((operation) => !OPEN.includes(named(operation)));
  const isOperators = ({ path }: Operation) => OPERATORS.some((pattern) => pattern.test(path));
  const holder = (operation: Operation, { key }: Populated) => (isOperators(operation) ? OPERATOR : key);

  it('there are many, and those without a key are the ones that are meant', () => {
    expect(operations.length).toBeGreaterThan(150);
    const open = operations.filter(({ keyHeader }) => keyHeader === null).map(named);
    expect(new Set(open)).toEqual(new Set(OPEN));
  });

  it('nobody, a revoked key and nonsense are told so everywhere', async () => {
    const wrong: string[] = [];
    for (const operation of closed()) {
      const path = fill(operation, own, own);
      for (const key of [null, own.revokedKey, 'nonsense', `${own.key.slice(0, -1)}_`]) {
        const { status, text } = await ask(operation, key, {}, path);
        if (status !== 401 || text.includes('own-')) wrong.push(`${named(operation)}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('a key that may only read changes nothing and sees no secret', async () => {
    const wrong: string[] = [];
    for (const operation of closed()) {
      const may =
        operation.method === 'get' ? !SECRETS.includes(named(operation)) : READS.includes(named(operation));
      const { status, text } = await ask(operation, own.readKey, undefined, fill(operation, own, own));
      const refused = status === 403;
      if (refused === (may && !isOperators(operation)) || status === 401)
        wrong.push(`${named(operation)}: ${status}`);
      if (text.includes(own.secret) || text.includes(own.key))
        wrong.push(`${named(operation)} tells a secret`);
    }
    expect(wrong).toEqual([]);
  });

  it('what belongs to another tenant is not there, under whichever path it is asked for, and stays as it is', async () => {
    const before = await everythingOf(other);
    const wrong: string[] = [];
    for (const operation of closed()) {
      const foreign = fill(operation, other, own);
      const isNamed = foreign !== fill(operation, own, own);
      // The operator sees and removes whole tenants.
      if (isOperators(operation) && !isNamed) continue;
      const { status, text } = await ask(operation, holder(operation, own), undefined, foreign);
      if (text.includes('other-') || text.includes(other.publicId))
        wrong.push(`${named(operation)} tells of the other tenant: ${text.slice(0, 300)}`);
      if (status >= 500 && status !== NOT_OFFERED) wrong.push(`${named(operation)}: ${status} ${text}`);
      const fine = [404, NOT_OFFERED, ...(operation.method === 'get' ? [] : [400, 422])];
      if (isNamed && !MAKES.includes(named(operation)) && !fine.includes(status))
        wrong.push(`${named(operation)} of the other: ${status}`);
      if (!operation.path.includes('{tenant}') || isOperators(operation)) continue;
      const theirs = await ask(operation, own.key, undefined, fill(operation, other, other));
      if (theirs.status !== 404) wrong.push(`${named(operation)} at the other: ${theirs.status}`);
    }
    expect(wrong).toEqual([]);
    expect(await everythingOf(other)).toEqual(before);
  });

  it('its own key reaches everything of a tenant, and only of it', async () => {
    own = await populate('own');
    const wrong: string[] = [];
    const order = ['get', 'patch', 'put', 'post', 'delete'];
    const rank = ({ method, path }: Operation) =>
      order.indexOf(method) * 1_000 + (/(reset|\{tenant\})$/.test(path) ? 900 : 500 - path.length);
    for (const operation of closed().sort((a, b) => rank(a) - rank(b))) {
      const { status, text } = await ask(
        operation,
        holder(operation, own),
        undefined,
        fill(operation, own, own),
      );
      if ([401, 403].includes(status) || (status >= 500 && status !== NOT_OFFERED))
        wrong.push(`${named(operation)}: ${status} ${text.slice(0, 200)}`);
      if (text.includes('other-')) wrong.push(`${named(operation)} tells of the other tenant`);
    }
    expect(wrong).toEqual([]);
  });

  /** Every answer to a GET, with whatever moves by itself left out. */
  async function everythingOf(whose: Populated): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const operation of closed()) {
      if (operation.method !== 'get' || /\/(clock|stream|stats)$/.test(operation.path)) continue;
      const { status, text } = await ask(
        operation,
        holder(operation, whose),
        undefined,
        fill(operation, whose, whose),
      );
      found[named(operation)] = `${status} ${text.replace(/req_\w+/g, '')}`;
    }
    return found;
  }
});
