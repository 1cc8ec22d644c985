import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import type { App } from '../app.js';
import { type Figures, readFigures } from '../store/figures.js';

type Prometheus = typeof import('prom-client');

/** Adds to a registry, read when somebody asks and never before. */
interface Register {
  gauge(name: string, help: string, read: () => number): void;
  counter(name: string, help: string, read: () => number): void;
}

/** What this process counts and what its database knows. Nothing is computed, and nobody is asked, before somebody collects. */
export function processMetrics(app: App): () => Promise<Registry> {
  let made: Promise<Registry> | undefined;
  return () => (made ??= makeRegistry(app));
}

async function makeRegistry(app: App): Promise<Registry> {
  const prometheus = await import('prom-client');
  const registry = new prometheus.Registry();
  const register = registerIn(prometheus, registry);
  ofProcess(register);
  ofEgress(register, app);
  ofPools(register, app);
  ofDispatcher(register, app);
  ofDatabase(prometheus, registry, app);
  return registry;
}

function registerIn({ Counter, Gauge }: Prometheus, registry: Registry): Register {
  const registers = [registry];
  return {
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    counter(name, help, read) {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    },
  };
}

function ofProcess({ gauge }: Register): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  gauge('ringer_event_loop_delay_p99_seconds', 'How late the event loop was since the last look.', () => {
    const seconds = delay.percentile(99) / 1e9;
    delay.reset();
    return Number.isFinite(seconds) ? seconds : 0;
  });
  gauge('ringer_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss());
}

function ofEgress({ gauge, counter }: Register, { egress }: App): void {
  gauge('ringer_egress_sockets', 'Open connections to consumers.', () => egress.stats.sockets);
  counter(
    'ringer_egress_blocked_total',
    'Requests refused because of where they would have gone.',
    () => egress.stats.blocked,
  );
  counter('ringer_answers_cut_total', 'Answers of which not every byte was kept.', () => egress.stats.cutOff);
}

function ofPools({ gauge }: Register, { context }: App): void {
  const { db } = context;
  const pools = db.embedded ? { general: db.pool } : { general: db.pool, hot: db.hot };
  for (const [name, pool] of Object.entries(pools)) {
    const which = name === 'hot' ? 'of the dispatcher' : 'of all but the dispatcher';
    gauge(`ringer_database_${name}_waiting`, `Statements waiting for a connection ${which}.`, () =>
      Number(pool.waitingCount ?? 0),
    );
    gauge(`ringer_database_${name}_connections`, `Connections ${which}.`, () => Number(pool.totalCount ?? 0));
  }
}

function ofDispatcher({ gauge, counter }: Register, { dispatcher }: App): void {
  if (!dispatcher) return;
  const { totals } = dispatcher;
  gauge('ringer_in_flight', 'Requests on the wire.', () => dispatcher.inFlight);
  gauge('ringer_lanes', 'Subscriptions that this process knows.', () => dispatcher.figures.lanes.known);
  gauge(
    'ringer_lane_in_flight_max',
    'Requests on the wire to the subscription that has most of them.',
    () => dispatcher.figures.lanes.mostInFlight,
  );
  gauge(
    'ringer_settle_backlog',
    'Attempts made and not yet settled.',
    () => dispatcher.figures.outcomes.held,
  );
  gauge(
    'ringer_outcome_hold_seconds',
    'How long the oldest outcome that is not durable has been held.',
    () => dispatcher.figures.outcomes.oldestHeldMs / 1000,
  );
  counter('ringer_claims_total', 'Statements that claimed deliveries.', () => totals.claims);
  counter('ringer_claim_seconds_total', 'Time that those took.', () => totals.claimMs / 1000);
  counter('ringer_claimed_total', 'Deliveries claimed.', () => totals.claimed);
  counter(
    'ringer_claimed_again_total',
    'Deliveries claimed after a lease ended or a fault of ours.',
    () => totals.claimedAgain,
  );
  counter('ringer_retries_total', 'Deliveries claimed for a further attempt.', () => totals.retries);
  counter('ringer_attempts_total', 'Attempts made.', () => totals.attempts);
  counter('ringer_settled_total', 'Attempts settled.', () => totals.settled);
  counter(
    'ringer_superseded_total',
    'Outcomes that came after their lease.',
    () => dispatcher.figures.outcomes.superseded,
  );
  counter(
    'ringer_outcomes_given_up_total',
    'Outcomes that could not be written within their leases.',
    () => dispatcher.figures.outcomes.givenUp,
  );
  counter(
    'ringer_poisoned_total',
    'Deliveries ended by a fault of ours that came back.',
    () => totals.poisoned,
  );
}

/** Of the database as a whole: every process tells the same, so take the highest. */
const DATABASE_GAUGES: readonly (readonly [
  name: string,
  help: string,
  read: (figures: Figures) => number,
])[] = [
  ['ringer_due', 'Deliveries due and in nobody’s hands.', (f) => f.due],
  ['ringer_oldest_due_seconds', 'How long the oldest of them has been due.', (f) => f.oldest_due_s],
  ['ringer_leased', 'Deliveries in some dispatcher’s hands.', (f) => f.leased],
  ['ringer_leases_expired', 'Leases that ran out and were not taken over yet.', (f) => f.expired],
  ['ringer_scheduled', 'Deliveries with a due instant still to come.', (f) => f.scheduled],
  ['ringer_held', 'Deliveries held with their subscriptions.', (f) => f.held],
  [
    'ringer_database_oldest_xmin_age',
    'Transactions since the oldest snapshot anybody holds.',
    (f) => f.oldest_xmin_age,
  ],
  [
    'ringer_database_oldest_transaction_seconds',
    'Age of the oldest open transaction.',
    (f) => f.oldest_transaction_s,
  ],
  ['ringer_database_dead_tuples', 'Dead rows of the queue’s table.', (f) => f.dead_tuples],
  ['ringer_database_connections', 'Connections to the database, of everybody.', (f) => f.connections],
];

function ofDatabase({ Gauge }: Prometheus, registry: Registry, { context }: App): void {
  const registers = [registry];
  let looking: Promise<Figures | null> | null = null;
  /** One look for all that are collected together; null when the database does not answer. */
  const look = (): Promise<Figures | null> => {
    looking ??= readFigures(context.db.pool)
      .catch(() => null)
      .finally(() => {
        looking = null;
      });
    return looking;
  };
  for (const [name, help, read] of DATABASE_GAUGES)
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const figures = await look();
        // A figure of a moment ago would hide that nobody knows.
        if (figures === null) this.remove();
        else this.set(read(figures));
      },
    });
  new Gauge({
    name: 'ringer_database_reached',
    help: '1 when the database answered this look.',
    registers,
    async collect() {
      this.set((await look()) === null ? 0 : 1);
    },
  });
  new Gauge({
    name: 'ringer_subscriptions',
    help: 'Subscriptions by status.',
    labelNames: ['status'],
    registers,
    async collect() {
      const { subscriptions = {} } = (await look()) ?? {};
      this.reset();
      for (const [status, count] of Object.entries(subscriptions)) this.set({ status }, count);
    },
  });
}
