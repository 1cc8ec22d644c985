import { z } from 'zod';
import { randomText } from '../../lib/ids.js';
import { buildBody } from '../body.js';
import { assumed, documented, external } from '../claims.js';
import type { Profile } from '../contract.js';
import { catalogue } from './events/catalogue.js';
import { lives } from './lives.js';
import { door } from './management/door.js';
import { policies } from './policy.js';
import { presets } from './presets.js';
import { scenarios } from './scenarios.js';
import { settingClaims, subscriptionSettings, tenantSettings } from './settings.js';
import { request } from './signing.js';
import { DOCS, KEYS, REFERENCE, SEED } from './sources.js';
import { vectors } from './vectors.js';

const EVENT_ID_PATH = ['id'] as const;

const healthsync: Profile = {
  id: 'healthsync',
  name: 'HealthSync',
  summary: 'Personal health records: documents, AI analyses, family members, share links.',
  docs: DOCS,
  environments: external(
    { offered: ['production', 'sandbox'], refused: {} },
    REFERENCE,
    'The sibling page names a sandbox host; the webhook page does not speak of environments.',
  ),
  events: catalogue,
  test: documented({ kind: 'sample', type: 'document.uploaded' }, SEED, 'Click "Send Test Event"'),
  eventId: documented({ kind: 'body', path: EVENT_ID_PATH }, SEED, '**Handle duplicates** (use event ID)'),
  secret: documented(
    {
      use: 'required',
      accepts: z
        .string()
        .min(1, 'must have at least one character')
        .max(1000, 'must have at most 1000 characters'),
      make: (random) => randomText(random, 43),
    },
    SEED,
    'Set up signing secret',
  ),
  auth: documented(
    {
      kind: 'signature',
      header: 'X-HealthSync-Signature',
      algorithm: 'hmac-sha256',
      encoding: 'hex',
      prefix: 'sha256=',
      content: '{body}',
      separator: '',
      key: 'utf8',
    },
    SEED,
    'X-HealthSync-Signature: sha256=abc123...',
  ),
  policies,
  settings: { tenant: tenantSettings, subscription: subscriptionSettings },
  settingClaims,
  presets,
  eventFilter: documented('byType', SEED, 'Select events to subscribe to'),
  reservedHeaders: assumed(
    ['content-type', 'x-healthsync-*'],
    'Custom headers are not documented; the provider’s own cannot be replaced.',
    SEED,
  ),
  onboarding: [],
  vectors,
  lives,
  scenarios,
  door,
  facts: [
    documented(
      'Duplicates happen; deduplicate on the event id.',
      SEED,
      '**Handle duplicates** (use event ID)',
    ),
    assumed(
      'The first attempt and four retries, each counted from the attempt before.',
      'The only reading in which all four listed retries happen; presets fourAttempts, fromFirstAttempt.',
      SEED,
    ),
    assumed(
      'A test sends a sample of a type of your choice, once.',
      'The body of a test event is not printed.',
      SEED,
    ),
    assumed(
      'The management API is ours, in the style of the sibling pages: `/v1/webhooks`, `{data, meta}`, `{error}`.',
      'No path for webhooks is published.',
      REFERENCE,
    ),
    external(
      'The sandbox has a host and keys of its own; here it is `/healthsync-sandbox`, with the key of the tenant.',
      KEYS,
    ),
    external(
      'HealthSync resets the data of its sandbox daily; here only a reset of the tenant does.',
      KEYS,
      '"Reset data daily"',
    ),
    assumed(
      'Requests of an hour are counted on the tenant’s clock, from the first request on, for each key and environment.',
      'So that a limit can be tested on a clock moved by hand.',
      KEYS,
    ),
    assumed(
      'A receiver pasted from the Python sample answers 500 to everything.',
      'It calls encode() on bytes; the Node sample throws when the lengths differ.',
      SEED,
    ),
    assumed('The user agent is Ringer’s.', 'HealthSync’s is not documented.'),
    assumed('Order, source addresses and limits of deliveries are unknown.', 'No document names them.'),
  ],
  wants: ({ type, events: wanted }) => wanted === null || wanted.includes(type),
  build: (input) => buildBody(catalogue, input, { eventIdPath: EVENT_ID_PATH }),
  request,
};

export default healthsync;
