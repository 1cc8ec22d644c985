// An API process that is left alone, and dispatchers that are not.
import { setTimeout as pause } from 'node:timers/promises';
import { startRinger } from './processes.mjs';
import { setScene } from './scene.mjs';

/** @param env of the dispatchers. */
export async function startFleet(database, { dispatchers = 2, env = {}, scene: options } = {}) {
  const api = await startRinger({ DATABASE_URL: database, RINGER_ROLE: 'api' });
  const scene = await setScene(database, api, options);
  const start = () =>
    startRinger({ DATABASE_URL: database, RINGER_ROLE: 'dispatcher', RINGER_SLOTS: '64', ...env });
  const members = [];
  for (let i = 0; i < dispatchers; i++) members.push(await start());
  return {
    api,
    scene,
    members,
    start,
    async close() {
      for (const one of [...members, api]) if (one.exitCode() === undefined) await one.kill();
      await scene.close();
    },
  };
}

/** Who holds which leases: a process is known by the tokens that nobody else has. */
export function leaseBook(scene) {
  const known = new Map();
  const dead = new Set();
  const mineAmong = (leases, process) => {
    const mine = [...leases.keys()].find((base) => !dead.has(base) && ![...known.values()].includes(base));
    if (!known.has(process) && mine !== undefined) known.set(process, mine);
    return known.get(process);
  };
  return {
    /** Publishes until this process has claimed something. To be called while no other one is new. */
    async learn(process) {
      for (let looks = 1; !known.has(process); looks++) {
        if (looks > 2_000) throw new Error('a dispatcher claims nothing');
        if (looks % 20 === 0) await scene.publish(2);
        mineAmong(await scene.leased(), process);
        await pause(5);
      }
    },
    heldNow: async (process) => (await scene.leased()).get(known.get(process))?.ids ?? [],
    /** How much a process held when it ended. */
    async heldBy(process) {
      const leases = await scene.leased();
      const base = known.get(process);
      dead.add(base);
      return leases.get(base)?.count ?? 0;
    },
  };
}
