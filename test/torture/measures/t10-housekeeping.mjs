import { setTimeout as pause } from 'node:timers/promises';
import { startRinger } from '../processes.mjs';
import { paced, setScene, tally } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** Two processes that keep house in one database under load, while a fifth of what they do there fails. */
export const t10 = {
  test: 'T10',
  title: 'two housekeepers, retention, 500 deliveries a second, a fifth of their statements fails',
  async run({ postgres, full }) {
    const seconds = full ? 120 : 60;
    const database = await postgres.database();
    const api = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'all' });
    const other = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'all' });
    const scene = await setScene(database, api, { delayMs: 5 });
    // The bodies of a second tenant are past their retention at once.
    const { slug, id } = await api.call('POST', '/tenants', { name: 'forgetful', retention: '0s' });
    for (let i = 0; i < 20; i++)
      await api.call('POST', `/tenants/${slug}/events`, {
        provider: 'healthsync',
        type: 'document.uploaded',
      });
    await scene.sql(`CREATE FUNCTION fail_now_and_then() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF random() < 0.2 THEN RAISE EXCEPTION 'a fault of the torture' USING ERRCODE = 'XX000'; END IF; RETURN NULL; END $$`);
    for (const table of ['dispatcher', 'event'])
      await scene.sql(
        `CREATE TRIGGER fail AFTER UPDATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION fail_now_and_then()`,
      );
    const load = paced(scene, { rate: 500, batch: 5 });
    await pause(seconds * 1_000);
    const [{ fresh }] = await scene.sql(
      `SELECT count(*) FILTER (WHERE seen_at > now() - interval '16 seconds')::int AS fresh FROM dispatcher`,
    );
    await load.stop();
    for (const table of ['dispatcher', 'event']) await scene.sql(`DROP TRIGGER fail ON ${table}`);
    await scene.settled();
    const [{ kept }] = await scene.sql(
      'SELECT count(*) FILTER (WHERE body IS NOT NULL)::int AS kept FROM event WHERE tenant_id = $1',
      [id.slice(4)],
    );
    const failures = [api, other].map((one) => one.stderr().match(/housekeeping failed/g)?.length ?? 0);
    const deadlocks = [api, other].map((one) => one.stderr().match(/deadlock/g)?.length ?? 0);
    const alive = [api, other].filter((one) => one.exitCode() === undefined).length;
    const found = await tally(scene);
    await other.kill();
    await api.kill();
    await scene.close();
    const { n, lost, duplicates } = found;
    return verdict(
      {
        n,
        kills: 0,
        restarts: 0,
        other: `${failures[0] + failures[1]} failed turns of housekeeping`,
        lost,
        duplicates,
        bound: 0,
      },
      [
        ...delivered(found),
        ['statements that failed', failures.join(', '), failures.some((count) => count > 0)],
        ['deadlocks that were told of', deadlocks.join(', '), deadlocks.every((count) => count === 0)],
        ['processes alive', alive, alive === 2],
        ['that gave a sign of life within three turns', fresh, fresh === 2],
        ['bodies past their retention, of 20', kept, kept === 0],
      ],
    );
  },
};
