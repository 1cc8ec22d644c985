import { assumedClaim } from '../claims.js';
import type { Life, LifeRule } from '../life.js';

/** The guide names the events and no rule between them: what is over by its name is taken to be over. */
function over(thing: string, ends: readonly string[], types: readonly string[]): LifeRule {
  return {
    rule: `After ${ends.join(' or ')} nothing more is told of ${thing}.`,
    types,
    ...assumedClaim('The guide gives no order; these names say that it is over.'),
    broken: (_, before) => before.some(({ type }) => ends.includes(type)),
  };
}

function life(
  kind: string,
  { types, id, ends }: { types: readonly string[]; id: string; ends: readonly string[] },
): Life {
  return {
    kind,
    idAt: Object.fromEntries(types.map((type) => [type, [id]])),
    rules: [over(`that ${kind}`, ends, types)],
  };
}

const named = (family: string, changes: readonly string[]) => changes.map((change) => `${family}:${change}`);

export const lives: readonly Life[] = [
  life('order', {
    types: named('order', ['created', 'processing', 'shipped', 'delivered', 'cancelled']),
    id: 'data.order_id',
    ends: ['order:delivered', 'order:cancelled'],
  }),
  life('medication request', {
    types: named('medication_request', ['created', 'approved', 'filled', 'cancelled']),
    id: 'data.medication_request_id',
    ends: ['medication_request:cancelled'],
  }),
  life('refill', {
    types: named('refill', ['requested', 'approved', 'denied']),
    id: 'data.refill_id',
    ends: ['refill:approved', 'refill:denied'],
  }),
  life('medication order', {
    types: [
      ...named('medication_order', ['verified', 'submitted', 'acknowledged', 'filled']),
      ...named('shipment', ['created', 'cancelled']),
    ],
    id: 'event_data.id',
    ends: ['shipment:cancelled'],
  }),
];
