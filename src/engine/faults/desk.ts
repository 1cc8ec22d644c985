import { type Ids, idTimeMs } from '../../lib/ids.js';
import { type Random, seededRandom } from '../../lib/random.js';
import type { RequestInput } from '../../providers/contract.js';
import type { Database } from '../../store/database.js';
import { insertMarks, readMarks, takeTurns } from '../../store/faults.js';
import { insertPlans, type PlannedCopy } from '../../store/plans.js';
import type { ClaimedDelivery, Queue } from '../../store/queue.js';
import { type Attempted, toOutcome } from '../attempt/outcome.js';
import { requestInputOf } from '../attempt/prepare.js';
import type { LaneSnapshot } from '../lane-snapshot.js';
import { type ActiveFault, concerns, strikes } from './active.js';
import { isTamed } from './admit.js';
import { targetOf } from './distort.js';
import { type FaultRecord, recordsText, type Strike } from './strike.js';

export interface FaultDeskOptions {
  db: Database;
  queue: Queue;
  ids: Ids;
  /** Real time, milliseconds. */
  now(): number;
  version: string;
  /** Something was put off; look for it in so many real milliseconds. */
  putOff(inMs: number): void;
  /** A copy was planned. */
  planned(): void;
}

/** A fault whose turn it is. */
interface Turn {
  active: ActiveFault;
  turn: number;
  random: Random;
}

/**
 * Decides which faults strike an attempt, and keeps what they leave behind. Only asked where a subscription has faults: healthy
 * traffic never comes here. The turns of a tenant's faults are taken one after the other, in the order of the claims.
 */
