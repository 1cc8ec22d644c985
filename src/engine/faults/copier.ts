import type { WallClock } from '../../lib/clock.js';
import { type Ids, idTimeMs } from '../../lib/ids.js';
import type { Log } from '../../lib/log.js';
import type { Random } from '../../lib/random.js';
import type { Database } from '../../store/database.js';
import { findEvent } from '../../store/history.js';
import type { PlannedCopy, PlanOf } from '../../store/plans.js';
import type { Queue } from '../../store/queue.js';
import type { ClockReading } from '../../store/tenant-clock.js';
import { createTokens } from '../access/tokens.js';
import { toOutcome } from '../attempt/outcome.js';
import { prepare, requestInputOf } from '../attempt/prepare.js';
import { type AttemptTools, round } from '../attempt/round.js';
import type { Egress } from '../egress/egress.js';
import type { LaneSnapshot } from '../lane-snapshot.js';
import { aged } from './rewrite.js';

export interface CopierOptions {
  db: Database;
  queue: Queue;
  egress: Egress;
  loadSnapshots(lanes: readonly number[]): Promise<LaneSnapshot[]>;
  clock: WallClock;
  ids: Ids;
  random: Random;
  version: string;
  log: Log;
}

/** Sends the copies of deliveries that a fault planned. */
export interface Copier {
  /**
   * Sends one and records it. Never rejects. It was crossed off before: whatever dies meanwhile, it is not sent twice.
   * @param clock of its tenant, as it was read when it was crossed off.
   */
  send(tenantId: string, plan: PlanOf<PlannedCopy>, clock: ClockReading): Promise<void>;
}

export function createCopier(options: CopierOptions): Copier {
  const { db, queue, egress, clock, ids, random, version, log } = options;
  const tools: AttemptTools = {
    egress,
    tokens: createTokens(egress, clock.monotonic),
    clock,
    ids,
    random,
    version,
  };

  const sendOne = async (
    tenantId: string,
    { kind, dueAtMs }: PlanOf<PlannedCopy>,
    { nowMs, mode }: ClockReading,
  ) => {
    const { copyOf, copy } = kind;
    const [lane] = await options.loadSnapshots([copy.lane]);
    const event = await findEvent(db.pool, tenantId, copy.eventId);
    // Deleted or emptied since: nothing is sent to them any more.
    if (!lane || lane.deleted || lane.status === 'paused' || !event?.body) return;
    const atMs = mode === 'system' ? nowMs : (dueAtMs ?? nowMs);
    const delivery = {
      tenantId,
      id: copyOf,
      eventId: copy.eventId,
      lane: copy.lane,
      trigger: 'fault' as const,
      ownClock: mode !== 'system',
      tries: copy.number - 1,
      claims: 1,
      dueAtMs: dueAtMs ?? nowMs,
      createdAtMs: event.created_at.getTime(),
      revision: lane.revision,
      token: 0,
      event: {
        type: event.type,
        providerEventId: event.provider_event_id,
        body: event.body,
        createdAtMs: event.created_at.getTime(),
      },
      databaseNowMs: nowMs,
    };
    const wallStartedMs = clock.now();
    const input = requestInputOf({
      lane,
      delivery,
      tenantNowMs: atMs,
      wallMs: wallStartedMs,
      publishedWallMs: idTimeMs(copy.eventId),
      version,
      random,
    });
    const begun = {
      delivery,
      lane,
      attemptId: ids.next(),
      startedMs: atMs,
      startedMonotonicMs: clock.monotonic(),
      wallStartedMs,
    };
    const made = await round(begun, prepare(lane.profile, aged(input, copy.agedMs)), {
      tenantNowMs: atMs,
      tools,
    });
    const touched = { faults: copy.faults, rewritten: false, copies: [] };
    await queue.recordCopies([toOutcome({ ...made, touched })]);
  };

  return {
    send: (tenantId, plan, reading) =>
      sendOne(tenantId, plan, reading).catch((error: Error) =>
        log.error('a copy could not be sent', { delivery: plan.kind.copyOf, error: error.message }),
      ),
  };
}
