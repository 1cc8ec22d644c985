import { z } from 'zod';
import { uuid4 } from '../../../lib/ids.js';
import { assumedClaim, documentedClaim } from '../../claims.js';
import type { EventType } from '../../contract.js';
import { SEED } from '../sources.js';
import { engageEvent } from './envelope.js';

function contact(change: 'created' | 'updated' | 'deleted', summary: string): EventType {
  return engageEvent({
    type: `contact.${change}`,
    summary,
    claim: documentedClaim(SEED, `triggered whenever a new contact is **${change}** in Engage`),
    bodyClaim: assumedClaim('not published; the id of the contact is the least that can be sent'),
    payload: () => ({ contactId: z.string() }),
    sample: ({ random }) => ({ contactId: uuid4(random) }),
  });
}

// The document says "new" of all three; for a contact that is updated or deleted that is a slip.
export const contacts: readonly EventType[] = [
  contact('created', 'A contact was created.'),
  contact('updated', 'A contact was updated.'),
  contact('deleted', 'A contact was deleted.'),
];
