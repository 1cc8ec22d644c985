// One tenant, its subscriptions, everything that was accepted for them, and what became of it.
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { machineNow } from '../bench/machine-clock.mjs';
import { ask } from './postgres.mjs';
import { HEADERS, startReceiver } from './processes.mjs';

const SECRET = 'a healthsync secret of the torture';
/** Of each request, milliseconds: a lease is this and 15 s. */
export const TIMEOUT_MS = 3_000;
export const LEASE_MS = TIMEOUT_MS + 15_000;
/** A token is a number of its process times this, and a count. */
const TOKENS = 2 ** 21;

/** mulberry32 over a hash of the seed. */
export function seeded(seed) {
  let state = 0;
  for (const char of String(seed)) state = (Math.imul(state, 31) + char.charCodeAt(0)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Looks until something holds. */
export async function until(what, look, limitMs = 180_000, everyMs = 20) {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await pause(everyMs);
  }
}

/** @param api the process that takes the requests of the set-up. */
export async function setScene(database, api, { subscriptions = 10, maxInFlight = 10, delayMs = 20 } = {}) {
  const receiver = await startReceiver(SECRET);
  await receiver.behave({ delayMs });
  const { id: tenantId, slug } = await api.call('POST', '/tenants', { name: 'torture' });
  const base = `/tenants/${slug}`;
  const indexes = new Map();
  const made = [];
  for (let i = 0; i < subscriptions; i++) {
    const { id } = await api.call('POST', `${base}/subscriptions`, {
      provider: 'healthsync',
      url: `${receiver.url}/s/${i}`,
      secret: SECRET,
      maxInFlight,
      settings: { timeoutMs: TIMEOUT_MS },
    });
    indexes.set(id.slice(4), i);
    made.push(id);
  }
  const agent = new Agent({ connections: 50 });
  const scene = {
    database,
    receiver,
    base,
    tenantId: tenantId.slice(4),
    subscriptionIds: made,
    headers: HEADERS,
    subscriptions,
    indexes,
    /** Mark of each event that was answered with 202, and when that was. */
    accepted: new Map(),
    /** Answers to publishes by status; 0 = none came. */
    answers: new Map(),
    posted: 0,
    sql: (text, values) => ask(database, text, values),
    /** Publishes some events as a client does: until it is told that they are taken. */
    async publish(count, { url = api.url, until: giveUp = () => false } = {}) {
      const marks = Array.from({ length: count }, () => `m${++scene.posted}`);
      const events = marks.map((mark) => ({
        provider: 'healthsync',
        type: 'document.uploaded',
        payload: { id: mark, type: 'document.uploaded' },
      }));
      const [path, body] =
        count === 1
          ? [`${base}/events`, JSON.stringify(events[0])]
          : [`${base}/events/batch`, JSON.stringify({ events })];
      const headers = { ...HEADERS, 'idempotency-key': marks[0] };
      for (;;) {
        const target = typeof url === 'function' ? url() : url;
        const status = await post(agent, `${target}/api/v1${path}`, { headers, body });
        scene.answers.set(status, (scene.answers.get(status) ?? 0) + 1);
        if (status === 202) break;
        if (giveUp()) return;
        if (status >= 400 && status < 500 && status !== 409)
          throw new Error(`a publish was answered ${status}`);
        await pause(50);
      }
      const at = machineNow();
      for (const mark of marks) scene.accepted.set(mark, at);
    },
    open: async () =>
      (
        await ask(database, 'SELECT count(*)::int AS n FROM open_delivery WHERE tenant_id = $1', [
          scene.tenantId,
        ])
      )[0].n,
    /** What is leased now, by the process that holds it. */
    async leased() {
      const rows = await ask(
        database,
        `SELECT (token / ${TOKENS})::text AS base, count(*)::int AS count, array_agg(id::text) AS ids FROM open_delivery
         WHERE token IS NOT NULL AND lease_until > now() GROUP BY 1`,
      );
      return new Map(rows.map(({ base, count, ids }) => [base, { count, ids }]));
    },
    /** How many deliveries are in somebody's hands. */
    async inFlight() {
      let sum = 0;
      for (const { count } of (await scene.leased()).values()) sum += count;
      return sum;
    },
    /** Waits until nothing is open any more. */
    settled: (limitMs = 300_000) =>
      until('nothing is open', async () => (await scene.open()) === 0, limitMs, 100),
    async close() {
      receiver.stop();
      await agent.destroy();
    },
  };
  return scene;
}

async function post(agent, url, { headers, body }) {
  try {
    const answer = await request(url, {
      method: 'POST',
      headers,
      body,
      dispatcher: agent,
      headersTimeout: 60_000,
    });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return 0;
  }
}

/** Publishes at a steady rate until it is told to stop; answers how many. */
export function paced(scene, { rate, url, batch = 1 }) {
  let going = true;
  const pending = new Set();
  const work = (async () => {
    const startedAt = performance.now();
    let sent = 0;
    while (going) {
      const due = Math.floor((((performance.now() - startedAt) / 1000) * rate) / scene.subscriptions / batch);
      for (; sent < due && pending.size < 200; sent++) {
        const one = scene.publish(batch, { url });
        pending.add(one);
        void one.finally(() => pending.delete(one)).catch(() => {});
      }
      await pause(5);
    }
    await Promise.all(pending);
    return sent;
  })();
  work.catch(() => {});
  return {
    stop() {
      going = false;
      return work;
    },
  };
}

/** Compares the three ledgers: what was accepted, what the database says, what arrived. */
export async function tally(scene) {
  const entries = await scene.receiver.entries();
  const arrivals = new Map();
  for (const entry of entries) arrivals.set(entry.key, [...(arrivals.get(entry.key) ?? []), entry]);
  const rows = await scene.sql(
    `SELECT f.subscription_id AS subscription, f.status, f.tries, e.body,
       (SELECT count(*)::int FROM attempt a WHERE a.tenant_id = f.tenant_id AND a.delivery_id = f.id
          AND a.outcome IN ('retry', 'failed')) AS failures FROM finished_delivery f
     JOIN event e ON e.tenant_id = f.tenant_id AND e.id = f.event_id WHERE f.tenant_id = $1`,
    [scene.tenantId],
  );
  const ends = new Map();
  let twice = 0;
  for (const { subscription, status, tries, failures, body } of rows) {
    const key = `${scene.indexes.get(subscription)} ${JSON.parse(body.toString()).id}`;
    if (ends.has(key)) twice += 1;
    ends.set(key, { status, tries, failures });
  }
  let lost = 0;
  let undelivered = 0;
  let overcounted = 0;
  for (const mark of scene.accepted.keys()) {
    for (let i = 0; i < scene.subscriptions; i++) {
      const key = `${i} ${mark}`;
      const end = ends.get(key);
      if (!arrivals.has(key) || !end) lost += 1;
      else if (end.status !== 'delivered') undelivered += 1;
      if (end && end.tries - end.failures > (arrivals.get(key)?.length ?? 0)) overcounted += 1;
    }
  }
  // A request that was answered too late is tried again, which is no repeat: only what no settled attempt tells of is one.
  let duplicates = 0;
  for (const [key, list] of arrivals) duplicates += Math.max(0, list.length - (ends.get(key)?.tries ?? 0));
  const repeats = [...arrivals.values()].filter((list) => list.length > 1);
  return {
    n: scene.accepted.size * scene.subscriptions,
    lost,
    undelivered,
    duplicates,
    twice,
    /** Deliveries of events that nobody was told of. */
    strangers: [...ends.keys()].filter((key) => !scene.accepted.has(key.split(' ')[1])).length,
    differing: repeats.filter((list) => list.some(({ hash }) => hash !== list[0].hash)).length,
    unsigned: entries.filter(({ signed }) => !signed).length,
    overcounted,
    okRate:
      rows.length === 0
        ? 0
        : [...ends.values()].filter(({ status }) => status === 'delivered').length / rows.length,
    entries,
  };
}

/** Accepted → first arrival, of all that was accepted. */
export function latencies(scene, entries) {
  const first = new Map();
  for (const { key, at } of entries) if (!first.has(key)) first.set(key, at);
  const times = [...first].flatMap(([key, at]) => {
    const acceptedAt = scene.accepted.get(key.split(' ')[1]);
    return acceptedAt === undefined ? [] : [at - acceptedAt];
  });
  return times.sort((a, b) => a - b);
}

export const share = (sorted, part) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
