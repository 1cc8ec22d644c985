import { z } from 'zod';
import { uuid4 } from '../../../lib/ids.js';
import { assumedClaim, documentedClaim } from '../../claims.js';
import type { EventType } from '../../contract.js';
import { SEED, USE_CASES_PAGE } from '../sources.js';
import { engageEvent } from './envelope.js';

type Channel = 'Email' | 'Sms' | 'Postal';

function preference(channel: Channel, quote: string): EventType {
  const key = `accepts${channel}`;
  return engageEvent({
    type: `contact.accepts${channel}.changed`,
    summary: `${key} changed for a contact that existed before.`,
    claim: documentedClaim(SEED, quote),
    bodyClaim: assumedClaim(
      `not published; the contact and its new ${key} are the least that can be sent`,
      USE_CASES_PAGE,
    ),
    payload: () => ({ contactId: z.string(), [key]: z.boolean() }),
    sample: ({ random }) => ({ contactId: uuid4(random), [key]: true }),
  });
}

export const preferences: readonly EventType[] = [
  preference('Email', 'whenever the `acceptsEmail` preference changes for an already existing contact'),
  preference('Sms', 'whenever the `acceptsSms` preference changes for an already existing contact'),
  preference('Postal', 'whenever the `acceptsPostal` preference changes for an already existing contact'),
];

export const consents: readonly EventType[] = [
  engageEvent({
    type: 'contact.consent.changed',
    summary: 'A consent-typed field of a contact changed.',
    claim: documentedClaim(SEED, 'triggered for changes in consent-typed fields on a contact'),
    bodyClaim: assumedClaim(
      'not published; a consent is a boolean that never goes back to unset',
      USE_CASES_PAGE,
    ),
    payload: () => ({ contactId: z.string(), consentId: z.string(), value: z.boolean() }),
    sample: ({ random }) => ({ contactId: uuid4(random), consentId: 'newsletter', value: true }),
  }),
];
