import { z } from 'zod';
import { randomText } from '../../lib/ids.js';
import { assumed, documented, external } from '../claims.js';
import type { Profile } from '../contract.js';
import { AUTH_ASKED, AUTH_SECRETS, access } from './auth.js';
import { build, delayMs, notice, wants } from './build.js';
import { webhooks } from './events/webhooks.js';
import { facts } from './facts.js';
import { lives } from './lives.js';
import { door } from './management.js';
import { policies } from './policy.js';
import { presets } from './presets.js';
import { scenarios } from './scenarios.js';
import {
  type SubscriptionSettings,
  settingClaims,
  subscriptionSettings,
  tenantSettings,
} from './settings.js';
import { request, signature } from './signing.js';
import { DOCS, SEED, SKILL } from './sources.js';
import { vectors } from './vectors.js';

const healthsherpa: Profile = {
  id: 'healthsherpa',
  name: 'HealthSherpa ICHRA',
  summary: 'Enrollment: submission confirmations and policy statuses, on and off exchange.',
  docs: DOCS,
  environments: documented(
    {
      offered: ['production', 'sandbox'],
      refused: { staging: 'The form calls it sandbox: "whether it\'s for sandbox or production".' },
    },
    SEED,
    "Indicate whether it's for sandbox or production.",
  ),
  events: webhooks,
  test: assumed(
    { kind: 'sample', type: 'sync' },
    'testing in staging is named, an event for it is not; this is the one with a printed body',
    SEED,
  ),
  eventId: assumed({ kind: 'none' }, 'neither body nor headers carry an id of the event', SEED),
  secret: external(
    {
      use: 'optional',
      accepts: z
        .string()
        .min(1, 'must have at least one character')
        .max(1000, 'must have at most 1000 characters'),
      make: (random) => randomText(random, 43),
    },
    SKILL,
    'the signing secret is provided during onboarding; without one nothing is signed',
  ),
  auth: documented(
    { kind: 'chosen', options: Object.keys(AUTH_ASKED), asked: AUTH_ASKED, signature },
    SEED,
    'Headers consistent with the Authentication approach required by your system',
  ),
  policies,
  settings: { tenant: tenantSettings, subscription: subscriptionSettings },
  settingClaims,
  secretSettings: AUTH_SECRETS,
  presets,
  eventFilter: documented(
    'none',
    SEED,
    'subscribe to the Submission Confirmation API, Policy Status API, or both',
  ),
  reservedHeaders: assumed(['content-type', 'x-webhook-signature'], 'what HealthSherpa itself sets'),
  onboarding: ['requested', 'configured'],
  deliversIn: ['configured'],
  vectors,
  lives,
  scenarios,
  facts,
  wants,
  delayMs,
  notice,
  build: (input) => build(webhooks, input),
  request,
  door,
  access: (settings) => access(settings as SubscriptionSettings),
};

export default healthsherpa;
