import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createQueue, type Queue } from '../../src/store/queue.js';
import { endAbandoned } from '../../src/store/stopping.js';
import { QueueModel, type Told } from '../support/queue-model.js';
import { outcomeOf } from '../support/queue-outcome.js';
import { bare, HOUR, MINUTE, START } from '../support/scene.js';
import { useWorld } from '../support/world.js';

/** Nobody sends here but the commands. */
const world = useWorld({ env: { RINGER_ROLE: 'api' } });

/** `npm run torture` asks for more. */
const RUNS = Number(process.env.TORTURE_RUNS ?? 20);
const SEED = Number(process.env.TORTURE_SEED ?? 1);
const SUBSCRIPTIONS = 2;

/** The real tables, and what the commands know of them. */
interface Real {
  tenantId: string;
  queue: Queue;
  subscriptions: { id: string; lane: number }[];
  /** The id of each delivery of the model. */
  ids: string[];
  /** Every claim ever made: what a worker may still tell, however late. */
  claims: { index: number; token: number; attemptId: string }[];
  tokens: number;
}

const services = () => world.app.services;
const sql = async <T extends object>(text: string, values: unknown[]) =>
  (await world.app.context.db.pool.query<T>(text, values)).rows;

async function setReal(): Promise<Real> {
  const { id: tenantId } = await world.tenant();
  await services().clock.put(tenantId, { mode: 'manual', now: START });
  const subscriptions: Real['subscriptions'] = [];
  for (let i = 0; i < SUBSCRIPTIONS; i++) {
    const input = { provider: 'healthsync', url: `http://127.0.0.1:9/${i}` };
    const { subscription } = await services().subscriptions.create(tenantId, input);
    const id = bare(subscription.id);
    const [row] = await sql<{ lane: number }>(
      'SELECT lane FROM subscription WHERE tenant_id = $1 AND id = $2',
      [tenantId, id],
    );
    subscriptions.push({ id, lane: row!.lane });
  }
  const queue = createQueue(world.app.context.db.hot);
  return { tenantId, queue, subscriptions, ids: [], claims: [], tokens: 0 };
}

/** Both sides in one shape, one line a delivery. */
async function tables({ tenantId, ids }: Real): Promise<string[]> {
  const rows = await sql<{ id: string; line: string }>(
    `SELECT coalesce(o.id, f.id) AS id, concat_ws(' ',
       coalesce('state ' || o.state || ' trigger ' || o.trigger || ' tries ' || o.tries || ' claims ' || o.claims || ' due '
         || (extract(epoch FROM o.due_at) * 1000)::bigint || ' token ' || coalesce(o.token::text, '-')
         || CASE WHEN o.lease_until >= now() THEN ' leased' ELSE '' END, 'finished'),
       'was ' || f.status || ' ' || coalesce(f.reason, '-') || ' after ' || f.tries,
       'numbers ' || (SELECT coalesce(string_agg(a.number::text, ',' ORDER BY a.number), '') FROM attempt a
         WHERE a.tenant_id = $1 AND a.delivery_id = coalesce(o.id, f.id) AND a.outcome <> 'superseded'),
       'superseded ' || (SELECT count(*) FROM attempt a
         WHERE a.tenant_id = $1 AND a.delivery_id = coalesce(o.id, f.id) AND a.outcome = 'superseded')) AS line
     FROM (SELECT * FROM open_delivery WHERE tenant_id = $1) o
     FULL JOIN (SELECT * FROM finished_delivery WHERE tenant_id = $1) f ON f.id = o.id`,
    [tenantId],
  );
  const byId = new Map(rows.map(({ id, line }) => [id, line]));
  expect(
    [...byId.keys()].filter((id) => !ids.includes(id)),
    'rows that nobody made',
  ).toEqual([]);
  expect(rows, 'one row a delivery').toHaveLength(byId.size);
  return ids.map((id) => byId.get(id) ?? 'lost');
}

function expected({ deliveries }: QueueModel): string[] {
  return deliveries.map((d) => {
    const open =
      d.state === null
        ? 'finished'
        : `state ${d.state} trigger ${d.trigger} tries ${d.tries} claims ${d.claims} due ${d.dueMs} token ${d.token ?? '-'}${d.leased ? ' leased' : ''}`;
    const was = d.end ? `was ${d.end.status} ${d.end.reason ?? '-'} after ${d.end.tries} ` : '';
    const numbers = Array.from({ length: d.tries }, (_, i) => i + 1).join(',');
    return `${open} ${was}numbers ${numbers} superseded ${d.superseded}`;
  });
}

