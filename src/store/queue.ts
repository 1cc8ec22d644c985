import type pg from 'pg';
import { instantsAsMs } from './instants.js';
import { writeRows } from './outcome-rows.js';
import { type ClaimColumns, claimSql } from './sql/claim.js';
import { DISCOVER_SQL } from './sql/discover.js';
import { LOOK_SQL } from './sql/look.js';
import { PROMOTE_LIMIT, PROMOTE_SQL } from './sql/promote.js';
import { COPIES_SQL, SETTLE_SQL, type SettleColumns, SUPERSEDED_SQL } from './sql/settle.js';
import { endGivenBack } from './stopping.js';

/** 0 = first try, 1 = retry. */
export type ReadyState = 0 | 1;

export interface ReadyLane {
  lane: number;
  state: ReadyState;
  /** The oldest of it that is ready. */
  sinceMs: number;
}

/** So many may be claimed of a lane, of those due at `sinceMs` or later; absent: of all. */
export interface Asked {
  lane: number;
  want: number;
  sinceMs?: number;
}

export const TRIGGERS = ['scheduled', 'manual', 'test', 'fault'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** One delivery in this process's hands until its lease ends. Instants in milliseconds. */
export interface ClaimedDelivery {
  tenantId: string;
  id: string;
  eventId: string;
  lane: number;
  trigger: Trigger;
  ownClock: boolean;
  /** Attempts settled before this one. */
  tries: number;
  claims: number;
  dueAtMs: number;
  createdAtMs: number;
  /** The subscription's revision when it was claimed. */
  revision: number;
  token: number;
  /** Null when the event's day was dropped. */
  event: {
    type: string;
    providerEventId: string | null;
    body: Uint8Array | null;
    createdAtMs: number;
  } | null;
  /** The database's clock at the claim. */
  databaseNowMs: number;
}

/** An attempt's outcome on its way into the tables; the names are those of the settle statement. */
export interface Outcome {
  tenantId: string;
  id: string;
  token: number;
  attemptId: string;
  guard: boolean;
  number: number;
  trigger: number;
  dueMs: number;
  outcome: 'delivered' | 'retry' | 'failed';
  reason: string | null;
  /** What the delivery fails with, when this is its end. */
  endReason: string | null;
  startedMs: number;
  wallStartedMs: number;
  durationMs: number;
  anchor: string | null;
  delayMs: number | null;
  subscriptionStatus: string;
  url: string;
  requestHeaders: readonly (readonly [name: string, value: string])[];
  requestBytes: number;
  signature: object | null;
  status: number | null;
  responseHeaders: readonly (readonly [name: string, value: string])[] | null;
  bodyText: string | null;
  bodyBase64: string | null;
  responseBytes: number | null;
  truncated: boolean;
  timing: object;
  /** JSON text; absent where no fault touched it. */
  faults?: string;
  /** What was sent, where a fault made it other bytes than the event's. */
  requestBase64?: string;
}

export interface Settled {
  tenantId: string;
  id: string;
  attemptId: string;
  number: number;
  ownClock: boolean;
  ends: boolean;
  endStatus: string;
  endReason: string | null;
  nextAtMs: number | null;
  startAtMs: number;
  /** On a clock of its own, whether that has reached the next instant already. */
  overdue: boolean;
}

export interface Promotion {
  /** Those made ready; of a look also those that are ready, whoever left them there. */
  lanes: ReadyLane[];
  /** Whether there may be more than one statement takes. */
  more: boolean;
  /** Real milliseconds to the next due instant; null when nothing waits on a running clock. */
  nextDueMs: number | null;
}

/** The dispatcher's statements. Each is one round trip and its own transaction, unless a client is passed in. */
export interface Queue {
  claim(
    state: ReadyState,
    wants: readonly Asked[],
    lease: { token: number; seconds: number },
  ): Promise<ClaimedDelivery[]>;
  /** Promotes, and finds whatever else is ready. */
  look(): Promise<Promotion>;
  promote(): Promise<Promotion>;
  settle(outcomes: readonly Outcome[], client?: pg.PoolClient): Promise<Settled[]>;
  recordSuperseded(outcomes: readonly Outcome[]): Promise<void>;
  /** What faults sent beside the schedule: recorded, and nothing else changes. */
  recordCopies(outcomes: readonly Outcome[]): Promise<void>;
  /** Unsent claims go back as they were; one that was withdrawn meanwhile ends. */
  release(claims: readonly { tenantId: string; id: string; token: number }[]): Promise<void>;
  /** Not sent now but at `untilMs` on its clock; no attempt, no try. One that was withdrawn meanwhile ends. */
  defer(claims: readonly { tenantId: string; id: string; token: number; untilMs: number }[]): Promise<void>;
  /**
   * Embedded only: holding the data folder proves that no other sender lives.
   * @returns how many deliveries were in flight when the last process ended.
   */
  voidLeases(): Promise<number>;
}

const DISCOVER_PAGE = 500;

export function createQueue(hot: pg.Pool): Queue {
  const claimTexts = [claimSql(0), claimSql(1)] as const;
  return {
    async claim(state, wants, { token, seconds }) {
      const [lanes, counts] = [wants.map((w) => w.lane), wants.map((w) => w.want)];
      const values = [lanes, counts, token, seconds, wants.map((w) => w.sinceMs ?? Number.NEGATIVE_INFINITY)];
      const { rows } = await hot.query<ClaimColumns>({
        name: `claim${state}`,
        text: claimTexts[state],
        values,
        rowMode: 'array',
        types: instantsAsMs,
      });
      return rows.map((row) => claimed(row, token));
    },
    async look() {
      const { rows } = await hot.query<PromotedRow>({
        name: 'look',
        text: LOOK_SQL,
        values: [0, DISCOVER_PAGE],
      });
      const promotion = promoted(rows.filter(({ lane, count }) => lane === null || count !== null));
      const found = rows.flatMap(({ lane, state, count, since_ms }) =>
        lane === null || count !== null ? [] : [{ lane, state, sinceMs: since_ms }],
      );
      promotion.lanes.push(...found);
      for (let page = found; isFull(page); ) {
        const last = Math.min(...[0, 1].map((state) => lastLane(page, state as ReadyState)));
        const next = { name: 'discover', text: DISCOVER_SQL, values: [last, DISCOVER_PAGE] };
        page = (await hot.query<ReadyLane>(next)).rows;
        promotion.lanes.push(...page);
      }
      return promotion;
    },
    async promote() {
      return promoted((await hot.query<PromotedRow>({ name: 'promote', text: PROMOTE_SQL })).rows);
    },
    async settle(outcomes, client) {
      const query = {
        name: 'settle',
        text: SETTLE_SQL,
        values: [writeRows(outcomes)],
        rowMode: 'array' as const,
        types: instantsAsMs,
      };
      const { rows } = await (client ?? hot).query<SettleColumns>(query);
      const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
      return rows.map((row) => settled(row, byId.get(row[0])!));
    },
    async recordSuperseded(outcomes) {
      await hot.query(SUPERSEDED_SQL, [writeRows(outcomes)]);
    },
    async recordCopies(outcomes) {
      await hot.query(COPIES_SQL, [writeRows(outcomes)]);
    },
    async release(claims) {
      const { rows } = await hot.query<GivenBack>(
        `UPDATE open_delivery d SET lease_until = NULL, token = NULL, claims = d.claims - 1
         FROM json_to_recordset($1::json) AS x("tenantId" uuid, id uuid, token bigint)
         WHERE d.tenant_id = x."tenantId" AND d.id = x.id AND d.token = x.token
         RETURNING d.tenant_id AS "tenantId", d.id, d.state = 5 AS withdrawn`,
        [JSON.stringify(claims)],
      );
      await endWithdrawn(hot, rows);
    },
    async defer(claims) {
      const { rows } = await hot.query<GivenBack>(
        `UPDATE open_delivery d SET lease_until = NULL, token = NULL, due_at = to_timestamp(x."untilMs" / 1000),
           state = CASE WHEN d.state > 3 THEN d.state WHEN d.own_clock THEN 3 ELSE 2 END
         FROM json_to_recordset($1::json) AS x("tenantId" uuid, id uuid, token bigint, "untilMs" float8)
         WHERE d.tenant_id = x."tenantId" AND d.id = x.id AND d.token = x.token
         RETURNING d.tenant_id AS "tenantId", d.id, d.state = 5 AS withdrawn`,
        [JSON.stringify(claims)],
      );
      await endWithdrawn(hot, rows);
    },
    async voidLeases() {
      const { rowCount } = await hot.query(
        'UPDATE open_delivery SET lease_until = NULL, token = NULL, claims = greatest(claims - 1, 0) WHERE token IS NOT NULL',
      );
      return rowCount ?? 0;
    },
  };
}

interface GivenBack {
  tenantId: string;
  id: string;
  withdrawn: boolean;
}

/** Its last attempt was never made, so that nothing is left to wait for. A statement of its own: see `endGivenBack`. */
async function endWithdrawn(hot: pg.Pool, rows: readonly GivenBack[]): Promise<void> {
  const withdrawn = rows.filter((row) => row.withdrawn);
  if (withdrawn.length > 0) await endGivenBack(hot, withdrawn);
}

interface PromotedRow {
  /** Null in the row that says when the next one is due. */
  lane: number | null;
  state: ReadyState;
  count: number | null;
  since_ms: number;
  next_due_ms: number | null;
}

function promoted(rows: readonly PromotedRow[]): Promotion {
  const lanes = rows.filter((row): row is typeof row & { lane: number } => row.lane !== null);
  const moved = lanes.reduce((sum, row) => sum + (row.count ?? 0), 0);
  return {
    lanes: lanes.map(({ lane, state, since_ms }) => ({ lane, state, sinceMs: since_ms })),
    more: moved >= PROMOTE_LIMIT,
    nextDueMs: rows.find((row) => row.lane === null)?.next_due_ms ?? null,
  };
}

function isFull(page: readonly ReadyLane[]): boolean {
  return [0, 1].some((state) => page.filter((lane) => lane.state === state).length === DISCOVER_PAGE);
}

/** Where a full page of this state ended; a state with less than a page has nothing more. */
function lastLane(rows: readonly ReadyLane[], state: ReadyState): number {
  const lanes = rows.filter((row) => row.state === state).map((row) => row.lane);
  return lanes.length < DISCOVER_PAGE ? Number.MAX_SAFE_INTEGER : Math.max(...lanes);
}

function claimed(row: ClaimColumns, token: number): ClaimedDelivery {
  const type = row[11];
  const eventCreatedAtMs = row[14];
  return {
    tenantId: row[0],
    id: row[1],
    eventId: row[2],
    lane: row[3],
    trigger: TRIGGERS[row[4]] ?? 'scheduled',
    ownClock: row[5],
    tries: row[6],
    claims: row[7],
    dueAtMs: row[8],
    createdAtMs: row[9],
    revision: row[10],
    token,
    event:
      type === null || eventCreatedAtMs === null
        ? null
        : { type, providerEventId: row[12], body: row[13], createdAtMs: eventCreatedAtMs },
    databaseNowMs: row[15],
  };
}

function settled(row: SettleColumns, { tenantId, attemptId }: Outcome): Settled {
  const [id, number, ownClock, ends, endStatus, endReason, nextAtMs, startAtMs, overdue] = row;
  return {
    tenantId,
    id,
    attemptId,
    number,
    ownClock,
    ends,
    endStatus,
    endReason,
    nextAtMs,
    startAtMs,
    overdue,
  };
}
