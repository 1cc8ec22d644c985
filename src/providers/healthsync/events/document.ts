import { z } from 'zod';
import { documentedClaim } from '../../claims.js';
import type { EventType, ExampleContext } from '../../contract.js';
import { SEED } from '../sources.js';
import { freshId, healthSyncEvent, instant, text } from './envelope.js';

const printed = {
  id: text,
  user_id: text,
  filename: text,
  /** Bytes. */
  file_size: z.int().min(0),
  category: text,
  uploaded_at: instant,
};

function document({ random }: ExampleContext, now: string) {
  return {
    id: freshId(random, 'doc'),
    user_id: freshId(random, 'user'),
    filename: 'lab_results.pdf',
    file_size: 245678,
    category: 'lab_results',
    uploaded_at: now,
  };
}

export const documentEvents: readonly EventType[] = [
  healthSyncEvent({
    type: 'document.uploaded',
    summary: 'New document uploaded',
    bodyClaim: documentedClaim(SEED, '"type": "document.uploaded"'),
    object: printed,
    example: document,
  }),
  healthSyncEvent({
    type: 'document.updated',
    summary: 'Document metadata updated',
    object: { ...printed, updated_at: instant },
    example: (context, now) => ({ ...document(context, now), updated_at: now }),
  }),
  healthSyncEvent({
    type: 'document.deleted',
    summary: 'Document deleted',
    object: { ...printed, deleted_at: instant },
    example: (context, now) => ({ ...document(context, now), deleted_at: now }),
  }),
  healthSyncEvent({
    type: 'document.shared',
    summary: 'Document shared with someone',
    object: { ...printed, shared_with: text },
    example: (context, now) => ({ ...document(context, now), shared_with: freshId(context.random, 'user') }),
  }),
];
