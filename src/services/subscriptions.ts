import type pg from 'pg';
import { type Told, told } from '../engine/happenings.js';
import { stoppedReason } from '../engine/health-moves.js';
import { placeOf, type Settings, unmaskSettings } from '../engine/sealed-settings.js';
import { AppError } from '../errors.js';
import type { Profile, StoppedRule } from '../providers/contract.js';
import { effective } from '../providers/effective.js';
import type { Registry } from '../providers/registry.js';
import { OPERATIONAL } from '../store/lanes.js';
import { noteTurn } from '../store/notifications.js';
import { deleteSecrets, insertSecret } from '../store/secrets.js';
import { cancelOpen, holdOpen, releaseHeld } from '../store/stopping.js';
import {
  bumpRevisions,
  findSubscription,
  insertSubscription,
  listSubscriptions,
  type SubscriptionRow,
  updateSubscription,
} from '../store/subscriptions.js';
import { readTenantClock, readTenantNow } from '../store/tenant-clock.js';
import type { Context } from './context.js';
import { readPage } from './cursors.js';
import { headersFrom } from './custom-headers.js';
import type { InsideOption } from './idempotency.js';
import { tellHappenings } from './operational.js';
import { removeSubscription, tellRemoved } from './remove-subscriptions.js';
import type { Page, PageOf } from './schemas/fields.js';
import type {
  SubscriptionFilter,
  SubscriptionInput,
  SubscriptionPatch,
  SubscriptionResource,
} from './schemas/subscriptions.js';
import {
  checkSecret,
  firstSecret,
  judgeDraft,
  refuseExpiredCredentials,
  type SubscriptionDraft,
} from './subscription-draft.js';
import { columnsOf, draftOf, subscriptionResource } from './subscription-resource.js';

const MAX_IN_FLIGHT = 10;

export interface SubscriptionAnswer {
  subscription: SubscriptionResource;
  /** Sentences for `Ringer-Notice`. */
  notices: string[];
}

/** What a provider's own front door can say beside. */
export interface DoorFields {
  application?: string | undefined;
  uid?: string | null | undefined;
  channels?: string[] | undefined;
  details?: Settings | undefined;
  /** `events` may name types that the profile does not know: the door knows them. */
  anyEvents?: boolean | undefined;
}

export interface CreateOptions extends DoorFields {
  /** Where a provider's own front door starts a subscription before it is live, and takes it from there. */
  status?: string;
  /** Changed only from this status. */
  onlyFrom?: string;
  /** Changed only as it was read. */
  onlyRevision?: number;
  /** Of the first secret; one that exists is named when it is rotated. */
  secretName?: string | null;
}

export interface SubscriptionsService {
  create(
    tenantId: string,
    input: SubscriptionInput,
    options?: CreateOptions & InsideOption<SubscriptionAnswer>,
  ): Promise<SubscriptionAnswer>;
  list(tenantId: string, filter: SubscriptionFilter & Page): Promise<PageOf<SubscriptionResource>>;
  read(tenantId: string, id: string): Promise<SubscriptionResource>;
  update(
    tenantId: string,
    id: string,
    patch: SubscriptionPatch,
    options?: CreateOptions,
  ): Promise<SubscriptionAnswer>;
  /** Cancels what is pending and keeps history. */
  remove(tenantId: string, id: string): Promise<void>;
  /** Holds, in any provider. */
  pause(tenantId: string, id: string): Promise<SubscriptionResource>;
  /** Active again, its health forgotten, what was held on its way in order of creation. */
  resume(tenantId: string, id: string): Promise<SubscriptionResource>;
}

