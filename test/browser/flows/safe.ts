import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { type Chromium, expectNoFaults, PAGE_FOLDER } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import { type Scene, START, setScene } from '../../support/scene.js';
import type { World } from '../../support/world.js';

/** What would run, if it were ever taken for markup. */
const CORPUS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'-alert(1)-'",
  '<svg/onload=alert(1)>',
  'javascript:alert(1)',
  '</script><script>alert(1)</script>',
  '<iframe srcdoc="<script>parent.alert(1)</script>">',
  '{{constructor.constructor("alert(1)")()}}',
  '<a href="javascript:alert(1)">x</a>',
  '<style>@import "http://evil.example/x.css"</style>',
  '\u202e<b onmouseover=alert(1)>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
];

/** Every page, with what it needs to show something. */
function pagesOf({
  delivery,
  event,
  subscription,
  run,
}: Record<'delivery' | 'event' | 'subscription' | 'run', string>) {
  return [
    '/live',
    `/live?open=dlv_${delivery}:1`,
    '/events',
    `/events/${event}`,
    `/deliveries/dlv_${delivery}`,
    `/deliveries/dlv_${delivery}/attempts/1`,
    `/deliveries/dlv_${delivery}/attempts/1?tab=response`,
    `/deliveries/dlv_${delivery}/attempts/1?tab=signature`,
    `/deliveries/dlv_${delivery}/attempts/1?tab=copy`,
    '/subscriptions',
    '/subscriptions?new=1&provider=healthsherpa',
    `/subscriptions/sub_${subscription}`,
    '/catalogue',
    '/catalogue/voyado',
    '/catalogue/voyado/contact.created',
    '/clock',
    '/checks',
    `/checks/${run}?show=all`,
    '/api-docs',
    '/nothing-here',
  ];
}

/** A run of checks against the scene's consumer, to its end. */
async function checkedRun(world: World, { tenantId, subscriptionId }: Scene): Promise<string> {
  const { checks } = world.app.services;
  const { id } = await checks.start(tenantId, {
    subscriptionId: `sub_${subscriptionId}`,
    only: ['ACK-01', 'SIG-02', 'SIG-11', 'DUP-01'],
  });
  await eventually(() => {
    if (checks.read(tenantId, id.slice('chk_'.length)).status !== 'finished') throw new Error('it runs');
  }, 60_000);
  return id;
}

/** Nothing is being read any more. Not asked in the page itself: its policy lets nobody evaluate there later on. */
async function untilRead(page: Page): Promise<void> {
  await page.locator('main h1').waitFor();
  await expect.poll(() => page.locator('.loading').count(), { timeout: 60_000 }).toBe(0);
}

