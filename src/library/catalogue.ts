import { systemRandom } from '../lib/random.js';
import { secretVariable } from '../lib/secret-variable.js';
import { loadRegistry } from '../providers/registry.js';
import { catalogueService } from '../services/catalogue.js';
import type { ProfileResource } from '../services/schemas/catalogue.js';
import { MAX_LIMIT } from '../services/schemas/fields.js';

export async function providers(): Promise<readonly ProfileResource[]> {
  const registry = await loadRegistry();
  return catalogueService({ registry }).list({ limit: MAX_LIMIT }).data;
}

/** What `RINGER_SECRET_<PROVIDER>` says, by the provider's id; where it says several, one a line. */
export async function secretsOf(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, string[]>> {
  const registry = await loadRegistry();
  const found = registry
    .list()
    .map(({ id }) => [id, (env[secretVariable(id)] ?? '').split('\n').filter(Boolean)] as const);
  return Object.fromEntries(found.filter(([, secrets]) => secrets.length > 0));
}

/** A fresh secret for each provider that has one, by its id. */
export async function makeSecrets(): Promise<Record<string, string>> {
  const registry = await loadRegistry();
  const random = systemRandom();
  const having = registry.list().filter(({ secret }) => secret.value.use !== 'none');
  return Object.fromEntries(having.map(({ id, secret }) => [id, secret.value.make(random)]));
}
