import type { TellHappenings, Told } from '../engine/happenings.js';
import { matchingSubscriptions } from '../engine/lane-snapshot.js';
import { AppError } from '../errors.js';
import { effective } from '../providers/effective.js';
import type { Happening } from '../providers/operational.js';
import { Conflict } from '../store/database.js';
import { readApplicationUids } from '../store/door-records.js';
import { readEventUids } from '../store/history.js';
import { OPERATIONAL } from '../store/lanes.js';
import { insertPublication, type NewEvent } from '../store/publishing.js';
import { type Queryable, readTenantClock } from '../store/tenant-clock.js';
import { bodySettings } from './body-settings.js';
import type { Context } from './context.js';
import { asJson } from './event-body.js';
import { fanOut } from './fan-out.js';
import type { Published } from './publications.js';
import { toResult } from './publish.js';

type Tools = Pick<Context, 'registry' | 'sealer' | 'ids' | 'random' | 'stream' | 'nudge'>;

/**
 * Publishes what happened to the subscriptions of the application `operational`: the same outbox as any event's, written in
 * the transaction of what is told. Nothing is told where nobody hears.
 */
export function tellHappenings(context: Tools): TellHappenings {
  return async (client, told) => {
    const written: Written[] = [];
    for (const group of groups(told)) written.push(await publishGroup(context, client, group));
    return () => {
      for (const { tenantId, nowMs, published } of written) {
        const lanes = published.flatMap((p) =>
          p.deliveries.filter((d) => d.fate === 'ready').map((d) => d.lane),
        );
        if (lanes.length > 0) context.nudge([...new Set(lanes)]);
        if (!context.stream.isFollowed(tenantId)) continue;
        for (const one of published) {
          const { notices: _, ...data } = toResult(one, nowMs);
          context.stream.publish(tenantId, 'event.created', data);
        }
      }
    };
  };
}

/** Those that the same subscriptions hear of, in their order. */
function groups(told: readonly Told[]): Told[][] {
  const byScope = new Map<string, Told[]>();
  for (const one of told) {
    const key = `${one.happening.about.tenantId} ${one.provider} ${one.environment}`;
    byScope.set(key, [...(byScope.get(key) ?? []), one]);
  }
  return [...byScope.values()];
}

interface Written {
  tenantId: string;
  nowMs: number;
  published: Published[];
}

/** @throws Conflict when one of those who hear was stopped, or went on, meanwhile. */
async function publishGroup(context: Tools, client: Queryable, group: readonly Told[]): Promise<Written> {
  const { provider, environment, happening } = group[0]!;
  const { tenantId } = happening.about;
  const scope = { tenantId, provider, environment, application: OPERATIONAL };
  const profile = context.registry.get(provider);
  const clock = await readTenantClock(client, tenantId, 'share');
  const subscriptions = clock ? await matchingSubscriptions(context, client, scope) : [];
  if (!clock || subscriptions.length === 0) return { tenantId, nowMs: 0, published: [] };
  // What was told of belongs to the outcome being written: settings that cannot be opened must not hold that up.
  const tenantSettings = await bodySettings(context, client, tenantId, profile).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'sealed_unreadable')
      return effective(profile, 'tenant').settings;
    throw error;
  });
  const names: Names = {
    events: await readEventUids(client, tenantId, eventIdsOf(group)),
    applications: await readApplicationUids(client, scope, [
      ...new Set(group.map((told) => told.happening.about.application)),
    ]),
  };
  const published = group.flatMap((told): Published[] => {
    const tools = { nowMs: clock.nowMs, random: context.random };
    const made = profile.operational?.value.tell(named(told.happening, names), tools);
    if (!made) return [];
    const event: NewEvent = {
      ...{ id: context.ids.next(), provider, environment, application: OPERATIONAL, ...made },
      ...{ variant: null, channels: [], uid: null, details: null, subject: null, direct: false },
    };
    const deliveries = fanOut({
      profile,
      event,
      body: asJson(made.body),
      trigger: 'scheduled',
      subscriptions,
      tenantSettings,
      onPurpose: false,
      nextId: () => context.ids.next(),
    });
    return [{ event, deliveries, notices: [] }];
  });
  const events = published.map((p) => p.event);
  const deliveries = published.flatMap((p) => p.deliveries);
  if (!(await insertPublication(client, { tenantId, clock, events, deliveries })).isStored)
    throw new Conflict('a subscription that hears was stopped or went on');
  return { tenantId, nowMs: clock.nowMs, published };
}

function eventIdsOf(group: readonly Told[]): string[] {
  return group.flatMap(({ happening }) => ('event' in happening ? [happening.event.id] : []));
}

interface Names {
  events: ReadonlyMap<string, string>;
  applications: ReadonlyMap<string, string>;
}

/** Names of others' choice are asked for only here, where somebody hears. */
function named({ about, ...what }: Happening, { events, applications }: Names): Happening {
  const subject = { ...about, applicationUid: applications.get(about.application) ?? null };
  if (!('event' in what)) return { about: subject, ...what };
  return { about: subject, ...what, event: { ...what.event, uid: events.get(what.event.id) ?? null } };
}
