import { placeOf, type Settings } from '../../engine/sealed-settings.js';
import { asUuid, publicId } from '../../lib/ids.js';
import type { Json } from '../../lib/merge-patch.js';
import type { Profile } from '../../providers/contract.js';
import type {
  NewPortSubscription,
  PortSubscription,
  PortSubscriptionInput,
  SubscriptionPort,
} from '../../providers/port.js';
import { countDeliveries } from '../../store/history.js';
import { readLiveSecrets } from '../../store/secrets.js';
import { readStats } from '../../store/stats.js';
import {
  countSubscriptions,
  findSubscription,
  listSubscriptions,
  type SubscriptionRow,
} from '../../store/subscriptions.js';
import { readTenantNow } from '../../store/tenant-clock.js';
import type { Context } from '../context.js';
import type { DeliveriesService } from '../deliveries.js';
import { openSealed } from '../open-sealed.js';
import type { PublishService } from '../publish.js';
import type { SubscriptionInput } from '../schemas/subscriptions.js';
import type { SecretsService } from '../secrets.js';
import { statsOf } from '../stats.js';
import { shownOf } from '../subscription-resource.js';
import { type CreateOptions, noSubscription, type SubscriptionsService } from '../subscriptions.js';
import { portPublished } from './events.js';
import { uuidOf } from './ids.js';

export interface SubscriptionPortServices {
  subscriptions: SubscriptionsService;
  secrets: SecretsService;
  publish: PublishService;
  deliveries: DeliveriesService;
}

/** Each is another change that came first. */
const MAX_TRIES = 20;

/** Subscriptions of one provider in one tenant; another provider's do not exist here. */
export function subscriptionPort(
  context: Context,
  services: SubscriptionPortServices,
  { tenantId, profile }: { tenantId: string; profile: Profile },
): SubscriptionPort {
  const { db, sealer } = context;
  const { subscriptions, secrets } = services;
  const show = (row: SubscriptionRow) => portSubscription(context, profile, row);

  const row = async (id: string): Promise<SubscriptionRow | null> => {
    const uuid = asUuid(id);
    const found = uuid === null ? null : await findSubscription(db.pool, { tenantId, id: uuid });
    return found?.provider === profile.id ? found : null;
  };
  /** @throws AppError `not_found` for another provider's, too. */
  const own = async (id: string): Promise<string> => {
    const found = await row(id);
    if (!found) throw noSubscription();
    return found.id;
  };
  const read = async (id: string): Promise<PortSubscription> => show((await row(id))!);
  const live = async (id: string) => {
    const rows = await readLiveSecrets(
      db.pool,
      { tenantId, subscriptionId: id },
      await readTenantNow(db.pool, tenantId),
    );
    return rows.map(({ id: secretId, sealed, name, created_at, expires_at }) => ({
      id: secretId,
      value: openSealed(
        () => sealer.open(sealed, placeOf.secret(tenantId, id)),
        'the subscription’s secrets',
        'give it a new one',
      ),
      name,
      createdAtMs: created_at.getTime(),
      expiresAtMs: expires_at?.getTime() ?? null,
    }));
  };

  return {
    async create(input) {
      const made = await subscriptions.create(
        tenantId,
        { provider: profile.id, ...apiInput(input), url: input.url },
        { ...doorFields(input), application: input.application, secretName: input.secretName ?? null },
      );
      const id = uuidOf(made.subscription.id);
      const secret = made.subscription.secret ?? input.secret ?? null;
      return { subscription: await read(id), secret, notices: made.notices };
    },
    list: async ({ after = null, limit, order, ...filter }) =>
      (
        await listSubscriptions(db.pool, tenantId, {
          provider: profile.id,
          ...filter,
          before: after,
          limit,
          ...(order ? { order } : {}),
        })
      ).map(show),
    total: (filter) => countSubscriptions(db.pool, tenantId, { provider: profile.id, ...filter }),
    async find(id) {
      const found = await row(id);
      return found && show(found);
    },
    async update(id, patch) {
      const change = (given: PortSubscriptionInput, onlyRevision?: number) =>
        subscriptions.update(tenantId, id, apiInput(given), {
          ...doorFields(given),
          ...(onlyRevision === undefined ? {} : { onlyRevision }),
        });
      for (let tries = 1; ; tries++) {
        const before = await row(id);
        if (!before) throw noSubscription();
        try {
          const { notices } =
            typeof patch === 'function'
              ? await change(await patch(show(before)), before.revision)
              : await change(patch);
          return { subscription: await read(id), notices };
        } catch (error) {
          const stale = typeof patch === 'function' && (await row(id))?.revision !== before.revision;
          if (!stale || tries === MAX_TRIES) throw error;
        }
      }
    },
    remove: async (id) => subscriptions.remove(tenantId, await own(id)),
    async pause(id) {
      await subscriptions.pause(tenantId, await own(id));
      return read(id);
    },
    async resume(id) {
      await subscriptions.resume(tenantId, await own(id));
      return read(id);
    },
    secrets: async (id) => live(await own(id)),
    async rotate(id, { overlapMs, ...input }) {
      const made = await secrets.rotate(tenantId, await own(id), { ...input, overlap: overlapMs });
      return made.secret ?? input.secret!;
    },
    async retireSecret(id, secretId) {
      const uuid = asUuid(secretId);
      return uuid !== null && secrets.retire(tenantId, await own(id), uuid);
    },
    test: async (id, input) => portPublished(await services.publish.test(tenantId, await own(id), input)),
    count: async (id, range) => countDeliveries(db.pool, { tenantId, subscriptionId: await own(id) }, range),
    async stats(id, sinceMs) {
      const row = await readStats(db.pool, { tenantId, subscriptionId: await own(id) }, sinceMs);
      const { attempts, failed_attempts: failedAttempts, retries } = row;
      return { ...statsOf(row), attempts, failedAttempts, retries };
    },
    async recover(id, { sinceMs, untilMs, which }) {
      const status = which === 'neverAttempted' ? 'never_attempted' : which;
      const range = { since: sinceMs, until: untilMs ?? undefined, status } as const;
      return (await services.deliveries.recover(tenantId, await own(id), range)).count;
    },
  };
}

