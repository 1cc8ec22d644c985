import * as timers from 'node:timers';

/**
 * The runtime's own timers. A test of somebody's own may stand on faked ones, from before this was loaded even (jest's
 * `enableGlobally`); taken here, from the module and once, ours go on. `index.ts` loads this before a test can have begun.
 */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = timers;

export const { queueMicrotask } = globalThis;

/** Whether code that asks for a turn of the loop when it needs one, as packages do, may never get it now. */
export function turnsAreFaked(): boolean {
  return globalThis.setImmediate !== setImmediate || globalThis.queueMicrotask !== queueMicrotask;
}
