import type { Consumer } from './contract.js';
import { healthSherpaConsumers } from './providers/healthsherpa.js';
import { healthSyncConsumers } from './providers/healthsync.js';
import { novamedConsumers } from './providers/novamed.js';
import { noyoConsumers } from './providers/noyo.js';
import { voyadoConsumers } from './providers/voyado.js';

export type { Consumer, Started } from './contract.js';

/** Every consumer, correct and planted, of all five providers. */
export const consumers: readonly Consumer[] = [
  ...noyoConsumers,
  ...healthSherpaConsumers,
  ...voyadoConsumers,
  ...novamedConsumers,
  ...healthSyncConsumers,
];
