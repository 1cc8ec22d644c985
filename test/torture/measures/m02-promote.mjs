import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { startFleet } from '../fleet.mjs';
import { ask } from '../postgres.mjs';
import { paced, tally, until } from '../scene.mjs';
import { delivered, verdict } from '../verdict.mjs';

/** Events a second × subscriptions. */
const RATE = 200;

/** An address that follows the primary, as a virtual one or a DNS name does. */
async function startAddress(first) {
  let target = first;
  const open = new Set();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      open.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    follow(port) {
      target = port;
      for (const socket of open) socket.destroy();
    },
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** The primary is lost under load, its synchronous standby is promoted, and everybody goes on there. */
export const m02 = {
  test: 'M02',
  title: `the primary is lost at ${RATE} deliveries/s and its synchronous standby promoted`,
  ownServer: true,
  async run({ postgres, quick, say }) {
    const direct = await postgres.database();
    const name = new URL(direct).pathname.slice(1);
    const standby = await postgres.standby();
    const address = await startAddress(postgres.port);
    const database = `postgresql://ringer@127.0.0.1:${address.port}/${name}`;
    const fleet = await startFleet(database, { dispatchers: 2 });
    const { scene } = fleet;
    const load = paced(scene, { rate: RATE });
    await until('it delivers', async () => (await scene.receiver.count()) > 1_000, 60_000);
    const before = scene.accepted.size;
    await postgres.stop('immediate');
    const lostAt = performance.now();
    await standby.promote();
    const held = (
      await ask(standby.urlOf(name), 'SELECT count(*)::int AS n FROM open_delivery WHERE token IS NOT NULL')
    )[0].n;
    address.follow(standby.port);
    const promotedMs = performance.now() - lostAt;
    await until('it takes events again', () => scene.accepted.size > before + 50, 60_000);
    const tookMs = performance.now() - lostAt;
    say(`promoted after ${promotedMs.toFixed(0)} ms, events again after ${tookMs.toFixed(0)} ms`);
    await pause(quick ? 5_000 : 20_000);
    await load.stop();
    await scene.settled(240_000);
    const found = await tally(scene);
    const away = [...scene.answers].filter(([status]) => status === 503 || status === 0);
    const unanswered = away.reduce((sum, [, count]) => sum + count, 0);
    const exited = [fleet.api, ...fleet.members].filter((one) => one.exitCode() !== undefined).length;
    await fleet.close();
    address.close();
    await standby.remove();
    return verdict(
      {
        n: found.n,
        kills: 0,
        restarts: 0,
        other: '1 primary lost',
        lost: found.lost,
        duplicates: found.duplicates,
        bound: held,
        promotedMs,
        backMs: tookMs,
      },
      [
        ...delivered(found, { bound: held }),
        [
          'accepted before the loss, and after it',
          `${before}, ${scene.accepted.size - before}`,
          before > 50 && scene.accepted.size > before,
        ],
        ['publishes that were told to come again', unanswered, unanswered > 0],
        ['processes that ended', exited, exited === 0],
        ['milliseconds from the loss to the end of the promotion', promotedMs.toFixed(0), true],
        ['milliseconds from the loss to the next event taken', tookMs.toFixed(0), true],
      ],
    );
  },
};
