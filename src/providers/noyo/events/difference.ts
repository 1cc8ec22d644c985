import { z } from 'zod';
import { uuid4 } from '../../../lib/ids.js';
import type { EventType } from '../../contract.js';
import { eventFields, noyoEvent } from './envelope.js';

function difference(type: string, name: string, summary: string): EventType {
  return noyoEvent({
    type: `difference.${type}`,
    name,
    summary,
    data: () => ({ id: z.guid() }),
    example: (context) => ({ data: { id: uuid4(context.random) }, event: eventFields(context) }),
  });
}

export const differenceEvents: readonly EventType[] = [
  difference(
    'created',
    'Difference created',
    'A snapshot with changes was processed, or a carrier sync found one.',
  ),
  difference(
    'discrepancy',
    'Difference marked as a discrepancy',
    'The carrier did not make a processing change, or a sync found a discrepancy.',
  ),
  difference(
    'resolved',
    'Difference resolved',
    'The change was made or the discrepancy resolved; it cannot be reopened.',
  ),
  difference(
    'replaced',
    'Difference replaced',
    'An open difference was replaced by another; `data.id` is taken to be the one replaced.',
  ),
];
