// One tenant with 100 subscriptions over all five providers, and a backlog for them.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const pg = require('pg');

/** An event type of each provider, and how to publish it. */
export const TYPES = [
  { provider: 'noyo', type: 'difference.created', secret: 'a noyo secret of the bench' },
  { provider: 'healthsherpa', type: 'sync' },
  { provider: 'voyado', type: 'point.balance.updated' },
  { provider: 'novamed', type: 'order:shipped', environment: 'development' },
  { provider: 'healthsync', type: 'document.uploaded' },
];

export async function makeWorld(ringer, receiverUrl, { subscriptions = 100, clock } = {}) {
  const { id, slug } = await ringer.call('POST', '/tenants', {
    name: `bench ${Math.floor(performance.now())}`,
  });
  const base = `/tenants/${id}`;
  if (clock) await ringer.call('PUT', `${base}/clock`, clock);
  const secrets = {};
  for (let i = 0; i < subscriptions; i++) {
    const { provider, secret } = TYPES[i % TYPES.length];
    const made = await ringer.call('POST', `${base}/subscriptions`, {
      provider,
      url: `${receiverUrl}/${provider}/${i}`,
      ...(secret ? { secret } : {}),
    });
    secrets[i] = secret ?? made.secret;
  }
  return { base, slug, secrets, perEvent: subscriptions / TYPES.length };
}

/** Publishes events in turn until so many deliveries wait. @returns how many there are. */
export async function fill(ringer, { base, perEvent }, deliveries) {
  const events = Math.ceil(deliveries / perEvent);
  for (let done = 0; done < events; ) {
    const size = Math.min(200, events - done);
    const batch = Array.from({ length: size }, (_, i) => {
      const { provider, type } = TYPES[(done + i) % TYPES.length];
      return { provider, type };
    });
    await ringer.call('POST', `${base}/events/batch`, { events: batch });
    done += size;
  }
  return events * perEvent;
}

export async function openSql(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    async one(text, values) {
      return (await client.query(text, values)).rows?.[0];
    },
    close: () => client.end(),
  };
}

/** Waits until something holds; looks every 20 ms. */
export async function until(what, look, limitMs = 300_000) {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    const found = await look();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`not within ${limitMs} ms: ${what}`);
}
