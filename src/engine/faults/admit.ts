import { isIP } from 'node:net';
import { AppError } from '../../errors.js';
import { classify } from '../egress/addresses.js';
import { hostOf, isLocalhost } from '../egress/judge-url.js';
import type { Fault, Params, Target } from './fault.js';

/** Where a target proves that it belongs to who sends faults there: it answers the tenant's token. */
export const CHALLENGE_PATH = '/.well-known/ringer-challenge';

/** @throws AppError `fault_unsupported` with the reason why it makes no sense there. */
export function refuseSenseless(fault: Fault, params: Params<Fault['params']>, target: Target): void {
  const reason = fault.refuse?.(target, params) ?? null;
  if (reason !== null) throw new AppError('fault_unsupported', `${fault.type}: ${reason}`);
}

/** @throws AppError `fault_refused` for what would harm somebody who never asked for it. */
export function refuseStranger(fault: Fault, url: string, challenged: boolean): void {
  if (!isTamed(fault, url, challenged)) {
    throw new AppError(
      'fault_refused',
      `${fault.type} is ${fault.class}: it goes to loopback only, or to a target that answers GET ${new URL(url).origin}${CHALLENGE_PATH} with this tenant's token. Read the token at …/challenge, serve it there, and POST the URL to …/challenge.`,
    );
  }
}

/** Whether this fault may go there: every legal one may, the others only where nobody else can be hit. */
export function isTamed(fault: Fault, url: string, challenged: boolean): boolean {
  return fault.class === 'legal' || challenged || isLoopbackUrl(url);
}

/** By its literal or reserved name alone: what another name resolves to may change. */
export function isLoopbackUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const host = hostOf(new URL(url));
  return isIP(host) === 0 ? isLocalhost(host) : classify(host) === 'loopback';
}
