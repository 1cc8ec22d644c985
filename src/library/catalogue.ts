import { loadRegistry } from '../providers/registry.js';
import { catalogueService } from '../services/catalogue.js';
import type { ProfileResource } from '../services/schemas/catalogue.js';
import { MAX_LIMIT } from '../services/schemas/fields.js';

export async function providers(): Promise<readonly ProfileResource[]> {
  const registry = await loadRegistry();
  return catalogueService({ registry }).list({ limit: MAX_LIMIT }).data;
}
