import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../errors.js';
import { isoMillis } from '../lib/clock.js';
import { type Ids, publicId } from '../lib/ids.js';
import type { Random } from '../lib/random.js';
import {
  deleteKey,
  type FoundKey,
  findKeys,
  findTenantKey,
  type KeyRow,
  listKeys,
  putKey,
} from '../store/keys.js';
import type { Context } from './context.js';
import { readPage } from './cursors.js';
import { gather } from './gather.js';
import type { Page, PageOf } from './schemas/fields.js';
import type { KeyInput, KeyResource } from './schemas/tenants.js';
import { createWatchers } from './watchers.js';

const KEY = /^rgr_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;
/** Compared with when the id is unknown, so that an unknown id takes the time of a wrong key. */
const NOBODY = createHash('sha256').update('nobody').digest();

/** A key as its holder has it, and what is stored of it. */
export interface MadeKey {
  id: string;
  text: string;
  hash: Uint8Array;
}

/** `rgr_` + 32 hex digits of the id + `_` + 256 random bits. */
export function makeKey(ids: Ids, random: Random): MadeKey {
  const id = ids.next();
  const secret = Buffer.from(random.bytes(32)).toString('base64url');
  return { id, text: `rgr_${id.replaceAll('-', '')}_${secret}`, hash: hashOf(secret) };
}

/** Null when it is not written as a key. */
export function readKey(text: string): MadeKey | null {
  const [, hex, secret] = KEY.exec(text) ?? [];
  if (!hex || !secret) return null;
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { id, text, hash: hashOf(secret) };
}

function hashOf(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}

/** Whom a tenant's key lets in. */
export interface KeyHolder {
  keyId: string;
  scope: 'write' | 'read';
  tenantId: string;
  slug: string;
}

export interface KeysService {
  /** Null for everything that is no key of anybody's. */
  authenticate(text: string): Promise<KeyHolder | null>;
  create(tenantId: string, input: KeyInput): Promise<KeyResource>;
  list(tenantId: string, page: Page): Promise<PageOf<KeyResource>>;
  read(tenantId: string, id: string): Promise<KeyResource>;
  remove(tenantId: string, id: string): Promise<void>;
  /** Whom a key lets in, by its id; null once it is revoked. */
  holder(keyId: string): Promise<KeyHolder | null>;
  /** Whether a key that let somebody in still does. */
  holds(keyId: string): Promise<boolean>;
  /**
   * Tells when a key is revoked through this process; of another process's, `holds` knows.
   * @returns how to stop being told.
   */
  whenRevoked(keyId: string, tell: () => void): () => void;
}

export function keysService({ db, ids, random, wall }: Context): KeysService {
  /** Asked at every request: those that come together are looked up together. */
  const holders = gather<string, FoundKey | null>({
    workers: 2,
    most: 500,
    work: async (_, wanted) => {
      const found = new Map((await findKeys(db, [...new Set(wanted)])).map((row) => [row.id, row]));
      return wanted.map((id) => ({ value: found.get(id) ?? null }));
    },
  });
  const revocations = createWatchers();
  return {
    async authenticate(text) {
      const key = readKey(text);
      if (!key) return null;
      const found = await holders('id', key.id);
      const same = timingSafeEqual(key.hash, found?.hash ?? NOBODY);
      return found && same ? keyHolder(found) : null;
    },
    async create(tenantId, { scope = 'write', name = null }) {
      const { id, hash, text } = makeKey(ids, random);
      const row = await putKey(db, { tenantId, id, hash, scope, name, createdAtMs: wall.now() });
      return { ...keyResource(row), key: text };
    },
    list: (tenantId, page) =>
      readPage('key', page, { read: (at) => listKeys(db, tenantId, at), show: keyResource }),
    async read(tenantId, id) {
      const row = await findTenantKey(db, tenantId, id);
      if (!row) throw noKey();
      return keyResource(row);
    },
    async remove(tenantId, id) {
      if (!(await deleteKey(db, tenantId, id))) throw noKey();
      revocations.tell(id);
    },
    async holder(keyId) {
      const found = await holders('id', keyId);
      return found && keyHolder(found);
    },
    holds: async (keyId) => (await holders('id', keyId)) !== null,
    whenRevoked: revocations.watch,
  };
}

function keyHolder({ id, scope, tenantId, slug }: FoundKey): KeyHolder {
  return { keyId: id, scope: scope === 'read' ? 'read' : 'write', tenantId, slug };
}

function noKey(): AppError {
  return new AppError('not_found', 'There is no such key in this tenant.');
}

function keyResource(row: KeyRow): KeyResource {
  return {
    id: publicId('key', row.id),
    name: row.name,
    scope: row.scope === 'read' ? 'read' : 'write',
    createdAt: isoMillis(row.createdAt.getTime()),
  };
}
