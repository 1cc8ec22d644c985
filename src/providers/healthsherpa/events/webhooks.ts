import { documentedClaim, externalClaim } from '../../claims.js';
import type { Claim, EventType, ExampleContext, Shape } from '../../contract.js';
import { schemaCache } from '../../schema-cache.js';
import { type TenantSettings, tenantOf } from '../settings.js';
import { SEED, SUBMISSION_PAGE } from '../sources.js';
import { offExchangeExample, offExchangeSchema } from './off-exchange.js';
import { onExchangeExample, onExchangeSchema, shortSubmissionExample } from './on-exchange.js';
import { skillExample, skillSchema } from './skill-2026-06.js';

interface Webhook {
  type: 'submission' | 'sync';
  /** `event_type` of the skill's body. */
  skillType: string;
  status: string;
  summary: string;
  claim: Claim;
  bodyClaim: Claim;
}

/** Both webhooks share their shapes: one per exchange, and the skill's, which knows none. */
function webhook({ type, skillType, status, summary, claim, bodyClaim }: Webhook): EventType {
  const schemaOf = schemaCache(
    (
      variant: string | null,
      generation: TenantSettings['generation'],
      blankAs: TenantSettings['blankAs'],
    ) => {
      if (generation !== 'seed') return skillSchema(skillType);
      return variant === 'on_exchange' ? onExchangeSchema(type, blankAs) : offExchangeSchema(type);
    },
  );
  return {
    type,
    variants: ['off_exchange', 'on_exchange'],
    summary,
    claim,
    bodyClaim,
    schema: ({ variant, settings }: Shape) => {
      const { generation, blankAs } = tenantOf(settings);
      return schemaOf(variant, generation, blankAs);
    },
    example: (context: ExampleContext) => {
      const { generation, onExchangeSubmission } = tenantOf(context.settings);
      if (generation !== 'seed') return skillExample(context, skillType, status);
      if (context.variant !== 'on_exchange') return offExchangeExample(context, type, status);
      return type === 'submission' && onExchangeSubmission === 'short'
        ? shortSubmissionExample(context)
        : onExchangeExample(context, type, status);
    },
  };
}

export const webhooks: readonly EventType[] = [
  webhook({
    type: 'submission',
    skillType: 'submission',
    status: 'pending_effectuation',
    summary: 'Submission Confirmation: an application was submitted to the carrier or exchange.',
    claim: documentedClaim(SEED, 'An application submission from HealthSherpa to the Carrier or Exchange'),
    bodyClaim: externalClaim(
      SUBMISSION_PAGE,
      'the document prints sync bodies only and says both share a schema',
    ),
  }),
  webhook({
    type: 'sync',
    skillType: 'policy_status_changed',
    status: 'effectuated',
    summary: 'Policy Status: a policy was effectuated, cancelled or terminated.',
    claim: documentedClaim(SEED, 'status change to an existing application/policy with a Carrier'),
    bodyClaim: documentedClaim(SEED, 'title="Off-Exchange Example"'),
  }),
];
