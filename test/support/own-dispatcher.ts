import type { App } from '../../src/app.js';
import { Dispatcher, type DispatcherOptions } from '../../src/engine/dispatcher.js';
import { loadLaneSnapshots } from '../../src/engine/lane-snapshot.js';
import { tellHappenings } from '../../src/services/operational.js';
import { createQueue } from '../../src/store/queue.js';

/** A dispatcher beside an app of the role `api`, with whatever a test wants to be different. Looks around often. */
export function ownDispatcher(app: App, different: Partial<DispatcherOptions> = {}): Dispatcher {
  const { context, egress, version } = app;
  return new Dispatcher({
    db: { ...context.db, embedded: false },
    queue: createQueue(context.db.hot),
    egress,
    loadSnapshots: (lanes) => loadLaneSnapshots(context, lanes),
    observer: { settled() {}, moved() {} },
    tell: tellHappenings(context),
    clock: context.wall,
    ids: context.ids,
    random: context.random,
    log: context.log,
    version,
    slots: 512,
    lookEveryMs: 200,
    ...different,
  });
}
