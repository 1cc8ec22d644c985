import type { Context } from '../services/context.js';
import type { Services } from '../services/services.js';
import { type ChecksService, checksService } from './service.js';

/** Every use-case, the checks of consumers included. */
export type AllServices = Services & { checks: ChecksService };

export function withChecks(services: Services, context: Context): AllServices {
  return { ...services, checks: checksService(context) };
}
