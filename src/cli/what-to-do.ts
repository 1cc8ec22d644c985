/** What to do about a request that got no answer, by the reason it has in reports. */
const ADVICE: Readonly<Record<string, (url: URL) => string>> = {
  refused: ({ origin }) => `Nothing listens at ${origin}; start the consumer, or correct the address.`,
  unreachable: ({ host }) => `There is no way to ${host} from here; correct the address.`,
  connect_timeout: ({ host }) => `${host} takes no connection; correct the address, or open its firewall.`,
  dns_error: ({ hostname }) => `The name ${hostname} does not resolve; correct the address.`,
  timeout: () => 'No complete answer in time; answer first, and work afterwards.',
  reset: () =>
    'The connection ended before the answer was complete; look for an exception in the log of the consumer.',
  tls_untrusted: () => 'Its certificate comes from no trusted authority; name that one in RINGER_CA.',
  tls_expired: () => 'Its certificate is expired or not valid yet; renew it.',
  tls_wrong_host: ({ hostname }) =>
    `Its certificate is not for ${hostname}; correct the address or the certificate.`,
  tls_client_refused: () => 'It wants another client certificate, or one at all.',
  tls_error: ({ origin }) => `The TLS handshake failed; does ${origin} speak https, or is it plain http?`,
  invalid_response: ({ origin }) =>
    `What answers at ${origin} does not speak HTTP/1.1, or https where http was asked.`,
  egress_blocked: ({ host }) => `${host} may not be reached; RINGER_EGRESS_ALLOW opens networks.`,
};

/** A sentence, with the reason behind it; the bare reason where there is nothing to add. */
export function whatToDo(reason: string, url: string): string {
  const advice = ADVICE[reason];
  return advice ? `${advice(new URL(url))} (${reason})` : reason;
}
