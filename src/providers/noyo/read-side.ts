import { z } from 'zod';
import { uuid4 } from '../../lib/ids.js';
import type { Json } from '../../lib/merge-patch.js';
import { seededRandom } from '../../lib/random.js';
import { externalClaim } from '../claims.js';
import type { DoorRoute } from '../front-door.js';
import { type PortTold, valueAt } from '../life.js';
import { readRoute } from '../read-side.js';
import { OPENAPI } from './sources.js';

const CLAIM = externalClaim(
  OPENAPI,
  'Paths and fields are Noyo’s; what no event tells is made of the id, the same every time.',
);

const seconds = z.int();
const record = { id: z.guid(), version: z.guid(), created: seconds, modified: seconds };
const scope = { organization_id: z.guid(), group_id: z.guid(), carrier_id: z.guid() };

const differenceAnswer = z.strictObject({
  ...record,
  ...scope,
  employee_id: z.guid(),
  object_type: z.string(),
  object_id: z.guid(),
  impact_score: z.int(),
  difference_classification: z.string(),
  difference_type: z.string(),
  fields: z.array(
    z.strictObject({
      key: z.string(),
      carrier_value: z.string().nullable(),
      platform_value: z.string().nullable(),
    }),
  ),
  resolved: seconds.nullable(),
  replaced_by: z.guid().nullable(),
  is_dismissed: z.boolean(),
  is_suppressed: z.boolean(),
  discrepancy_time: seconds.optional(),
  sources: z.array(
    z.strictObject({
      ...record,
      stage: z.string(),
      object_type: z.string(),
      object_id: z.string(),
      member_snapshot_id: z.guid().optional(),
      last_seen: seconds,
      is_discrepancy: z.boolean(),
      resolves_difference: z.boolean(),
      suppress_discrepancies: z.boolean(),
    }),
  ),
});

const snapshotAnswer = z.strictObject({
  ...record,
  employee_id: z.guid(),
  status: z.string(),
  fulfillment_summary: z.array(
    z.strictObject({ carrier_id: z.guid(), status: z.string(), errors: z.array(z.string()) }),
  ),
  warnings: z.array(z.string()),
});

const request = { ...record, ...scope, status: z.string(), completed: seconds.nullable() };
const connectionAnswer = z.strictObject({
  ...request,
  request_type: z.string(),
  group_data: z.strictObject({ carrier_group_id: z.string(), group_name: z.string() }),
});
const disconnectionAnswer = z.strictObject({
  ...request,
  group_name: z.string(),
  effective_end_date: z.iso.date(),
  decided: seconds.nullable(),
  source_type: z.string(),
  source_id: z.string().nullable(),
});

const at = ({ createdAtMs }: PortTold) => Math.floor(createdAtMs / 1000);
const made = (of: string) => uuid4(seededRandom(of));
const statusOf = ({ body }: PortTold) => valueAt(body, 'data.status');

/** A new version with every event. */
function recordOf(id: string, told: readonly PortTold[]) {
  return {
    id,
    version: made(`version ${told.length} of ${id}`),
    created: at(told[0]!),
    modified: at(told.at(-1)!),
  };
}

/** What no event tells: the sender’s own knowledge where it left some, else made of the id. */
function scopeOf(id: string, told: readonly PortTold[]) {
  const carrier = told.find(({ details }) => details?.carrier)?.details?.carrier;
  return {
    organization_id: made('the organization'),
    group_id: made('the group'),
    carrier_id: typeof carrier === 'string' ? carrier : made(`carrier of ${id}`),
  };
}

