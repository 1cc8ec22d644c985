import type { ServerOptions } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MASK } from '../../src/engine/sealed-settings.js';
import { sendOnce } from '../../src/index.js';
import { selfSigned, type TestCertificate } from '../support/certificates.js';
import { type Consumer, createConsumer } from '../support/consumer.js';
import { SECOND, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

let authority: TestCertificate;
let clients: TestCertificate;
let server: TestCertificate;
let client: TestCertificate;
const open: Consumer[] = [];

beforeAll(() => {
  authority = selfSigned({ commonName: 'authority of the receiver' });
  clients = selfSigned({ commonName: 'authority of the clients' });
  server = authority.issue({ commonName: 'receiver', names: ['127.0.0.1'] });
  client = clients.issue({ commonName: 'ringer' });
});
afterAll(async () => {
  for (const consumer of open) await consumer.close();
});

/** A receiver that takes clients of one authority only. */
async function strictReceiver(more: ServerOptions = {}): Promise<Consumer> {
  const { cert, key } = server;
  const consumer = await createConsumer(200, {
    cert,
    key,
    ca: clients.cert,
    requestCert: true,
    rejectUnauthorized: true,
    ...more,
  });
  open.push(consumer);
  return consumer;
}

const shown = ({ cert, key }: TestCertificate) => ({ certificate: cert, key });

/** The outcome of one delivery there, and what else the scene has. */
async function deliver(consumer: Consumer, tls: object, more: object = {}) {
  const settings = { tls, ...more };
  const scene = await setScene(world, 'healthsherpa', { url: consumer.url, settings });
  const id = await scene.publish();
  await scene.advance({ by: 0 });
  const { attempts } = await scene.delivery(id);
  return { scene, id, reason: attempts[0]!.reason, attempts };
}

describe('a receiver that wants client certificates', () => {
  it('accepts the one it knows, under an authority of the subscription’s own', async () => {
    const consumer = await strictReceiver();
    const { attempts } = await deliver(consumer, { ...shown(client), ca: authority.cert });
    expect(attempts).toMatchObject([{ outcome: 'delivered', reason: null, response: { status: 200 } }]);
    expect(consumer.received.map((request) => request.client)).toEqual(['ringer']);
  });

  it('accepts it beside every other authentication', async () => {
    const consumer = await strictReceiver();
    consumer.answer(({ headers }) => (headers.authorization === 'Bearer both' ? 200 : 401));
    const auth = { kind: 'bearer', token: 'both' };
    const { reason } = await deliver(consumer, { ...shown(client), ca: authority.cert }, { auth });
    expect(reason).toBeNull();
  });

  it('is told apart: whose authority is wrong, whose time is over, whose name, and who was refused', async () => {
    const strict = await strictReceiver();
    const ca = authority.cert;
    const other = selfSigned({ commonName: 'somebody else' });
    expect((await deliver(strict, shown(client))).reason).toBe('tls_untrusted');
    expect((await deliver(strict, { ...shown(client), ca: other.cert })).reason).toBe('tls_untrusted');
    const old = authority.issue({ commonName: 'old', names: ['127.0.0.1'], toYear: 2021 });
    expect((await deliver(await strictReceiver(old), { ...shown(client), ca })).reason).toBe('tls_expired');
    const elsewhere = authority.issue({ commonName: 'elsewhere', names: ['127.0.0.9'] });
    expect((await deliver(await strictReceiver(elsewhere), { ca })).reason).toBe('tls_wrong_host');
    expect((await deliver(strict, { ca })).reason).toBe('tls_client_refused');
    const stranger = other.issue({ commonName: 'stranger' });
    expect((await deliver(strict, { ...shown(stranger), ca })).reason).toBe('tls_client_refused');
    expect(strict.received).toEqual([]);
  });

  it('gets through by the schedule once the subscription shows another one', async () => {
    const consumer = await strictReceiver();
    const ca = authority.cert;
    const { scene, id, reason } = await deliver(consumer, { ca });
    expect(reason).toBe('tls_client_refused');
    const { subscriptions } = world.app.services;
    const settings = { tls: { ...shown(client), ca } };
    await subscriptions.update(scene.tenantId, scene.subscriptionId, { settings });
    await scene.advance({ by: 20 * SECOND });
    expect((await scene.delivery(id)).status).toBe('delivered');
  });

  it('sees each subscription as itself, though they share tenant and address', async () => {
    const consumer = await strictReceiver();
    const { id: tenantId } = await world.tenant();
    const scenes = [];
    for (const commonName of ['first', 'second', 'third']) {
      const tls = { ...shown(clients.issue({ commonName })), ca: authority.cert };
      const options = { tenantId, url: `${consumer.url}/${commonName}`, settings: { tls } };
      scenes.push(await setScene(world, 'healthsherpa', options));
    }
    for (let i = 0; i < 3; i++) {
      const id = await scenes[0]!.publish();
      await scenes[0]!.until(id, 'delivered');
    }
    await consumer.got(9);
    for (const { path, client: name } of consumer.received) expect(path).toBe(`/hook/${name}`);
    expect(new Set(consumer.received.map((request) => request.client)).size).toBe(3);
  });

  it('serves a single send as well', async () => {
    const consumer = await strictReceiver();
    const once = { provider: 'healthsherpa', type: 'sync', url: consumer.url };
    const tls = { ...shown(client), ca: authority.cert };
    expect(await sendOnce({ ...once, settings: { tls } })).toMatchObject({ ok: true });
    expect(await sendOnce({ ...once, settings: { tls: shown(client) } })).toMatchObject({
      ok: false,
      reason: 'tls_untrusted',
    });
  });
});

describe('a token endpoint', () => {
  it('is reached under the same authorities and with the same certificate', async () => {
    const endpoint = await strictReceiver();
    endpoint.answer({ status: 200, body: '{"access_token":"over-mtls"}' });
    const consumer = await strictReceiver();
    consumer.answer(({ headers }) => (headers.authorization === 'Bearer over-mtls' ? 200 : 401));
    const auth = { kind: 'oauth2', tokenUrl: endpoint.url, clientId: 'ringer', clientSecret: 'secret' };
    const ca = authority.cert;
    expect((await deliver(consumer, { ...shown(client), ca }, { auth })).reason).toBeNull();
    expect(endpoint.received.map((request) => request.client)).toEqual(['ringer']);
    expect((await deliver(consumer, { ca }, { auth })).reason).toBe('oauth_token_failed');
    expect((await deliver(consumer, shown(client), { auth })).reason).toBe('oauth_token_failed');
  });
});

describe('certificates given to a subscription', () => {
  const refusalOf = async (tls: object) => {
    const { id } = await world.tenant();
    const input = { provider: 'healthsherpa', url: 'https://hooks.example.com/', settings: { tls } };
    const made = world.app.services.subscriptions.create(id, input);
    const error = await made.then(
      () => null,
      (thrown: { code: string; message: string; errors: { path: string }[] }) => thrown,
    );
    expect((await world.app.services.subscriptions.list(id, { limit: 1 })).data).toHaveLength(error ? 0 : 1);
    return error && `${error.code} ${error.errors.map(({ path }) => path).join()} ${error.message}`;
  };

  it('are refused where they cannot be used, and each time it is said why', async () => {
    const other = clients.issue({ commonName: 'other' });
    const over = clients.issue({ commonName: 'over', fromYear: 2001, toYear: 2020 });
    const early = clients.issue({ commonName: 'early', fromYear: 2101 });
    const cases: [object, RegExp][] = [
      [{ certificate: 'certificate', key: client.key }, /tls\.certificate .*no certificate in PEM/],
      [{ certificate: client.cert, key: 'key' }, /tls\.key .*no private key in PEM/],
      [{ certificate: client.cert.replace('MII', 'AAA'), key: client.key }, /no certificate in PEM/],
      [{ certificate: client.cert, key: client.cert }, /tls\.key .*no private key in PEM/],
      [{ ...shown(client), key: other.key }, /tls\.key .*does not fit the certificate/],
      [{ certificate: clients.cert + client.cert, key: client.key }, /does not fit .* the first one/],
      [{ certificate: client.cert }, /tls\.key .*is missing/],
      [{ key: client.key }, /tls\.certificate .*is missing/],
      [{ ca: client.key }, /tls\.ca .*no certificate in PEM/],
      [shown(over), /tls\.certificate .*expired at 2020-12-31T23:59:59/],
      [shown(early), /tls\.certificate .*not valid before 2101/],
      [{ ca: selfSigned({ commonName: 'over', toYear: 2021 }).cert }, /tls\.ca .*expired at 2021/],
      [
        {
          ...shown(client),
          key: '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----',
        },
        /passphrase/,
      ],
      [{ certificates: client.cert }, /certificates/],
    ];
    for (const [tls, why] of cases) {
      const said = await refusalOf(tls);
      expect(said).toMatch(/^invalid_setting settings\.tls/);
      expect(said).toMatch(why);
      expect(said).not.toContain('PRIVATE KEY-----\n');
    }
    expect(await refusalOf({ certificate: client.cert + clients.cert, key: client.key })).toBeNull();
    expect(
      await refusalOf({ ca: selfSigned({ commonName: 'over', toYear: 2021 }).cert + authority.cert }),
    ).toBeNull();
  });

  it('show no key, keep it encrypted, and take its mask back', async () => {
    const consumer = await strictReceiver();
    const { scene } = await deliver(consumer, { ...shown(client), ca: authority.cert });
    const { settings } = await scene.subscription();
    expect(settings.tls).toEqual({ certificate: client.cert, key: MASK, ca: authority.cert });
    const { rows } = await world.app.context.db.pool.query(
      'SELECT * FROM subscription WHERE tenant_id = $1',
      [scene.tenantId],
    );
    expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY');
    const { subscriptions } = world.app.services;
    await subscriptions.update(scene.tenantId, scene.subscriptionId, { settings: { tls: settings.tls } });
    await scene.until(await scene.publish(), 'delivered');
  });
});
