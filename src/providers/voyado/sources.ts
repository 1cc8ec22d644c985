/** The document this profile is written from. */
export const SEED = 'seeds/voyado-engage.md';

export const POINTS_PAGE = 'https://developer.voyado.com/en/webhooks/webhooks-for-points-and-vouchers.html';
export const USE_CASES_PAGE = 'https://developer.voyado.com/docs/webhooks/webhook-use-cases.md';
export const SOFT_ID_PAGE =
  'https://developer.voyado.com/docs/contacts/identify-contact/soft-identification.md';

export const SVIX_RETRIES = 'https://docs.svix.com/retries';
export const SVIX_VERIFY = 'https://docs.svix.com/receiving/verifying-payloads/how-manual';
export const SVIX_SOURCE_IPS = 'https://docs.svix.com/receiving/source-ips';
export const SVIX_DELIVERY_CONTROL = 'https://docs.svix.com/receiving/delivery-control';
export const SVIX_OPERATIONAL = 'https://docs.svix.com/incoming-webhooks';
export const SVIX_API = 'https://api.svix.com/docs';
export const SVIX_SERVER = 'https://github.com/svix/svix-webhooks';
