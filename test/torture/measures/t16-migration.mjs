import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startFleet } from '../fleet.mjs';
import { startRinger } from '../processes.mjs';
import { paced, tally } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** What a later version may bring: columns on the busiest tables, and an index. */
const NEXT = `ALTER TABLE "open_delivery" ADD COLUMN "later" TEXT;
ALTER TABLE "subscription" ADD COLUMN "later" TEXT NOT NULL DEFAULT 'x';
ALTER TABLE "event" ADD COLUMN "later" TEXT;
CREATE INDEX "later" ON "subscription" ("provider", "tenant_id");
`;

/** A later version starts beside this one and migrates, in the middle of the load; then both go on. */
export const t16 = {
  test: 'T16',
  title: 'a migration under 200 deliveries a second, old and new side by side',
  async run({ postgres }) {
    const database = await postgres.database();
    const fleet = await startFleet(database);
    const { scene, members, api } = fleet;
    await postgres.system('ALTER SYSTEM SET log_lock_waits = on');
    const later = laterVersion();
    const load = paced(scene, { rate: 200 });
    await pause(5_000);
    const arrivedBefore = await scene.receiver.count();
    const blocked = [];
    let watching = true;
    const watch = (async () => {
      while (watching) {
        const [{ ms }] = await scene.sql(
          `SELECT coalesce(max(extract(epoch FROM now() - query_start)) * 1000, 0)::float8 AS ms FROM pg_stat_activity
           WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        blocked.push(ms);
        await pause(20);
      }
    })();
    const next = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'dispatcher' }, later.main);
    await pause(10_000);
    watching = false;
    await watch;
    const arrived = await scene.receiver.count();
    await load.stop();
    await scene.settled();
    const found = await tally(scene);
    const [{ applied }] = await scene.sql(
      `SELECT count(*)::int AS applied FROM information_schema.columns WHERE column_name = 'later' AND table_name = 'open_delivery'`,
    );
    const alive = [...members, api, next].filter((one) => one.exitCode() === undefined).length;
    const errors = [...members, api, next].map((one) => one.stderr().match(/error/gi)?.length ?? 0);
    await next.kill();
    await fleet.close();
    later.remove();
    const longest = Math.max(...blocked);
    const { n, lost, duplicates } = found;
    return verdict({ n, kills: 0, restarts: 0, other: '1 migration', lost, duplicates, bound: 0 }, [
      ...delivered(found),
      ['the migration was applied', applied === 1, applied === 1],
      ['delivered meanwhile', arrived - arrivedBefore, arrived - arrivedBefore > 500],
      [
        'answers to publishes',
        JSON.stringify(Object.fromEntries(scene.answers)),
        [...scene.answers.keys()].join() === '202',
      ],
      ['longest wait for a lock, ms (at most 2,000)', Math.round(longest), longest <= 2_000],
      ['processes alive', alive, alive === 4],
      ['errors told of', errors.join(', '), errors.every((count) => count === 0)],
    ]);
  },
};

/** This program with one more migration. */
function laterVersion() {
  const folder = mkdtempSync(join(tmpdir(), 'ringer-torture-later-'));
  cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'prisma/migrations'), join(folder, 'prisma/migrations'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const added = join(folder, 'prisma/migrations/29991231000000_later');
  mkdirSync(added);
  writeFileSync(join(added, 'migration.sql'), NEXT);
  return {
    main: join(folder, 'dist/main.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
