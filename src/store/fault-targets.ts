import type { Queryable } from './tenant-clock.js';

/** How long a proof holds, real milliseconds. */
export const PROOF_HOLDS_MS = 24 * 3_600_000;

/** What a target answers. @param fresh kept when there is none yet. @returns null when the tenant is gone. */
export async function readChallengeToken(
  client: Queryable,
  tenantId: string,
  fresh: string,
): Promise<string | null> {
  const { rows } = await client.query<{ challenge_token: string }>(
    'UPDATE tenant SET challenge_token = coalesce(challenge_token, $2) WHERE id = $1 RETURNING challenge_token',
    [tenantId, fresh],
  );
  return rows[0]?.challenge_token ?? null;
}

export interface ProvedTarget {
  origin: string;
  provedAtMs: number;
}

/** Those whose proof still holds. */
export async function listTargets(client: Queryable, tenantId: string): Promise<ProvedTarget[]> {
  const { rows } = await client.query<{ origin: string; proved_at: Date }>(
    `SELECT origin, proved_at FROM fault_target
     WHERE tenant_id = $1 AND proved_at > now() - $2 * interval '1 millisecond' ORDER BY origin`,
    [tenantId, PROOF_HOLDS_MS],
  );
  return rows.map(({ origin, proved_at }) => ({ origin, provedAtMs: proved_at.getTime() }));
}

/** Must run in a transaction. Every dispatcher reads the tenant's subscriptions anew. */
export async function recordProof(
  client: Queryable,
  tenantId: string,
  origin: string,
): Promise<ProvedTarget> {
  const { rows } = await client.query<{ proved_at: Date }>(
    `INSERT INTO fault_target (tenant_id, origin, proved_at) VALUES ($1, $2, now())
     ON CONFLICT (tenant_id, origin) DO UPDATE SET proved_at = excluded.proved_at RETURNING proved_at`,
    [tenantId, origin],
  );
  await client.query('UPDATE subscription SET revision = revision + 1 WHERE tenant_id = $1', [tenantId]);
  return { origin, provedAtMs: rows[0]!.proved_at.getTime() };
}
