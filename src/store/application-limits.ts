import type { Queryable } from './tenant-clock.js';

export interface ApplicationScope {
  tenantId: string;
  provider: string;
  application: string;
}

/**
 * Deliveries a second of all subscriptions of an application together; holds from the next claim on.
 * @param rateLimit null = no limit.
 */
export async function putApplicationLimit(
  client: Queryable,
  { tenantId, provider, application }: ApplicationScope,
  rateLimit: number | null,
): Promise<void> {
  const key = [tenantId, provider, application];
  if (rateLimit === null)
    await client.query(
      'DELETE FROM application_limit WHERE tenant_id = $1 AND provider = $2 AND application = $3',
      key,
    );
  else
    await client.query(
      `INSERT INTO application_limit (tenant_id, provider, application, rate_limit) VALUES ($1, $2, $3, $4)
       ON CONFLICT (tenant_id, provider, application) DO UPDATE SET rate_limit = excluded.rate_limit`,
      [...key, rateLimit],
    );
  await client.query(
    `UPDATE subscription SET revision = revision + 1
     WHERE tenant_id = $1 AND provider = $2 AND application = $3 AND deleted_at IS NULL`,
    key,
  );
}
