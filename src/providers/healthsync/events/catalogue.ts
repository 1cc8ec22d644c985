import type { EventType } from '../../contract.js';
import { analysisEvents } from './analysis.js';
import { documentEvents } from './document.js';
import { shareEvents } from './share.js';
import { userEvents } from './user.js';

export const catalogue: readonly EventType[] = [
  ...documentEvents,
  ...analysisEvents,
  ...userEvents,
  ...shareEvents,
];

/** Their names, in the order of the document. */
export const eventTypes = catalogue.map(({ type }) => type) as [string, ...string[]];
