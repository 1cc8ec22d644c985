import { errors } from './undici-parts.js';

/** Why a request brought no answer. A closed list: policies, reports and the page speak of these and no others. */
export type SendFailure =
  /** The whole-request deadline passed. */
  | 'timeout'
  /** No connection within the connect limit of a split timeout rule, or the kernel gave up connecting. */
  | 'connect_timeout'
  | 'dns_error'
  /** Nothing listens on the port. */
  | 'refused'
  /** The connection ended before the answer was complete. */
  | 'reset'
  | 'unreachable'
  /** The receiver's certificate comes from no authority that is trusted. */
  | 'tls_untrusted'
  /** The receiver's certificate is past its time, or before it. */
  | 'tls_expired'
  /** The receiver's certificate is for another host. */
  | 'tls_wrong_host'
  /** The receiver takes no request without a client certificate, or not with this one. */
  | 'tls_client_refused'
  /** Any other end of a handshake. */
  | 'tls_error'
  /** What came back is not HTTP/1.1, or its head is over 16 KiB. */
  | 'invalid_response'
  /** The address may not be reached; not a single packet was sent to it. */
  | 'egress_blocked'
  /** Plain http where the provider insists on https; nothing was sent. */
  | 'https_required'
  | 'invalid_header'
  /** The token endpoint answered that this client gets no token; the receiver was not asked. */
  | 'oauth_token_refused'
  /** No token for another reason: endpoint out of reach, failing, or with an answer that holds none. */
  | 'oauth_token_failed'
  /** Ringer is shutting down. */
  | 'aborted';

const LENGTH_MISMATCH = 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';

const BY_CODE: Readonly<Record<string, SendFailure>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  [LENGTH_MISMATCH]: 'reset',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  // What Linux says of a way from a loopback address to one that is none.
  EINVAL: 'unreachable',
  EAFNOSUPPORT: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  EMFILE: 'unreachable',
  ENFILE: 'unreachable',
  ENOBUFS: 'unreachable',
  EPROTO: 'tls_error',
  CERT_HAS_EXPIRED: 'tls_expired',
  CERT_NOT_YET_VALID: 'tls_expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_wrong_host',
  ...Object.fromEntries(
    [
      ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT'],
      ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_SIGNATURE_FAILURE'],
      ...['CERT_CHAIN_TOO_LONG', 'CERT_REVOKED', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'INVALID_CA'],
      ...['INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED'],
    ].map((code) => [code, 'tls_untrusted' as const]),
  ),
  UND_ERR_HEADERS_OVERFLOW: 'invalid_response',
  UND_ERR_INVALID_ARG: 'invalid_header',
  UND_ERR_NOT_SUPPORTED: 'invalid_header',
  UND_ERR_DESTROYED: 'aborted',
  UND_ERR_CLOSED: 'aborted',
};

/** Alerts that a server sends about the certificate of its client, by any version of OpenSSL. */
const CLIENT_REFUSED =
  /^ERR_SSL_.*_ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|NO_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED)$/;

const SAYS: Readonly<Record<SendFailure, string>> = {
  timeout: 'No complete answer within the time limit',
  connect_timeout: 'No connection within the time limit',
  dns_error: 'The host name does not resolve',
  refused: 'Nothing listens there',
  reset: 'The connection ended before the answer was complete',
  unreachable: 'There is no way to the host',
  tls_untrusted: 'The certificate of the receiver comes from no trusted authority',
  tls_expired: 'The certificate of the receiver is expired or not valid yet',
  tls_wrong_host: 'The certificate of the receiver is for another host',
  tls_client_refused: 'The receiver wants another client certificate, or one at all',
  tls_error: 'The TLS handshake failed',
  invalid_response: 'The answer is not HTTP/1.1',
  egress_blocked:
    'The address may not be reached; RINGER_EGRESS_ALLOW opens networks, but never cloud metadata or Ringer itself',
  https_required: 'The provider sends over https only; use an https URL',
  invalid_header: 'A header cannot be sent',
  oauth_token_refused: 'The token endpoint refused the client',
  oauth_token_failed: 'The token endpoint gave no token',
  aborted: 'Ringer was shutting down',
};

/** A connection that was not made, carrying its reason. Its code is ours: undici retries some of its own for ever. */
export class ConnectFailure extends Error {
  override readonly name = 'ConnectFailure';
  readonly code = 'RINGER_CONNECT';
  constructor(
    readonly reason: SendFailure,
    readonly detail: string,
  ) {
    super(detail);
  }
}

/**
 * @param error from undici, a socket, or the connector; only its code is read, never its message.
 * @param answerBegan the head of an answer was read before it.
 */
export function failureOf(error: unknown, answerBegan = false): { reason: SendFailure; detail: string } {
  if (error instanceof ConnectFailure) return { reason: error.reason, detail: error.detail };
  if (error instanceof errors.HTTPParserError) return parserFailure(error);
  const code = codeOf(error);
  // Undici also says this of a head that it could not read past its Content-Length.
  if (code === LENGTH_MISMATCH && !answerBegan)
    return { reason: 'invalid_response', detail: say('invalid_response') };
  const reason = reasonOf(code, /^ERR_(SSL|TLS)_/.test(code) ? 'tls_error' : 'reset');
  return { reason, detail: say(reason, code) };
}

/** The parser's errors come without a code; `data` is what it could not read, empty when the connection just ended. */
function parserFailure(error: Error & { data?: string }): { reason: SendFailure; detail: string } {
  const reason = error.data === '' ? 'reset' : 'invalid_response';
  return { reason, detail: say(reason) };
}

/** As above for an error of the TLS handshake, where every code that is not the network's is a matter of TLS. */
export function tlsFailureOf(error: unknown): { reason: SendFailure; detail: string } {
  const code = codeOf(error);
  const reason = reasonOf(code, 'tls_error');
  return { reason, detail: say(reason, code) };
}

function reasonOf(code: string, otherwise: SendFailure): SendFailure {
  return BY_CODE[code] ?? (CLIENT_REFUSED.test(code) ? 'tls_client_refused' : otherwise);
}

/** One sentence with the error code. Messages of the system stay out: they name the resolved address. */
export function say(reason: SendFailure, code?: string): string {
  return code ? `${SAYS[reason]} (${code}).` : `${SAYS[reason]}.`;
}

export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
