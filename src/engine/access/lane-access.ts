import { createHash } from 'node:crypto';
import type { Access, TlsIdentity, TokenGrant } from '../../providers/access.js';
import type { Profile } from '../../providers/contract.js';

/** The same values have the same id: what may share a token, or a connection. */
export interface Identified {
  id: string;
}
export type LaneTls = TlsIdentity & Identified;
export type LaneGrant = TokenGrant & Identified;

export interface LaneAccess {
  grant: LaneGrant | null;
  tls: LaneTls | null;
}

/** Null for a subscription that needs neither, as most. @param settings after presets, parsed. */
export function accessOf(profile: Profile, settings: Readonly<Record<string, unknown>>): LaneAccess | null {
  const access = profile.access?.(settings);
  return access && (access.grant || access.tls) ? identified(access) : null;
}

function identified({ grant, tls }: Access): LaneAccess {
  return { grant: grant && withId(grant), tls: tls && withId(tls) };
}

function withId<T extends object>(value: T): T & Identified {
  return { ...value, id: createHash('sha256').update(JSON.stringify(value)).digest('base64url') };
}
