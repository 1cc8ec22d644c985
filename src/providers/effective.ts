import type { ZodObject } from 'zod';
import { AppError, unknownName } from '../errors.js';
import type { Json } from '../lib/merge-patch.js';
import { plainIssue } from '../lib/plain-issue.js';
import type { PolicyValues, Preset, Profile } from './contract.js';
import { applyCoreSettings } from './core-settings.js';

export type SettingScope = 'tenant' | 'subscription';

export interface Effective {
  policies: PolicyValues;
  /** Parsed: every key of the scope has a value. */
  settings: Record<string, unknown>;
}

const PLACE = {
  tenant: 'the tenant’s provider (PUT …/tenants/{tenant}/providers/{provider})',
  subscription: 'a subscription',
} as const satisfies Record<SettingScope, string>;

/** Defaults, then presets in the order given, then explicit settings; each key whole, the later wins. */
export function effective(
  profile: Profile,
  scope: SettingScope,
  presets: readonly string[] = [],
  settings: Readonly<Record<string, Json>> = {},
): Effective {
  const chosen = presets.map((name) => findPreset(profile, scope, name));
  refuseUnknown(profile, scope, settings);
  const wanted = Object.assign({}, ...chosen.map((preset) => preset.settings ?? {}), settings);
  const parsed = profile.settings[scope].safeParse(wanted, { error: plainIssue });
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({
      path: ['settings', ...issue.path].map(String).join('.'),
      message: issue.message,
    }));
    const detail = errors.map((error) => `${error.path}: ${error.message}`).join('; ');
    throw new AppError('invalid_setting', `${profile.name}: ${detail}.`, errors);
  }
  const policies: PolicyValues = Object.assign(
    policyDefaults(profile),
    ...chosen.map((preset) => preset.policies ?? {}),
  );
  return { policies: applyCoreSettings(policies, parsed.data), settings: parsed.data };
}

function policyDefaults(profile: Profile): PolicyValues {
  return Object.fromEntries(
    Object.entries(profile.policies).map(([name, claimed]) => [name, claimed.value]),
  ) as unknown as PolicyValues;
}

function findPreset(profile: Profile, scope: SettingScope, name: string): Preset {
  const preset = profile.presets.find((p) => p.name === name);
  if (preset?.scope === scope) return preset;
  if (preset)
    throw new AppError(
      'unknown_preset',
      `The preset "${name}" belongs to ${PLACE[preset.scope]}, not here.`,
      [{ path: 'presets', message: `"${name}" is a preset of ${preset.scope} scope` }],
    );
  const names = profile.presets.filter((p) => p.scope === scope).map((p) => p.name);
  throw unknownName('unknown_preset', `preset of ${profile.id}`, name, names);
}

function refuseUnknown(profile: Profile, scope: SettingScope, settings: object): void {
  const other = scope === 'tenant' ? 'subscription' : 'tenant';
  for (const key of Object.keys(settings)) {
    if (has(profile.settings[scope], key)) continue;
    const errors = [{ path: `settings.${key}`, message: 'Unknown setting' }];
    if (has(profile.settings[other], key))
      throw new AppError(
        'unknown_setting',
        `The setting "${key}" belongs to ${PLACE[other]}, not here.`,
        errors,
      );
    const refusal = unknownName(
      'unknown_setting',
      `setting of ${profile.id}`,
      key,
      Object.keys(profile.settings[scope].shape),
    );
    throw new AppError(refusal.code, refusal.message, errors);
  }
}

function has(schema: ZodObject, key: string): boolean {
  return Object.hasOwn(schema.shape, key);
}
