import { isObject } from '../../lib/merge-patch.js';
import { assumedClaim, documentedClaim, externalClaim } from '../claims.js';
import { type Life, type Told, valueAt } from '../life.js';
import { EVENT_TYPES } from './settings.js';
import { SEED, USE_CASES_PAGE } from './sources.js';

const PREFERENCES = [
  'contact.acceptsEmail.changed',
  'contact.acceptsSms.changed',
  'contact.acceptsPostal.changed',
];
const BEGINS_OR_GOES_ON = ['contact.created', 'contact.updated'];

/** What was last told of the contact's being there; undefined when nothing was. */
function lastOfContact(before: readonly Told[]): string | undefined {
  return before.findLast(({ type }) => type === 'contact.deleted' || BEGINS_OR_GOES_ON.includes(type))?.type;
}

const exists = (before: readonly Told[]) => BEGINS_OR_GOES_ON.includes(lastOfContact(before) ?? '');

export const lives: readonly Life[] = [
  {
    kind: 'contact',
    idAt: Object.fromEntries(EVENT_TYPES.map((type) => [type, ['payload.contactId', 'payload.ContactId']])),
    rules: [
      {
        rule: 'Preferences are told of contacts that exist: after contact.created, and not of a deleted one.',
        types: PREFERENCES,
        ...documentedClaim(
          SEED,
          'whenever the `acceptsEmail` preference changes for an already existing contact',
        ),
        broken: (_, before) => !exists(before),
      },
      {
        rule: 'A contact is created once, and again only after it was deleted.',
        types: ['contact.created'],
        ...documentedClaim(SEED, 'triggered whenever a new contact is **created** in Engage'),
        broken: (_, before) => exists(before),
      },
      {
        rule: 'Nothing more is told of a deleted contact.',
        types: EVENT_TYPES.filter((type) => type !== 'contact.created' && !PREFERENCES.includes(type)),
        ...assumedClaim('What is gone neither changes nor earns points.'),
        broken: (_, before) => lastOfContact(before) === 'contact.deleted',
      },
      {
        rule: 'A consent never goes back to "Not set".',
        types: ['contact.consent.changed'],
        ...externalClaim(USE_CASES_PAGE, 'a consent that was given or refused stays one of the two'),
        broken({ body }) {
          const payload = valueAt(body, 'payload');
          return isObject(payload) && typeof payload.value !== 'boolean';
        },
      },
    ],
  },
];