/** Something somebody does, on both sides; then both must say the same. */
class Step implements fc.AsyncCommand<QueueModel, Real> {
  constructor(
    readonly name: string,
    readonly work: (model: QueueModel, real: Real) => Promise<unknown>,
  ) {}

  check = () => true;

  async run(model: QueueModel, real: Real): Promise<void> {
    await this.work(model, real);
    expect(await tables(real)).toEqual(expected(model));
    invariants(model);
  }

  toString = () => this.name;
}

/** What must hold of the model itself, whatever was done. */
function invariants({ deliveries, subscriptions }: QueueModel): void {
  for (const d of deliveries) {
    expect(d.state === null ? d.end : d, 'what is not open has ended').not.toBeNull();
    const { status } = subscriptions[d.on]!;
    if (status === 'paused') expect([4, null], 'nothing of a paused subscription is due').toContain(d.state);
    if (status === 'deleted') expect([5, null], 'nothing of a deleted one is sent anew').toContain(d.state);
    if (d.leased) expect(d.token, 'a lease has a token').not.toBeNull();
  }
}

/** A refusal is an answer like any other. */
const orRefused = (work: Promise<unknown>) =>
  work.catch((error: { code?: string }) => {
    if (
      ![
        'conflict',
        'delivery_finished',
        'delivery_not_finished',
        'not_found',
        'subscription_stopped',
      ].includes(error.code ?? '')
    )
      throw error;
  });

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];
const on = fc.nat(SUBSCRIPTIONS - 1);
const any = fc.nat(1_000);

const publish = fc.constant(
  new Step('publish', async (model, real) => {
    const made = model.publish();
    const { deliveries } = await services().publish.publish(real.tenantId, {
      provider: 'healthsync',
      type: 'document.uploaded',
    });
    const ids = made.map((index) => {
      const { id } = real.subscriptions[model.deliveries[index]!.on]!;
      return bare(deliveries.find(({ subscriptionId }) => bare(subscriptionId) === id)!.id);
    });
    expect(deliveries).toHaveLength(made.length);
    real.ids.push(...ids);
  }),
);

const claim = fc.tuple(on, fc.constantFrom(0 as const, 1 as const), fc.integer({ min: 1, max: 3 })).map(
  ([lane, state, want]) =>
    new Step(`claim ${want} of state ${state} on ${lane}`, async (model, real) => {
      const token = ++real.tokens;
      const rows = await real.queue.claim(state, [{ lane: real.subscriptions[lane]!.lane, want }], {
        token,
        seconds: 3_600,
      });
      const taken = model.claim(lane, state, want, token);
      expect(rows.map(({ id }) => id)).toEqual(taken.map((index) => real.ids[index]));
      for (const index of taken) real.claims.push({ index, token, attemptId: world.app.context.ids.next() });
    }),
);

const settle = fc
  .tuple(any, fc.constantFrom<Told>('delivered', 'retry', 'retry', 'failed'), fc.boolean())
  .map(
    ([at, told, twice]) =>
      new Step(
        `settle claim ${at} as ${told}${twice ? ', and again: the answer was lost' : ''}`,
        async (model, real) => {
          const found = pick(real.claims, at);
          if (!found) return;
          const { index, token, attemptId } = found;
          real.claims.splice(real.claims.indexOf(found), 1);
          const more =
            told === 'retry'
              ? { anchor: 'previousEnd', delayMs: 10 * MINUTE, reason: 'status_503' }
              : told === 'failed'
                ? { endReason: 'exhausted', reason: 'status_503' }
                : {};
          const outcome = outcomeOf({
            tenantId: real.tenantId,
            id: real.ids[index]!,
            token,
            attemptId,
            outcome: told,
            ...more,
          });
          for (let times = twice ? 2 : 1; times > 0; times--) {
            const written = await real.queue.settle([{ ...outcome, dueMs: model.nowMs }]);
            if (written.length === 0) await real.queue.recordSuperseded([outcome]);
          }
          model.settle(index, token, told, { delayMs: 10 * MINUTE, reason: 'exhausted' });
        },
      ),
  );

