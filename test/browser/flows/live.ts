import { expect, it } from 'vitest';
import { type Chromium, expectNoFaults } from '../../support/browser.js';
import { setScene } from '../../support/scene.js';
import type { World } from '../../support/world.js';

export function live(world: World, chromium: Chromium): void {
  it('an empty log sends its first event in one click and shows it', async () => {
    const opened = await chromium.open('/live');
    const { page } = opened;
    await page.getByRole('heading', { name: 'Nothing was sent yet.' }).waitFor();
    await page.getByRole('button', { name: 'Send the first event' }).click();
    const row = page.locator('table.log tbody tr');
    await row.first().waitFor();
    expect(await row.count()).toBe(1);
    expect(await row.innerText()).toMatch(/200\s*delivered/);
    await row.getByRole('link').click();
    await page.getByRole('dialog', { name: 'Attempt 1' }).getByText('delivered').first().waitFor();
    expect(new URL(page.url()).searchParams.get('open')).toMatch(/^dlv_.*:1$/);
    await page.keyboard.press('Escape');
    await expect.poll(() => new URL(page.url()).searchParams.get('open'), { timeout: 30_000 }).toBeNull();
    expectNoFaults(opened);
  });

  it('the log pauses with a count, filters by the address, and clears the view, not the data', async () => {
    const tenant = await world.tenant();
    const scene = await setScene(world, 'noyo', { tenantId: tenant.id, answers: 200 });
    const first = await scene.publish();
    await scene.until(first, 'delivered');
    const opened = await chromium.open('/live', { tenant });
    const { page } = opened;
    const rows = page.locator('table.log tbody tr');
    await rows.first().waitFor();
    await page.locator('.stream.live').waitFor();
    await page.keyboard.press('p');
    await page.getByRole('button', { name: 'Go on' }).waitFor();
    const second = await scene.publish();
    await scene.until(second, 'delivered');
    await page.getByRole('button', { name: 'Paused · 1 new attempt waits' }).click();
    await expect.poll(() => rows.count(), { timeout: 30_000 }).toBe(2);
    await page.keyboard.press('/');
    await page.keyboard.type('no such thing');
    await page.getByText('None of the last 2 attempts fits the filter.').waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('no such thing');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByRole('button', { name: 'Clear view' }).click();
    await page.getByRole('heading', { name: 'Nothing was sent yet.' }).waitFor();
    await page.reload();
    await expect.poll(() => rows.count(), { timeout: 30_000 }).toBe(2);
    expectNoFaults(opened);
  });
}
