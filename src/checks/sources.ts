/** Where the rules are written down. */
export const sources = {
  standardWebhooks:
    'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
  githubTen: 'https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks',
  svixReceiving: 'https://docs.svix.com/receiving/introduction',
  svixWhy: 'https://docs.svix.com/receiving/verifying-payloads/why',
  svixRetries: 'https://docs.svix.com/retries',
  stripe: 'https://docs.stripe.com/webhooks',
  shopify: 'https://shopify.dev/docs/apps/build/webhooks/best-practices',
  plaid: 'https://plaid.com/docs/api/webhooks/',
  noyoVerification: 'https://docs.noyo.com/docs/webhook-verification',
  httpFields: 'https://www.rfc-editor.org/rfc/rfc9110#section-5.1',
  httpRetryAfter: 'https://www.rfc-editor.org/rfc/rfc9110#field.retry-after',
  ownRule: 'https://github.com/standard-webhooks/standard-webhooks#readme',
} as const;
