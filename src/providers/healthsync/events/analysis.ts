import { z } from 'zod';
import type { EventType, ExampleContext } from '../../contract.js';
import { freshId, healthSyncEvent, instant, text } from './envelope.js';

const shared = { id: text, document_id: text, user_id: text };

function analysis({ random }: ExampleContext) {
  return {
    id: freshId(random, 'ana'),
    document_id: freshId(random, 'doc'),
    user_id: freshId(random, 'user'),
  };
}

export const analysisEvents: readonly EventType[] = [
  healthSyncEvent({
    type: 'analysis.completed',
    summary: 'AI analysis finished',
    object: { ...shared, status: z.literal('completed'), completed_at: instant },
    example: (context, now) => ({ ...analysis(context), status: 'completed', completed_at: now }),
  }),
  healthSyncEvent({
    type: 'analysis.failed',
    summary: 'AI analysis failed',
    object: { ...shared, status: z.literal('failed'), error: text },
    example: (context) => ({ ...analysis(context), status: 'failed', error: 'unreadable_document' }),
  }),
];
