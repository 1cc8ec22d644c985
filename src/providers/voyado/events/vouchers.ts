import { z } from 'zod';
import { randomText, uuid4 } from '../../../lib/ids.js';
import { assumedClaim, documentedClaim, externalClaim } from '../../claims.js';
import type { EventType } from '../../contract.js';
import { POINTS_PAGE, SEED } from '../sources.js';
import { dateTimeOffset, dateTimeOffsetSchema, engageEvent } from './envelope.js';

const VALID_FOR_MS = 90 * 86_400_000;

export const vouchers: readonly EventType[] = [
  engageEvent({
    type: 'reward.voucher.created',
    summary: 'A reward voucher was created for a contact.',
    claim: documentedClaim(SEED, 'whenever a reward voucher is created for a contact'),
    bodyClaim: externalClaim(POINTS_PAGE, 'the payload is in PascalCase there, unlike every other one'),
    payload: () => ({
      Amount: z.number(),
      ContactId: z.string(),
      Currency: z.string(),
      Id: z.string(),
      UniqueCode: z.string(),
      ValidFrom: dateTimeOffsetSchema,
      ValidTo: dateTimeOffsetSchema,
    }),
    sample: ({ nowMs, random }) => ({
      Amount: 100,
      ContactId: uuid4(random),
      Currency: 'SEK',
      Id: uuid4(random),
      UniqueCode: randomText(random, 10, 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'),
      ValidFrom: dateTimeOffset(nowMs),
      ValidTo: dateTimeOffset(nowMs + VALID_FOR_MS),
    }),
  }),
];

export const promotions: readonly EventType[] = [
  engageEvent({
    type: 'promotion.multichannel.assigned',
    summary: 'A multichannel promotion was assigned to a contact.',
    claim: documentedClaim(SEED, 'when a multichannel promotion is assigned to a contact in Engage'),
    bodyClaim: assumedClaim('not published; the contact and the promotion are the least that can be sent'),
    payload: () => ({ contactId: z.string(), promotionId: z.string() }),
    sample: ({ random }) => ({ contactId: uuid4(random), promotionId: uuid4(random) }),
  }),
];
