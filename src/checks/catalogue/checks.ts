import type { Check } from '../contract.js';
import { acknowledgement } from './acknowledgement.js';
import { broken } from './broken.js';
import { bytes } from './bytes.js';
import { duplicates } from './duplicates.js';
import { evolution } from './evolution.js';
import { load } from './load.js';
import { network } from './network.js';
import { order } from './order.js';
import { recovery } from './recovery.js';
import { rotation } from './rotation.js';
import { secrecy } from './secrecy.js';
import { keys, signatures } from './signatures.js';
import { timestamps } from './timestamps.js';

/** Every check there is, once, in the order of the report. */
export const CHECKS: readonly Check[] = [
  ...acknowledgement,
  ...signatures,
  ...timestamps,
  ...bytes,
  ...keys,
  ...rotation,
  ...duplicates,
  ...order,
  ...evolution,
  ...broken,
  ...network,
  ...load,
  ...recovery,
  ...secrecy,
];
