import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import { uuid4 } from '../../../lib/ids.js';
import { documentedClaim, externalClaim } from '../../claims.js';
import type { EventType } from '../../contract.js';
import { POINTS_PAGE, SEED } from '../sources.js';
import { dateTimeOffset, dateTimeOffsetSchema, engageEvent } from './envelope.js';

export const points: readonly EventType[] = [
  engageEvent({
    type: 'loyalty.addPoints',
    summary: 'Points were added to a contact. Sent to point follower customers only.',
    claim: documentedClaim(SEED, 'whenever points are added to a contact via the Engage UI'),
    bodyClaim: externalClaim(POINTS_PAGE, 'keys and types are printed there, the values are samples'),
    payload: () => ({
      amount: z.number(),
      contactId: z.string(),
      pointDefinitionId: z.int(),
      source: z.string(),
      description: z.string(),
      userId: z.string(),
      userName: z.string(),
      reason: z.string(),
      sourceId: z.string(),
    }),
    sample: ({ random }) => ({
      amount: 100.5,
      contactId: uuid4(random),
      pointDefinitionId: 1,
      source: 'Automation',
      description: 'Welcome points',
      userId: uuid4(random),
      userName: 'automation',
      reason: 'Campaign',
      sourceId: uuid4(random),
    }),
  }),
  engageEvent({
    type: 'point.balance.updated',
    summary: "A contact's point balance changed.",
    claim: documentedClaim(SEED, "triggered whenever a contact's point balance has changed"),
    bodyClaim: externalClaim(POINTS_PAGE, 'keys and types are printed there, the values are samples'),
    payload: ({ accountId, definitionId }) => ({
      balance: z.number(),
      contactId: z.string(),
      accountId: accountId === 'int' ? z.int() : z.uuid(),
      definitionId: definitionId === 'int' ? z.int() : z.string(),
      balanceExpires: dateTimeOffsetSchema,
    }),
    sample: ({ nowMs, random }, { accountId, definitionId }) => ({
      balance: 1000.1234,
      contactId: uuid4(random),
      accountId: accountId === 'int' ? 123 : uuid4(random),
      definitionId: definitionId === 'int' ? 1 : '1',
      balanceExpires: dateTimeOffset(endOfNextYear(nowMs)),
    }),
  }),
];

/** The last millisecond of next year at +01:00. */
export function endOfNextYear(nowMs: number): number {
  return Date.UTC(Number(isoMillis(nowMs).slice(0, 4)) + 2, 0, 1) - 3_600_000 - 1;
}
