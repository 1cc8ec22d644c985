/** The document this profile is written from. */
export const SEED = 'seeds/healthsherpa-ichra.md';

export const DOCS = 'https://docs.ichra.healthsherpa.com/api-reference/webhooks-api';
export const SUBMISSION_PAGE = `${DOCS}/submission-confirmation-api`;
export const POLICY_PAGE = `${DOCS}/policy-status-api`;
/** HealthSherpa's own skill for coding agents, as of 2026-06-10. */
export const SKILL =
  'https://github.com/healthsherpa/healthsherpa-ai-skills/blob/c60ff41/ichra_platform/references/webhooks-and-monitoring.md';
/** The same skill on HealthSherpa's own APIs: their key, names and errors. */
export const SKILL_API =
  'https://github.com/healthsherpa/healthsherpa-ai-skills/blob/c60ff41/ichra_platform/SKILL.md';
/** The same page of a sister product, for Medicare. */
export const MEDICARE =
  'https://intercom.help/healthsherpa-medicare-help-center/en/articles/13876230-webhook';
