import { placeOf } from '../engine/sealed-settings.js';
import { AppError } from '../errors.js';
import { isoMillis } from '../lib/clock.js';
import { formatDuration } from '../lib/duration.js';
import { publicId } from '../lib/ids.js';
import type { Profile } from '../providers/contract.js';
import { effective } from '../providers/effective.js';
import {
  countLiveSecrets,
  deleteSecret,
  deleteSecrets,
  expireSecrets,
  insertSecret,
  keepSecret,
  listSecrets,
  readLiveSecrets,
  type SecretOwner,
  type SecretRow,
} from '../store/secrets.js';
import { bumpRevision, findSubscription, type SubscriptionRow } from '../store/subscriptions.js';
import { type Queryable, readTenantNow } from '../store/tenant-clock.js';
import type { Context } from './context.js';
import { readPage } from './cursors.js';
import type { InsideOption } from './idempotency.js';
import type { Page, PageOf } from './schemas/fields.js';
import type { SecretInput, SecretResource } from './schemas/subscriptions.js';
import { checkSecret } from './subscription-draft.js';
import { draftOf } from './subscription-resource.js';
import { noSubscription } from './subscriptions.js';

export interface SecretsService {
  /** A new current secret; the value is answered only when it was made here. */
  rotate(
    tenantId: string,
    subscriptionId: string,
    input: SecretInput & InsideOption<SecretResource>,
  ): Promise<SecretResource>;
  /**
   * Ends one of several at once. Where the current one goes, the newest that is left signs on without an end.
   * @returns whether there was one that signed. @throws AppError `conflict` for the last.
   */
  retire(tenantId: string, subscriptionId: string, secretId: string): Promise<boolean>;
  list(tenantId: string, subscriptionId: string, page: Page): Promise<PageOf<SecretResource>>;
}

export function secretsService({ db, registry, sealer, ids, random }: Context): SecretsService {
  return {
    async rotate(tenantId, subscriptionId, input) {
      const owner = { tenantId, subscriptionId };
      return db.transaction(async (client) => {
        const row = await findSubscription(client, { tenantId, id: subscriptionId }, 'update');
        if (!row) throw noSubscription();
        const profile = registry.get(row.provider);
        const draft = draftOf(sealer, row);
        const { policies } = effective(profile, 'subscription', draft.presets, draft.settings);
        const overlapMs = overlapOf(profile, policies.rotation, input.overlap);
        const value = newSecret(profile, input.secret, () => profile.secret.value.make(random));
        const nowMs = await readTenantNow(client, tenantId);
        if (overlapMs > 0) await refuseTooMany(client, owner, nowMs);
        if (overlapMs === 0) await deleteSecrets(client, owner);
        else await expireSecrets(client, owner, { nowMs, untilMs: nowMs + overlapMs });
        const sealed = sealer.seal(value, placeOf.secret(tenantId, subscriptionId));
        const made = await insertSecret(client, owner, {
          id: ids.next(),
          name: input.name ?? null,
          sealed,
          nowMs,
        });
        await bumpRevision(client, { tenantId, id: subscriptionId, nowMs });
        const answer = { ...secretResource(made), ...(input.secret === undefined ? { secret: value } : {}) };
        await input.inside?.(client, answer);
        return answer;
      });
    },
    async retire(tenantId, subscriptionId, secretId) {
      const owner = { tenantId, subscriptionId };
      return db.transaction(async (client) => {
        if (!(await findSubscription(client, { tenantId, id: subscriptionId }, 'update')))
          throw noSubscription();
        const nowMs = await readTenantNow(client, tenantId);
        const live = await readLiveSecrets(client, owner, nowMs);
        if (!live.some(({ id }) => id === secretId)) return false;
        const newest = live.find(({ id }) => id !== secretId);
        if (!newest) throw new AppError('conflict', 'This is the last secret; add another one first.');
        await deleteSecret(client, owner, secretId);
        await keepSecret(client, owner, newest.id);
        await bumpRevision(client, { tenantId, id: subscriptionId, nowMs });
        return true;
      });
    },
    async list(tenantId, subscriptionId, page) {
      const row: SubscriptionRow | null = await findSubscription(db.pool, { tenantId, id: subscriptionId });
      if (!row) throw noSubscription();
      return readPage('sec', page, {
        read: (at) => listSecrets(db.pool, { tenantId, subscriptionId }, at),
        show: secretResource,
      });
    },
  };
}

/** Old ones beside the current: each signs, in one header, and more would outgrow what consumers accept. */
const MAX_OLD = 10;

async function refuseTooMany(client: Queryable, owner: SecretOwner, nowMs: number): Promise<void> {
  if ((await countLiveSecrets(client, owner, nowMs)) <= MAX_OLD) return;
  throw new AppError(
    'conflict',
    `${MAX_OLD} old secrets sign still; wait until an overlap has ended, or rotate with overlap "0s".`,
  );
}

/** How long the old secret goes on signing, milliseconds; 0 = not at all. */
function overlapOf(
  profile: Profile,
  rule: Profile['policies']['rotation']['value'],
  wanted: number | undefined,
): number {
  const refuse = (code: 'overlap_unsupported' | 'rotation_unsupported' | 'invalid_request', detail: string) =>
    new AppError(code, detail, [
      { path: code === 'rotation_unsupported' ? 'secret' : 'overlap', message: detail },
    ]);
  if (rule.kind === 'fixed')
    throw refuse(
      'rotation_unsupported',
      `${profile.name} keeps a secret as long as its subscription; make a new subscription.`,
    );
  if (rule.kind === 'switch') {
    if (wanted === undefined) return 0;
    throw refuse(
      'overlap_unsupported',
      `${profile.name} carries one secret at a time: the new one holds at once. Leave overlap out.`,
    );
  }
  const overlapMs = wanted ?? rule.defaultMs;
  if (overlapMs <= rule.maxMs) return overlapMs;
  throw refuse(
    'invalid_request',
    `The overlap is at most ${formatDuration(rule.maxMs)} for ${profile.name}.`,
  );
}

function newSecret(profile: Profile, given: string | undefined, make: () => string): string {
  return checkSecret(profile, given ?? make());
}

function secretResource(row: SecretRow): SecretResource {
  return {
    id: publicId('sec', row.id),
    name: row.name,
    createdAt: isoMillis(row.created_at.getTime()),
    expiresAt: row.expires_at ? isoMillis(row.expires_at.getTime()) : null,
  };
}
