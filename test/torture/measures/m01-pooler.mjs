import { leaseBook, startFleet } from '../fleet.mjs';
import { ROLE_SETTINGS, startPgBouncer } from '../pgbouncer.mjs';
import { ask } from '../postgres.mjs';
import { seeded, tally, until } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** Everything behind PgBouncer in transaction mode, with fewer server connections than the processes hold; dispatchers die. */
export const m01 = {
  test: 'M01',
  title: 'an API and three dispatchers behind PgBouncer in transaction mode, two of them killed',
  async run({ postgres, seed, quick, say }) {
    const total = quick ? 4_000 : 20_000;
    const random = seeded(`${seed} M01`);
    const direct = await postgres.database();
    const name = new URL(direct).pathname.slice(1);
    for (const [setting, value] of Object.entries(ROLE_SETTINGS))
      await ask(direct, `ALTER DATABASE ${name} SET ${setting} = ${value}`);
    const bouncer = await startPgBouncer(postgres.port, { poolSize: 12 });
    const fleet = await startFleet(bouncer.urlOf(name), { dispatchers: 1, scene: { maxInFlight: 5 } });
    const { scene, members } = fleet;
    const book = leaseBook(scene);
    await book.learn(members[0]);
    for (let i = 1; i < 3; i++) {
      members.push(await fleet.start());
      await book.learn(members[i]);
    }
    const connections = await ask(
      direct,
      'SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    const each = total / scene.subscriptions / 3;
    let bound = 0;
    let kills = 0;
    for (let part = 0; part < 3; part++) {
      const done = await scene.receiver.count();
      const published = scene.publish(Math.round(each));
      if (part > 0) {
        const goal = done + Math.floor(random() * each * scene.subscriptions * 0.6);
        await until('it delivers', async () => (await scene.receiver.count()) >= goal, 120_000, 2);
        // Nobody starts it again: the last one has to find what these held.
        await members[part].kill();
        bound += await book.heldBy(members[part]);
        kills += 1;
        say(`killed ${kills}, ${bound} were in flight`);
      }
      await published;
    }
    await scene.settled(240_000);
    const found = await tally(scene);
    await fleet.close();
    bouncer.remove();
    return verdict(
      { n: found.n, kills, restarts: 0, lost: found.lost, duplicates: found.duplicates, bound },
      [
        ...delivered(found, { bound }),
        ['deliveries, at least', found.n, found.n >= total],
        ['server connections of four processes', connections[0].n, connections[0].n <= 12],
        ['in flight at the kills', bound, bound > 0],
      ],
    );
  },
};