export function safe(world: World, chromium: Chromium): void {
  it('runs no script from names, URLs, headers, payloads or answers, and reports nothing', async () => {
    const evil = CORPUS.join(' ');
    const tenant = await world.tenant(evil.slice(0, 200));
    await world.app.services.clock.put(tenant.id, { mode: 'manual', now: START });
    const scene = await setScene(world, 'voyado', {
      tenantId: tenant.id,
      answers: { status: 500, headers: { 'x-evil': evil.replace(/[^\x20-\x7e]/g, '') }, body: evil },
      headers: Object.fromEntries(
        CORPUS.map((text, i) => [`x-evil-${i}`, text.replace(/[^\x20-\x7e]/g, '')]),
      ),
    });
    const url = `${scene.consumer.url}/${encodeURIComponent(evil)}?q='"><script>alert(1)</script>`;
    await world.app.services.subscriptions.update(scene.tenantId, scene.subscriptionId, { url });
    const delivery = await scene.publish({ payload: { [evil]: evil, list: CORPUS }, eventId: CORPUS[1]! });
    await scene.untilAttempts(delivery, 1);
    const { eventId } = await scene.delivery(delivery);
    const run = await checkedRun(world, scene);
    const opened = await chromium.open('/live', { tenant });
    const { page } = opened;
    await page.addInitScript(
      "addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.blockedURI))",
    );
    for (const path of pagesOf({ delivery, event: eventId, subscription: scene.subscriptionId, run })) {
      await page.goto(`${chromium.url}${path}${path.includes('?') ? '&' : '?'}tenant=${tenant.publicId}`);
      await page.locator('main h1').waitFor();
      await untilRead(page);
      for (const details of await page.locator('main details:not([open]) > summary').all())
        if (!path.startsWith('/api-docs') && (await details.isVisible())) await details.click();
      expect(await page.locator('main iframe, main script, main style, main [onerror]').count(), path).toBe(
        0,
      );
    }
    await page.goto(
      `${chromium.url}/live?q=${encodeURIComponent(CORPUS[0]!)}&type=${encodeURIComponent(CORPUS[1]!)}&open=${encodeURIComponent(CORPUS[3]!)}&tenant=${tenant.publicId}`,
    );
    await page.locator('main h1').waitFor();
    expect(opened.faults.filter((text) => !/status of 404/.test(text))).toEqual([]);
  });

  it('has no fault that axe knows, on every page, in both themes', async () => {
    const tenant = await world.tenant();
    await world.app.services.clock.put(tenant.id, { mode: 'manual', now: START });
    const scene = await setScene(world, 'voyado', { tenantId: tenant.id, answers: 503 });
    const delivery = await scene.publish();
    await scene.untilAttempts(delivery, 1);
    const { eventId } = await scene.delivery(delivery);
    const run = await checkedRun(world, scene);
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const found: string[] = [];
    for (const theme of ['light', 'dark'] as const) {
      const opened = await chromium.open('/live', { tenant, theme });
      const { page } = opened;
      await page.addInitScript({ content: axe });
      for (const path of pagesOf({ delivery, event: eventId, subscription: scene.subscriptionId, run })) {
        await page.goto(`${chromium.url}${path}${path.includes('?') ? '&' : '?'}tenant=${tenant.publicId}`);
        await page.locator('main h1').waitFor();
        await untilRead(page);
        const { violations } = await page.evaluate<AxeResults>(
          // Themes differ in colours alone.
          `axe.run(document, { resultTypes: ['violations']${theme === 'dark' ? ", runOnly: ['color-contrast']" : ''} })`,
        );
        found.push(
          ...violations.map(
            ({ id, nodes }) => `${theme} ${path} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`,
          ),
        );
      }
      expectNoFaults(opened);
    }
    expect(found).toEqual([]);
  });

  it('fits a window of 380 pixels: nothing sticks out at the side', async () => {
    const tenant = await world.tenant();
    await world.app.services.clock.put(tenant.id, { mode: 'manual', now: START });
    const scene = await setScene(world, 'noyo', { tenantId: tenant.id, answers: 503 });
    const delivery = await scene.publish({
      type: 'member_snapshot_carrier_fulfillment_status.status_change',
    });
    await scene.untilAttempts(delivery, 1);
    const { eventId } = await scene.delivery(delivery);
    const run = await checkedRun(world, scene);
    const opened = await chromium.open('/live', { tenant, width: 380 });
    const wide: string[] = [];
    for (const path of pagesOf({ delivery, event: eventId, subscription: scene.subscriptionId, run })) {
      await opened.page.goto(
        `${chromium.url}${path}${path.includes('?') ? '&' : '?'}tenant=${tenant.publicId}`,
      );
      await opened.page.locator('main h1').waitFor();
      await untilRead(opened.page);
      const out = await opened.page.evaluate<string[]>(
        "document.documentElement.scrollWidth <= 380 ? [] : [...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > 380).map((one) => one.outerHTML.slice(0, 80))",
      );
      wide.push(...out.map((html) => `${path}: ${html}`));
    }
    expect(wide).toEqual([]);
    expectNoFaults(opened);
  });

  it('is at most 40 KB of JavaScript, the API page apart', () => {
    const scripts = readdirSync(`${PAGE_FOLDER}assets`).filter((name) => name.endsWith('.js'));
    const sizes = Object.fromEntries(
      scripts.map((name) => [
        name.replace(/-.*/, ''),
        gzipSync(readFileSync(`${PAGE_FOLDER}assets/${name}`)).length,
      ]),
    );
    expect(new Set(Object.keys(sizes))).toEqual(new Set(['api', 'index']));
    expect(sizes.index).toBeLessThanOrEqual(40 * 1024);
  });
}
