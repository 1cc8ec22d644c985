import { providerSettings, providerSettingsInput } from '../../services/schemas/tenants.js';
import type { Services } from '../../services/services.js';
import { type Route, route, TENANT } from '../route.js';

export function settingsRoutes({ settings }: Pick<Services, 'settings'>): Route[] {
  const shared = { tag: 'Providers', access: 'tenant' as const, path: `${TENANT}/providers/{provider}` };
  return [
    route({
      ...shared,
      method: 'get',
      summary: 'What shapes the bodies of one provider in this tenant',
      answers: { 200: { description: 'Presets and settings in force.', schema: providerSettings } },
      handle: async ({ tenantId, params }) => ({
        body: await settings.read(tenantId, params.provider ?? ''),
      }),
    }),
    route({
      ...shared,
      method: 'put',
      summary: 'Choose what shapes the bodies of one provider; what is left out goes back to its default',
      body: providerSettingsInput,
      answers: { 200: { description: 'Presets and settings in force.', schema: providerSettings } },
      handle: async ({ tenantId, params, body }) => ({
        body: await settings.put(tenantId, params.provider ?? '', body),
      }),
    }),
  ];
}
