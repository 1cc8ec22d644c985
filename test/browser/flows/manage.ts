import { expect, it } from 'vitest';
import { type Chromium, expectNoFaults } from '../../support/browser.js';
import { setScene } from '../../support/scene.js';
import type { World } from '../../support/world.js';

const LONG = { timeout: 60_000 };

export function manage(world: World, chromium: Chromium): void {
  it('a subscription is made with the provider’s own form, rotated with an overlap, tested, paused and resumed', async () => {
    const tenant = await world.tenant();
    const consumer = await world.consumer();
    const opened = await chromium.open('/subscriptions', { tenant });
    const { page } = opened;
    await page.getByRole('link', { name: 'New subscription' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('select').first().selectOption('voyado');
    await dialog.getByRole('textbox', { name: 'URL', exact: true }).fill('not a url at all');
    await dialog.getByRole('textbox', { name: 'URL', exact: true }).fill(consumer.url);
    await dialog.getByText('Settings of').click();
    await dialog.getByLabel(/^headerPrefix/).selectOption({ label: 'both' });
    await dialog.getByRole('button', { name: 'Subscribe' }).click();
    await dialog.getByRole('button', { name: 'Reveal' }).click();
    expect(await dialog.locator('code').first().innerText()).toMatch(/^whsec_/);
    await dialog.getByRole('button', { name: 'Open the subscription' }).click();
    await page.getByRole('button', { name: 'Send test event' }).click();
    const [test] = await consumer.got(1);
    expect(test!.headers).toMatchObject({ 'svix-id': expect.any(String), 'webhook-id': expect.any(String) });
    await page.getByLabel('both sign for').fill('2h');
    await page.getByRole('button', { name: 'Rotate' }).click();
    await page.getByText('The new secret, shown this once:').waitFor();
    await page.getByText('signs, too, until').waitFor();
    await page.getByRole('button', { name: 'Send test event' }).click();
    const [, rotated] = await consumer.got(2);
    expect(rotated!.headers['svix-signature']!.split(' ')).toHaveLength(2);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByRole('textbox', { name: 'URL', exact: true }).fill('ftp://nowhere.example/');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').filter({ hasText: /http/ }).waitFor();
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'Yes, remove it' }).click();
    await page.getByRole('heading', { name: 'Nobody is subscribed.' }).waitFor();
    // The console tells of an answer that refuses, and of nothing else.
    expect(opened.faults.filter((text) => !/status of 400/.test(text))).toEqual([]);
  });

  it('an example is edited, refused by the line, mended and sent', async () => {
    const tenant = await world.tenant();
    const scene = await setScene(world, 'noyo', { tenantId: tenant.id, answers: 200, clock: null });
    const opened = await chromium.open('/catalogue', { tenant });
    const { page } = opened;
    await page.getByRole('link', { name: 'member_snapshot.status_change' }).click();
    const editor = page.getByLabel('The event’s body');
    const example = await editor.inputValue();
    await page.getByRole('button', { name: 'Another one' }).click();
    await page.getByText('As seed 1 draws it.').waitFor();
    const drawn = await editor.inputValue();
    expect(drawn).not.toBe(example);
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    const [other] = await scene.consumer.got(1);
    expect(JSON.parse(other!.body.toString('utf8')).data).toEqual(JSON.parse(drawn).data);
    await editor.fill(example.replace(/"status": "\w+"/, '"status": "no such status"'));
    const line = example.split('\n').findIndex((text) => text.includes('"status"')) + 1;
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('button', { name: `Line ${line}` }).waitFor();
    await editor.fill('{ "event": ');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText(/This is not JSON/).waitFor();
    await editor.fill(example.replace(/"status": "\w+"/, '"status": "failed"'));
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    const [, received] = await scene.consumer.got(2);
    expect(JSON.parse(received!.body.toString('utf8')).data.status).toBe('failed');
    await page.getByRole('link', { name: 'one delivery' }).click();
    await page.getByRole('heading', { name: /member_snapshot.status_change/ }).waitFor();
    expect(opened.faults.filter((text) => !/status of 400/.test(text))).toEqual([]);
  });

  it('the sixth provider appears with its form, its schedule and its health', async () => {
    const tenant = await world.tenant();
    const consumer = await world.consumer();
    const opened = await chromium.open('/catalogue', { tenant });
    const { page } = opened;
    await page.getByRole('link', { name: 'Sixth Sense' }).click();
    await page.getByRole('heading', { name: '3 attempts over 3 m' }).waitFor();
    await page.getByText('3 failed attempts in a row').waitFor();
    await page.getByRole('link', { name: 'Subscribe' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'URL', exact: true }).fill(consumer.url);
    await dialog.getByText('Settings of Sixth Sense').click();
    await dialog.getByLabel('set oracle').check();
    await dialog.getByLabel('tokenUrl').fill('https://oracle.example/token');
    await dialog.getByLabel('clientId').fill('seer');
    await dialog.getByLabel('clientSecret').fill('hidden words');
    await dialog.getByText('Presets', { exact: true }).click();
    await dialog.getByRole('checkbox', { name: /^once/ }).check();
    await dialog.getByRole('button', { name: 'Subscribe' }).click();
    await dialog.getByText('It is ready.').waitFor();
    const { data } = await world.app.services.subscriptions.list(tenant.id, { limit: 1, cursor: undefined });
    expect(data[0]).toMatchObject({
      provider: 'sixthsense',
      presets: ['once'],
      settings: { oracle: { tokenUrl: 'https://oracle.example/token', clientId: 'seer' } },
    });
    expect(JSON.stringify(data[0])).not.toContain('hidden words');
    await expect.poll(() => page.content(), LONG).not.toContain('hidden words');
    expectNoFaults(opened);
  });

  it('a server that wants a key gets one, and keeps it out of scripts and addresses', async () => {
    const tenant = await world.tenant();
    const opened = await chromium.open('/live', { tenant });
    const { page } = opened;
    await page.route('**/*', async (route) => {
      const headers = { ...route.request().headers() };
      if (route.request().resourceType() === 'document' || !route.request().url().includes('/api/')) {
        // As from another machine: no session is given unasked.
        headers['x-forwarded-for'] = '203.0.113.9';
      }
      await route.continue({ headers });
    });
    await page.context().clearCookies();
    await page.reload();
    await page.getByRole('heading', { name: 'Ringer' }).waitFor();
    await page.getByLabel('Key').fill('rgr_nonsense');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText(/not known here/).waitFor();
    await page.getByLabel('Key').fill(tenant.key);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('heading', { name: 'Live' }).waitFor();
    const kept = await page.evaluate(
      'document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }) + location.href',
    );
    expect(kept).not.toContain(tenant.key);
    expect(opened.faults.filter((text) => !/status of 401/.test(text))).toEqual([]);
  });
}
