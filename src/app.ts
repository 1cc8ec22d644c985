import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type AllServices, withChecks } from './checks/with-checks.js';
import { type Config, ConfigError } from './config.js';
import { Clocks } from './engine/clocks.js';
import { Dispatcher } from './engine/dispatcher.js';
import { isMetadataOnly } from './engine/egress/addresses.js';
import { createEgress, type Egress } from './engine/egress/egress.js';
import { createCopier } from './engine/faults/copier.js';
import { createHousekeeping } from './engine/housekeeping.js';
import { type LaneSources, loadLaneSnapshots } from './engine/lane-snapshot.js';
import { createListeners, type Listeners } from './engine/listeners.js';
import { Notifier } from './engine/notifier.js';
import { Planner } from './engine/planner.js';
import { createReceiver, type Receiver, type ReceiverOptions } from './engine/receiver.js';
import { wallClock } from './lib/clock.js';
import { createIds } from './lib/ids.js';
import { type Log, stderrLog } from './lib/log.js';
import { type Random, seededRandom, systemRandom } from './lib/random.js';
import { createSealer } from './lib/sealing.js';
import { readVersion } from './lib/version.js';
import { loadRegistry } from './providers/registry.js';
import { agreeOnSealingKey } from './services/agree-on-sealing-key.js';
import type { Context } from './services/context.js';
import { makeKey } from './services/keys.js';
import { tellHappenings } from './services/operational.js';
import { createServices } from './services/services.js';
import { settleNews } from './services/settle-news.js';
import { createStream } from './services/stream.js';
import { verifyReceived } from './services/verify-received.js';
import { type DataDir, holdDataDir, shareDataDir } from './store/data-dir.js';
import { type Database, openDatabase } from './store/database.js';
import { migrate } from './store/migrate.js';
import { ensureDays } from './store/partitions.js';
import { createQueue } from './store/queue.js';
import { clockAheadMs } from './store/readiness.js';
import { createWakeUps, listenForReady } from './store/wake-up.js';

export interface AppOptions {
  config: Config;
  log?: Log;
  /** Makes ids inside payloads, secrets and jitter repeat themselves. Never in production. */
  seed?: string | number;
  /** Provider folders beside our own. */
  providerFolders?: readonly (URL | string)[];
  /** An earlier dump to start an embedded database in memory from. */
  from?: Blob;
  /** False: no built-in receiver, so that nothing listens on any port. */
  receiver?: boolean;
}

/** Everything of one process, on no port. */
export interface App {
  config: Config;
  version: string;
  context: Context;
  services: AllServices;
  /** The same use-cases, drawing ids and randomness from elsewhere. */
  servicesFrom(source: Pick<Context, 'ids' | 'random'>): AllServices;
  /** Null with `RINGER_ROLE=api`. */
  dispatcher: Dispatcher | null;
  egress: Egress;
  /** The operator's token. */
  adminToken: string;
  /** The tenant `default`, embedded only. */
  defaultTenant: { id: string; key: string } | null;
  /** Where this process and the others of its database listen: deliveries to that are refused. */
  listeners: Listeners;
  /** Lets what is in flight finish and settle, and gives everything back. */
  stop(): Promise<void>;
}

/** Difference of clocks that is told at the start, milliseconds. */
const TOLD_SKEW_MS = 2_000;
const DEFAULT_KEY_FILE = 'default-key';

