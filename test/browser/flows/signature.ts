import { expect, it } from 'vitest';
import { type Chromium, expectNoFaults } from '../../support/browser.js';
import { setScene } from '../../support/scene.js';
import type { World } from '../../support/world.js';

export function signature(world: World, chromium: Chromium): void {
  it('explains a signature step by step, and what happened to a tampered body', async () => {
    const tenant = await world.tenant();
    const scene = await setScene(world, 'voyado', { tenantId: tenant.id, answers: 401 });
    const id = await scene.publish();
    await scene.untilAttempts(id, 1);
    const opened = await chromium.open(`/deliveries/dlv_${id}/attempts/1?tab=signature`, { tenant });
    const { page } = opened;
    const sent = scene.consumer.received[0]!;
    const body = sent.body.toString('utf8');
    const signed = `${sent.headers['svix-id']}.${sent.headers['svix-timestamp']}.${body}`;
    expect((await page.locator('.signed').innerText()).replace(/\s/g, '')).toBe(signed.replace(/\s/g, ''));
    await page.getByText('They are the same.').waitFor();
    await page.getByText('Code that verifies it').click();
    await page.getByText('export function isGenuine').waitFor();
    const field = page.getByLabel('Body as received');
    await field.fill(`${body}\n`);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('trailing_newline').waitFor();
    await page.getByText(`at byte ${Buffer.byteLength(body)}`).waitFor();
    await field.fill(JSON.stringify(JSON.parse(body), null, 2));
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('reserialised_json').waitFor();
    await field.fill(body);
    await page.getByLabel(/secret your consumer/).fill('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('wrong_secret').waitFor();
    await page.getByRole('link', { name: 'Request', exact: true }).click();
    await page.getByLabel('bytes', { exact: true }).check();
    await page.getByText('000000').waitFor();
    expectNoFaults(opened);
  });

  it('says of what Ringer did on purpose that it did', async () => {
    const tenant = await world.tenant();
    const scene = await setScene(world, 'voyado', { tenantId: tenant.id, answers: 401 });
    await world.app.services.faults.add(tenant.id, { type: 'bad_signature' });
    const id = await scene.publish();
    await scene.untilAttempts(id, 1);
    const opened = await chromium.open(`/deliveries/dlv_${id}`, { tenant });
    const { page } = opened;
    await page.getByRole('cell', { name: /^Attempt 1 · fault bad_signature$/ }).waitFor();
    await page.getByRole('link', { name: 'Attempt 1' }).click();
    await page.locator('.lead').getByText('fault bad_signature').waitFor();
    await page.getByRole('link', { name: 'Signature', exact: true }).click();
    await page
      .getByText('Ringer changed this on purpose (fault bad_signature): a consumer is right to refuse it.')
      .waitFor();
    expectNoFaults(opened);
  });
}
