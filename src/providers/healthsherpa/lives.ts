import { documentedClaim } from '../claims.js';
import { type Life, type Told, valueAt } from '../life.js';
import { SEED } from './sources.js';

const is = ({ body }: Told, status: string) => valueAt(body, 'policy_status') === status;
const was = (before: readonly Told[], status: string) => before.some((told) => is(told, status));

/** On-exchange bodies carry no application id; there the transaction tells whom they are about. */
const ID = ['application_id', 'transaction_id'];

export const lives: readonly Life[] = [
  {
    kind: 'application',
    idAt: { submission: ID, sync: ID },
    rules: [
      {
        rule: 'A cancelled policy never took effect: it is cancelled before it is effectuated, or not at all.',
        types: ['submission', 'sync'],
        ...documentedClaim(SEED, 'Policy never effectuated and was cancelled, typically due to non-payment'),
        broken: (event, before) =>
          (is(event, 'cancelled') && (was(before, 'effectuated') || was(before, 'terminated'))) ||
          (is(event, 'effectuated') && was(before, 'cancelled')),
      },
      {
        rule: 'A terminated policy was active before: it is terminated after it was effectuated.',
        types: ['submission', 'sync'],
        ...documentedClaim(
          SEED,
          'Policy was active and later terminated by consumer, carrier, or plan year expiration',
        ),
        broken: (event, before) => is(event, 'terminated') && !was(before, 'effectuated'),
      },
    ],
  },
];
