import { assumed, documented, external } from '../claims.js';
import type { Profile } from '../contract.js';
import { build, notice, wants } from './build.js';
import { contacts } from './events/contacts.js';
import { points } from './events/points.js';
import { consents, preferences } from './events/preferences.js';
import { promotions, vouchers } from './events/vouchers.js';
import { facts } from './facts.js';
import { lives } from './lives.js';
import { door } from './management/door.js';
import { operational } from './operational.js';
import { policies } from './policy.js';
import { presets } from './presets.js';
import { RESERVED } from './reserved-headers.js';
import { scenarios } from './scenarios.js';
import { secretRule } from './secret.js';
import { settingClaims, subscriptionSettings, tenantSettings } from './settings.js';
import { request } from './signing.js';
import { SEED, SVIX_SERVER, SVIX_VERIFY } from './sources.js';
import { vectors } from './vectors.js';

const events = [...preferences, ...consents, ...points, ...vouchers, ...promotions, ...contacts];

const voyado: Profile = {
  id: 'voyado',
  name: 'Voyado Engage',
  summary: 'Contacts, points and vouchers of Voyado Engage, delivered by Svix.',
  docs: 'https://developer.voyado.com/docs/webhooks/webhooks',
  environments: assumed(
    { offered: ['production', 'staging'], refused: {} },
    'the document names a production environment only; public screenshots show staging tenants',
  ),
  events,
  test: documented(
    { kind: 'sample', type: 'point.balance.updated' },
    SEED,
    '“Testing” functionality in Svix to send test-events to the endpoint',
  ),
  eventId: external(
    { kind: 'header', header: 'svix-id' },
    SVIX_VERIFY,
    'the same on every attempt of a message',
  ),
  secret: external(
    secretRule,
    SVIX_SERVER,
    'made with 24 bytes, accepted with 24 to 75; Standard Webhooks says 64',
  ),
  auth: external(
    {
      kind: 'signature',
      header: 'svix-signature',
      algorithm: 'hmac-sha256',
      encoding: 'base64',
      prefix: 'v1,',
      content: '{id}.{timestamp}.{body}',
      separator: ' ',
      key: 'whsec',
    },
    SVIX_VERIFY,
  ),
  policies,
  settings: { tenant: tenantSettings, subscription: subscriptionSettings },
  settingClaims,
  secretSettings: ['encryptionKey'],
  presets,
  eventFilter: documented('byType', SEED, 'select it and then choose which event you want to send to it'),
  reservedHeaders: external(
    RESERVED,
    SVIX_SERVER,
    'refused by the server at endpoint/{id}/headers; the webhook- names are those of the white label',
  ),
  onboarding: [],
  operational,
  door,
  vectors,
  lives,
  scenarios,
  facts,
  wants,
  build: (input) => build(events, input),
  request,
  notice,
};

export default voyado;