export function subscriptionsService(context: Context): SubscriptionsService {
  const { db, registry, sealer, ids, random, egress, stream, wake, wall } = context;

  const happenings = tellHappenings(context);
  const show = (row: SubscriptionRow) => subscriptionResource(sealer, registry.get(row.provider), row);
  const tell = (tenantId: string, resource: SubscriptionResource) =>
    stream.publish(tenantId, 'subscription.updated', { ...resource });

  /** Changes one subscription while nobody else can. Nothing in `work` may ask the database but through its client. */
  async function change(
    tenantId: string,
    id: string,
    work: (client: pg.PoolClient, row: SubscriptionRow, nowMs: number) => Promise<SubscriptionRow>,
  ): Promise<SubscriptionResource> {
    let afterCommit = () => {};
    const row = await db.transaction(async (client) => {
      // Before the subscription, as by whoever sets the clock.
      const clock = await readTenantClock(client, tenantId, 'share');
      const found = clock && (await findSubscription(client, { tenantId, id }, 'update'));
      if (!found) throw noSubscription();
      const changed = await work(client, found, clock.nowMs);
      afterCommit = await happenings(client, disabledByUser(registry, found, changed));
      const { status, provider } = changed;
      if (status !== found.status)
        await noteTurn(client, {
          tenantId,
          subscriptionId: id,
          provider,
          status,
          cause: 'user',
          sinceMs: null,
        });
      return changed;
    });
    const resource = show(row);
    tell(tenantId, resource);
    afterCommit();
    context.turned();
    return resource;
  }

  async function setStatus(
    client: pg.PoolClient,
    row: SubscriptionRow,
    {
      status,
      nowMs,
      draft = draftOf(sealer, row),
    }: { status: string; nowMs: number; draft?: SubscriptionDraft },
    clearHealth = status === 'active' && row.status !== 'active',
  ): Promise<SubscriptionRow> {
    const { tenant_id: tenantId, id } = row;
    const profile = registry.get(row.provider);
    const columns = columnsOf(sealer, profile, { tenantId, id, status, draft });
    const changed = await updateSubscription(client, { tenantId, id, nowMs, clearHealth }, columns);
    if (status === row.status) return changed;
    if (status === 'active') await releaseHeld(client, tenantId, id);
    if (status === 'paused') await holdOpen(client, tenantId, id);
    if (status === 'disabled') {
      const { policies } = effective(profile, 'subscription', draft.presets, draft.settings);
      await stop(client, { tenantId, id, rule: policies.whileStopped.disabled });
    }
    return changed;
  }

  async function putSecret(
    client: pg.PoolClient,
    {
      tenantId,
      id,
      value,
      name = null,
      nowMs,
    }: { tenantId: string; id: string; value: string; name?: string | null; nowMs: number },
  ): Promise<void> {
    const sealed = sealer.seal(value, placeOf.secret(tenantId, id));
    await insertSecret(client, { tenantId, subscriptionId: id }, { id: ids.next(), name, sealed, nowMs });
  }

  return {
    async create(tenantId, input, { inside, ...options } = {}) {
      const profile = registry.get(input.provider);
      const { draft, notices } = judgeDraft(
        profile,
        egress,
        draftFrom(profile, input, options),
        options.anyEvents ? (input.events ?? []) : [],
      );
      refuseExpiredCredentials(profile, draft, wall.now());
      const secret = firstSecret(profile, input.secret, random);
      const status = options.status ?? (input.active === false ? 'disabled' : 'active');
      const id = ids.next();
      const { answer, resource } = await db.transaction(async (client) => {
        const nowMs = await readTenantNow(client, tenantId);
        const columns = columnsOf(sealer, profile, { tenantId, id, status, draft });
        const made = await insertSubscription(client, { tenantId, id, provider: profile.id, nowMs }, columns);
        const name = options.secretName ?? null;
        if (secret) await putSecret(client, { tenantId, id, value: secret.value, name, nowMs });
        // Who sends to the others must know that somebody hears now.
        if (draft.application === OPERATIONAL) await bumpRevisions(client, tenantId, profile.id);
        const resource = show(made);
        const subscription = secret?.made ? { ...resource, secret: secret.value } : resource;
        await inside?.(client, { subscription, notices });
        return { answer: { subscription, notices }, resource };
      });
      tell(tenantId, resource);
      return answer;
    },

    list: (tenantId, { provider, environment, status, ...page }) =>
      readPage('sub', page, {
        read: (at) => listSubscriptions(db.pool, tenantId, { provider, environment, status, ...at }),
        show,
      }),

    async read(tenantId, id) {
      const row = await findSubscription(db.pool, { tenantId, id });
      if (!row) throw noSubscription();
      return show(row);
    },

    async update(tenantId, id, patch, options = {}) {
      let notices: string[] = [];
      let released: number[] = [];
      const subscription = await change(tenantId, id, async (client, row, nowMs) => {
        if (options.onlyFrom !== undefined && row.status !== options.onlyFrom)
          throw new AppError('conflict', `The subscription is ${row.status}, not ${options.onlyFrom}.`);
        if (options.onlyRevision !== undefined && row.revision !== options.onlyRevision)
          throw new AppError('conflict', 'The subscription was changed meanwhile; read it and ask again.');
        const profile = registry.get(row.provider);
        const before = draftOf(sealer, row);
        // What it wants already is not asked again.
        const vouched = [...(before.events ?? []), ...(options.anyEvents ? (patch.events ?? []) : [])];
        const judged = judgeDraft(
          profile,
          egress,
          patchDraft(profile, before, { ...patch, ...options }),
          vouched,
        );
        if (patch.settings) refuseExpiredCredentials(profile, judged.draft, wall.now());
        notices = patch.url === undefined ? [] : judged.notices;
        if (patch.secret !== undefined)
          await changeSecret(client, profile, { row, secret: patch.secret, nowMs });
        const status = options.status ?? statusAfter(row.status, patch.active);
        released = status === 'active' && row.status !== 'active' ? [row.lane] : [];
        return setStatus(client, row, { status, nowMs, draft: judged.draft });
      });
      if (released.length > 0) wake(released);
      return { subscription, notices };
    },

    async remove(tenantId, id) {
      if (!(await db.transaction((client) => removeSubscription(client, tenantId, id))))
        throw noSubscription();
      tellRemoved(context, tenantId, id);
    },

    pause: (tenantId, id) =>
      change(tenantId, id, (client, row, nowMs) => setStatus(client, row, { status: 'paused', nowMs })),

    async resume(tenantId, id) {
      let lane = 0;
      const resource = await change(tenantId, id, (client, row, nowMs) => {
        lane = row.lane;
        return setStatus(client, row, { status: 'active', nowMs }, true);
      });
      wake([lane]);
      return resource;
    },
  };

  async function changeSecret(
    client: pg.PoolClient,
    profile: Profile,
    { row, secret, nowMs }: { row: SubscriptionRow; secret: string | null; nowMs: number },
  ): Promise<void> {
    const { tenant_id: tenantId, id } = row;
    if (profile.policies.rotation.value.kind === 'fixed')
      throw new AppError(
        'rotation_unsupported',
        `${profile.name} keeps a secret as long as its subscription.`,
      );
    if (secret === null && profile.secret.value.use !== 'optional')
      throw new AppError('invalid_secret', `${profile.name} cannot do without a secret; give another one.`, [
        { path: 'secret', message: 'cannot be taken away' },
      ]);
    const value = secret === null ? null : checkSecret(profile, secret);
    await deleteSecrets(client, { tenantId, subscriptionId: id });
    if (value !== null) await putSecret(client, { tenantId, id, value, nowMs });
  }
}

