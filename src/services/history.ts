import type { FaultRecord } from '../engine/faults/strike.js';
import { sendingSettings } from '../engine/lane-snapshot.js';
import { AppError } from '../errors.js';
import { asText } from '../lib/bytes.js';
import { isoMillis } from '../lib/clock.js';
import { publicId } from '../lib/ids.js';
import type { WireSignature } from '../providers/contract.js';
import { attemptBody } from '../providers/signing/rebuild.js';
import {
  type AttemptRow,
  type DeliveryRow,
  type EventRow,
  findDelivery,
  findEvent,
  type LoggedAttemptRow,
  listAttempts,
  listEvents,
  listLoggedAttempts,
} from '../store/history.js';
import { listDeliveries } from '../store/list-deliveries.js';
import { TRIGGERS } from '../store/queue.js';
import type { Context } from './context.js';
import { readPage } from './cursors.js';
import type {
  AttemptResource,
  DeliveryFilter,
  DeliveryResource,
  DeliveryStatus,
  EventFilter,
  EventResource,
  LoggedAttempt,
} from './schemas/deliveries.js';
import type { Page, PageOf } from './schemas/fields.js';

/** How many deliveries an export reads at once. */
const EXPORT_PAGE = 500;
/** How many deliveries of one event are shown with it; the list filtered by event has them all. */
const SHOWN_WITH_EVENT = 200;

export interface HistoryService {
  deliveries(tenantId: string, query: DeliveryFilter & Page): Promise<PageOf<DeliveryResource>>;
  /** With its attempts. */
  delivery(tenantId: string, id: string): Promise<DeliveryResource>;
  /** Newest first, read as the reader takes them. */
  exportDeliveries(tenantId: string, filter: DeliveryFilter): AsyncGenerator<DeliveryResource>;
  /** Every attempt of the tenant, newest first: what the stream would have told. */
  attempts(
    tenantId: string,
    query: { subscriptionId?: string | undefined } & Page,
  ): Promise<PageOf<LoggedAttempt>>;
  attempt(tenantId: string, deliveryId: string, number: number): Promise<AttemptResource>;
  /** Exact bytes. @throws AppError `body_gone` past its retention, `not_found` when there was no answer. */
  attemptBytes(
    tenantId: string,
    deliveryId: string,
    at: { number: number; part: 'request' | 'response' },
  ): Promise<Uint8Array>;
  events(tenantId: string, query: EventFilter & Page): Promise<PageOf<EventResource>>;
  event(tenantId: string, id: string): Promise<EventResource>;
  eventBytes(tenantId: string, id: string): Promise<Uint8Array>;
}

export function historyService(context: Pick<Context, 'db' | 'registry' | 'sealer'>): HistoryService {
  const client = context.db.pool;

  async function attemptsOf(tenantId: string, deliveryId: string, number: number): Promise<AttemptRow> {
    const rows = (await listAttempts(client, tenantId, deliveryId)).filter((row) => row.number === number);
    // A copy that a fault made has the number of the attempt it repeats.
    const row =
      rows.find(({ outcome, trigger }) => outcome !== 'superseded' && TRIGGERS[trigger] !== 'fault') ??
      rows[0];
    if (!row) throw new AppError('not_found', 'There is no such attempt.');
    return row;
  }

  async function eventOf(tenantId: string, id: string) {
    const row = await findEvent(client, tenantId, id);
    if (!row) throw new AppError('not_found', 'There is no such event in this tenant.');
    return row;
  }

  return {
    deliveries: (tenantId, { limit, cursor, ...filter }) =>
      readPage(
        'dlv',
        { limit, cursor },
        {
          read: (at) => listDeliveries(context.db, tenantId, { ...filter, ...at }),
          show: deliveryResource,
        },
      ),

    async delivery(tenantId, id) {
      const row = await findDelivery(client, tenantId, id);
      if (!row) throw noDelivery();
      const attempts = await listAttempts(client, tenantId, id);
      return { ...deliveryResource(row), attempts: attempts.map(attemptResource) };
    },

    async *exportDeliveries(tenantId, filter) {
      for (let before: string | null = null; ; ) {
        const rows: DeliveryRow[] = await listDeliveries(context.db, tenantId, {
          ...filter,
          before,
          limit: EXPORT_PAGE,
        });
        for (const row of rows) yield deliveryResource(row);
        before = rows.at(-1)?.id ?? null;
        if (rows.length < EXPORT_PAGE) return;
      }
    },

    attempts: (tenantId, { limit, cursor, subscriptionId }) =>
      readPage(
        'att',
        { limit, cursor },
        {
          read: (at) => listLoggedAttempts(context.db, tenantId, { ...at, subscriptionId }),
          show: loggedAttempt,
        },
      ),

    attempt: async (tenantId, deliveryId, number) =>
      attemptResource(await attemptsOf(tenantId, deliveryId, number)),

    async attemptBytes(tenantId, deliveryId, { number, part }) {
      const row = await attemptsOf(tenantId, deliveryId, number);
      if (part === 'response') {
        if (row.response_status === null) throw new AppError('not_found', 'The attempt got no answer.');
        if (row.response_body === null) throw gone();
        return row.response_body;
      }
      if (row.request_body !== null) return row.request_body;
      const delivery = await findDelivery(client, tenantId, deliveryId);
      if (!delivery) throw noDelivery();
      const { body } = await eventOf(tenantId, delivery.event_id);
      if (body === null) throw gone();
      const settings = (await sendingSettings(context, tenantId, delivery.subscription_id)) ?? {};
      return attemptBody({ body, attempt: number, settings });
    },

    events: (tenantId, { limit, cursor, ...filter }) =>
      readPage(
        'evt',
        { limit, cursor },
        {
          read: (at) => listEvents(context.db, tenantId, { ...filter, ...at }),
          show: eventResource,
        },
      ),

    async event(tenantId, id) {
      const row = await eventOf(tenantId, id);
      const deliveries = await listDeliveries(context.db, tenantId, {
        eventId: id,
        before: null,
        limit: SHOWN_WITH_EVENT,
      });
      return {
        ...eventResource(row),
        body: row.body === null ? null : readable(row.body),
        deliveries: deliveries.reverse().map((delivery) => ({
          id: publicId('dlv', delivery.id),
          subscriptionId: publicId('sub', delivery.subscription_id),
          status: delivery.status,
        })),
      };
    },

    async eventBytes(tenantId, id) {
      const { body } = await eventOf(tenantId, id);
      if (body === null) throw gone();
      return body;
    },
  };
}

