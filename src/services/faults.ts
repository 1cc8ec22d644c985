import { fits } from '../engine/faults/active.js';
import { refuseSenseless, refuseStranger } from '../engine/faults/admit.js';
import { targetOf } from '../engine/faults/distort.js';
import { readSpec, type Spec } from '../engine/faults/spec.js';
import { type LaneSnapshot, loadLaneSnapshots } from '../engine/lane-snapshot.js';
import { AppError } from '../errors.js';
import { isoMillis } from '../lib/clock.js';
import { parsePublicId, publicId, randomText } from '../lib/ids.js';
import { type Random, seededRandom } from '../lib/random.js';
import type { Profile, RequestInput } from '../providers/contract.js';
import { deleteFaults, type FaultRow, insertFaults, listFaults, readFault } from '../store/faults.js';
import { lanesOf } from '../store/lanes.js';
import { type Queryable, readTenantClock } from '../store/tenant-clock.js';
import { findTenantRefs } from '../store/tenants.js';
import { bodySettings } from './body-settings.js';
import type { Context } from './context.js';
import { readPage } from './cursors.js';
import type { InsideOption } from './idempotency.js';
import type { EventFault, FaultInput, FaultResource } from './schemas/faults.js';
import type { Page, PageOf } from './schemas/fields.js';

export interface AddedFault {
  fault: FaultResource;
  /** Where it will be left out, and why. */
  notices: string[];
}

export interface FaultsService {
  /** @throws AppError `fault_unsupported`, `fault_refused` where no subscription could have it. */
  add(tenantId: string, input: FaultInput, more?: InsideOption<AddedFault>): Promise<AddedFault>;
  list(tenantId: string, page: Page): Promise<PageOf<FaultResource>>;
  read(tenantId: string, id: string): Promise<FaultResource>;
  remove(tenantId: string, id: string): Promise<void>;
  /** All of them, those of events included. @returns how many there were. */
  reset(tenantId: string): Promise<number>;
  /** Judges the faults of an event before it is published. @returns where they will be left out. */
  admit(tenantId: string, faults: readonly EventFault[], scope: FaultScope): Promise<string[]>;
  /** Stores them beside their event, in its transaction. */
  attach(
    client: Queryable,
    tenantId: string,
    at: { eventId: string; nowMs: number; faults: readonly EventFault[] },
  ): Promise<void>;
}

/** Which subscriptions could be touched. Absent: all of the tenant. */
export interface FaultScope {
  subscriptionId?: string | undefined;
  provider?: string | undefined;
  type?: string | undefined;
}

/** Subscriptions that are judged before a fault is added; the rest is judged at its attempts. */
const MOST_JUDGED = 200;
/** What judging is drawn from, so that it says the same twice. */
const JUDGE_SEED = 'judge';

export function faultsService(context: Context): FaultsService {
  const { db, ids, random } = context;

  const rowOf = (
    given: EventFault,
    {
      subscriptionId,
      eventId,
      nowMs,
    }: { subscriptionId: string | null; eventId: string | null; nowMs: number },
  ): Omit<FaultRow, 'turns'> => {
    const spec = readSpec(given);
    return {
      id: ids.next(),
      subscriptionId,
      eventId,
      spec: JSON.stringify({ ...given, seed: spec.seed ?? randomText(random, 12) }),
      addedAtMs: nowMs,
      endsAtMs: spec.ttlMs === null ? null : nowMs + spec.ttlMs,
    };
  };

  /** @throws AppError when none of the subscriptions it is for could have it. @returns where it will be left out. */
  const judge = async (tenantId: string, spec: Spec, scope: FaultScope): Promise<string[]> => {
    await refuseOtherTenant(context, tenantId, spec);
    const lanes = await lanesIn(context, tenantId, scope);
    const clock = await readTenantClock(db.pool, tenantId);
    const left: { lane: LaneSnapshot; error: AppError }[] = [];
    const concerned = lanes.filter(
      (lane) => fits(spec.match.endpoint, lane.url) && typeOf(lane.profile, spec, scope),
    );
    for (const lane of concerned) {
      try {
        const challenged = lane.provedUntilMs !== null && context.wall.now() < lane.provedUntilMs;
        refuseStranger(spec.fault, lane.url, challenged);
        const type = typeOf(lane.profile, spec, scope)!;
        const settings = await bodySettings(context, db.pool, tenantId, lane.profile);
        const nowMs = clock?.nowMs ?? context.wall.now();
        refuseSenseless(
          spec.fault,
          spec.params,
          sampleTarget(lane, { type, settings, nowMs, version: context.version }),
        );
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        left.push({ lane, error });
      }
    }
    if (left.length > 0 && left.length === concerned.length) throw left[0]!.error;
    return left.map(
      ({ lane, error }) => `${publicId('sub', lane.subscriptionId)} is left out. ${error.message}`,
    );
  };

  return {
    async add(tenantId, { subscriptionId, ...given }, { inside } = {}) {
      const notices = await judge(tenantId, readSpec(given), { subscriptionId });
      return db.transaction(async (client) => {
        const clock = await readTenantClock(client, tenantId, 'share');
        if (!clock) throw new AppError('not_found', 'There is no such tenant.');
        const only = subscriptionId === undefined ? null : parsePublicId('sub', subscriptionId);
        const row = rowOf(given, { subscriptionId: only, eventId: null, nowMs: clock.nowMs });
        await insertFaults(client, tenantId, [row]);
        const added = { fault: faultResource({ ...row, turns: 0 }), notices };
        await inside?.(client, added);
        return added;
      });
    },
    list: (tenantId, page) =>
      readPage('flt', page, { read: (at) => listFaults(db.pool, tenantId, at), show: faultResource }),
    async read(tenantId, id) {
      const found = await readFault(db.pool, tenantId, id);
      if (!found) throw noFault();
      return faultResource(found);
    },
    async remove(tenantId, id) {
      if ((await db.transaction((client) => deleteFaults(client, tenantId, id))) === 0) throw noFault();
    },
    reset: (tenantId) => db.transaction((client) => deleteFaults(client, tenantId, null)),
    async admit(tenantId, faults, scope) {
      const notices: string[] = [];
      for (const given of faults) notices.push(...(await judge(tenantId, readSpec(given), scope)));
      return notices;
    },
    async attach(client, tenantId, { eventId, nowMs, faults }) {
      const rows = faults.map((given) => rowOf(given, { subscriptionId: null, eventId, nowMs }));
      await insertFaults(client, tenantId, rows);
    },
  };
}

