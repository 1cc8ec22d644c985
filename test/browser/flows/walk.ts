import { expect, it } from 'vitest';
import { type Chromium, expectNoFaults } from '../../support/browser.js';
import { START, setScene } from '../../support/scene.js';
import type { World } from '../../support/world.js';

const LONG = { timeout: 60_000 };

export function walk(world: World, chromium: Chromium): void {
  it('a failing receiver is walked through three days with the clock page while its timeline fills', async () => {
    const tenant = await world.tenant();
    const { clock } = world.app.services;
    await clock.put(tenant.id, { mode: 'manual', now: START });
    const scene = await setScene(world, 'noyo', { tenantId: tenant.id, answers: 503 });
    const id = await scene.publish();
    await scene.untilAttempts(id, 1);
    const opened = await chromium.open(`/deliveries/dlv_${id}`, { tenant });
    const { page } = opened;
    const marks = page.locator('.drawing g[data-mark]');
    await expect.poll(() => marks.count(), LONG).toBe(2);
    expect(await page.locator('.drawing .planned > g').count()).toBe(16);
    await page.getByRole('link', { name: 'Clock', exact: true }).click();
    await page.getByRole('button', { name: 'To the next due' }).click();
    // The first attempt was made while the clock stood, before this jump: it counts here and never again.
    await page.getByText(/Moved \d+ s\. Since it moved before: 2 attempts, /).waitFor();
    await page.getByRole('button', { name: /three days on/ }).click();
    await page
      .getByText(/Moved 3 d\. Since it moved before: 14 attempts, 0 delivered, 1 failed for good; 0 pending/)
      .waitFor();
    await page.getByRole('heading', { name: 'Nothing waits.' }).waitFor();
    const failed = await page.getByRole('link', { name: '1 failed for good' }).getAttribute('href');
    expect(failed).toContain('/live?status=failed');
    // A button that cannot be pressed keeps no ground that its faded letters are lost on.
    const ground = () =>
      page.evaluate("getComputedStyle(document.querySelector('.jumps .primary:disabled')).backgroundColor");
    await page.getByRole('button', { name: 'To the next due', disabled: true }).waitFor();
    expect(await ground()).toBe('rgba(0, 0, 0, 0)');
    await page.goBack();
    await expect.poll(() => marks.count(), LONG).toBe(16);
    await page.getByRole('heading', { name: /failed$/ }).waitFor();
    await page.getByText('Every one of 16 attempts failed: status 503. Given up.').waitFor();
    await page.getByText(scene.consumer.url, { exact: true }).waitFor();
    await page.locator('.drawing').getByText('Plan', { exact: true }).waitFor();
    await page.goto(`${chromium.url}${failed}`);
    const rows = page.locator('table.log tbody tr');
    await expect.poll(() => rows.count(), LONG).toBe(1);
    await page.getByLabel('Outcome').selectOption('');
    await expect.poll(() => rows.count(), LONG).toBe(16);
    // Three days went by, the first attempt on another date than today, and nothing waits any more.
    expect(await rows.last().innerText()).toMatch(/^\d{4}-\d\d-\d\d \d\d:/);
    expect(await rows.first().innerText()).toMatch(/^\d\d:|^\d{4}-/);
    expect((await rows.locator('.next').allInnerTexts()).join('')).toBe('');
    await page.goBack();
    expect(await page.getByText(/real time \+/).innerText()).toContain('Attempt 16: planned +3 d');
    await page.getByText('As a table').click();
    expect(await page.locator('.timeline tbody tr').count()).toBe(16);
    await page.getByLabel('linear').check();
    expect(new URL(page.url()).searchParams.get('axis')).toBe('linear');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as SVG' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`dlv_${id}-timeline.svg`);
    expectNoFaults(opened);
  });

  it('by keyboard alone: the first row, its attempt, the timeline, a mark, and back', async () => {
    const tenant = await world.tenant();
    await world.app.services.clock.put(tenant.id, { mode: 'manual', now: START });
    const scene = await setScene(world, 'voyado', { tenantId: tenant.id, answers: 500 });
    const id = await scene.publish();
    await scene.untilAttempts(id, 1);
    const opened = await chromium.open('/live', { tenant });
    const { page } = opened;
    const press = (key: string) => page.keyboard.press(key);
    await page.locator('[data-row]').first().waitFor();
    await press('j');
    await press('Enter');
    const drawer = page.getByRole('dialog', { name: 'Attempt 1' });
    await drawer.getByRole('link', { name: 'Delivery and timeline' }).waitFor();
    await expect
      .poll(() => page.evaluate("document.activeElement.closest('dialog') !== null"), LONG)
      .toBe(true);
    await press('Escape');
    await expect
      .poll(() => page.evaluate("document.activeElement.hasAttribute('data-row')"), LONG)
      .toBe(true);
    await expect.poll(() => new URL(page.url()).searchParams.get('open'), LONG).toBeNull();
    await press('Enter');
    await drawer.getByRole('link', { name: 'Delivery and timeline' }).focus();
    await press('Enter');
    await page.locator('.drawing g[data-mark="2"]').waitFor();
    await page.locator('.drawing g[data-mark="2"]').focus();
    await press('ArrowLeft');
    await page.getByText(/^Attempt 1: planned/).waitFor();
    await press('.');
    await expect.poll(() => page.locator('.drawing g[data-mark]').count(), LONG).toBe(3);
    await page.locator('.drawing g[data-mark="1"]').focus();
    await press('Enter');
    await page.getByRole('heading', { name: /attempt 1$/ }).waitFor();
    await press('y');
    await page.getByText('Copied the request as curl.').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain('curl -X POST');
    await press('u');
    await page.locator('.drawing').waitFor();
    await press('g');
    await press('s');
    await page.getByRole('heading', { name: 'Subscriptions' }).waitFor();
    await press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    expectNoFaults(opened);
  });

  it('a delivery is resent, retried at once and cancelled', async () => {
    const tenant = await world.tenant();
    await world.app.services.clock.put(tenant.id, { mode: 'manual', now: START });
    const scene = await setScene(world, 'voyado', { tenantId: tenant.id, answers: 500 });
    const id = await scene.publish();
    await scene.untilAttempts(id, 1);
    const opened = await chromium.open(`/deliveries/dlv_${id}`, { tenant });
    const { page } = opened;
    await page.getByRole('button', { name: 'Retry now' }).click();
    await scene.untilAttempts(id, 2);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: /cancelled$/ }).waitFor();
    scene.consumer.answer(200);
    await page.getByRole('button', { name: 'Resend' }).click();
    await scene.untilAttempts(id, 3);
    await page.getByRole('link', { name: 'Attempt 3' }).waitFor();
    expectNoFaults(opened);
  });
}
