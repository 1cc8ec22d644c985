import { ConfigError } from '../config.js';
import { sameBytes } from '../lib/bytes.js';
import { findKeys, putKey } from '../store/keys.js';
import { findTenant, insertTenant } from '../store/tenants.js';
import type { Context } from './context.js';
import { readKey } from './keys.js';

const SLUG = 'default';

/**
 * The tenant `default`, with this key among its keys. However often it is called, in however many processes.
 * @param key as `makeKey` wrote it, kept in the data folder.
 * @returns the tenant's UUID.
 */
export async function ensureDefaultTenant({ db, ids, wall }: Context, key: string): Promise<string> {
  const parsed = readKey(key);
  if (!parsed)
    throw new ConfigError(
      'The key of the default tenant in the data folder is damaged; remove that file and start again.',
    );
  const { id: keyId, hash } = parsed;
  // The usual start: one statement, and no wait for Prisma's first.
  const [known] = await findKeys(db, [keyId]);
  if (known?.slug === SLUG && sameBytes(known.hash, hash)) return known.tenantId;
  const createdAtMs = wall.now();
  const existing = await findTenant(db, { slug: SLUG });
  const made =
    existing ??
    (await insertTenant(db, {
      id: ids.next(),
      slug: SLUG,
      name: 'Default',
      createdAtMs,
      bodyRetentionMs: null,
      notifyUrl: null,
      maxInFlight: null,
      maxInFlightPerOrigin: null,
      key: { id: keyId, hash, name: SLUG },
    })) ??
    (await findTenant(db, { slug: SLUG }));
  if (!made)
    throw new ConfigError('The default tenant could not be made: it was removed while this process started.');
  await putKey(db, { tenantId: made.id, id: keyId, hash, scope: 'write', name: SLUG, createdAtMs });
  return made.id;
}
