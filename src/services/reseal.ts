import { placeOf } from '../engine/sealed-settings.js';
import type { Log } from '../lib/log.js';
import type { Sealer } from '../lib/sealing.js';
import type { Database } from '../store/database.js';
import { replaceSealed, type SealedRow, sealedUnderOthers } from '../store/sealed-rows.js';

const STEP = 500;

/** Brings every secret under the newest key, so that the old one can be taken out of RINGER_SECRET_KEY after this start. */
export async function resealOld({ pool }: Database, sealer: Sealer, log: Log): Promise<number> {
  const [newest, ...others] = sealer.keyIds;
  if (newest === undefined || others.length === 0) return 0;
  let count = 0;
  for (
    let rows = await sealedUnderOthers(pool, newest, STEP);
    rows.length > 0;
    rows = await sealedUnderOthers(pool, newest, STEP)
  ) {
    for (const row of rows) {
      const place = placeOfRow(row);
      await replaceSealed(pool, row, sealer.seal(sealer.open(row.sealed, place), place));
    }
    count += rows.length;
  }
  log.info('every secret is under the newest key; the old one can go', { resealed: count });
  return count;
}

function placeOfRow({ table, tenantId, owner }: SealedRow): string {
  const kind = {
    subscription: 'subscription',
    subscription_secret: 'secret',
    tenant_provider: 'provider',
  } as const;
  return placeOf[kind[table]](tenantId, owner);
}
