import type { Sealer } from '../lib/sealing.js';
import type { PolicyValues, Profile } from '../providers/contract.js';
import { effective } from '../providers/effective.js';
import type { LaneRow } from '../store/lanes.js';
import { accessOf, type LaneAccess } from './access/lane-access.js';
import { joinSettings, openParts, placeOf, type Settings } from './sealed-settings.js';

/** What holds for a subscription: its presets and settings over the profile's, secrets opened. */
export interface Resolved {
  policies: PolicyValues;
  settings: Readonly<Record<string, unknown>>;
  customHeaders: readonly (readonly [string, string])[];
  access: LaneAccess | null;
}

type ResolvableRow = Pick<LaneRow, 'tenant_id' | 'id' | 'presets' | 'settings' | 'sealed' | 'revision'>;

/** Resolved rows by subscription: a publish to 10,000 of them must not parse 10,000 settings. Emptied when full. */
const resolved = new WeakMap<Sealer, Map<string, { revision: number; value: Resolved }>>();
const REMEMBERED = 20_000;

/** @throws SealError, AppError when its row cannot be read. */
export function resolveSettings(sealer: Sealer, profile: Profile, row: ResolvableRow): Resolved {
  const known = resolved.get(sealer) ?? new Map<string, { revision: number; value: Resolved }>();
  resolved.set(sealer, known);
  const hit = known.get(row.id);
  if (hit?.revision === row.revision) return hit.value;
  const parts = openParts(sealer, placeOf.subscription(row.tenant_id, row.id), row.sealed);
  const explicit = joinSettings(row.settings as Settings, parts.settings);
  const inEffect = effective(profile, 'subscription', row.presets, explicit);
  const value = {
    ...inEffect,
    customHeaders: parts.headers,
    access: accessOf(profile, inEffect.settings),
  };
  if (known.size >= REMEMBERED) known.clear();
  known.set(row.id, { revision: row.revision, value });
  return value;
}

/**
 * One row that cannot be read must not keep the others of its provider from getting theirs: it comes as what lies in clear,
 * with the reason as `unreadable`.
 */
export function resolveOrClear(
  sealer: Sealer,
  profile: Profile,
  row: ResolvableRow,
): Resolved & { unreadable?: string } {
  try {
    return resolveSettings(sealer, profile, row);
  } catch (error) {
    return { ...inClear(profile, row), unreadable: reasonOf(error) };
  }
}

/** What holds without what is sealed; where that does not stand alone, the profile's own. */
export function inClear(
  profile: Profile,
  { presets, settings }: Pick<ResolvableRow, 'presets' | 'settings'>,
): Resolved {
  const without = { customHeaders: [], access: null };
  try {
    return { ...effective(profile, 'subscription', presets, settings as Settings), ...without };
  } catch {
    return { ...effective(profile, 'subscription'), ...without };
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
