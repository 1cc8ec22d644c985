import { excerpt } from '../../lib/excerpt.js';
import type { Shot } from '../contract.js';

const OF_THE_SIGNATURE =
  'The secret given here is not the one the consumer has, or it signs other content than the provider (compare the signed string with its own), or it decodes the secret or the digest in another way (hex, base64, a prefix).';

/** Why a valid event is not taken, by the status of the answer. */
export function refusalCause(shot: Shot): string {
  const status = shot.response?.status ?? 0;
  if (status === 401 || status === 403)
    return 'The consumer does not believe the signature or key: another secret, another scheme, or a verification of other bytes than came. SIG-01 says more.';
  return besideTheSignature(status) ?? `The consumer refuses a valid event; ${itsAnswer(shot)}.`;
}

/** The same where a signature was to be looked at: what is none of its business is not put down to it. */
export function signatureCause(shot: Shot): string {
  const status = shot.response?.status ?? 0;
  const other = besideTheSignature(status);
  if (other !== null) return `This is not about the signature. ${other}`;
  if (status === 400 || status === 422)
    return `This may not be the signature; ${itsAnswer(shot)}. If it is: ${OF_THE_SIGNATURE}`;
  return OF_THE_SIGNATURE;
}

function besideTheSignature(status: number): string | null {
  if (status === 404 || status === 405)
    return 'Nothing listens for POST at this path: look at the path of --to and at the consumer’s routes.';
  if (status >= 300 && status < 400) return 'The address redirects, and senders do not follow. See ACK-03.';
  if (status >= 500)
    return 'The handler fails on a valid event; the consumer’s own log says why (a verification that throws where nobody catches it looks the same).';
  return null;
}

function itsAnswer({ response }: Shot): string {
  const said = excerpt(response?.body ?? null);
  return said === null ? 'its answer has no body that would say why' : `its answer was: ${said}`;
}
