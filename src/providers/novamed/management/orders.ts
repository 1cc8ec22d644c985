import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import { uuid4 } from '../../../lib/ids.js';
import { assumedClaim } from '../../claims.js';
import { DoorRefusal, type DoorRoute, doorRoute } from '../../front-door.js';
import { numbered } from '../events/envelope.js';
import { tenantOf } from '../settings.js';
import { SEED } from '../sources.js';
import { fields, refuseUnknownClinic, uuid } from './fields.js';

const instant = z.iso.datetime({ precision: 3 });

const made = z.strictObject({
  success: z.literal(true),
  data: z.strictObject({
    order_id: z.string(),
    clinic_id: z.guid(),
    created_at: instant,
    seed: z.string(),
    events: z
      .array(z.strictObject({ event_type: z.string(), at: instant.nullable() }))
      .meta({ description: 'What is told of it and when, on the tenant’s clock.' }),
  }),
  message: z.string(),
});

const createOrder = doorRoute({
  method: 'post',
  path: '/sandbox/orders',
  summary:
    'Create an order in the sandbox, and hear of its life: order:created at once, the rest in its time',
  claim: assumedClaim(
    'The guide has a test event triggered "by creating an order in the sandbox environment", and names no path.',
    SEED,
  ),
  body: fields({
    clinic_id: uuid('Clinic ID').optional(),
    patient_id: z.string().min(1).max(100).optional(),
    seed: z
      .union([z.string().min(1).max(100), z.int()])
      .optional()
      .meta({ description: 'The same seed tells the same life.' }),
  }),
  answers: { 200: { description: 'Created.', schema: made } },
  handle: async ({ port, environment, body, random }) => {
    if (environment !== 'development') {
      const where = 'Orders are created in the sandbox, which is Development: POST /novamed/sandbox/orders.';
      throw new DoorRefusal(404, 'sandbox_only', where);
    }
    const settings = tenantOf(await port.settings());
    const clinic_id = body.clinic_id ?? settings.defaultClinicId;
    refuseUnknownClinic(clinic_id, settings);
    const patient: Record<string, string> =
      body.patient_id === undefined ? {} : { patient_id: body.patient_id };
    const isSeed = settings.generation === 'seed';
    const order_id = isSeed ? numbered('ord', random) : uuid4(random);
    const run = await port.startScenario({
      name: 'sandboxOrder',
      environment,
      data: isSeed
        ? { clinic_id, data: { order_id, ...patient } }
        : { event_data: { id: order_id, clinic_id, ...patient } },
      ...(body.seed === undefined ? {} : { seed: body.seed }),
    });
    const events = run.steps.map(({ type, atMs }) => ({
      event_type: type,
      at: atMs === null ? null : isoMillis(atMs),
    }));
    const created_at = events[0]?.at ?? isoMillis(await port.now());
    const data = { order_id, clinic_id, created_at, seed: run.seed, events };
    return { status: 200, body: { success: true, data, message: 'Order created successfully' } };
  },
});

export const orderRoutes: readonly DoorRoute[] = [createOrder];
