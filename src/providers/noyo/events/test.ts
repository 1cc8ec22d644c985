import { z } from 'zod';
import { documentedClaim } from '../../claims.js';
import type { EventType } from '../../contract.js';
import { SEED } from '../sources.js';
import { eventFields, noyoEvent } from './envelope.js';

export const testEvents: readonly EventType[] = [
  noyoEvent({
    type: 'test.hello_world',
    name: 'Test',
    summary: 'What the button in the Noyo app sends to one subscription.',
    claim: documentedClaim(SEED, 'The payload will resemble the following'),
    data: () => ({ message: z.string() }),
    example(context) {
      const { id, type, created } = eventFields(context);
      return { data: { message: 'Hello world!' }, event: { type, created, id } };
    },
  }),
];
