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
  | 'tls_error'
  /** What came back is not HTTP/1.1, or its head is over 16 KiB. */
  | 'invalid_response'
  /** The address may not be reached; not a single packet was sent to it. */
  | 'egress_blocked'
  /** Plain http where the provider insists on https; nothing was sent. */
  | 'https_required'
  | 'invalid_header'
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
  UND_ERR_HEADERS_OVERFLOW: 'invalid_response',
  UND_ERR_INVALID_ARG: 'invalid_header',
  UND_ERR_NOT_SUPPORTED: 'invalid_header',
  UND_ERR_DESTROYED: 'aborted',
  UND_ERR_CLOSED: 'aborted',
};

const SAYS: Readonly<Record<SendFailure, string>> = {
  timeout: 'No complete answer within the time limit',
  connect_timeout: 'No connection within the time limit',
  dns_error: 'The host name does not resolve',
  refused: 'Nothing listens there',
  reset: 'The connection ended before the answer was complete',
  unreachable: 'There is no way to the host',
  tls_error: 'The TLS handshake failed',
  invalid_response: 'The answer is not HTTP/1.1',
  egress_blocked:
    'The address may not be reached; RINGER_EGRESS_ALLOW opens networks, but never cloud metadata or Ringer itself',
  https_required: 'The provider sends over https only; use an https URL',
  invalid_header: 'A header cannot be sent',
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
  const reason = BY_CODE[code] ?? (/^ERR_(SSL|TLS)_/.test(code) ? 'tls_error' : 'reset');
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
  const reason = BY_CODE[code] ?? 'tls_error';
  return { reason, detail: say(reason, code) };
}

/** One sentence with the error code. Messages of the system stay out: they name the resolved address. */
export function say(reason: SendFailure, code?: string): string {
  return code ? `${SAYS[reason]} (${code}).` : `${SAYS[reason]}.`;
}

export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
