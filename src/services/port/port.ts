import type { Profile } from '../../providers/contract.js';
import type { Port } from '../../providers/port.js';
import { readTenantNow } from '../../store/tenant-clock.js';
import { bodySettings } from '../body-settings.js';
import type { Context } from '../context.js';
import { type DoorLimits, doorLimits } from '../door-limits.js';
import { type DoorPasses, doorPasses } from '../door-passes.js';
import type { ScenariosService } from '../scenarios.js';
import type { SettingsService } from '../settings.js';
import { attemptPort } from './attempts.js';
import { deliveryPort } from './deliveries.js';
import { eventPort } from './events.js';
import { uuidOf } from './ids.js';
import { keeperOf } from './keep.js';
import { recordPort } from './records.js';
import { type SubscriptionPortServices, subscriptionPort } from './subscriptions.js';
import { toldIn } from './told.js';

export interface DoorsService {
  /** What the front door of this provider may do in this tenant. */
  port(tenant: Port['tenant'], profile: Profile): Port;
  limits: DoorLimits;
  passes: DoorPasses;
}

export function doorsService(
  context: Context,
  services: SubscriptionPortServices & { settings: SettingsService; scenarios: ScenariosService },
): DoorsService {
  const { db, stream } = context;
  const passes = doorPasses(context);
  return {
    limits: doorLimits(context),
    passes,
    port(tenant, profile) {
      const scope = { tenantId: tenant.id, profile };
      return {
        tenant,
        now: () => readTenantNow(db.pool, tenant.id),
        settings: () => bodySettings(context, db.pool, tenant.id, profile),
        putSettings: (change) => services.settings.patch(tenant.id, profile.id, change),
        subscriptions: subscriptionPort(context, services, scope),
        events: eventPort(context, services.publish, scope),
        deliveries: deliveryPort(context, services.deliveries, scope),
        attempts: attemptPort(context, scope),
        async startScenario(input) {
          const run = await services.scenarios.start(tenant.id, { provider: profile.id, ...input });
          const steps = run.steps.map(({ type, at }) => ({
            type,
            atMs: at === null ? null : Date.parse(at),
          }));
          return { id: uuidOf(run.id), seed: run.seed, steps };
        },
        told: toldIn(context, scope),
        passes: passes.port(tenant.id, profile.id),
        records: (kind) => recordPort(context, db.pool, { tenantId: tenant.id, provider: profile.id, kind }),
        keep: keeperOf(context, { tenant, provider: profile.id }),
        tell: (type, data) => stream.publish(tenant.id, type, data),
      };
    },
  };
}
