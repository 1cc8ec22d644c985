// npm run screenshots [-- --only live,delivery]
// Every page, light and dark, wide and at 380 px, of a small world that is made for it; into test/browser/screenshots.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = `${ROOT}test/browser/screenshots/`;
const TOKEN = 'operator-token-of-the-screenshots';
const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const consumer = await listen((request, response) => {
  const status = request.url.includes('fails') ? 503 : 200;
  request.resume();
  request.on('end', () =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(
        JSON.stringify(status === 200 ? { received: true } : { error: 'the database is away', retry: true }),
      ),
  );
});
const server = await startServer();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: FLAGS.split(' '),
});
try {
  const pages = await makeWorld();
  const wanted = values.only?.split(',') ?? Object.keys(pages);
  mkdirSync(FOLDER, { recursive: true });
  for (const theme of ['light', 'dark'])
    for (const width of [1280, 380]) {
      const context = await browser.newContext({
        colorScheme: theme,
        reducedMotion: 'reduce',
        locale: 'en-GB',
        timezoneId: 'UTC',
        viewport: { width, height: 800 },
      });
      const page = await context.newPage();
      page.on('response', (r) => {
        if (r.status() >= 400) process.stderr.write(`${r.status()} ${r.url()} at ${page.url()}\n`);
      });
      page.on('console', (message) => {
        if (message.type() === 'error') process.stderr.write(`${message.text()}\n`);
      });
      for (const [name, path] of Object.entries(pages)) {
        if (!wanted.includes(name)) continue;
        await page.goto(server.url + path);
        await page.locator('main h1').waitFor();
        await page.waitForFunction(() => !document.querySelector('.loading'));
        await page.locator('.stream.live, .sign-in').first().waitFor();
        await page.screenshot({ path: `${FOLDER}${name}-${theme}-${width}.png` });
      }
      await context.close();
    }
} finally {
  await browser.close();
  server.child.kill('SIGTERM');
  consumer.close();
}

/** A tenant whose clock stands, with one consumer that works and one that fails for half a day. */
async function makeWorld() {
  const at = '/tenants/default';
  const url = `http://127.0.0.1:${consumer.address().port}`;
  await call('PUT', `${at}/clock`, { mode: 'manual' });
  const { data: providers } = await call('GET', '/providers');
  const signed = providers.filter(({ secret }) => secret.value.use === 'required');
  const subscriptions = [];
  for (const { id } of signed)
    subscriptions.push(await call('POST', `${at}/subscriptions`, { provider: id, url: `${url}/${id}` }));
  const failing = signed.toSorted((a, b) => b.retryDelaysMs.length - a.retryDelaysMs.length)[0];
  const subscription = await call('POST', `${at}/subscriptions`, {
    provider: failing.id,
    url: `${url}/fails`,
  });
  for (const { id, events } of signed)
    for (const { type } of events.slice(0, 4))
      await call('POST', `${at}/events`, { provider: id, type, ...environmentOf(id, providers) });
  await call('POST', `${at}/clock/advance`, { by: '3h12m' });
  const { data: failed } = await call('GET', `${at}/deliveries?subscriptionId=${subscription.id}&limit=1`);
  const { data: events } = await call('GET', `${at}/events?limit=1`);
  const delivery = failed[0].id;
  const attempt = `/deliveries/${delivery}/attempts/2`;
  const run = await checked(`${at}/checks`, { subscriptionId: subscriptions[0].id, seed: 7 });
  return {
    live: '/live',
    drawer: `/live?open=${delivery}:2`,
    empty: `/live?tenant=${(await call('POST', '/tenants', { name: 'Empty' })).slug}`,
    delivery: `/deliveries/${delivery}`,
    linear: `/deliveries/${delivery}?axis=linear&plan=previous`,
    attempt,
    answer: `${attempt}?tab=response`,
    signature: `${attempt}?tab=signature`,
    copy: `${attempt}?tab=copy`,
    events: '/events',
    event: `/events/${events[0].id}`,
    subscriptions: '/subscriptions',
    subscribe: '/subscriptions?new=1',
    subscription: `/subscriptions/${subscription.id}`,
    catalogue: '/catalogue',
    profile: `/catalogue/${failing.id}`,
    type: `/catalogue/${failing.id}/${encodeURIComponent(failing.events[0].type)}`,
    clock: '/clock',
    checks: '/checks',
    run: `/checks/${run}`,
    runs: `/checks/${run}?show=all`,
    api: '/api-docs',
  };
}

/** A run of checks, to its end. */
async function checked(at, body) {
  const { id } = await call('POST', at, body);
  while ((await call('GET', `${at}/${id}`)).status === 'running') await setTimeout(200);
  return id;
}

function environmentOf(id, providers) {
  const { offered } = providers.find((one) => one.id === id).environments.value;
  return offered ? { environment: offered[0] } : {};
}

async function call(method, path, body) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function listen(handler) {
  const listening = createServer(handler).listen(0, '127.0.0.1');
  await new Promise((done) => listening.once('listening', done));
  return listening;
}

async function startServer() {
  const child = spawn(process.execPath, [`${ROOT}dist/main.js`, 'start'], {
    env: {
      PATH: process.env.PATH,
      RINGER_PORT: '0',
      RINGER_DATA_DIR: 'memory:',
      RINGER_ADMIN_TOKEN: TOKEN,
      RINGER_EGRESS: 'local',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  const url = await new Promise((done, fail) => {
    child.stdout.on('data', (chunk) => {
      out += chunk;
      const ready = /^ringer ready on (\S+)$/m.exec(out);
      if (ready) done(ready[1]);
    });
    child.once('exit', (code) => fail(new Error(`the server ended with ${code}`)));
  });
  return { url, child };
}
