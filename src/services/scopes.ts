import { unknownName } from '../errors.js';
import type { Json } from '../lib/merge-patch.js';
import type { PolicyValues, Profile } from '../providers/contract.js';
import { effective, type SettingScope } from '../providers/effective.js';

export interface Scoped {
  presets: string[];
  explicit: Record<string, Json>;
  policies: PolicyValues;
  /** Parsed: every key of the scope has a value. */
  settings: Record<string, unknown>;
}

/**
 * Presets and settings named in one breath, each put where it belongs: what shapes bodies is the tenant's, the rest the
 * subscription's. @throws AppError
 */
export function splitByScope(
  profile: Profile,
  presets: readonly string[] = [],
  settings: Readonly<Record<string, unknown>> = {},
): { tenant: Scoped; own: Scoped } {
  const unknown = presets.find((name) => profile.presets.every((preset) => preset.name !== name));
  if (unknown !== undefined) {
    const names = profile.presets.map((preset) => preset.name);
    throw unknownName('unknown_preset', `preset of ${profile.id}`, unknown, names);
  }
  const shapes = { tenant: profile.settings.tenant.shape, subscription: profile.settings.subscription.shape };
  const stray = Object.keys(settings).find(
    (key) => !Object.hasOwn(shapes.tenant, key) && !Object.hasOwn(shapes.subscription, key),
  );
  if (stray !== undefined) {
    const names = [...Object.keys(shapes.tenant), ...Object.keys(shapes.subscription)];
    throw unknownName('unknown_setting', `setting of ${profile.id}`, stray, names);
  }
  const pick = (scope: SettingScope): Scoped => {
    const named = profile.presets.filter((preset) => preset.scope === scope).map((preset) => preset.name);
    const mine = presets.filter((name) => named.includes(name));
    const explicit = Object.fromEntries(
      Object.entries(settings).filter(([key]) => Object.hasOwn(shapes[scope], key)),
    ) as Record<string, Json>;
    return { presets: mine, explicit, ...effective(profile, scope, mine, explicit) };
  };
  return { tenant: pick('tenant'), own: pick('subscription') };
}