/** Those that exist, as a dispatcher would see them. @throws AppError for a subscription that is not there. */
async function lanesIn(
  context: Context,
  tenantId: string,
  { subscriptionId, provider }: FaultScope,
): Promise<LaneSnapshot[]> {
  const only = subscriptionId === undefined ? null : parsePublicId('sub', subscriptionId);
  const lanes = await lanesOf(context.db.pool, tenantId, {
    subscriptionId: subscriptionId === undefined ? null : (only ?? NOBODY),
    provider: provider ?? null,
    limit: MOST_JUDGED,
  });
  if (subscriptionId !== undefined && lanes.length === 0)
    throw new AppError('not_found', 'There is no such subscription.', [
      { path: 'subscriptionId', message: 'not found' },
    ]);
  return loadLaneSnapshots(context, lanes);
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/** The event type it is judged by: the one published, else the first it is for; null where there is none. */
function typeOf({ events }: Profile, { match }: Spec, { type }: FaultScope): string | null {
  if (type !== undefined) return fits(match.event, type) ? type : null;
  return events.find((event) => fits(match.event, event.type))?.type ?? null;
}

/** A request as it would be made there now. */
function sampleTarget(
  lane: LaneSnapshot,
  at: { type: string; settings: Readonly<Record<string, unknown>>; nowMs: number; version: string },
) {
  const { profile, environment } = lane;
  const random: Random = seededRandom(JUDGE_SEED);
  const event = profile.events.find(({ type }) => type === at.type);
  const variant = event?.variants?.[0] ?? null;
  const { body, providerEventId } = event
    ? profile.build({ type: at.type, variant, environment, settings: at.settings, nowMs: at.nowMs, random })
    : { body: new TextEncoder().encode('{}'), providerEventId: null };
  const live = lane.secrets.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > at.nowMs);
  const input: RequestInput = {
    type: at.type,
    body,
    providerEventId,
    deliveryId: NOBODY,
    attempt: 1,
    timestampMs: at.nowMs,
    eventTimestampMs: at.nowMs,
    secrets: live.map(({ value }) => value),
    settings: lane.settings,
    policies: lane.policies,
    customHeaders: lane.customHeaders,
    version: at.version,
    random,
  };
  const retired = lane.secrets.filter((secret) => !live.includes(secret)).map(({ value }) => value);
  return targetOf(profile, input, retired);
}

async function refuseOtherTenant(context: Context, tenantId: string, { match }: Spec): Promise<void> {
  if (match.tenant === undefined) return;
  const [own] = await findTenantRefs(context.db, 'id', [tenantId]);
  if (match.tenant === publicId('ten', tenantId) || match.tenant === own?.slug) return;
  throw new AppError(
    'invalid_request',
    'match.tenant names another tenant; faults hold in their own alone.',
    [{ path: 'match.tenant', message: 'is another tenant' }],
  );
}

function noFault(): AppError {
  return new AppError('not_found', 'There is no such fault in this tenant.');
}

function faultResource(row: FaultRow): FaultResource {
  const { fault, params, probability, first, every, on, match, seed } = readSpec(JSON.parse(row.spec));
  return {
    id: publicId('flt', row.id),
    type: fault.type,
    class: fault.class,
    subscriptionId: row.subscriptionId === null ? null : publicId('sub', row.subscriptionId),
    eventId: row.eventId === null ? null : publicId('evt', row.eventId),
    params,
    probability,
    first,
    every,
    on: on === null ? null : [...on],
    match: Object.fromEntries(Object.entries(match).filter(([, value]) => value !== undefined)),
    seed: seed ?? row.id,
    turns: row.turns,
    addedAt: isoMillis(row.addedAtMs),
    endsAt: row.endsAtMs === null ? null : isoMillis(row.endsAtMs),
  };
}
