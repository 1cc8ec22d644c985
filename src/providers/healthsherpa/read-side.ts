import { z } from 'zod';
import { isObject, type Json } from '../../lib/merge-patch.js';
import { externalClaim } from '../claims.js';
import type { DoorRoute } from '../front-door.js';
import { type PortTold, valueAt } from '../life.js';
import { readRoute } from '../read-side.js';
import { SKILL_API } from './sources.js';

const answer = z.strictObject({
  application_id: z.string(),
  application: z.looseObject({ policy_status: z.string(), external_id: z.string().nullable() }),
  errors: z.array(z.unknown()),
  next_actions: z.array(z.unknown()),
  payment_instructions: z.null(),
});

const US_DATE = /^(\d{2})\/(\d{2})\/(\d{4})$/;

/** The API writes dates as ISO 8601 and money as text, the webhooks not. */
function asApi(node: Json, key = ''): Json {
  if (Array.isArray(node)) return node.map((item) => asApi(item));
  if (isObject(node))
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, asApi(value, name)]));
  if (typeof node === 'string') return node.replace(US_DATE, '$3-$1-$2');
  return typeof node === 'number' && key === 'gross_premium' ? node.toFixed(2) : node;
}

/** The application as its last event left it. On the exchange there is none to read. */
function application(id: string, told: readonly PortTold[]): Json | null {
  const bodies = told.map(({ body }) => body).filter(isObject);
  const last = bodies.findLast((body) => valueAt(body, 'application_id') === id);
  if (!last) return null;
  const { application_id, event_type, event_timestamp, timestamp, transaction_id, ...kept } = last;
  return {
    application_id: id,
    application: asApi({ policy_status: 'draft', external_id: null, ...kept }),
    errors: [],
    next_actions: [],
    payment_instructions: null,
  };
}

export const readRoutes: readonly DoorRoute[] = [
  readRoute({
    path: '/api/v1/applications/{id}',
    summary: 'Retrieve an off-exchange application with its status',
    claim: externalClaim(
      SKILL_API,
      'Path and frame are HealthSherpa’s; the application holds what the webhooks told of it.',
    ),
    kinds: ['application'],
    byEnvironment: false,
    answer,
    notFound: (id) => `Application ${id} not found`,
    read: application,
  }),
];