/** What is told when a subscription is switched off by hand, to whoever hears about it. */
function disabledByUser(registry: Registry, before: SubscriptionRow, after: SubscriptionRow): Told[] {
  const { tenant_id: tenantId, id: subscriptionId, uid, application, environment } = after;
  const profile = registry.get(after.provider);
  if (!profile.operational || application === OPERATIONAL) return [];
  if (before.status === 'disabled' || after.status !== 'disabled') return [];
  const about = { tenantId, subscriptionId, uid, application, environment, profile };
  const failingSinceMs = before.health?.failingSince ?? null;
  return [told(about, { kind: 'disabled', by: 'user', failingSinceMs })];
}

export function noSubscription(): AppError {
  return new AppError('not_found', 'There is no such subscription in this tenant.');
}

/** What becomes of the deliveries that are open when a subscription is switched off. */
async function stop(
  client: pg.PoolClient,
  { tenantId, id, rule }: { tenantId: string; id: string; rule: StoppedRule },
): Promise<void> {
  if (rule === 'hold') await holdOpen(client, tenantId, id);
  else await cancelOpen(client, tenantId, id, stoppedReason('disabled'));
}

function statusAfter(status: string, active: boolean | undefined): string {
  if (active === undefined) return status;
  if (!active) return 'disabled';
  return status === 'unhealthy' ? status : 'active';
}

function draftFrom(profile: Profile, input: SubscriptionInput, more: DoorFields): SubscriptionDraft {
  return {
    url: input.url,
    environment: input.environment ?? profile.environments.value.offered[0],
    presets: input.presets ?? [],
    settings: (input.settings ?? {}) as Settings,
    events: input.events ?? null,
    headers: headersFrom(input.headers ?? {}),
    rateLimit: input.rateLimit ?? null,
    maxInFlight: input.maxInFlight ?? MAX_IN_FLIGHT,
    application: more.application ?? 'default',
    uid: more.uid ?? null,
    channels: more.channels ?? [],
    details: more.details ?? {},
  };
}

function patchDraft(
  profile: Profile,
  before: SubscriptionDraft,
  patch: SubscriptionPatch & DoorFields,
): SubscriptionDraft {
  return {
    url: patch.url ?? before.url,
    environment: patch.environment ?? before.environment,
    presets: patch.presets ?? before.presets,
    settings: patch.settings
      ? patchSettings(profile, before.settings, patch.settings as Settings)
      : before.settings,
    events: patch.events === undefined ? before.events : patch.events,
    headers: patch.headers ? headersFrom(patch.headers, before.headers) : before.headers,
    rateLimit: patch.rateLimit === undefined ? before.rateLimit : patch.rateLimit,
    maxInFlight: patch.maxInFlight ?? before.maxInFlight,
    application: before.application,
    uid: patch.uid === undefined ? before.uid : patch.uid,
    channels: patch.channels ?? before.channels,
    details: patch.details ?? before.details,
  };
}

/** Key by key, each whole; null is a value where the setting takes it, else it goes back to the default. */
function patchSettings(profile: Profile, before: Settings, given: Settings): Settings {
  const merged: Settings = { ...before };
  const shape: Record<string, { safeParse(value: unknown): { success: boolean } }> =
    profile.settings.subscription.shape;
  for (const [key, value] of Object.entries(unmaskSettings(given, before, profile.secretSettings))) {
    if (value === null && Object.hasOwn(shape, key) && !shape[key]!.safeParse(null).success)
      delete merged[key];
    else merged[key] = value;
  }
  return merged;
}
