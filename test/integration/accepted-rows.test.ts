import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

const world = useWorld({ env: { RINGER_ROLE: 'api' } });
/** `npm run torture` asks for more. */
const RUNS = Number(process.env.TORTURE_RUNS ?? 40);
const SEED = Number(process.env.TORTURE_SEED ?? 1);

/** Events that are taken, that nobody gets, that are refused, and ids that are taken twice. */
const event = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ provider: 'healthsync', type: 'document.uploaded' }) },
  { weight: 3, arbitrary: fc.constant({ provider: 'novamed', type: 'order:created' }) },
  { weight: 2, arbitrary: fc.constant({ provider: 'voyado', type: 'contact.created' }) },
  {
    weight: 2,
    arbitrary: fc
      .nat(5)
      .map((n) => ({ provider: 'healthsync', type: 'document.uploaded', eventId: `id-${n}` })),
  },
  { weight: 1, arbitrary: fc.constant({ provider: 'healthsync', type: 'no.such.event' }) },
);
const request = fc.record({
  events: fc.array(event, { minLength: 1, maxLength: 12 }),
  key: fc.option(fc.constantFrom('a', 'b', 'c')),
  /** Sent twice at the same moment, as a client that loses patience does. */
  twice: fc.boolean(),
});

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: { events?: { id: string; deliveryCount: number }[] };
}

describe('T14: what was accepted is what is stored', () => {
  it(
    `whatever is asked for, however often: ${RUNS} conversations`,
    async () => {
      let accepted = 0;
      let refused = 0;
      const property = fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 5 }),
        async (requests) => {
          const { id: tenantId, publicId, key } = await world.tenant();
          const ask = apiOf(world).as(key);
          const at = `/tenants/${publicId}`;
          const hooks = { healthsync: 2, novamed: 1 };
          for (const [provider, count] of Object.entries(hooks))
            for (let i = 0; i < count; i++)
              await ask.post(`${at}/subscriptions`, { provider, url: `http://127.0.0.1:9/${i}` });
          const told = new Map<string, number>();
          for (const { events, key: idempotency, twice } of requests) {
            const post = async () => {
              const asked = ask.post(`${at}/events/batch`, { events });
              return (await (idempotency === null
                ? asked
                : asked.set('Idempotency-Key', idempotency))) as Answer;
            };
            for (const answer of await Promise.all(twice ? [post(), post()] : [post()])) {
              expect([202, 400, 409], JSON.stringify(answer.body)).toContain(answer.status);
              if (answer.status !== 202) {
                refused += 1;
                continue;
              }
              accepted += 1;
              expect(answer.body.events).toHaveLength(events.length);
              for (const { id, deliveryCount } of answer.body.events!) told.set(id.slice(4), deliveryCount);
            }
          }
          const { rows } = await world.app.context.db.pool.query<{ id: string; count: number }>(
            `SELECT e.id, (SELECT count(*)::int FROM open_delivery o WHERE o.tenant_id = $1 AND o.event_id = e.id) AS count
         FROM event e WHERE e.tenant_id = $1`,
            [tenantId],
          );
          const stored = new Map(rows.map(({ id, count }) => [id, count]));
          expect(stored).toEqual(told);
        },
      );
      await fc.assert(property, { seed: SEED, numRuns: RUNS, endOnFailure: true });
      expect(accepted).toBeGreaterThan(RUNS / 2);
      expect(refused).toBeGreaterThan(0);
    },
    Math.max(120_000, RUNS * 2_000),
  );
});
