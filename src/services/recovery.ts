import { type MatchingSubscription, matchingSubscriptions } from '../engine/lane-snapshot.js';
import { AppError } from '../errors.js';
import { publicId } from '../lib/ids.js';
import type { Profile } from '../providers/contract.js';
import {
  findFinished,
  findMissed,
  insertMissed,
  type RecoveryRange,
  reopenFound,
} from '../store/recovering.js';
import { findSubscription, type SubscriptionRow } from '../store/subscriptions.js';
import { readTenantClock } from '../store/tenant-clock.js';
import { bodySettings } from './body-settings.js';
import type { Context } from './context.js';
import { asJson } from './event-body.js';
import { fanOut, isSentTo } from './fan-out.js';
import type { InsideOption } from './idempotency.js';
import type { RecoverInput } from './schemas/deliveries.js';
import { noSubscription } from './subscriptions.js';

/** Deliveries of one recovery. */
const MAX_RECOVERED = 100_000;
/** Each is a subscription that was changed between its reading and the write. */
const MAX_READS = 10;

const WHICH = { failed: 'failed', never_attempted: 'neverAttempted', all: 'all' } as const;

export interface Recovery {
  runId: string;
  count: number;
}

/** A delivery that an event of the past is to get after all. */
interface Missed {
  id: string;
  eventId: string;
}

/**
 * Sends again what failed, what was never attempted, or all of a range of the tenant's time: all or none of it, where the
 * clock stands, and nothing that is on its way already. What was tried before gets one more attempt, as by a resend; what
 * never was, also an event that the subscription did not want yet, goes through its whole schedule.
 * @throws AppError `not_found`, `subscription_stopped`, `too_many_deliveries`
 */
export async function recover(
  context: Context,
  key: { tenantId: string; subscriptionId: string },
  { since, until, status = 'failed', inside }: RecoverInput & InsideOption<Recovery>,
): Promise<Recovery> {
  const { db, ids, wake } = context;
  const range: RecoveryRange = { ...key, sinceMs: since, untilMs: until ?? null };
  const which = WHICH[status];
  for (let reads = 0; reads < MAX_READS; reads++) {
    const before = await goingSubscription(context, key);
    const finished = await all(findFinished(db.pool, range, which));
    const missed = which === 'failed' ? [] : await missedBy(context, before, range);
    if (finished.length + missed.length > MAX_RECOVERED) throw tooMany();
    const runId = publicId('run', ids.next());
    const done = await db.transaction(async (client) => {
      await readTenantClock(client, key.tenantId, 'share');
      const now = await findSubscription(
        client,
        { tenantId: key.tenantId, id: key.subscriptionId },
        'update',
      );
      if (now?.revision !== before.revision) return null;
      const again = await reopenFound(client, key.tenantId, { ids: finished, which });
      const recovery = { runId, count: again + (await insertMissed(client, key, missed)) };
      await inside?.(client, recovery);
      return recovery;
    });
    if (done === null) continue;
    if (done.count > 0) wake([before.lane]);
    return done;
  }
  throw new AppError('conflict', 'The subscription changes faster than it can be recovered; try again.');
}

async function goingSubscription(
  { db, registry }: Context,
  { tenantId, subscriptionId }: { tenantId: string; subscriptionId: string },
): Promise<SubscriptionRow> {
  const row = await findSubscription(db.pool, { tenantId, id: subscriptionId });
  if (!row) throw noSubscription();
  if (isSentTo(registry.get(row.provider), row.status)) return row;
  throw new AppError('subscription_stopped', `The subscription is ${row.status}; resume it first.`);
}

/** A delivery for each event of the range that the subscription wants as it is now and has none of. */
async function missedBy(context: Context, row: SubscriptionRow, range: RecoveryRange): Promise<Missed[]> {
  const { db, registry, ids } = context;
  const profile = registry.get(row.provider);
  const { tenantId } = range;
  const matching = await matchingSubscriptions(context, db.pool, {
    tenantId,
    provider: row.provider,
    environment: row.environment,
    application: row.application,
  });
  const subscriptions: MatchingSubscription[] = matching.filter(({ id }) => id === row.id);
  const tenantSettings = await bodySettings(context, db.pool, tenantId, profile);
  const missed: Missed[] = [];
  for await (const page of findMissed(db.pool, range)) {
    for (const { body, ...event } of page) {
      if (isTest(profile, event.type)) continue;
      const made = fanOut({
        profile,
        event,
        body: asJson(body),
        trigger: 'scheduled',
        subscriptions,
        tenantSettings,
        onPurpose: false,
        nextId: () => ids.next(),
      });
      missed.push(...made.map(({ id, eventId }) => ({ id, eventId })));
    }
    if (missed.length > MAX_RECOVERED) throw tooMany();
  }
  return missed;
}

function isTest({ test }: Profile, type: string): boolean {
  return test.value.kind === 'type' && test.value.type === type;
}

async function all(pages: AsyncIterable<string[]>): Promise<string[]> {
  const found: string[] = [];
  for await (const page of pages) {
    found.push(...page);
    if (found.length > MAX_RECOVERED) throw tooMany();
  }
  return found;
}

function tooMany(): AppError {
  return new AppError(
    'too_many_deliveries',
    `The range holds more than ${MAX_RECOVERED} deliveries; recover it in parts, by since and until.`,
  );
}
