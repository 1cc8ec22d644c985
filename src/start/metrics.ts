import type { Registry } from 'prom-client';
import type { App } from '../app.js';

/** What the dispatcher and the egress count, read when somebody asks. */
export function processMetrics(app: App): () => Promise<Registry> {
  let made: Promise<Registry> | undefined;
  return () => (made ??= makeRegistry(app));
}

async function makeRegistry({ dispatcher, egress }: App): Promise<Registry> {
  const { Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  gauge('ringer_egress_sockets', 'Open connections to consumers.', () => egress.stats.sockets);
  counter(
    'ringer_egress_blocked_total',
    'Requests refused because of where they would have gone.',
    () => egress.stats.blocked,
  );
  if (dispatcher) {
    const { totals } = dispatcher;
    gauge('ringer_in_flight', 'Requests on the wire.', () => dispatcher.inFlight);
    gauge('ringer_settle_backlog', 'Attempts made and not yet settled.', () => dispatcher.backlog);
    counter('ringer_attempts_total', 'Attempts made.', () => totals.attempts);
    counter('ringer_settled_total', 'Attempts settled.', () => totals.settled);
  }
  return registry;
}
