import { isDeepStrictEqual } from 'node:util';
import { loadLaneSnapshots } from '../engine/lane-snapshot.js';
import { AppError } from '../errors.js';
import { parsePublicId } from '../lib/ids.js';
import { invariant } from '../lib/invariant.js';
import { readSubscriptionHead } from '../store/lanes.js';
import type { Context } from './context.js';
import { environmentOf } from './environments.js';
import type { DeclaredTenant, DeclaredWorld } from './schemas/declared-world.js';
import { MAX_LIMIT, type PageOf } from './schemas/fields.js';
import type { ScheduleInput, ScheduleResource } from './schemas/plans.js';
import type { SubscriptionInput, SubscriptionResource } from './schemas/subscriptions.js';
import type { Services } from './services.js';

type Used = Pick<Services, 'tenants' | 'settings' | 'subscriptions' | 'schedules' | 'receiver'>;

/**
 * Brings about what a file declares; a second time changes nothing. A subscription is known by its provider, environment
 * and URL, a schedule by its provider and type; what the file does not name stays as it is.
 * @throws AppError naming the tenant and the entry at fault; what came before it stands.
 */
export async function declareWorld(context: Context, services: Used, world: DeclaredWorld): Promise<void> {
  for (const [slug, tenant] of Object.entries(world.tenants)) {
    const tenantId = await tenantFor(services, slug, tenant);
    for (const [provider, input] of Object.entries(tenant.providers ?? {}))
      await at(`tenants.${slug}.providers.${provider}`, () =>
        services.settings.put(tenantId, provider, input),
      );
    const existing = await allOf((page) => services.subscriptions.list(tenantId, page));
    for (const [i, input] of (tenant.subscriptions ?? []).entries())
      await at(`tenants.${slug}.subscriptions.${i}`, () =>
        subscribe(context, services, { tenantId, existing, input }),
      );
    const planned = await allOf((page) => services.schedules.list(tenantId, page));
    for (const [i, input] of (tenant.schedules ?? []).entries())
      await at(`tenants.${slug}.schedules.${i}`, () => schedule(services, { tenantId, planned, input }));
  }
}

async function tenantFor(
  { tenants }: Used,
  slug: string,
  { name, retention, notifyUrl }: DeclaredTenant,
): Promise<string> {
  const known = await tenants.resolve(slug);
  if (known) {
    if ([name, retention, notifyUrl].some((given) => given !== undefined))
      await at(`tenants.${slug}`, () => tenants.update(known.id, { name, retention, notifyUrl }));
    return known.id;
  }
  const made = await at(`tenants.${slug}`, () =>
    tenants.create({ slug, name: name ?? slug, retention, notifyUrl }),
  );
  return uuidIn('ten', made.id);
}

async function allOf<T>(
  list: (page: { limit: number; cursor: string | undefined }) => Promise<PageOf<T>>,
): Promise<T[]> {
  const found: T[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await list({ limit: MAX_LIMIT, cursor });
    found.push(...page.data);
    if (page.nextCursor === null) return found;
    cursor = page.nextCursor;
  }
}

interface Wanted {
  tenantId: string;
  existing: readonly SubscriptionResource[];
  input: SubscriptionInput;
}

async function subscribe(
  context: Context,
  services: Used,
  { tenantId, existing, input }: Wanted,
): Promise<void> {
  const url = input.url === 'receiver' ? services.receiver.read(tenantId).url : input.url;
  const profile = context.registry.get(input.provider);
  const environment = environmentOf(profile, input.environment);
  const same = existing.find(
    (s) => s.provider === profile.id && s.environment === environment && s.url === spelled(url),
  );
  if (!same) {
    await services.subscriptions.create(tenantId, { ...input, url });
    return;
  }
  const { provider: _, secret, active, ...wanted } = input;
  const id = uuidIn('sub', same.id);
  const isNew = secret !== undefined && secret !== (await currentSecret(context, tenantId, id));
  await services.subscriptions.update(tenantId, id, {
    ...wanted,
    url,
    ...(isNew ? { secret } : {}),
    // Said again it would wake up what was paused or has failed since.
    ...(active === false || same.status === 'disabled' ? { active } : {}),
  });
}

/** The oldest that is not spoken for stands for it; one that says something else makes way. */
async function schedule(
  { schedules }: Used,
  { tenantId, planned, input }: { tenantId: string; planned: ScheduleResource[]; input: ScheduleInput },
): Promise<void> {
  const nameOf = ({ provider, type, variant, environment }: ScheduleInput | ScheduleResource) =>
    [provider, type, variant ?? null, environment ?? null].join(' ');
  const restOf = ({ cron, data, subscriptionId }: ScheduleInput | ScheduleResource) => [
    cron,
    data ?? null,
    subscriptionId ?? null,
  ];
  const i = planned.findLastIndex((one) => nameOf(one) === nameOf(input));
  const [same] = i < 0 ? [] : planned.splice(i, 1);
  if (same && isDeepStrictEqual(restOf(same), restOf(input))) return;
  await schedules.add(tenantId, input);
  if (same) await schedules.remove(tenantId, uuidIn('sch', same.id));
}

/** Given anew an unchanged secret would end an overlap. */
async function currentSecret(context: Context, tenantId: string, id: string): Promise<string | undefined> {
  const head = await readSubscriptionHead(context.db.pool, tenantId, id);
  const [snapshot] = head ? await loadLaneSnapshots(context, [head.lane]) : [];
  return snapshot?.secrets.find(({ expiresAtMs }) => expiresAtMs === null)?.value;
}

/** As the URL standard writes it, which is how it is stored. */
function spelled(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  parsed.hash = '';
  return parsed.href;
}

function uuidIn(prefix: 'ten' | 'sub' | 'sch', id: string): string {
  const uuid = parsePublicId(prefix, id);
  invariant(uuid, `${id} is no id of ours`);
  return uuid;
}

async function at<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw new AppError(error.code, `${place}: ${error.message}`, error.errors);
    throw error;
  }
}
