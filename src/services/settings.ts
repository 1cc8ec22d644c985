import {
  joinSettings,
  MASK,
  maskSettings,
  openParts,
  placeOf,
  type Settings,
  sealParts,
  splitSettings,
  unmaskSettings,
} from '../engine/sealed-settings.js';
import { AppError } from '../errors.js';
import type { Profile } from '../providers/contract.js';
import { effective } from '../providers/effective.js';
import type { Queryable } from '../store/tenant-clock.js';
import { putTenantProvider, readTenantProvider } from '../store/tenant-providers.js';
import type { Context } from './context.js';
import type { ProviderSettingsInput, ProviderSettingsResource } from './schemas/tenants.js';

export interface SettingsService {
  read(tenantId: string, provider: string): Promise<ProviderSettingsResource>;
  /** Replaces presets and settings; what is left out goes back to the default. */
  put(tenantId: string, provider: string, input: ProviderSettingsInput): Promise<ProviderSettingsResource>;
  /** Lays some settings over what is set. */
  patch(tenantId: string, provider: string, settings: Settings): Promise<void>;
}

export function settingsService({ db, registry, sealer }: Context): SettingsService {
  const explicit = async (tenantId: string, provider: string) =>
    readExplicit({ sealer }, db.pool, { tenantId, provider });
  const show = (profile: Profile, { presets, settings }: Explicit): ProviderSettingsResource => ({
    provider: profile.id,
    presets,
    settings: maskSettings(effective(profile, 'tenant', presets, settings).settings, profile.secretSettings),
  });
  const service: SettingsService = {
    async read(tenantId, provider) {
      return show(registry.get(provider), await explicit(tenantId, provider));
    },
    async put(tenantId, provider, input) {
      const profile = registry.get(provider);
      const before = await explicit(tenantId, provider);
      const given = unmaskSettings(
        (input.settings ?? {}) as Settings,
        before.settings,
        profile.secretSettings,
      );
      const next: Explicit = { presets: input.presets ?? [], settings: given };
      const shown = show(profile, next);
      refuseMask(given, profile.secretSettings);
      const { clear, secrets } = splitSettings(given, profile.secretSettings);
      const sealed = sealParts(sealer, placeOf.provider(tenantId, provider), {
        headers: [],
        settings: secrets,
      });
      await putTenantProvider(db, { tenantId, provider }, { presets: next.presets, settings: clear, sealed });
      return shown;
    },
    async patch(tenantId, provider, settings) {
      const before = await explicit(tenantId, provider);
      await service.put(tenantId, provider, { ...before, settings: { ...before.settings, ...settings } });
    },
  };
  return service;
}

interface Explicit {
  presets: string[];
  settings: Settings;
}

async function readExplicit(
  { sealer }: Pick<Context, 'sealer'>,
  client: Queryable,
  { tenantId, provider }: { tenantId: string; provider: string },
): Promise<Explicit> {
  const row = await readTenantProvider(client, tenantId, provider);
  if (!row) return { presets: [], settings: {} };
  const parts = openParts(sealer, placeOf.provider(tenantId, provider), row.sealed);
  return { presets: row.presets, settings: joinSettings(row.settings as Settings, parts.settings) };
}

/** A mask that stood for nothing was copied from somewhere: it must not become the secret itself. */
export function refuseMask(settings: Settings, secretPaths: readonly string[] = []): void {
  for (const [path, value] of splitSettings(settings, secretPaths).secrets) {
    if (value !== MASK) continue;
    const dotted = ['settings', ...path].join('.');
    throw new AppError('invalid_setting', `${dotted} has the mask in place of a value; give the value.`, [
      { path: dotted, message: 'is a mask, not a value' },
    ]);
  }
}