export function noDelivery(): AppError {
  return new AppError('not_found', 'There is no such delivery in this tenant.');
}

function gone(): AppError {
  return new AppError(
    'body_gone',
    'The bytes are past the tenant’s retention; what is known of them stays listed.',
  );
}

/** JSON as JSON, everything else as its text. */
function readable(body: Uint8Array): unknown {
  const text = asText(body);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function deliveryResource(row: DeliveryRow): DeliveryResource {
  return {
    id: publicId('dlv', row.id),
    eventId: publicId('evt', row.event_id),
    providerEventId: row.provider_event_id,
    subscriptionId: publicId('sub', row.subscription_id),
    provider: row.provider,
    eventType: row.type,
    status: row.status as DeliveryStatus,
    reason: row.reason,
    attemptCount: row.tries,
    nextAttemptAt: iso(row.due_at),
    createdAt: isoMillis(row.created_at.getTime()),
    finishedAt: iso(row.finished_at),
  };
}

export function attemptResource(row: AttemptRow): AttemptResource {
  return {
    id: publicId('att', row.id),
    number: row.number,
    trigger: TRIGGERS[row.trigger] ?? 'scheduled',
    dueAt: isoMillis(row.due_at.getTime()),
    startedAt: isoMillis(row.started_at.getTime()),
    wallStartedAt: isoMillis(row.wall_started_at.getTime()),
    durationMs: row.duration_ms,
    outcome: row.outcome as AttemptResource['outcome'],
    reason: row.reason,
    request: {
      method: 'POST',
      url: row.url,
      headers: JSON.parse(row.request_headers),
      bodyBytes: row.request_bytes,
    },
    response:
      row.response_status === null
        ? null
        : {
            status: row.response_status,
            headers: JSON.parse(row.response_headers ?? '[]'),
            body: row.response_body === null ? null : asText(row.response_body),
            bodyBytes: row.response_bytes ?? 0,
            truncated: row.truncated,
          },
    timing: JSON.parse(row.timing),
    nextAttemptAt: iso(row.next_attempt_at),
    subscriptionStatus: row.subscription_status,
    faults: row.faults === null ? [] : faultRecords(row.faults),
    signature: row.signature === null ? null : signatureResource(JSON.parse(row.signature) as WireSignature),
  };
}

function loggedAttempt(row: LoggedAttemptRow): LoggedAttempt {
  return {
    id: publicId('att', row.id),
    deliveryId: publicId('dlv', row.delivery_id),
    eventId: publicId('evt', row.event_id),
    subscriptionId: publicId('sub', row.subscription_id),
    provider: row.provider,
    eventType: row.type,
    number: row.number,
    trigger: TRIGGERS[row.trigger] ?? 'scheduled',
    outcome: row.outcome as LoggedAttempt['outcome'],
    reason: row.reason,
    status: row.response_status,
    url: row.url,
    startedAt: isoMillis(row.started_at.getTime()),
    durationMs: row.duration_ms,
    nextAttemptAt: iso(row.next_attempt_at),
  };
}

function faultRecords(text: string): AttemptResource['faults'] {
  return (JSON.parse(text) as FaultRecord[]).map((record) => ({
    ...record,
    id: publicId('flt', record.id),
    params: { ...record.params },
  }));
}

/** `{body}` stands for the attempt's bytes. With several contents, each signed on its own, one a line. */
function signatureResource({ scheme, header, contents }: WireSignature): AttemptResource['signature'] {
  return { scheme, header, signedContent: contents.map(({ before }) => `${before}{body}`).join('\n') };
}

function eventResource(row: EventRow): EventResource {
  return {
    id: publicId('evt', row.id),
    providerEventId: row.provider_event_id,
    provider: row.provider,
    type: row.type,
    variant: row.variant,
    environment: row.environment,
    createdAt: isoMillis(row.created_at.getTime()),
    bodyBytes: row.body_bytes,
  };
}

function iso(date: Date | null): string | null {
  return date === null ? null : isoMillis(date.getTime());
}
