import { assumed, documented, external } from '../claims.js';
import type { Claimed } from '../contract.js';
import { MEDICARE, POLICY_PAGE, SEED, SKILL } from './sources.js';

export const facts: readonly Claimed<string>[] = [
  documented(
    'Webhooks are set up by HealthSherpa from a form; no API registers one.',
    SEED,
    'Your onboarding contact will provide a form for you to fill out',
  ),
  assumed(
    'The form, its steps and the list of carriers stand as routes under /healthsherpa.',
    'what HealthSherpa does by hand has to be done by somebody here',
    SEED,
  ),
  documented(
    'Whether and how well events come depends on the carrier.',
    SEED,
    'availability and accuracy of these updates depend on our connectivity with the Carrier',
  ),
  documented(
    '`unknown` and `blank` are statuses of on-exchange bodies only.',
    SEED,
    'returned as unknown by CMS. On-ex only.',
  ),
  external(
    'X-Webhook-Signature is sent where a secret is set: HMAC-SHA-256 of the raw body in lowercase hex.',
    SKILL,
    'only the header is named; algorithm, encoding and content are assumed, and another revision names no signature',
  ),
  external(
    'Bodies hold no id of the event. Consumers dedupe on application_id, policy_status and timestamp.',
    SKILL,
    'another revision of the page dedupes on transaction_id',
  ),
  external('Delivery is at least once; events may arrive in any order.', SKILL),
  external('The X-API-Key of the sister product is the default header of `auth: apiKey`.', MEDICARE),
  external('On-exchange bodies carry no personal data.', POLICY_PAGE),
  assumed(
    'Which methods HealthSherpa supports is not listed; here a consumer may ask for every common one.',
    'the document says "a variety" and leaves the choice to the form',
    SEED,
  ),
  assumed(
    'The user agent is Ringer’s; source addresses and limits are unknown.',
    'no document names them',
    SEED,
  ),
];
