export const SEED = 'seeds/noyo.md';
export const DOCS = 'https://docs.noyo.com/docs/introduction/webhooks';
export const VERIFICATION = 'https://docs.noyo.com/docs/introduction/webhooks/webhook-verification';
export const SNAPSHOT_STATUS = 'https://docs.noyo.com/docs/members/snapshot-workflow/snapshot-status';
/** A public mirror of the three OpenAPI files Noyo publishes. */
export const OPENAPI = 'https://github.com/api-evangelist/noyo/tree/dff2e59/openapi/_original';
export const USING_THE_API = 'https://docs.noyo.com/docs/introduction/getting-started/using-the-api';
export const CLOUD_TASKS = 'https://docs.cloud.google.com/tasks/docs/reference/rest/v2/RetryConfig';
export const STANDARD_WEBHOOKS =
  'https://github.com/standard-webhooks/standard-webhooks/blob/b2fa7b8/spec/standard-webhooks.md';