export class FaultDesk {
  readonly #o: FaultDeskOptions;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(options: FaultDeskOptions) {
    this.#o = options;
  }

  /** @returns what strikes, or `putOff` when the delivery was given a later instant and is no longer ours. */
  meet(delivery: ClaimedDelivery, lane: LaneSnapshot, startedMs: number): Promise<Strike | 'putOff'> {
    const { tenantId } = delivery;
    const turn = (this.#queues.get(tenantId) ?? Promise.resolve()).then(() =>
      this.#meet(delivery, lane, startedMs),
    );
    const over = turn
      .catch(() => {})
      .finally(() => {
        if (this.#queues.get(tenantId) === over) this.#queues.delete(tenantId);
      });
    this.#queues.set(tenantId, over);
    return turn;
  }

  /** Copies that were sent are recorded, and those to come planned, before the attempt itself settles. */
  async record({ delivery, touched, startedMs }: Attempted, strike: Strike): Promise<void> {
    const { db, queue, ids, planned } = this.#o;
    if (touched && touched.copies.length > 0) await queue.recordCopies(touched.copies.map(toOutcome));
    const fromMs = delivery.ownClock ? delivery.dueAtMs : startedMs;
    const plans = strike.drawn.flatMap(({ fault, params, record }) => {
      const copies = fault.copy?.(params);
      if (!copies || copies.gapMs === 0) return [];
      return Array.from({ length: copies.count }, (_, i) => ({
        id: ids.next(),
        kind: copyOf(delivery, record, copies.agedMs ?? 0),
        input: { provider: '', type: '' },
        dueAtMs: fromMs + copies.gapMs * (i + 1),
      }));
    });
    if (plans.length === 0) return;
    const place = { tenantId: delivery.tenantId, ownClock: delivery.ownClock, nowMs: fromMs };
    await insertPlans(db.pool, place, plans);
    planned();
  }

  async #meet(delivery: ClaimedDelivery, lane: LaneSnapshot, startedMs: number): Promise<Strike | 'putOff'> {
    const nowMs = delivery.ownClock ? delivery.dueAtMs : startedMs;
    const found = (lane.faults ?? []).filter((active) =>
      concerns(active, {
        eventId: delivery.eventId,
        type: delivery.event?.type ?? '',
        url: lane.url,
        number: delivery.tries + 1,
        nowMs,
      }),
    );
    const retired = lane.secrets
      .filter(({ expiresAtMs }) => expiresAtMs !== null && expiresAtMs <= nowMs)
      .map(({ value }) => value);
    const input = found.length > 0 ? this.#inputOf(delivery, lane, nowMs) : null;
    if (input === null) return { drawn: [], retired, records: [] };
    const { possible, skipped } = this.#judge(found, lane, { input, retired });
    const records: FaultRecord[] = [...skipped];
    const putsOff = possible.filter(({ fault }) => fault.postpone);
    if (putsOff.length > 0) {
      const marks = await readMarks(this.#o.db.pool, delivery.tenantId, delivery.id);
      const fresh = putsOff.filter(({ id }) => !marks.has(id));
      if (await this.#putOff(delivery, fresh, nowMs)) return 'putOff';
      // What put it off strikes the attempt that follows.
      records.push(
        ...putsOff.filter(({ id }) => marks.get(id) === delivery.tries).map(({ record }) => record),
      );
    }
    const struck = await this.#draw(
      delivery.tenantId,
      possible.filter(({ fault }) => !fault.postpone),
    );
    const drawn = struck.map(({ active: { fault, params, record }, random }) => ({
      fault,
      params,
      random,
      record,
    }));
    return { drawn, retired, records: [...records, ...drawn.map(({ record }) => record)] };
  }

  /** What its request is made of; null when its body is gone. */
  #inputOf(delivery: ClaimedDelivery, lane: LaneSnapshot, nowMs: number): RequestInput | null {
    const { event } = delivery;
    if (!event?.body) return null;
    return requestInputOf({
      lane,
      delivery: { ...delivery, event: { ...event, body: event.body } },
      tenantNowMs: nowMs,
      wallMs: this.#o.now(),
      publishedWallMs: idTimeMs(delivery.eventId),
      version: this.#o.version,
      random: seededRandom(delivery.id),
    });
  }

  /** What may go there and makes sense there; the rest with the reason why not. */
  #judge(
    found: readonly ActiveFault[],
    lane: LaneSnapshot,
    { input, retired }: { input: RequestInput; retired: readonly string[] },
  ): { possible: ActiveFault[]; skipped: FaultRecord[] } {
    const challenged = lane.provedUntilMs !== null && this.#o.now() < lane.provedUntilMs;
    const target = targetOf(lane.profile, input, retired);
    const possible: ActiveFault[] = [];
    const skipped: FaultRecord[] = [];
    for (const active of found) {
      const { fault, params, record } = active;
      const reason = isTamed(fault, lane.url, challenged)
        ? (fault.refuse?.(target, params) ?? null)
        : 'The target is neither loopback nor did it answer its challenge within 24 hours.';
      if (reason === null) possible.push(active);
      else skipped.push({ ...record, skipped: reason });
    }
    return { possible, skipped };
  }

  /** Gives it its latest instant of these, once. @returns whether it goes out later now. */
  async #putOff(delivery: ClaimedDelivery, fresh: readonly ActiveFault[], nowMs: number): Promise<boolean> {
    if (fresh.length === 0) return false;
    const { createdAtMs, tries, tenantId } = delivery;
    // On a clock that runs it is a little later than it was due.
    const dueAtMs = Math.ceil(nowMs);
    const struck = await this.#draw(tenantId, fresh);
    const moved = struck.flatMap(({ active, turn, random }) => {
      const due = { dueAtMs, createdAtMs, addedAtMs: active.addedAtMs, tries, turn, random };
      const untilMs = active.fault.postpone!(due, active.params);
      return untilMs > nowMs ? [{ id: active.id, untilMs }] : [];
    });
    if (moved.length === 0) return false;
    const untilMs = Math.max(...moved.map((move) => move.untilMs));
    const marks = { deliveryId: delivery.id, tries, faultIds: moved.map(({ id }) => id) };
    await insertMarks(this.#o.db.pool, tenantId, marks);
    await this.#o.queue.defer([{ ...delivery, untilMs }]);
    this.#o.putOff(delivery.ownClock ? 1 : untilMs - nowMs);
    return true;
  }

  /** One turn for each of these. @returns those that strike. */
  async #draw(tenantId: string, faults: readonly ActiveFault[]): Promise<Turn[]> {
    if (faults.length === 0) return [];
    const turns = await takeTurns(
      this.#o.db.pool,
      tenantId,
      faults.map(({ id }) => id),
    );
    return faults.flatMap((active) => {
      const turn = turns.get(active.id);
      if (turn === undefined) return [];
      const random = seededRandom(`${active.seed ?? active.id} ${turn}`);
      return strikes(active, turn, random.float()) ? [{ active, turn, random }] : [];
    });
  }
}

function copyOf(delivery: ClaimedDelivery, record: FaultRecord, agedMs: number): PlannedCopy {
  return {
    copyOf: delivery.id,
    copy: {
      eventId: delivery.eventId,
      lane: delivery.lane,
      number: delivery.tries + 1,
      agedMs,
      faults: recordsText([record])!,
    },
  };
}
