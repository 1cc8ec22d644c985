import { catalogueService } from './catalogue.js';
import { type ClockTools, clockService } from './clock.js';
import type { Context } from './context.js';
import { ensureDefaultTenant } from './default-tenant.js';
import { deliveriesService } from './deliveries.js';
import { historyService } from './history.js';
import { idempotencyService } from './idempotency.js';
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
export function createServices(context: Context, tools: ClockTools) {
  const history = historyService(context);
  const deliveries = deliveriesService(context, (tenantId, id) => history.delivery(tenantId, id));
  const publish = publishService(context);
  const planned = plannedService(context, publish);
  const { planner } = tools;
  const secrets = secretsService(context);
  const settings = settingsService(context);
  const scenarios = scenariosService(context, { publish, planned, planner });
  const subscriptions = subscriptionsService(context);
  const keys = keysService(context);
  return {
    catalogue: catalogueService(context),
    clock: clockService(context, tools),
    deliveries,
    doors: doorsService(context, { deliveries, publish, scenarios, secrets, settings, subscriptions }),
    history,
    idempotency: idempotencyService(context),
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
