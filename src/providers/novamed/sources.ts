/** The document this profile is written from: the guide as of December 2025. */
export const SEED = 'seeds/novamed.md';

/** The guide as of January 2026 and later: other events, another envelope. */
export const GUIDE_2026 = 'https://docs.novamed.care/guides/webhooks';
export const PORTAL = 'https://github.com/Nimbus-Healthcare/nimbus-developer-portal';
export const PLAN =
  'https://github.com/Nimbus-Healthcare/nimbus-developer-portal/blob/main/PARTNER-API-DOCUMENTATION-PLAN.md';
export const OPENAPI = 'https://docs.novamed.care/openapi-partner/webhooks';
export const ENVIRONMENTS = 'https://docs.novamed.care/guides/environments';
export const ERRORS = 'https://docs.novamed.care/guides/errors-idempotency';
