import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { hasChromium, useChromium } from '../support/browser.js';
import { useWorld } from '../support/world.js';
import { checks } from './flows/checks.js';
import { live } from './flows/live.js';
import { manage } from './flows/manage.js';
import { safe } from './flows/safe.js';
import { signature } from './flows/signature.js';
import { walk } from './flows/walk.js';

/** Everything in one file: one browser, one server. Each flow takes a tenant of its own. */
describe.runIf(hasChromium)('the page in Chromium', { timeout: 180_000 }, () => {
  const world = useWorld({
    providerFolders: [fileURLToPath(new URL('../fixtures/providers/sixthsense', import.meta.url))],
  });
  const chromium = useChromium(world);
  live(world, chromium);
  walk(world, chromium);
  signature(world, chromium);
  manage(world, chromium);
  checks(world, chromium);
  safe(world, chromium);
});
