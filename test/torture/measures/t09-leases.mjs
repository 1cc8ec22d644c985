import { startRinger } from '../processes.mjs';
import { setScene, tally, until } from '../scene.mjs';
import { verdict } from '../verdict.mjs';

/** Leases of a process that is gone; the oldest of them are of deliveries that nobody can send. */
export const t09 = {
  test: 'T09',
  title: '5,000 expired leases, the first 2,000 cannot be rescued',
  async run({ postgres }) {
    const database = await postgres.database();
    const api = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'api' });
    const scene = await setScene(database, api, { delayMs: 0 });
    for (let i = 0; i < 5; i++) await scene.publish(100);
    const [gone, sealed] = [scene.subscriptionIds.slice(0, 2), scene.subscriptionIds.slice(2, 4)].map((ids) =>
      ids.map((id) => id.slice(4)),
    );
    await scene.sql(
      `UPDATE open_delivery SET token = 1, claims = 1, lease_until = now() - interval '1 second',
         due_at = due_at - CASE WHEN subscription_id = ANY($1::uuid[]) THEN interval '1 hour' ELSE interval '0' END`,
      [[...gone, ...sealed]],
    );
    await scene.sql(
      'UPDATE subscription SET deleted_at = now(), revision = revision + 1 WHERE id = ANY($1::uuid[])',
      [gone],
    );
    await scene.sql(
      `UPDATE subscription_secret SET sealed = set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1)
       WHERE subscription_id = ANY($1::uuid[])`,
      [sealed],
    );
    const healthy = () =>
      scene.sql('SELECT 1 FROM open_delivery WHERE NOT subscription_id = ANY($1::uuid[]) LIMIT 1', [
        [...gone, ...sealed],
      ]);
    const dispatcher = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'dispatcher' });
    const startedAt = performance.now();
    await until('the healthy ones are delivered', async () => (await healthy()).length === 0, 120_000);
    const tookMs = performance.now() - startedAt;
    const isOver = async () =>
      (
        await scene.sql(
          'SELECT count(*)::int AS n FROM open_delivery WHERE subscription_id = ANY($1::uuid[])',
          [[...gone, ...sealed]],
        )
      )[0].n === 0;
    await until('the others have come to an end', isOver, 180_000);
    const ends = await scene.sql(
      `SELECT CASE WHEN subscription_id = ANY($2::uuid[]) THEN 'deleted' WHEN subscription_id = ANY($3::uuid[]) THEN 'sealed'
         ELSE 'healthy' END AS kind, status, reason, count(*)::int AS n
       FROM finished_delivery WHERE tenant_id = $1 GROUP BY 1, 2, 3 ORDER BY 1`,
      [scene.tenantId, gone, sealed],
    );
    const found = await tally(scene);
    await dispatcher.kill();
    await api.kill();
    await scene.close();
    const of = (kind) => ends.filter((end) => end.kind === kind);
    const all = (kind, status, n) =>
      of(kind).length === 1 && of(kind)[0].status === status && of(kind)[0].n === n;
    const shown = (kind) =>
      of(kind)
        .map(({ status, reason, n }) => `${n} ${status} (${reason})`)
        .join(', ');
    return verdict(
      {
        n: 5_000,
        kills: 0,
        restarts: 0,
        other: '5,000 expired leases',
        lost: found.lost - 2_000,
        duplicates: found.duplicates,
        bound: 0,
      },
      [
        ['healthy', shown('healthy'), all('healthy', 'delivered', 3_000)],
        ['of a deleted subscription', shown('deleted'), all('deleted', 'cancelled', 1_000)],
        ['whose secret cannot be read', shown('sealed'), all('sealed', 'failed', 1_000)],
        ['duplicates', found.duplicates, found.duplicates === 0],
        ['healthy ones delivered within, s (at most 10)', (tookMs / 1000).toFixed(1), tookMs <= 10_000],
      ],
    );
  },
};
