export const SEED = 'seeds/healthsync.md';
export const DOCS =
  'https://github.com/HealthSyncLK/hs-help-docs/blob/c587aa4/docs/integrations-apis/webhooks-event-subscriptions.md';
export const REFERENCE =
  'https://github.com/HealthSyncLK/hs-help-docs/blob/c587aa4/docs/integrations-apis/developer-reference-specs.md';
export const STANDARD_WEBHOOKS =
  'https://github.com/standard-webhooks/standard-webhooks/blob/b2fa7b8/spec/standard-webhooks.md';
export const KEYS =
  'https://github.com/HealthSyncLK/hs-help-docs/blob/c587aa4/docs/integrations-apis/api-authentication-keys.md';
