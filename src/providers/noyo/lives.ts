import { assumedClaim, documentedClaim } from '../claims.js';
import type { Life, Told } from '../life.js';
import { SEED } from './sources.js';

const wasTold = (before: readonly Told[], type: string) => before.some((told) => told.type === type);
const idOfData = (types: readonly string[]) => Object.fromEntries(types.map((type) => [type, ['data.id']]));

const DIFFERENCE = [
  'difference.created',
  'difference.discrepancy',
  'difference.resolved',
  'difference.replaced',
];

export const lives: readonly Life[] = [
  {
    kind: 'difference',
    idAt: idOfData(DIFFERENCE),
    rules: [
      {
        rule: 'A resolved difference is never reopened.',
        types: ['difference.created', 'difference.discrepancy', 'difference.replaced'],
        ...documentedClaim(SEED, 'Once a difference is resolved, it cannot be reopened'),
        broken: (_, before) => wasTold(before, 'difference.resolved'),
      },
      {
        rule: 'Only an open difference is replaced, and a replaced one is no longer open.',
        types: DIFFERENCE,
        ...documentedClaim(SEED, 'In cases where an open difference is replaced by another'),
        broken: (_, before) => wasTold(before, 'difference.replaced'),
      },
      {
        rule: 'A difference is created once.',
        types: ['difference.created'],
        ...assumedClaim('It is sent "almost instantly after the snapshot is initially processed".', SEED),
        broken: (_, before) => before.length > 0,
      },
    ],
  },
  {
    kind: 'member snapshot',
    idAt: {
      'member_snapshot.status_change': ['data.id'],
      'member_snapshot_carrier_fulfillment_status.status_change': ['data.member_snapshot_id'],
    },
    rules: [],
  },
  { kind: 'group', idAt: idOfData(['group.created']), rules: [] },
  {
    kind: 'group connection request',
    idAt: idOfData(['group_connection_request.created', 'group_connection_request.status_change']),
    rules: [],
  },
  {
    kind: 'group disconnection request',
    idAt: idOfData(['group_disconnection_request.created', 'group_disconnection_request.status_change']),
    rules: [],
  },
];