type ApiInput = Omit<SubscriptionInput, 'provider' | 'url'>;

function apiInput(input: PortSubscriptionInput | NewPortSubscription): ApiInput & { url?: string } {
  const {
    channels: _c,
    uid: _u,
    details: _d,
    status: _s,
    onlyFrom: _o,
    onlyRevision: _r,
    anyEvents: _n,
    ...rest
  } = input;
  const { application: _a, events, presets, headers, settings, ...plain } = rest as NewPortSubscription;
  return {
    ...plain,
    ...(events === undefined ? {} : { events: events && [...events] }),
    ...(presets === undefined ? {} : { presets: [...presets] }),
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(settings === undefined ? {} : { settings: { ...settings } }),
  };
}

function doorFields({
  anyEvents,
  channels,
  uid,
  details,
  status,
  onlyFrom,
  onlyRevision,
}: PortSubscriptionInput): CreateOptions {
  return {
    ...(anyEvents === undefined ? {} : { anyEvents }),
    ...(channels === undefined ? {} : { channels: [...channels] }),
    ...(uid === undefined ? {} : { uid }),
    ...(details === undefined ? {} : { details: { ...details } as Settings }),
    ...(status === undefined ? {} : { status }),
    ...(onlyFrom === undefined ? {} : { onlyFrom }),
    ...(onlyRevision === undefined ? {} : { onlyRevision }),
  };
}

function portSubscription(
  { sealer }: Pick<Context, 'sealer'>,
  profile: Profile,
  row: SubscriptionRow,
): PortSubscription {
  const { draft, settings } = shownOf(sealer, profile, row);
  return {
    id: row.id,
    url: row.url,
    environment: row.environment,
    status: row.status,
    events: draft.events,
    channels: row.channels,
    headers: draft.headers,
    settings,
    presets: row.presets,
    rateLimit: row.rate_limit,
    maxInFlight: row.max_in_flight,
    application: row.application,
    uid: row.uid,
    details: row.details as Record<string, Json>,
    revision: row.revision,
    unhealthySinceMs: row.health?.unhealthySince ?? null,
    failingSinceMs: row.health?.failingSince ?? null,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  };
}

/** As the core's own services take it. */
export function subscriptionRef(id: string): string {
  return publicId('sub', id);
}
