import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFailed } from 'vitest';
import { createHttpApp } from '../../src/http/server.js';
import { silentLog } from '../../src/lib/log.js';
import { openPort } from '../../src/start/listen.js';
import { requireBuilt } from './built.js';
import { ADMIN_TOKEN, type World } from './world.js';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const FAILURES = fileURLToPath(new URL('../browser/failures/', import.meta.url));
export const PAGE_FOLDER = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));

const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** Whether there is a browser to test in. In CI there has to be: the tests run and fail there. */
export const hasChromium = existsSync(CHROMIUM) || process.env.CI === 'true';
if (!hasChromium)
  process.stderr.write(
    `skipped: the page's tests want ${CHROMIUM} (apt-get install chromium) or CHROMIUM_PATH\n`,
  );

export interface OpenOptions {
  theme?: 'light' | 'dark';
  width?: number;
  height?: number;
  /** Default: a new one. */
  tenant?: Opened['tenant'];
}

export interface Opened {
  page: Page;
  tenant: { id: string; publicId: string; key: string };
  /** Everything that a page must never do: errors on the console, reports of the content security policy. */
  faults: string[];
}

export interface Chromium {
  url: string;
  /** A window of its own, at a path of the page. What went wrong in it fails the test. */
  open(path: string, options?: OpenOptions): Promise<Opened>;
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS.split(' ') });
}

/** One browser and one server for the tests of a file. */
export function useChromium(world: World): Chromium {
  const made = {} as Chromium;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    requireBuilt();
    browser = await launchChromium();
    made.url = await servePage(world, closing);
  });
  afterAll(async () => {
    await browser?.close();
    for (const close of closing) await close();
  });
  made.open = async (path, { theme = 'light', width = 1280, height = 800, tenant } = {}) => {
    for (const old of contexts.splice(0)) await old.close();
    const context = await browser.newContext({
      colorScheme: theme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: 'UTC',
      viewport: { width, height },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    contexts.push(context);
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    const faults = watchFaults(page);
    onTestFailed(async ({ task }) => keepEvidence(page, task.name));
    const inside = tenant ?? (await world.tenant());
    const to = new URL(path, made.url);
    to.searchParams.set('tenant', inside.publicId);
    await page.goto(to.href);
    await page.locator('main h1').waitFor();
    return { page, tenant: inside, faults };
  };
  return made;
}

async function servePage(world: World, closing: (() => Promise<void>)[]): Promise<string> {
  const { services, context, version, listeners } = world.app;
  const port = await openPort('127.0.0.1', 0);
  const going = new AbortController();
  listeners.ports.add(port.number);
  port.serve(
    createHttpApp(services, {
      adminToken: ADMIN_TOKEN,
      version,
      log: silentLog,
      wall: context.wall,
      loopback: true,
      closing: going.signal,
      page: { folder: PAGE_FOLDER, unasked: true },
    }),
  );
  closing.push(async () => {
    going.abort();
    await port.close(1_000);
  });
  return port.url;
}

function watchFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('dialog', (dialog) => {
    faults.push(`a script ran: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  return faults;
}

/** Nothing was written on the console; a violated policy is, too. */
export function expectNoFaults({ faults }: Opened): void {
  expect(faults).toEqual([]);
}

async function keepEvidence(page: Page, name: string): Promise<void> {
  mkdirSync(FAILURES, { recursive: true });
  const file = `${FAILURES}${name.replace(/[^a-z0-9]+/gi, '-').slice(0, 80)}`;
  await page.screenshot({ path: `${file}.png`, fullPage: true }).catch(() => {});
  const text = await page
    .locator('body')
    .innerText()
    .catch(() => '');
  writeFileSync(`${file}.txt`, `${page.url()}\n\n${text}\n`);
}
