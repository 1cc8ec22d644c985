import type { Json } from '../lib/merge-patch.js';
import type { Queryable } from './tenant-clock.js';

/** An event about one thing. */
export interface ToldRow {
  subject: string;
  id: string;
  type: string;
  variant: string | null;
  /** Null once its retention is over, or where it is larger than what lives are told in. */
  body: Buffer | null;
  /** What its sender knew beside. */
  details: Record<string, Json> | null;
  created_at: Date;
}

/** Bytes of a body that is read along. */
const MAX_BYTES = 16 * 1024;

/** What was told of these last, in one environment or in all, each thing's in the order in which it was told. One index probe a thing and day. */
export async function latestTold(
  client: Queryable,
  {
    tenantId,
    provider,
    environment,
    subjects,
    except = [],
  }: {
    tenantId: string;
    provider: string;
    environment?: string | undefined;
    subjects: readonly string[];
    /** Ids of events that are left out. */
    except?: readonly string[];
  },
  limit: number,
): Promise<ToldRow[]> {
  const { rows } = await client.query<ToldRow>({
    // Planned once: each day is a partition, and planning took longer than looking.
    name: 'latest_told',
    text: `SELECT s.subject, e.* FROM unnest($4::text[]) AS s(subject) CROSS JOIN LATERAL (
       SELECT id, type, variant, CASE WHEN body_bytes <= ${MAX_BYTES} THEN body END AS body, details, created_at FROM event
       WHERE tenant_id = $1 AND provider = $2 AND ($3::text IS NULL OR environment = $3) AND subject = s.subject
         AND id <> ALL($6::uuid[]) ORDER BY id DESC LIMIT $5) e
     ORDER BY s.subject, e.id`,
    values: [tenantId, provider, environment ?? null, subjects, limit, except],
  });
  return rows;
}
