import { setTimeout as pause } from 'node:timers/promises';
import { startFleet } from '../fleet.mjs';
import { startPostgres } from '../postgres.mjs';
import { startRinger } from '../processes.mjs';
import { LEASE_MS, paced, setScene, until } from '../scene.mjs';
import { verdict } from '../verdict.mjs';

/** When somebody should look, as docs/scaling.md has it: by the figures of one process. */
const ALARMS = {
  oldestDue: (figure) => figure('ringer_oldest_due_seconds') > 20,
  leasesExpired: (figure) => figure('ringer_leases_expired') > 0,
  databaseAway: (figure) => figure('ringer_database_reached') === 0,
  outcomesHeld: (figure) => figure('ringer_outcome_hold_seconds') > 5,
  claimedAgain: (figure, before) =>
    figure('ringer_claimed_again_total') > (before?.('ringer_claimed_again_total') ?? 0),
  givenUp: (figure) => figure('ringer_outcomes_given_up_total') > 0,
  poisoned: (figure) => figure('ringer_poisoned_total') > 0,
  failing: (figure) => figure('ringer_subscriptions{status="failed"}') > 0,
};
const WITHIN_S = 30;

/** What the metrics say while something is wrong, and while nothing is. */
export const t40 = {
  test: 'T40',
  title: 'the metrics say what is wrong within 30 s, and nothing while nothing is',
  async run({ postgres, full, say }) {
    const [clean, ...faults] = await Promise.all([
      quiet(await postgres.database(), full ? 600 : 75),
      dead(await postgres.database()),
      away(),
      hung(await postgres.database()),
      throttled(await postgres.database()),
    ]);
    for (const { what, tookS } of faults) say(`${what}: ${tookS} s`);
    return verdict({ n: clean.n, kills: 1, restarts: 0, other: '1 server stopped, 2 slow consumers' }, [
      [
        'alarms of a clean run',
        `${clean.rang.join(', ') || 'none'} in ${clean.looks} looks over ${clean.seconds} s`,
        clean.rang.length === 0 && clean.looks > 10,
      ],
      ...faults.map(({ what, alarm, tookS }) => [
        `${what}: ${alarm} rang after, s (at most ${WITHIN_S})`,
        tookS,
        tookS !== 'never',
      ]),
    ]);
  },
};

/** One look at what a process tells. Nobody asks oftener than this in earnest. */
async function lookAt(ringer) {
  const text = await (await fetch(`${ringer.url}/metrics`)).text();
  const figures = new Map(
    [...text.matchAll(/^(ringer_\S+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
  return (name) => figures.get(name) ?? Number.NaN;
}

async function rings(ringer, name, before) {
  const figure = await lookAt(ringer).catch(() => () => Number.NaN);
  return ALARMS[name](figure, before);
}

/** @returns seconds from now until it rings. */
async function untilRings(ringer, name, before) {
  const at = performance.now();
  const look = () => rings(ringer, name, before);
  const rang = await until(name, look, WITHIN_S * 1_000, 500).catch(() => false);
  return rang ? ((performance.now() - at) / 1000).toFixed(1) : 'never';
}

async function quiet(database, seconds) {
  const ringer = await startRinger({ DATABASE_URL: database });
  const scene = await setScene(database, ringer);
  const load = paced(scene, { rate: 50 });
  const rang = new Set();
  const before = await lookAt(ringer);
  let looks = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end; looks++) {
    await pause(2_500);
    const figure = await lookAt(ringer);
    for (const [name, isOn] of Object.entries(ALARMS)) if (isOn(figure, before)) rang.add(name);
  }
  await load.stop();
  await scene.settled();
  const n = scene.accepted.size * scene.subscriptions;
  await ringer.kill();
  await scene.close();
  return { rang: [...rang], looks, seconds, n };
}

/** T01: the only dispatcher dies with deliveries in hand. Counted from the end of their leases: until then all is well. */
async function dead(database) {
  const fleet = await startFleet(database, { dispatchers: 1 });
  const { scene, members, api } = fleet;
  await scene.receiver.behave({ mode: 'hang' });
  await scene.publish(10);
  await until('it sends', async () => (await scene.inFlight()) > 0);
  await members[0].kill();
  await pause(LEASE_MS);
  const tookS = await untilRings(api, 'leasesExpired');
  await fleet.close();
  return { what: 'a dead dispatcher', alarm: 'ringer_leases_expired', tookS };
}

/** T04: the database is away, and outcomes wait for it. */
async function away() {
  const postgres = await startPostgres();
  const fleet = await startFleet(await postgres.database(), { dispatchers: 1 });
  const { scene, members } = fleet;
  await scene.receiver.behave({ delayMs: 1_500 });
  await scene.publish(10);
  await until('it sends', async () => (await scene.inFlight()) > 0);
  await postgres.stop('immediate');
  const [gone, held] = await Promise.all([
    untilRings(members[0], 'databaseAway'),
    untilRings(members[0], 'outcomesHeld'),
  ]);
  await fleet.close();
  await postgres.remove();
  return {
    what: 'a database that is away',
    alarm: 'ringer_database_reached and ringer_outcome_hold_seconds',
    tookS: [gone, held].includes('never') ? 'never' : `${gone} and ${held}`,
  };
}

/** T17: one endpoint hangs, with four hundred deliveries for it. */
async function hung(database) {
  const ringer = await startRinger({ DATABASE_URL: database });
  const scene = await setScene(database, ringer, { subscriptions: 1 });
  await scene.receiver.behave({ mode: 'hang' });
  await scene.publish(400);
  const tookS = await untilRings(ringer, 'oldestDue');
  await ringer.kill();
  await scene.close();
  return { what: 'an endpoint that hangs', alarm: 'ringer_oldest_due_seconds', tookS };
}

/** T22: what waits for a rate limit is late too. */
async function throttled(database) {
  const ringer = await startRinger({ DATABASE_URL: database });
  const scene = await setScene(database, ringer, { subscriptions: 1, delayMs: 0 });
  await ringer.call('PATCH', `${scene.base}/subscriptions/${scene.subscriptionIds[0]}`, { rateLimit: 10 });
  await scene.publish(1_000);
  const tookS = await untilRings(ringer, 'oldestDue');
  await ringer.kill();
  await scene.close();
  return { what: 'a rate limit of 10/s with 1,000 waiting', alarm: 'ringer_oldest_due_seconds', tookS };
}