const giveBack = any.map(
  (at) =>
    new Step(`give claim ${at} back`, async (model, real) => {
      const found = pick(real.claims, at);
      if (!found) return;
      real.claims.splice(real.claims.indexOf(found), 1);
      await real.queue.release([{ tenantId: real.tenantId, id: real.ids[found.index]!, token: found.token }]);
      model.giveBack(found.index, found.token);
    }),
);

const putOff = any.map(
  (at) =>
    new Step(`put claim ${at} off`, async (model, real) => {
      const found = pick(real.claims, at);
      if (!found) return;
      real.claims.splice(real.claims.indexOf(found), 1);
      const untilMs = model.nowMs + MINUTE;
      await real.queue.defer([
        { tenantId: real.tenantId, id: real.ids[found.index]!, token: found.token, untilMs },
      ]);
      model.putOff(found.index, found.token, untilMs);
    }),
);

/** Its process is dead or asleep: what it claimed may still be told later. */
const leaseEnds = any.map(
  (at) =>
    new Step(`the lease of claim ${at} ends`, async (model, real) => {
      const found = pick(real.claims, at);
      if (!found) return;
      await sql(
        `UPDATE open_delivery SET lease_until = now() - interval '1 second'
         WHERE tenant_id = $1 AND id = $2 AND token IS NOT NULL`,
        [real.tenantId, real.ids[found.index]],
      );
      model.leaseEnds(found.index);
    }),
);

const toSubscription = (name: 'pause' | 'resume' | 'remove') =>
  on.map(
    (number) =>
      new Step(`${name} ${number}`, async (model, real) => {
        await orRefused(services().subscriptions[name](real.tenantId, real.subscriptions[number]!.id));
        model[name](number);
      }),
  );

const edit = on.map(
  (number) =>
    new Step(`another URL for ${number}`, async (_, real) => {
      const url = `http://127.0.0.1:9/${real.tokens}`;
      await orRefused(
        services().subscriptions.update(real.tenantId, real.subscriptions[number]!.id, { url }),
      );
    }),
);

const rotate = on.map(
  (number) =>
    new Step(`another secret for ${number}`, (_, real) =>
      orRefused(services().secrets.rotate(real.tenantId, real.subscriptions[number]!.id, {})),
    ),
);

const toDelivery = (name: 'cancel' | 'retryNow' | 'resend') =>
  any.map(
    (at) =>
      new Step(`${name} ${at}`, async (model, real) => {
        const id = pick(real.ids, at);
        if (id === undefined) return;
        await orRefused(services().deliveries[name](real.tenantId, id));
        model[name](real.ids.indexOf(id));
      }),
  );

const clockStep = fc.integer({ min: 1, max: HOUR }).map(
  (byMs) =>
    new Step(`${byMs} ms pass`, async (model, real) => {
      await services().clock.put(real.tenantId, { mode: 'manual', now: model.nowMs + byMs });
      while ((await real.queue.promote()).more);
      model.step(byMs);
    }),
);

const housekeeping = fc.constant(
  new Step('housekeeping', async (model) => {
    await endAbandoned(world.app.context.db.pool);
    model.endAbandoned();
  }),
);

const COMMANDS = [
  ...[
    publish,
    publish,
    claim,
    claim,
    claim,
    settle,
    settle,
    settle,
    clockStep,
    clockStep,
    leaseEnds,
    leaseEnds,
  ],
  ...[giveBack, putOff, edit, rotate, housekeeping],
  ...[toSubscription('pause'), toSubscription('resume'), toSubscription('resume'), toSubscription('remove')],
  ...[toDelivery('cancel'), toDelivery('retryNow'), toDelivery('resend')],
];

describe('T13: the queue and its model, whatever is done to them', () => {
  it(
    `say the same after every one of up to 60 commands, ${RUNS} times`,
    async () => {
      const commands = fc.commands(COMMANDS, { maxCommands: 60, size: 'max' });
      let ran = 0;
      const property = fc.asyncProperty(commands, async (given) => {
        const real = await setReal();
        ran += 1;
        await fc.asyncModelRun(() => ({ model: new QueueModel(SUBSCRIPTIONS, START), real }), given);
      });
      await fc.assert(property, { seed: SEED, numRuns: RUNS, endOnFailure: true });
      expect(ran).toBe(RUNS);
    },
    Math.max(120_000, RUNS * 2_000),
  );
});
