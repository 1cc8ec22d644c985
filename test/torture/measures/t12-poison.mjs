import { startRinger } from '../processes.mjs';
import { setScene, tally, until } from '../scene.mjs';
import { verdict } from '../verdict.mjs';

/** Deliveries that can never be sent, in the middle of those that can. */
export const t12 = {
  test: 'T12',
  title: 'poison among 10,000: a secret that cannot be opened, a body that is gone',
  async run({ postgres }) {
    // Side by side, so that whatever else the machine does slows both.
    const [healthy, poisoned] = await Promise.all([
      passOf(await postgres.database(), false),
      passOf(await postgres.database(), true),
    ]);
    const { n, lost, duplicates, ends, claims, tookMs } = poisoned;
    const failed = ends.filter(({ status }) => status === 'failed');
    const reasons = failed.map(({ reason, n: count }) => `${count} ${reason}`).join(', ');
    const count = failed.reduce((sum, { n: some }) => sum + some, 0);
    return verdict(
      { n, kills: 0, restarts: 0, other: '249 poisoned', lost: lost - count, duplicates, bound: 0 },
      [
        ['poison ended as', reasons, count === 250 - 1 && failed.every(({ reason }) => reason)],
        ['most claims of one', claims, claims <= 5],
        ['healthy delivered', ends.find(({ status }) => status === 'delivered')?.n, lost === count],
        ['duplicates', duplicates, duplicates === 0],
        [
          'all healthy delivered after, ms with and without (at most 1.2 and 2,000 ms more)',
          `${Math.round(tookMs)}, ${Math.round(healthy.tookMs)}`,
          tookMs <= healthy.tookMs * 1.2 + 2_000,
        ],
      ],
    );
  },
};

async function passOf(database, poisoned) {
  const api = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'api' });
  const scene = await setScene(database, api, { subscriptions: 50, delayMs: 0 });
  await scene.publish(200);
  const [{ id: bodiless }] = await scene.sql('SELECT id FROM event ORDER BY id OFFSET 20 LIMIT 1');
  const sealed = scene.subscriptionIds[0].slice(4);
  if (poisoned) {
    await scene.sql('UPDATE event SET body = NULL WHERE id = $1', [bodiless]);
    await scene.sql(
      `UPDATE subscription_secret SET sealed = set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1)
       WHERE subscription_id = $1`,
      [sealed],
    );
  }
  let claims = 0;
  const poison = `(event_id = '${bodiless}' OR subscription_id = '${sealed}')`;
  const dispatcher = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'dispatcher' });
  const startedAt = performance.now();
  await until(
    'the healthy ones are delivered',
    async () => (await scene.sql(`SELECT 1 FROM open_delivery WHERE NOT ${poison} LIMIT 1`)).length === 0,
    180_000,
  );
  const tookMs = performance.now() - startedAt;
  await until(
    'the poison has come to an end',
    async () => {
      const [row] = await scene.sql(
        'SELECT count(*)::int AS n, coalesce(max(claims), 0)::int AS most FROM open_delivery',
      );
      claims = Math.max(claims, row.most);
      return row.n === 0;
    },
    180_000,
  );
  if (poisoned)
    await scene.sql(`UPDATE event SET body = convert_to('{"id":"gone"}', 'UTF8') WHERE body IS NULL`);
  const ends = await scene.sql(
    'SELECT status, reason, count(*)::int AS n FROM finished_delivery GROUP BY 1, 2',
  );
  const found = await tally(scene);
  await dispatcher.kill();
  await api.kill();
  await scene.close();
  return { ...found, ends, claims, tookMs };
}
