import type { EventType, ExampleContext } from '../../contract.js';
import { freshId, healthSyncEvent, instant, text } from './envelope.js';

const familyMember = { id: text, user_id: text, name: text };

function member({ random }: ExampleContext) {
  return { id: freshId(random, 'fam'), user_id: freshId(random, 'user'), name: 'Alex Example' };
}

export const userEvents: readonly EventType[] = [
  healthSyncEvent({
    type: 'user.updated',
    summary: 'User profile updated',
    object: { id: text, updated_at: instant },
    example: ({ random }, now) => ({ id: freshId(random, 'user'), updated_at: now }),
  }),
  healthSyncEvent({
    type: 'family_member.added',
    summary: 'New family member added',
    object: familyMember,
    example: member,
  }),
  healthSyncEvent({
    type: 'family_member.removed',
    summary: 'Family member removed',
    object: familyMember,
    example: member,
  }),
];
