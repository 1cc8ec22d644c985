import { setTimeout as pause } from 'node:timers/promises';
import { freePort, startRinger } from '../processes.mjs';
import { seeded, setScene, tally } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** The process that takes events is killed while it takes them; clients ask again under the same Idempotency-Key. */
export const t03 = {
  test: 'T03',
  title: 'kill -9 of the API under POST /events, clients repeat with their Idempotency-Key',
  async run({ postgres, seed, say }) {
    const [kills, posts, clients] = [50, 20_000, 25];
    const random = seeded(`${seed} T03`);
    const database = await postgres.database();
    const port = String(await freePort());
    const start = () => startRinger({ DATABASE_URL: database, RINGER_ROLE: 'api', RINGER_PORT: port });
    let api = await start();
    const scene = await setScene(database, api, { subscriptions: 2, delayMs: 0 });
    const dispatcher = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'dispatcher' });
    const workers = Array.from({ length: clients }, async () => {
      while (scene.posted < posts) await scene.publish(1, { url: `http://127.0.0.1:${port}` });
    });
    let interrupted = 0;
    let done = 0;
    for (; done < kills; done++) {
      const goal = (posts / (kills + 1)) * (done + 0.5 + random());
      while (scene.accepted.size < goal && scene.accepted.size < posts - clients) await pause(2);
      const before = scene.answers.get(0) ?? 0;
      await api.kill();
      await pause(20);
      if ((scene.answers.get(0) ?? 0) > before) interrupted += 1;
      api = await start();
      if ((done + 1) % 10 === 0) say(`${done + 1} kills, ${scene.accepted.size} accepted`);
    }
    await Promise.all(workers);
    await scene.settled();
    const found = await tally(scene);
    const [{ events }] = await scene.sql('SELECT count(*)::int AS events FROM event WHERE tenant_id = $1', [
      scene.tenantId,
    ]);
    await dispatcher.kill();
    await api.kill();
    await scene.close();
    const { n, lost, duplicates } = found;
    return verdict({ n, kills: done, restarts: done, lost, duplicates, bound: 0 }, [
      ...delivered(found),
      ['events, each once', `${events} of ${posts} asked for`, events === scene.accepted.size],
      ['kills that broke requests off', interrupted, interrupted >= kills / 2],
      ['deliveries nobody was told of', found.strangers, found.strangers === 0],
    ]);
  },
};