/** @throws ConfigError for what the operator can mend. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, log = stderrLog() } = options;
  refuseMetadata(config.egress.allow);
  const random = options.seed === undefined ? systemRandom() : seededRandom(options.seed);
  const held = await openDataDir(config, log);
  let db: Database | null = null;
  try {
    db = await openDatabase({
      url: config.databaseUrl,
      dir: config.databaseUrl === null && held ? join(held.path, 'db') : null,
      ...(options.from ? { from: options.from } : {}),
    });
    await migrate(db.pool);
    await ensureDays(db, wallClock.now());
    await tellSkew(db, log);
    return await compose(options, { db, held, random, log });
  } catch (error) {
    await db?.close().catch(() => {});
    await held?.release();
    throw error;
  }
}

async function openDataDir({ dataDir, databaseUrl }: Config, log: Log): Promise<DataDir | null> {
  if (dataDir === null) return null;
  return databaseUrl === null ? holdDataDir(dataDir, (line) => log.info(line)) : shareDataDir(dataDir);
}

interface Ground {
  db: Database;
  held: DataDir | null;
  random: Random;
  log: Log;
}

async function compose(
  { config, seed, providerFolders = [], receiver: wantsReceiver = true }: AppOptions,
  { db, held, random, log }: Ground,
): Promise<App> {
  const version = readVersion();
  const ids = createIds(wallClock.now, random);
  const registry = await loadRegistry(providerFolders);
  const sealer = createSealer(config.secretKeys ?? [keptKey(held)], systemRandom());
  await agreeOnSealingKey(db, sealer, log);
  const listeners = createListeners(db, createIds(wallClock.now, systemRandom()).next());
  const rules = {
    mode: config.egress.mode,
    allow: config.egress.allow,
    ownPorts: () => [...listeners.ports],
    othersListen: listeners.listenThere,
    ca: config.egress.ca,
  };
  const egress = createEgress(rules);
  const stream = createStream(randomBytes(4).toString('hex'));
  const sources = { db, registry, sealer, log };
  const receiver =
    wantsReceiver && config.egress.mode === 'local' && config.role !== 'dispatcher'
      ? await openReceiver(sources, config.port)
      : null;

  const queue = createQueue(db.hot);
  const notifier =
    config.role === 'api' ? null : new Notifier({ db, egress, log, version, monotonic: wallClock.monotonic });
  const others = createWakeUps(db);
  const turned = () => (notifier ? notifier.soon() : others.planned());
  const news = settleNews(stream, turned);
  const dispatcher =
    config.role === 'api'
      ? null
      : new Dispatcher({
          db,
          queue,
          egress,
          loadSnapshots: (lanes) => loadLaneSnapshots(sources, lanes),
          observer: news,
          tell: (client, told) => tell(client, told),
          clock: wallClock,
          ids,
          random,
          ...(seed === undefined
            ? {}
            : {
                randomFor: (delivery: string, attempt: number) =>
                  seededRandom(`${seed} ${delivery} ${attempt}`),
              }),
          log,
          version,
          slots: config.slots,
          planned: () => planner?.soon(),
        });
  const copier = createCopier({
    db,
    queue,
    egress,
    loadSnapshots: (lanes) => loadLaneSnapshots(sources, lanes),
    clock: wallClock,
    ids,
    random,
    version,
    log,
  });
  const clocks: Clocks = new Clocks({
    db,
    dispatcher,
    log,
    ids,
    monotonic: wallClock.monotonic,
    publishDue: (tenantId) => services.planned.publishDue(tenantId),
    moved: (tenantId, nowMs) => news.clockMoved(tenantId, nowMs),
    ended: (tenantId) => housekeeping.retain(tenantId),
  });
  const planner: Planner | null =
    dispatcher &&
    new Planner({
      db,
      log,
      monotonic: wallClock.monotonic,
      publishDue: (tenantId) => services.planned.publishDue(tenantId),
    });
  const housekeeping = createHousekeeping({
    db,
    clocks,
    log,
    dispatcherId: ids.next(),
    listeners,
    now: wallClock.now,
    historyDays: config.historyDays,
    sends: dispatcher !== null,
  });
  const context: Context = {
    db,
    registry,
    ids,
    random,
    wall: wallClock,
    sealer,
    egress: rules,
    stream,
    receiver,
    log,
    version,
    nudge: dispatcher ? (lanes) => dispatcher.nudge(lanes) : others.nudge,
    grasp: dispatcher ? (offered, readAtMs) => dispatcher.firstHand.grasp(offered, readAtMs) : () => null,
    wake: dispatcher ? (lanes) => dispatcher.wake(lanes) : others.wake,
    turned,
  };
  const tell = tellHappenings(context);
  const tools = { clocks, dispatcher, planner: planner ?? { soon: () => others.planned() }, copier, egress };
  const services: AllServices = withChecks(createServices(context, tools), context);
  const defaultTenant = await ensureDefault({ services, context }, held);
  let stopListening = async () => {};
  if (dispatcher) {
    if (config.databaseUrl)
      stopListening = listenForReady(config.databaseUrl, {
        nudge: (lanes) => dispatcher.nudge(lanes),
        wake: (lanes) => dispatcher.wake(lanes),
        planned() {
          planner?.soon();
          notifier?.soon();
        },
      });
    await dispatcher.start();
    await clocks.adopt(db.embedded);
    planner?.soon();
    notifier?.soon();
  }
  await housekeeping.start();
  return {
    config,
    version,
    context,
    services,
    servicesFrom: (source) => ({
      ...createServices({ ...context, ...source }, tools),
      checks: services.checks,
    }),
    dispatcher,
    egress,
    adminToken: config.adminToken ?? held?.secret('admin-token') ?? randomBytes(32).toString('base64url'),
    defaultTenant,
    listeners,
    async stop() {
      await stopListening();
      await services.checks.close();
      await housekeeping.stop();
      await planner?.stop();
      await clocks.stop();
      await dispatcher?.stop();
      await notifier?.stop();
      await egress.close();
      await receiver?.close();
      await db.close();
      await held?.release();
    },
  };
}

/** The embedded default has one tenant ready, whose key lies beside the database. */
async function ensureDefault(
  { services, context: { db, ids } }: Pick<App, 'services' | 'context'>,
  held: DataDir | null,
): Promise<App['defaultTenant']> {
  if (!db.embedded) return null;
  const make = () => makeKey(ids, systemRandom()).text;
  const key = held ? held.secret(DEFAULT_KEY_FILE, make) : make();
  return { id: await services.ensureDefaultTenant(key), key };
}

/** Beside the API's port where that is free, so that subscriptions to it outlive a restart. */
async function openReceiver(sources: LaneSources, apiPort: number): Promise<Receiver> {
  const verify: ReceiverOptions['verify'] = (tenantId, request) =>
    verifyReceived(sources, { tenantId, url: receiver.urlFor(tenantId) }, request);
  const receiver: Receiver = await createReceiver({ port: apiPort === 0 ? 0 : apiPort + 1, verify }).catch(
    () => createReceiver({ verify }),
  );
  return receiver;
}

/** Due instants are the database's; timestamps in signatures are this machine's, and a consumer may refuse a wrong one. */
async function tellSkew(db: Database, log: Log): Promise<void> {
  if (db.embedded) return;
  const aheadMs = await clockAheadMs(db.pool, wallClock.now);
  if (Math.abs(aheadMs) > TOLD_SKEW_MS)
    log.warn('the clock of this machine is not that of the database; signatures carry its time', { aheadMs });
}

/** A network that stays closed whatever is opened: whoever names it is told so, and not left to wonder. @throws ConfigError */
function refuseMetadata(allow: readonly string[]): void {
  const closed = allow.find(isMetadataOnly);
  if (closed !== undefined)
    throw new ConfigError(
      `RINGER_EGRESS_ALLOW has "${closed}": cloud metadata addresses stay closed; leave it out.`,
    );
}

function keptKey(held: DataDir | null): Uint8Array {
  const make = () => randomBytes(32).toString('base64');
  return Buffer.from(held ? held.secret('secret-key', make) : make(), 'base64');
}
