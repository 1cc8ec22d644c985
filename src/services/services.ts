import type { Egress } from '../engine/egress/egress.js';
import type { Copier } from '../engine/faults/copier.js';
import { catalogueService } from './catalogue.js';
import { challengesService } from './challenges.js';
import { type ClockTools, clockService } from './clock.js';
import type { Context } from './context.js';
import { ensureDefaultTenant } from './default-tenant.js';
import { deliveriesService } from './deliveries.js';
import { faultsService } from './faults.js';
import { historyService } from './history.js';
import { idempotencyService } from './idempotency.js';
import { inspectionService } from './inspection.js';
import { keysService } from './keys.js';
import { plannedService } from './planned.js';
import { doorsService } from './port/port.js';
import { publishService } from './publish.js';
import { readinessService } from './readiness.js';
import { receiverService } from './receiver.js';
import { resetService } from './reset.js';
import { scenariosService } from './scenarios.js';
import { schedulesService } from './schedules.js';
import { secretsService } from './secrets.js';
import { sessionsService } from './sessions.js';
import { settingsService } from './settings.js';
import { statsService } from './stats.js';
import { subscriptionsService } from './subscriptions.js';
import { tenantsService } from './tenants.js';

/** Every use-case, once. What HTTP, the library and the seed stand on. */
export function createServices(context: Context, tools: ClockTools & { copier: Copier; egress: Egress }) {
  const history = historyService(context);
  const deliveries = deliveriesService(context, (tenantId, id) => history.delivery(tenantId, id));
  const faults = faultsService(context);
  const publish = publishService(context, faults);
  const { planner, copier } = tools;
  const planned = plannedService(context, { publish, copier });
  const secrets = secretsService(context);
  const settings = settingsService(context);
  const scenarios = scenariosService(context, { publish, planned, planner });
  const subscriptions = subscriptionsService(context);
  const keys = keysService(context);
  return {
    catalogue: catalogueService(context),
    challenges: challengesService(context, tools.egress),
    clock: clockService(context, tools),
    deliveries,
    doors: doorsService(context, { deliveries, publish, scenarios, secrets, settings, subscriptions }),
    faults,
    history,
    idempotency: idempotencyService(context),
    inspection: inspectionService(context, history),
    keys,
    planned,
    publish,
    readiness: readinessService(context),
    receiver: receiverService(context),
    reset: resetService(context),
    scenarios,
    schedules: schedulesService(context, { publish, planner }),
    secrets,
    sessions: sessionsService(context, keys),
    settings,
    stats: statsService(context),
    stream: context.stream,
    subscriptions,
    tenants: tenantsService(context),
    ensureDefaultTenant: (key: string) => ensureDefaultTenant(context, key),
  };
}

export type Services = ReturnType<typeof createServices>;
