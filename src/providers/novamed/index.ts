import { randomText } from '../../lib/ids.js';
import { assumed, documented, external } from '../claims.js';
import type { Claimed, Profile } from '../contract.js';
import { build, wants } from './build.js';
import { generation2026 } from './events/generation-2026.js';
import { medicationRequests } from './events/medication-requests.js';
import { orders } from './events/orders.js';
import { refills } from './events/refills.js';
import { lives } from './lives.js';
import { door } from './management/door.js';
import { policies } from './policy.js';
import { presets } from './presets.js';
import { scenarios } from './scenarios.js';
import { keyText, settingClaims, subscriptionSettings, tenantSettings } from './settings.js';
import { request } from './signing.js';
import { ENVIRONMENTS, ERRORS, GUIDE_2026, OPENAPI, PORTAL, SEED } from './sources.js';

const events = [...orders, ...medicationRequests, ...refills, ...generation2026];

const facts: readonly Claimed<string>[] = [
  documented(
    'The key is agreed outside of the API: registration neither takes nor returns one.',
    SEED,
    'header matches your webhook secret',
  ),
  documented('A consumer must expect duplicates.', SEED, 'Handle duplicate events (idempotency)'),
  external(
    'Webhooks are registered and deleted, never listed, read or changed.',
    OPENAPI,
    'deletion has the id in the query there, in the body in the guide: both are taken',
  ),
  external(
    'A refusal is `{success:false,error:{message,details}}`; the texts that are printed are used as printed.',
    ERRORS,
    'the field names in `details` are ours',
  ),
  assumed(
    'Requests of a minute are counted on the tenant’s clock, from the first request on, for each key and environment.',
    'so that a limit can be tested on a clock moved by hand',
    ENVIRONMENTS,
  ),
  external(
    'Generation 2026-01 has no event id and no timestamp; its consumers dedupe on `id` and `event_name`.',
    GUIDE_2026,
  ),
  external(
    'Earlier drafts of the guide, of 2025-12-03, had a signature header that was never specified.',
    PORTAL,
    'the guide of 2025-12-10 has x-api-key and no signature',
  ),
  assumed(
    'An answer that takes exactly five seconds has timed out.',
    'the guide says "within 5 seconds" in one place and "< 5 seconds" in another',
    SEED,
  ),
  assumed(
    'Order, source addresses, custom headers, replay and the state of an endpoint are not described.',
    'the guide does not name them',
    SEED,
  ),
];

const novamed: Profile = {
  id: 'novamed',
  name: 'NovaMed',
  summary: 'Orders, medication requests and refills of NovaMed, with a shared key and no signature.',
  docs: 'https://docs.novamed.care/guides/webhooks',
  environments: documented(
    {
      offered: ['development', 'production'],
      refused: { sandbox: 'The table of base URLs calls it Development.' },
    },
    SEED,
    '| **Development** | `https://novamed-feapidev.stackmod.info` |',
  ),
  events,
  test: documented(
    { kind: 'sample', type: 'order:created' },
    SEED,
    'by creating an order in the sandbox environment',
  ),
  eventId: documented(
    { kind: 'body', path: ['event_id'] },
    SEED,
    'Handle duplicate events gracefully using the `event_id`',
  ),
  secret: documented(
    {
      use: 'required',
      accepts: keyText,
      make: (random) => randomText(random, 40),
    },
    SEED,
    'verify the `x-api-key` header matches your webhook secret',
  ),
  auth: documented({ kind: 'sharedKey', header: 'x-api-key' }, SEED, 'Verify the `x-api-key` header'),
  policies,
  settings: { tenant: tenantSettings, subscription: subscriptionSettings },
  settingClaims,
  secretSettings: ['webhookSecret'],
  presets,
  eventFilter: assumed('none', 'a registration names a clinic and a URL, and no events'),
  reservedHeaders: assumed(['x-api-key', 'content-type'], 'what NovaMed itself sets'),
  onboarding: [],
  lives,
  scenarios,
  facts,
  door,
  wants,
  build: (input) => build(events, input),
  request,
};

export default novamed;
