import { networkInterfaces } from 'node:os';
import { type AddressSet, addressSet, classify, contains, embeddedIpv4, mappedIpv4 } from './addresses.js';

/** What deliveries may reach. The same rules are asked at registration and at every connect. */
export interface EgressRules {
  /** `local` opens loopback; `public` opens nothing but public addresses. */
  mode: 'local' | 'public';
  /** CIDRs opened on top (`10.1.0.0/16`, `fd00::/8`), checked before; metadata addresses stay closed inside of them. */
  allow: readonly string[];
  /** The ports this process listens on: refused on every address of this machine. */
  ownPorts(): readonly number[];
  /** Whether another process of Ringer listens there. Absent: there is none. */
  othersListen?(ip: string, port: number): boolean;
  /** Certificate authorities in PEM, trusted beside the usual ones. */
  ca?: string | null;
}

/**
 * `opened`: on purpose, by the mode or by a CIDR, so plain http is fine there. `public`: plainly public.
 * `ownPort`: Ringer itself. `refused`: everything else.
 */
export type Reach = 'opened' | 'public' | 'ownPort' | 'refused';

const allowed = new WeakMap<readonly string[], AddressSet>();

/**
 * @param ip a literal, as resolved or as it stands in the URL.
 * @param port 1 to 65535.
 */
export function reach(ip: string, port: number, rules: EgressRules): Reach {
  const kind = classify(ip);
  if (kind === 'metadata') return 'refused';
  if (rules.ownPorts().includes(port) && isThisMachine(ip)) return 'ownPort';
  if (rules.othersListen?.(ip, port)) return 'ownPort';
  if (kind === 'loopback' && rules.mode === 'local') return 'opened';
  if (isAllowed(ip, rules)) return 'opened';
  return kind === 'public' ? 'public' : 'refused';
}

/** Whether a delivery may connect there. */
export function mayReach(ip: string, port: number, rules: EgressRules): boolean {
  const answer = reach(ip, port, rules);
  return answer === 'opened' || answer === 'public';
}

/** Whether anything but public addresses can be reached at all. */
export function opensAnything(rules: EgressRules): boolean {
  return rules.mode === 'local' || rules.allow.length > 0;
}

function isAllowed(ip: string, rules: EgressRules): boolean {
  if (rules.allow.length === 0) return false;
  let set = allowed.get(rules.allow);
  if (!set) {
    set = addressSet(rules.allow);
    allowed.set(rules.allow, set);
  }
  const mapped = mappedIpv4(ip);
  if (mapped !== null && contains(set, mapped)) return true;
  // A CIDR over a translation prefix opens the way through the gateway, not the private addresses behind it.
  const inner = embeddedIpv4(ip);
  if (mapped !== null) inner.push(mapped);
  return contains(set, ip) && inner.every((v4) => classify(v4) === 'public' || contains(set, v4));
}

/** Whether this address, a literal, leads to the machine itself. */
export function isThisMachine(ip: string): boolean {
  const address = mappedIpv4(ip) ?? ip;
  if (classify(address) === 'loopback' || contains(UNSPECIFIED, address)) return true;
  const own = Object.values(networkInterfaces()).flatMap((list) => list?.map((entry) => entry.address) ?? []);
  return contains(addressSet(own), address);
}

const UNSPECIFIED = addressSet(['0.0.0.0/8', '::/128']);
