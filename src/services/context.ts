import type { EgressRules } from '../engine/egress/rules.js';
import type { Grasp, Offered } from '../engine/first-hand.js';
import type { Receiver } from '../engine/receiver.js';
import type { WallClock } from '../lib/clock.js';
import type { Ids } from '../lib/ids.js';
import type { Log } from '../lib/log.js';
import type { Random } from '../lib/random.js';
import type { Sealer } from '../lib/sealing.js';
import type { Registry } from '../providers/registry.js';
import type { Database } from '../store/database.js';
import type { Stream } from './stream.js';

/** What every use-case stands on. Made once in `app.ts`. */
export interface Context {
  db: Database;
  registry: Registry;
  ids: Ids;
  random: Random;
  wall: WallClock;
  sealer: Sealer;
  egress: EgressRules;
  stream: Stream;
  /** The built-in receiver; null with egress `public`. */
  receiver: Receiver | null;
  log: Log;
  /** Ringer's version, as in package.json. */
  version: string;
  /** Keeps slots of this process for first attempts that are about to be stored; null where it has none for them, or sends nothing. */
  grasp(offered: readonly Offered[], readAtMs: number): Grasp | null;
  /** Tells the dispatchers, after commit, that these lanes have first attempts that were published just now. */
  nudge(lanes: readonly number[]): void;
  /** The same of deliveries of either kind, however old. */
  wake(lanes: readonly number[]): void;
  /** Tells the notifier, after commit, that a subscription may have turned. */
  turned(): void;
}
