import type { Profile } from '../../providers/contract.js';
import { subject } from '../../providers/life.js';
import type { Port } from '../../providers/port.js';
import { latestTold } from '../../store/told.js';
import type { Context } from '../context.js';
import { asJson } from '../event-body.js';

/** Events of a long life that are read. */
const READ = 200;

/** What was sent about the things of one provider in one tenant. */
export function toldIn(
  { db }: Pick<Context, 'db'>,
  { tenantId, profile }: { tenantId: string; profile: Profile },
): Port['told'] {
  return async ({ kind, id, environment }) => {
    const about = subject(kind, id);
    if (about === null) return [];
    const scope = { tenantId, provider: profile.id, environment, subjects: [about] };
    const rows = await latestTold(db.pool, scope, READ);
    return rows.map((row) => ({
      type: row.type,
      variant: row.variant,
      body: row.body && asJson(row.body),
      details: row.details,
      createdAtMs: row.created_at.getTime(),
    }));
  };
}
