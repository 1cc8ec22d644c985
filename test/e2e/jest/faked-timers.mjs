// Run by package.test.ts in the project that has installed the packed Ringer.
import http from 'node:http';
import { jest } from '@jest/globals';
import { createRinger } from 'ringer';

/** Answers with its `status`, and counts. */
async function consumer() {
  const server = http.createServer((request, response) => {
    server.got += 1;
    request.resume();
    request.on('end', () => response.writeHead(server.status).end());
  });
  server.keepAliveTimeout = 60_000;
  server.got = 0;
  server.status = 503;
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return server;
}

async function life() {
  const server = await consumer();
  const ringer = await createRinger({ listen: {} });
  const tenant = await ringer.tenant();
  await tenant.clock.set('2026-01-01T00:00:00Z');
  await tenant.subscribe({ provider: 'noyo', url: `http://127.0.0.1:${server.address().port}/hook` });
  await tenant.send('difference.created', { provider: 'noyo' });
  expect(await tenant.clock.advance('3d')).toMatchObject({ attempts: 16, failed: 1 });
  server.status = 200;
  // More than there are connections to one address.
  for (let n = 0; n < 150; n += 1) await tenant.send('difference.created', { provider: 'noyo' });
  expect(await tenant.clock.untilIdle()).toMatchObject({ delivered: 150 });
  expect(server.got).toBe(166);
  const answer = await fetch(`${ringer.url}/api/v1/tenants/${tenant.id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${ringer.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'renamed', maxInFlight: 5 }),
  });
  expect(await answer.json()).toMatchObject({ name: 'renamed' });
  await tenant.send('difference.created', { provider: 'noyo' });
  await tenant.waitFor(() => server.got === 167);
  await ringer.close();
  await new Promise((closed) => server.close(closed).closeAllConnections());
}

describe('a life of a Ringer, from its making to its end', () => {
  afterEach(() => jest.useRealTimers());

  test('with timers as the configuration has them', life);

  test.each([{}, { legacyFakeTimers: true }])('with every timer faked: %j', async (how) => {
    jest.useFakeTimers(how);
    await life();
  });
});
