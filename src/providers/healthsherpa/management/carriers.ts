import { z } from 'zod';
import { assumedClaim, documentedClaim } from '../../claims.js';
import { DoorRefusal, type DoorRoute, doorRoute } from '../../front-door.js';
import type { Port } from '../../port.js';
import { type Carrier, issuerHiosId } from '../carriers.js';
import { tenantOf } from '../settings.js';
import { SEED } from '../sources.js';

const MINUTE_MS = 60_000;
const PATH = '/carriers/{issuerHiosId}';

const connection = z.discriminatedUnion('connected', [
  z.strictObject({ connected: z.literal('full').describe('Policy statuses arrive at once.') }),
  z.strictObject({
    connected: z.literal('late').describe('They arrive later, on the tenant’s clock.'),
    late_by_minutes: z.int().min(1).max(525_600).default(1_440),
  }),
  z.strictObject({ connected: z.literal('none').describe('They do not arrive; submissions do.') }),
]);
const carrier = z.strictObject({
  issuer_hios_id: z.string(),
  connected: z.enum(['full', 'late', 'none']),
  late_by_minutes: z.number().int().nullable(),
});
const one = { description: 'How it is connected.', schema: carrier };
const DOCUMENTED = documentedClaim(SEED, 'depend on our connectivity with the Carrier');

/** The page "Supported Carriers" as something that can be changed: from the next event on. */
export const carrierRoutes: readonly DoorRoute[] = [
  doorRoute({
    method: 'get',
    path: '/carriers',
    summary: 'Carriers that were told apart; every other one is connected in full',
    claim: DOCUMENTED,
    answers: { 200: { description: 'By id.', schema: z.strictObject({ carriers: z.array(carrier) }) } },
    handle: async ({ port }) => {
      const carriers = Object.entries(await carriersOf(port)).sort(([a], [b]) => (a < b ? -1 : 1));
      return { status: 200, body: { carriers: carriers.map(([id, each]) => shown(id, each)) } };
    },
  }),
  doorRoute({
    method: 'get',
    path: PATH,
    summary: 'How one carrier is connected',
    claim: DOCUMENTED,
    answers: { 200: one },
    handle: async ({ port, params }) => {
      const id = idIn(params);
      const carriers = await carriersOf(port);
      return {
        status: 200,
        body: shown(id, Object.hasOwn(carriers, id) ? carriers[id]! : { connected: 'full' }),
      };
    },
  }),
  doorRoute({
    method: 'put',
    path: PATH,
    summary: 'Say how one carrier is connected',
    claim: assumedClaim(
      'the document only says that connectivity decides; what it does is our reading',
      SEED,
    ),
    body: connection,
    answers: { 200: one },
    handle: async ({ port, params, body }) => {
      const id = idIn(params);
      const next: Carrier =
        body.connected === 'late'
          ? { connected: 'late', byMs: body.late_by_minutes * MINUTE_MS }
          : { connected: body.connected };
      await port.putSettings((before) => ({ carriers: { ...tenantOf(before).carriers, [id]: next } }));
      return { status: 200, body: shown(id, next) };
    },
  }),
];

async function carriersOf(port: Port): Promise<Readonly<Record<string, Carrier>>> {
  return tenantOf(await port.settings()).carriers;
}

function idIn(params: Readonly<Record<string, string>>): string {
  const parsed = issuerHiosId.safeParse(params.issuerHiosId);
  if (parsed.success) return parsed.data;
  const message = 'An issuer HIOS id has five digits.';
  throw new DoorRefusal(422, 'invalid_value', message, [
    { in: 'path', path: ['issuer_hios_id'], message, type: 'invalid_value' },
  ]);
}

function shown(id: string, each: Carrier): z.output<typeof carrier> {
  return {
    issuer_hios_id: id,
    connected: each.connected,
    late_by_minutes: each.connected === 'late' ? Math.ceil(each.byMs / MINUTE_MS) : null,
  };
}
