import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { consumers, type Started } from '../../checks/consumers/index.js';
import { type Chromium, expectNoFaults } from '../../support/browser.js';
import { gate, setScene } from '../../support/scene.js';
import type { World } from '../../support/world.js';

const LONG = { timeout: 120_000 };

async function withConsumer(name: string, work: (started: Started) => Promise<void>): Promise<void> {
  const started = await consumers.find((consumer) => consumer.name === name)!.start();
  try {
    await work(started);
  } finally {
    await started.close();
  }
}

/** Everything is asked and judged. */
async function untilDone(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'HTML report' }).waitFor(LONG);
}

export function checks(world: World, chromium: Chromium): void {
  it('a faulty consumer is asked, watched, and shown with what it was sent and what to mend', async () => {
    const tenant = await world.tenant();
    await withConsumer('noyo-no-timestamp-check', async ({ url, secret }) => {
      const { subscription } = await world.app.services.subscriptions.create(tenant.id, {
        provider: 'noyo',
        url,
        secret: secret!,
      });
      const opened = await chromium.open(`/subscriptions/${subscription.id}`, { tenant });
      const { page } = opened;
      await page.getByRole('link', { name: 'Check it' }).click();
      expect(await page.getByLabel('Consumer').inputValue()).toBe(subscription.id);
      await page.getByLabel('Only').fill('SIG, ACK-01');
      await page.getByLabel('Seed').fill('7');
      await page.getByRole('button', { name: 'Run the checks' }).click();
      await page.getByRole('heading', { name: /^Checks of 127\.0\.0\.1/ }).waitFor();
      await untilDone(page);
      await page.getByRole('link', { name: '2 failed' }).waitFor();
      const found = page.locator('.verdicts > details[open]');
      expect(await found.count()).toBe(2);
      const stale = found.filter({ has: page.locator('summary > code', { hasText: 'SIG-05' }) });
      expect(await stale.innerText()).toContain('must');
      expect(await stale.innerText()).toMatch(/ringer check .*--seed 7.* --only SIG-05/);
      await stale.locator('details > summary').first().click();
      await stale.getByText('Answered').waitFor();
      const evidence = await stale.locator('details[open]').innerText();
      expect(evidence).toContain(`POST ${url}`);
      expect(evidence).toMatch(/What the signature covers\s+\d{4}-.*\.\{/);
      expect(evidence).toMatch(/Answered\s+200/);
      expect(await page.content()).not.toContain(secret!);

      await page.getByRole('link', { name: '8 passed' }).click();
      expect(new URL(page.url()).searchParams.get('show')).toBe('pass');
      await page.reload();
      await expect.poll(() => page.locator('.verdicts > details').count(), LONG).toBe(8);

      // One after the other: a second click takes the place of what the first one asks for.
      const files: { name: string; text: string }[] = [];
      for (const name of ['HTML report', 'JUnit']) {
        const [download] = await Promise.all([
          page.waitForEvent('download', LONG),
          page.getByRole('link', { name }).click(),
        ]);
        files.push({
          name: download.suggestedFilename(),
          text: readFileSync(await download.path(), 'utf8'),
        });
      }
      const [html, junit] = files;
      expect(html!.name).toMatch(/^chk_[0-9a-f-]{36}\.html$/);
      expect(html!.text).toContain('id="SIG-05"');
      expect(junit!.text).toContain('failures="2"');

      await page.getByRole('link', { name: '2 failed' }).click();
      const before = page.url();
      await found.first().getByRole('button', { name: 'Ask this again' }).click();
      await expect.poll(() => page.url(), LONG).not.toBe(before);
      await untilDone(page);
      await page.getByRole('link', { name: '1 in all' }).waitFor();
      await page.getByRole('link', { name: 'Checks', exact: true }).click();
      await page.getByRole('link', { name: '2 of 12 failed' }).waitFor();
      await page.getByRole('link', { name: '1 of 1 failed' }).waitFor();
      expectNoFaults(opened);
    });
  });

  it('a correct consumer at any URL passes, by its answers and by its state', async () => {
    const tenant = await world.tenant();
    await withConsumer('healthsync-correct', async ({ url, effectsUrl, secret }) => {
      const opened = await chromium.open('/checks', { tenant });
      const { page } = opened;
      await page.getByText('None yet.').waitFor();
      await page.getByLabel('Provider').selectOption('healthsync');
      await page.getByLabel('URL', { exact: true }).fill(url);
      await page.getByLabel('Secret that it knows').fill(secret!);
      await page.getByLabel('Level').selectOption('1');
      await page.getByLabel('Effects probe').fill(effectsUrl);
      await page.getByLabel('Only').fill('NO-SUCH');
      await page.getByRole('button', { name: 'Run the checks' }).click();
      await page.getByRole('alert').filter({ hasText: 'NO-SUCH' }).waitFor();
      await page.getByLabel('Only').fill('SIG-01 DUP-01');
      await page.getByLabel('Only').press('Enter');
      await untilDone(page);
      await page.getByRole('link', { name: '2 passed' }).waitFor();
      await page.getByText('at level 1').waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.locator('.verdicts > details[open]').waitFor();
      expect(await page.content()).not.toContain(secret!);
      expect(opened.faults.filter((text) => !/status of 400/.test(text))).toEqual([]);
    });
  });

  it('a run is followed to its end, the server away or not, and one that is gone is said to be', async () => {
    const tenant = await world.tenant();
    const scene = await setScene(world, 'healthsync', { tenantId: tenant.id, clock: null });
    const late = gate();
    scene.consumer.answer(late.answer);
    const { id } = await world.app.services.checks.start(tenant.id, {
      subscriptionId: `sub_${scene.subscriptionId}`,
      only: ['ACK-01'],
      timeoutMs: 120_000,
    });
    const opened = await chromium.open('/checks', { tenant });
    const { page } = opened;
    await page.getByRole('link', { name: '0 of 1 asked' }).click();
    await page.getByText('0 of 1 asked, 0 failed so far').waitFor();
    let away = true;
    await page.route(`**/checks/${id}`, (route) => (away ? route.abort() : route.continue()));
    const lost = page.getByRole('alert').filter({ hasText: 'cannot be reached' });
    await lost.waitFor(LONG);
    expect(await page.getByRole('progressbar', { name: 'The run' }).isVisible()).toBe(true);
    away = false;
    await lost.waitFor({ ...LONG, state: 'detached' });
    late.open();
    await untilDone(page);
    await page.getByRole('link', { name: '1 passed' }).waitFor();
    await page.goto(
      `${chromium.url}/checks/chk_00000000-0000-7000-8000-000000000000?tenant=${tenant.publicId}`,
    );
    await page.getByRole('alert').filter({ hasText: 'no run of checks with this id' }).waitFor();
    expect(opened.faults.filter((text) => !/status of 404|ERR_FAILED/.test(text))).toEqual([]);
  });
}
