/** What the Svix server refuses as a custom header, and the names of the white label. */
export const RESERVED: readonly string[] = [
  ...['user-agent', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailers', 'upgrade'],
  ...['transfer-encoding', 'content-length', 'content-type', 'content-encoding', 'content-language'],
  ...['content-location', 'age', 'cache-control', 'clear-site-data', 'expires', 'pragma', 'warning'],
  ...['x-amz-*', 'x-amzn-*', 'x-google*', 'x-goog-*', 'x-gfe*', 'x-azure-*', 'x-fd-*', 'x-svix-*', 'svix-*'],
  ...['webhook-id', 'webhook-timestamp', 'webhook-signature'],
];