function difference(id: string, told: readonly PortTold[]): Json {
  const when = (type: string) => told.find((one) => one.type === `difference.${type}`);
  const [resolved, discrepancy, replaced] = ['resolved', 'discrepancy', 'replaced'].map(when);
  const knows = (key: string) => told.find(({ details }) => details?.[key])?.details?.[key];
  const snapshot = knows('snapshot');
  const employee = made(`employee of ${snapshot ?? id}`);
  return {
    ...recordOf(id, told),
    ...scopeOf(id, told),
    employee_id: employee,
    object_type: 'employee',
    object_id: employee,
    impact_score: 3,
    difference_classification: 'field_mismatch',
    difference_type: 'dob',
    fields: [{ key: 'person.date_of_birth', carrier_value: '1989-01-12', platform_value: '1999-01-12' }],
    resolved: resolved ? at(resolved) : null,
    replaced_by: replaced ? (knows('replacedBy') ?? made(`successor of ${id}`)) : null,
    is_dismissed: false,
    is_suppressed: false,
    ...(discrepancy ? { discrepancy_time: at(discrepancy) } : {}),
    sources: told.map((one, i) => ({
      id: made(`source ${i} of ${id}`),
      version: made(`source ${i} of ${id}, first`),
      created: at(one),
      modified: at(one),
      stage: i === 0 ? 'member_snapshot_sent_to_noyo' : 'member_snapshot_confirm',
      object_type: 'member_transaction',
      object_id: made(`transaction of ${snapshot ?? id}`),
      ...(typeof snapshot === 'string' ? { member_snapshot_id: snapshot } : {}),
      last_seen: at(one),
      is_discrepancy: one === discrepancy,
      resolves_difference: one === resolved,
      suppress_discrepancies: false,
    })),
  };
}

function snapshot(id: string, told: readonly PortTold[]): Json {
  const own = told.filter(({ type }) => type === 'member_snapshot.status_change');
  const byCarrier = new Map(
    told.filter((one) => !own.includes(one)).map((one) => [valueAt(one.body, 'data.carrier_id'), one]),
  );
  return {
    ...recordOf(id, told),
    employee_id: made(`employee of ${id}`),
    status: own.map(statusOf).at(-1) ?? 'processing',
    fulfillment_summary: [...byCarrier].map(([carrier, last]) => ({
      carrier_id: carrier ?? made(`carrier of ${id}`),
      status: statusOf(last) ?? 'processing',
      errors: [],
    })),
    warnings: [],
  };
}

function requestOf(id: string, told: readonly PortTold[]) {
  const status = told.map(statusOf).at(-1) ?? 'processing';
  return {
    ...recordOf(id, told),
    ...scopeOf(id, told),
    status,
    completed: status === 'completed' ? at(told.at(-1)!) : null,
  };
}

function connection(id: string, told: readonly PortTold[]): Json {
  return {
    ...requestOf(id, told),
    request_type: 'initial',
    group_data: { carrier_group_id: '10000000', group_name: 'Test Company' },
  };
}

function disconnection(id: string, told: readonly PortTold[]): Json {
  return {
    ...requestOf(id, told),
    group_name: 'Test Company',
    effective_end_date: '2026-12-31',
    decided: told.length > 1 ? at(told[1]!) : null,
    source_type: 'platform',
    source_id: null,
  };
}

const found = (name: string) => (id: string) => `${name} not found with UUID ${id}`;
const all = { claim: CLAIM, byEnvironment: false };

/** What the documents send a consumer to for the rest: "call Get difference to populate all relevant details". */
export const readRoutes: readonly DoorRoute[] = [
  readRoute({
    ...all,
    path: '/api/v1/differences/{id}',
    summary: 'Get difference',
    kinds: ['difference'],
    answer: differenceAnswer,
    notFound: found('Difference'),
    read: difference,
  }),
  readRoute({
    ...all,
    path: '/api/v1/member_snapshots/{id}',
    summary: 'Get a member snapshot, without its content',
    kinds: ['member snapshot'],
    answer: snapshotAnswer,
    notFound: found('MemberSnapshot'),
    read: snapshot,
  }),
  readRoute({
    ...all,
    path: '/api/v1/group_connections/{id}',
    summary: 'Get a group connection request',
    kinds: ['group connection request'],
    answer: connectionAnswer,
    notFound: found('GroupConnection'),
    read: connection,
  }),
  readRoute({
    ...all,
    path: '/api/v1/group_disconnection_requests/{id}',
    summary: 'Get a group disconnection request',
    kinds: ['group disconnection request'],
    answer: disconnectionAnswer,
    notFound: found('GroupDisconnectionRequest'),
    read: disconnection,
  }),
];
