import { hostname, networkInterfaces } from 'node:os';
import type { Database } from '../store/database.js';
import { dropListener, type ListenerRow, putListener } from '../store/listeners.js';
import { addressSet, contains, mappedIpv4 } from './egress/addresses.js';
import { isThisMachine } from './egress/rules.js';

export interface Listeners {
  /** The ports this process listens on. */
  readonly ports: Set<number>;
  /** Whether another process of this database listens there, as of the last `announce`. */
  listenThere(ip: string, port: number): boolean;
  /** Says where this process listens, and hears where the others do. */
  announce(): Promise<void>;
  signOff(): Promise<void>;
}

/**
 * Where Ringer itself listens, in all processes of one database: a delivery to any of them would come from inside. An
 * embedded database has one process, which needs nobody to tell it.
 * @param id UUID of this process.
 */
export function createListeners(
  { pool, embedded }: Pick<Database, 'pool' | 'embedded'>,
  id: string,
): Listeners {
  const ports = new Set<number>();
  const machine = hostname();
  let others: ((ip: string, port: number) => boolean)[] = [];
  return {
    ports,
    listenThere: (ip, port) => others.some((listensAt) => listensAt(ip, port)),
    async announce() {
      if (embedded) return;
      const own = { machine, ports: [...ports], addresses: outerAddresses() };
      others = (await putListener(pool, id, own)).map((row) => placeOf(row, machine));
    },
    async signOff() {
      if (!embedded) await dropListener(pool, id);
    },
  };
}

/** Loopback is another place on each machine; every other address is the same one from everywhere. */
function placeOf(
  { machine, ports, addresses }: ListenerRow,
  here: string,
): (ip: string, port: number) => boolean {
  const outer = addressSet(addresses);
  return (ip, port) =>
    ports.includes(port) &&
    (contains(outer, mappedIpv4(ip) ?? ip) || (machine === here && isThisMachine(ip)));
}

function outerAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).filter(({ internal }) => !internal).map(({ address }) => address),
  );
}
