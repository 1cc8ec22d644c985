import { ConfigError } from '../config.js';
import type { Log } from '../lib/log.js';
import type { Sealer } from '../lib/sealing.js';
import type { Database } from '../store/database.js';
import { claimSealingKey, sealedKeyIds } from '../store/sealed-rows.js';
import { resealOld } from './reseal.js';

/**
 * Makes sure at start that every process of a database seals under one key: what one writes, all can open. The first process
 * says which; one that knows it and brings a newer one takes everything over.
 * @throws ConfigError when the key of this process is another one.
 */
export async function agreeOnSealingKey(db: Database, sealer: Sealer, log: Log): Promise<void> {
  const unknown = (await sealedKeyIds(db.pool)).filter((id) => !sealer.keyIds.includes(id));
  if (unknown.length > 0)
    throw new ConfigError(
      'Secrets in the database are sealed under a key that is not here. Set RINGER_SECRET_KEY to that key, or to old,new.',
    );
  // The embedded database lies beside its key and has one process.
  if (!db.embedded && !(await claimSealingKey(db.pool, sealer.keyIds)))
    throw new ConfigError(
      'The first process of this database sealed under another key. Set RINGER_SECRET_KEY to one value wherever it is used (without it, each data folder has a key of its own).',
    );
  await resealOld(db, sealer, log);
}
