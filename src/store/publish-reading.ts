import { type MatchRow, type MatchScope, takesPart } from './lanes.js';
import { type ClockMode, type ClockReading, type Queryable, tenantNowSql } from './tenant-clock.js';
import type { TenantProviderColumns } from './tenant-providers.js';

/** What publishing to some scopes of a tenant stands on. */
export interface PublishReading {
  clock: ClockReading;
  /** Of each scope, in order: what was set for its provider, null = nothing, and where its events may go. */
  scopes: { provider: TenantProviderColumns | null; matches: MatchRow[] }[];
}

interface ClockColumns {
  /** Null in the row of a subscription. */
  mode: ClockMode | null;
  rate: number;
  now: Date;
  wire: 'wall' | 'virtual';
  anchor: Date | null;
}

type Row = { scope: number | null } & ClockColumns & TenantProviderColumns & MatchRow;

/**
 * The clock, the settings and the subscriptions in one statement: three cost three waits before the first byte can go out, and
 * could each see another state. A row for each scope, then its subscriptions in order of creation, which leave the clock null.
 *
 * $1 tenant · $2 providers · $3 environments · $4 applications, null = all but the operational one
 */
const READING_SQL = `WITH x AS MATERIALIZED (
  SELECT * FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS x(provider, environment, application, scope))
SELECT x.scope::int, t.clock_mode AS mode, t.clock_rate AS rate, t.wire, t.clock_anchor AS anchor, ${tenantNowSql('t')} AS now,
  p.presets, p.settings, p.sealed, NULL::uuid AS id, NULL::int AS lane, NULL::text AS status, NULL::text[] AS events,
  NULL::boolean AS all_events, NULL::text[] AS channels, NULL::int AS revision
FROM tenant t LEFT JOIN x ON true LEFT JOIN tenant_provider p ON p.tenant_id = t.id AND p.provider = x.provider
WHERE t.id = $1
UNION ALL
SELECT x.scope::int, NULL, NULL, NULL, NULL, NULL,
  s.presets, s.settings, s.sealed, s.id, s.lane, s.status, s.events, s.all_events, s.channels, s.revision
FROM x JOIN subscription s ON s.tenant_id = $1 AND s.provider = x.provider AND s.environment = x.environment
  AND ${takesPart('s', 'x.application')}
ORDER BY 1, id NULLS FIRST`;

/** @returns null when there is no such tenant. */
export async function readForPublishing(
  client: Queryable,
  tenantId: string,
  scopes: readonly Omit<MatchScope, 'tenantId'>[],
): Promise<PublishReading | null> {
  const { rows } = await client.query<Row>({
    name: 'publish_reading',
    text: READING_SQL,
    values: [
      tenantId,
      scopes.map(({ provider }) => provider),
      scopes.map(({ environment }) => environment),
      scopes.map(({ application }) => application),
    ],
  });
  const head = rows.find(({ mode }) => mode !== null);
  if (!head) return null;
  const { mode, rate, now, wire, anchor } = head;
  const read: PublishReading = {
    clock: { mode: mode!, rate, nowMs: now.getTime(), wire, anchor },
    scopes: scopes.map(() => ({ provider: null, matches: [] })),
  };
  for (const row of rows) {
    const scope = row.scope === null ? undefined : read.scopes[row.scope - 1];
    if (!scope) continue;
    if (row.mode === null) scope.matches.push(row);
    else if (row.presets !== null) scope.provider = row;
  }
  return read;
}
