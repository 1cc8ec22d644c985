import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkConsumer } from '../../src/checks/check-consumer.js';
import { htmlReport } from '../../src/checks/reports/html.js';
import { consumers } from '../checks/consumers/index.js';
import { hasChromium, launchChromium } from '../support/browser.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.runIf(hasChromium)('the report of a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringer-report-'));
  const file = join(folder, 'report.html');
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
    const { provider, start } = consumers.find(({ name }) => name === 'healthsherpa-follows-arrival')!;
    const { url, effectsUrl, secret, settings, close } = await start();
    const run = await checkConsumer({
      provider,
      url,
      effects: effectsUrl,
      seed: 'report',
      // One of each verdict.
      only: ['ORD-02', 'SIG-02', 'DUP-04', 'SIG-05'],
      ...(secret === null ? {} : { secret }),
      ...(settings ? { settings: { ...settings } } : {}),
    });
    await close();
    writeFileSync(file, htmlReport(run));
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** What it asked for beside itself, and what the console said. */
  async function open(options: { width?: number; colorScheme?: 'light' | 'dark' } = {}) {
    const { width = 1_200, colorScheme = 'light' } = options;
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on('console', (message) => wrong.push(message.text()));
    page.on('request', (request) => {
      if (request.url() !== pathToFileURL(file).href) wrong.push(request.url());
    });
    await page.addInitScript({
      content: readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
    });
    await page.goto(pathToFileURL(file).href);
    return { page, wrong };
  }

  it.each([
    { width: 380, colorScheme: 'light' },
    { width: 1_200, colorScheme: 'light' },
    { width: 1_200, colorScheme: 'dark' },
  ] as const)('is one file without a fault, at %j', async (options) => {
    const { page, wrong } = await open(options);
    for (const details of await page.locator('details').all())
      await details.evaluate((element) => element.setAttribute('open', ''));
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.width);
    const { violations } = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    expect(violations.map(({ id, nodes }) => [id, nodes[0]!.html])).toEqual([]);
    expect(wrong).toEqual([]);
  });

  it('leads from the finding to its cause and to the bytes, and draws every request', async () => {
    const { page } = await open();
    const finding = page.locator('#ORD-02');
    for (const part of [
      'What was sent',
      'What a correct consumer does',
      'What happened',
      'In order:',
      'This time:',
    ])
      expect(await finding.getByText(part).count(), part).toBeGreaterThan(0);
    expect(await finding.innerText()).toContain('Keep the newer state');
    const exchange = finding.locator('details').first();
    await exchange.locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await exchange.getByText('What the signature covers').isVisible()).toBe(true);
    const bar = page.locator('svg rect', {
      has: page.locator('title', { hasText: /^ORD-02 · .* · 200 · at / }),
    });
    expect(await bar.count()).toBeGreaterThan(4);
    await page.locator('svg a[href="#SIG-02"]').click();
    expect(new URL(page.url()).hash).toBe('#SIG-02');
    expect(await page.locator('#DUP-04 > summary').innerText()).toContain('clock bridge');
  });
});
