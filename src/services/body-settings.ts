import { joinSettings, openParts, placeOf, type Settings } from '../engine/sealed-settings.js';
import type { Profile } from '../providers/contract.js';
import { effective } from '../providers/effective.js';
import type { Queryable } from '../store/tenant-clock.js';
import { readTenantProvider, type TenantProviderColumns } from '../store/tenant-providers.js';
import type { Context } from './context.js';
import { openSealed } from './open-sealed.js';

/**
 * What shapes this provider's bodies in this tenant: presets and settings, secrets opened, parsed.
 * @throws AppError `sealed_unreadable`
 */
export async function bodySettings(
  context: Pick<Context, 'sealer'>,
  client: Queryable,
  tenantId: string,
  profile: Profile,
): Promise<Record<string, unknown>> {
  return bodySettingsFrom(
    context,
    { tenantId, profile },
    await readTenantProvider(client, tenantId, profile.id),
  );
}

/** The same of a row that was read already; null = nothing is set. @throws AppError `sealed_unreadable` */
export function bodySettingsFrom(
  { sealer }: Pick<Context, 'sealer'>,
  { tenantId, profile }: { tenantId: string; profile: Profile },
  row: TenantProviderColumns | null,
): Record<string, unknown> {
  if (!row) return effective(profile, 'tenant').settings;
  const { settings: secrets } = openSealed(
    () => openParts(sealer, placeOf.provider(tenantId, profile.id), row.sealed),
    `the tenant’s settings of ${profile.id}`,
    'PUT them anew',
  );
  return effective(profile, 'tenant', row.presets, joinSettings(row.settings as Settings, secrets)).settings;
}
