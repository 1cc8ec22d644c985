/**
 * How requests of a subscription prove who sends them where headers written in advance cannot: read from its settings,
 * the same for every attempt. `at` is the setting it comes from, dotted; its parts have the names they have there.
 */
export interface Access {
  /** A token is got for the request, and goes with it as `Authorization: Bearer`. */
  grant: TokenGrant | null;
  tls: TlsIdentity | null;
}

/** OAuth 2.0 client credentials, RFC 6749 §4.4. */
export interface TokenGrant {
  kind: 'clientCredentials';
  at: string;
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scope: string | null;
  /** Asked for by some servers; not in the RFC. */
  audience: string | null;
  /** How the client proves itself to the token endpoint: HTTP Basic, or fields of the form. */
  clientAuthentication: 'basic' | 'body';
}

/** What a connection shows and trusts, all in PEM. Checked for form by the profile's settings. */
export interface TlsIdentity {
  at: string;
  /** The client's own, first, and what stands between it and its authority. Goes with `key`. */
  certificate: string | null;
  key: string | null;
  /** Authorities trusted for this subscription beside the usual ones. */
  ca: string | null;
}
