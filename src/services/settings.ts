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
import type { SettingsChange } from '../providers/port.js';
import type { Queryable } from '../store/tenant-clock.js';
import { lockTenantProvider, putTenantProvider, readTenantProvider } from '../store/tenant-providers.js';
import type { Context } from './context.js';
import { openSealed } from './open-sealed.js';
import type { ProviderSettingsInput, ProviderSettingsResource } from './schemas/tenants.js';

export interface SettingsService {
  read(tenantId: string, provider: string): Promise<ProviderSettingsResource>;
  /** Replaces presets and settings; what is left out goes back to the default. */
  put(tenantId: string, provider: string, input: ProviderSettingsInput): Promise<ProviderSettingsResource>;
  /** Lays some settings over what is set. */
  patch(tenantId: string, provider: string, change: SettingsChange): Promise<void>;
}

export function settingsService({ db, registry, sealer }: Context): SettingsService {
  const show = (profile: Profile, { presets, settings }: Explicit): ProviderSettingsResource => ({
    provider: profile.id,
    presets,
    settings: maskSettings(effective(profile, 'tenant', presets, settings).settings, profile.secretSettings),
  });
  /** One change at a time. @param make the next of what is set; nothing is stored when it throws. */
  const change = (
    tenantId: string,
    provider: string,
    make: (before: Explicit) => Explicit,
    { afresh = false } = {},
  ) =>
    db.transaction(async (client) => {
      const profile = registry.get(provider);
      await lockTenantProvider(client, tenantId, provider);
      const before = await readExplicit({ sealer }, client, { tenantId, provider }).catch(
        (error: unknown) => {
          // What replaces everything needs nothing of it.
          if (afresh && error instanceof AppError && error.code === 'sealed_unreadable') return NOTHING;
          throw error;
        },
      );
      const { presets, settings: given } = make(before);
      const settings = unmaskSettings(given, before.settings, profile.secretSettings);
      const shown = show(profile, { presets, settings });
      refuseMask(settings, profile.secretSettings);
      const { clear, secrets } = splitSettings(settings, profile.secretSettings);
      const sealed = sealParts(sealer, placeOf.provider(tenantId, provider), {
        headers: [],
        settings: secrets,
      });
      await putTenantProvider(client, { tenantId, provider }, { presets, settings: clear, sealed });
      return shown;
    });
  return {
    read: async (tenantId, provider) =>
      show(registry.get(provider), await readExplicit({ sealer }, db.pool, { tenantId, provider })),
    put: (tenantId, provider, { presets = [], settings = {} }) =>
      change(tenantId, provider, () => ({ presets, settings: settings as Settings }), { afresh: true }),
    async patch(tenantId, provider, patch) {
      await change(tenantId, provider, ({ presets, settings }) => {
        const inForce = () => effective(registry.get(provider), 'tenant', presets, settings).settings;
        return {
          presets,
          settings: { ...settings, ...(typeof patch === 'function' ? patch(inForce()) : patch) },
        };
      });
    },
  };
}

interface Explicit {
  presets: string[];
  settings: Settings;
}
const NOTHING: Explicit = { presets: [], settings: {} };

async function readExplicit(
  { sealer }: Pick<Context, 'sealer'>,
  client: Queryable,
  { tenantId, provider }: { tenantId: string; provider: string },
): Promise<Explicit> {
  const row = await readTenantProvider(client, tenantId, provider);
  if (!row) return NOTHING;
  const parts = openSealed(
    () => openParts(sealer, placeOf.provider(tenantId, provider), row.sealed),
    `the tenant’s settings of ${provider}`,
    'PUT them anew',
  );
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
