import { z } from 'zod';
import { randomText } from '../../lib/ids.js';
import { assumed, documented, external } from '../claims.js';
import type { Profile } from '../contract.js';
import { build, EVENT_ID_PATH, notice } from './body.js';
import { differenceEvents } from './events/difference.js';
import { groupEvents } from './events/group.js';
import { memberSnapshotEvents } from './events/member-snapshot.js';
import { testEvents } from './events/test.js';
import { lives } from './lives.js';
import { door } from './management/door.js';
import { policies } from './policy.js';
import { presets } from './presets.js';
import { scenarios } from './scenarios.js';
import { settingClaims, subscriptionSettings, tenantSettings } from './settings.js';
import { request } from './signing.js';
import { DOCS, OPENAPI, SEED, VERIFICATION } from './sources.js';
import { vectors } from './vectors.js';

const events = [...memberSnapshotEvents, ...differenceEvents, ...groupEvents, ...testEvents];

const noyo: Profile = {
  id: 'noyo',
  name: 'Noyo',
  summary: 'Benefits data: member snapshots, differences with carriers, group connections.',
  docs: DOCS,
  environments: documented(
    {
      offered: ['production'],
      refused: {
        sandbox: 'Webhooks are only available in production environments and are not available in sandbox.',
      },
    },
    SEED,
    'only available in production environments and are not available in sandbox',
  ),
  events,
  test: documented(
    { kind: 'type', type: 'test.hello_world' },
    SEED,
    'You can send a test request to any subscription through the Noyo app',
  ),
  eventId: documented(
    { kind: 'body', path: EVENT_ID_PATH },
    SEED,
    'All event requests include an event ID, which may be used to deduplicate webhook events',
  ),
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
    'type a string to use as a `secret` key',
  ),
  auth: external(
    {
      kind: 'signature',
      header: 'x-noyo-signature',
      algorithm: 'hmac-sha256',
      encoding: 'hex',
      prefix: '',
      content: '{timestamp}.{body}',
      separator: ',',
      key: 'utf8',
    },
    VERIFICATION,
    'As in the JavaScript of that page; its prose signs the body alone (presets body, both).',
  ),
  policies,
  settings: { tenant: tenantSettings, subscription: subscriptionSettings },
  settingClaims,
  presets,
  eventFilter: documented('none', SEED, 'it is up to you to decide which events you want to process'),
  reservedHeaders: assumed(
    ['content-type', 'x-noyo-*', 'x-cloud-trace-context'],
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
      '15 retries over 3 days.',
      SEED,
      'its queue will handle retrying with backoff 15 times over 3 days',
    ),
    documented(
      'Delivered at least once; duplicates happen.',
      SEED,
      'We guarantee *at-least-once delivery* of events',
    ),
    documented(
      'The order is not guaranteed.',
      SEED,
      'We *do not* guarantee delivery of events in the order they happen',
    ),
    documented('New event types appear at any time.', SEED, 'New event types will be continuously added'),
    documented(
      'A resolved difference stays resolved.',
      SEED,
      'Once a difference is resolved, it cannot be reopened',
    ),
    documented('No personal data in bodies.', SEED, 'Event payloads do not contain any PII or PHI'),
    external(
      'Subscriptions are made in the web application only.',
      OPENAPI,
      'None of the published API files has webhooks.',
    ),
    assumed(
      'The routes under /noyo are the form’s fields and buttons; a secret is never shown again.',
      'The document knows only the web form.',
      SEED,
    ),
    assumed(
      'While a secret is rotated both sign, until the old one is retired or a day has passed.',
      'The verifier accepts a list of signatures; the procedure is not documented.',
      SEED,
    ),
    external(
      'No tolerance for old timestamps is published.',
      VERIFICATION,
      'The code there never looks at the age.',
    ),
    assumed(
      'In difference.replaced, data.id is the difference that was replaced.',
      'The API puts `replaced_by` on the replaced one.',
      OPENAPI,
    ),
    assumed(
      'A failed subscription comes back by `resume`, its queue in order.',
      'How to leave "failed" is not documented.',
      SEED,
    ),
    assumed('The user agent is Ringer’s.', 'Noyo’s is not documented.'),
    assumed('Source addresses, rate limits and the size limit are unknown.', 'No document names them.'),
  ],
  wants: () => true,
  build: (input) => build(events, input),
  request,
  notice,
};

export default noyo;
