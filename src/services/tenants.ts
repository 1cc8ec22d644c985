import { judgeUrl } from '../engine/egress/judge-url.js';
import type { EgressRules } from '../engine/egress/rules.js';
import { AppError } from '../errors.js';
import { isoMillis } from '../lib/clock.js';
import { parsePublicId, publicId, randomText } from '../lib/ids.js';
import {
  deleteTenant,
  findTenant,
  findTenantRefs,
  insertTenant,
  listTenants,
  type TenantRow,
  updateTenant,
} from '../store/tenants.js';
import type { Context } from './context.js';
import { readPage } from './cursors.js';
import { gather } from './gather.js';
import { makeKey } from './keys.js';
import type { Page, PageOf } from './schemas/fields.js';
import { SLUG, type TenantInput, type TenantPatch, type TenantResource } from './schemas/tenants.js';

interface Ref {
  id: string;
  slug: string;
}

export interface TenantsService {
  /** @param ref a public id or a slug. Null when there is none. */
  resolve(ref: string): Promise<Ref | null>;
  /** The same for who notices when it is gone: an id that was found is not looked up again for a second. */
  idOf(ref: string): Promise<string | null>;
  /** With its first key, shown this once. */
  create(input: TenantInput): Promise<TenantResource>;
  list(page: Page): Promise<PageOf<TenantResource>>;
  read(id: string): Promise<TenantResource>;
  update(id: string, patch: TenantPatch): Promise<TenantResource>;
  /** With everything in it. */
  remove(id: string): Promise<void>;
}

/** How long a tenant that was found is taken to be there, real milliseconds. */
const KNOWN_FOR_MS = 1_000;
const MOST_KNOWN = 1_000;

export function tenantsService({ db, ids, random, wall, egress }: Context): TenantsService {
  const insert = async (slug: string, input: TenantInput) => {
    const key = makeKey(ids, random);
    const row = await insertTenant(db, {
      id: ids.next(),
      slug,
      name: input.name,
      createdAtMs: wall.now(),
      bodyRetentionMs: input.retention ?? null,
      notifyUrl: notifyUrlFrom(input.notifyUrl, egress) ?? null,
      maxInFlight: input.maxInFlight ?? null,
      maxInFlightPerOrigin: input.maxInFlightPerOrigin ?? null,
      key: { id: key.id, hash: key.hash, name: null },
    });
    return row ? { ...tenantResource(row), key: key.text } : null;
  };
  /** Asked at every request: those that come together are looked up together. */
  const refs = gather<string, Ref | null>({
    workers: 2,
    most: 500,
    work: async (column, values) => {
      const rows = await findTenantRefs(db, column === 'id' ? 'id' : 'slug', [...new Set(values)]);
      const found = new Map(rows.map((row) => [column === 'id' ? row.id : row.slug, row]));
      return values.map((value) => ({ value: found.get(value) ?? null }));
    },
  });
  /** Until when each is taken to be there, monotonic. A slug may be another tenant's by then, an id never is. */
  const known = new Map<string, number>();
  const resolve = async (ref: string): Promise<Ref | null> => {
    const id = parsePublicId('ten', ref);
    if (id !== null) return refs('id', id);
    return SLUG.test(ref) ? refs('slug', ref) : null;
  };
  return {
    resolve,
    async idOf(ref) {
      const id = parsePublicId('ten', ref);
      if (id !== null && wall.monotonic() < (known.get(id) ?? 0)) return id;
      const found = await resolve(ref);
      if (known.size >= MOST_KNOWN) known.clear();
      if (found) known.set(found.id, wall.monotonic() + KNOWN_FOR_MS);
      return found?.id ?? null;
    },
    async create(input) {
      if (input.slug !== undefined) {
        const made = await insert(input.slug, input);
        if (!made) throw slugTaken(input.slug);
        return made;
      }
      const base = slugOf(input.name);
      const made = await insert(base, input);
      if (made) return made;
      const other = await insert(
        `${base}-${randomText(random, 6, 'abcdefghijkmnpqrstuvwxyz23456789')}`,
        input,
      );
      if (!other) throw slugTaken(base);
      return other;
    },
    list: (page) => readPage('ten', page, { read: (at) => listTenants(db, at), show: tenantResource }),
    async read(id) {
      const row = await findTenant(db, { id });
      if (!row) throw noTenant();
      return tenantResource(row);
    },
    async update(id, { name, slug, retention, notifyUrl: url, maxInFlight, maxInFlightPerOrigin }) {
      const notifyUrl = notifyUrlFrom(url, egress);
      const row = await updateTenant(db, id, {
        name,
        slug,
        bodyRetentionMs: retention,
        notifyUrl,
        maxInFlight,
        maxInFlightPerOrigin,
      });
      if (row === 'gone') throw noTenant();
      if (!row) throw slugTaken(slug ?? '');
      return tenantResource(row);
    },
    remove: (id) => deleteTenant(db, id),
  };
}

/** `Acme & Söhne GmbH` → `acme-sohne-gmbh` */
function slugOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
  const slug = plain
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replace(/^-+|-+$/g, '');
  return slug || 'tenant';
}

/** Judged as a subscription's: the same door out. @throws AppError */
function notifyUrlFrom(url: string | null | undefined, egress: EgressRules): string | null | undefined {
  if (url === null || url === undefined) return url;
  const verdict = judgeUrl(url, egress, 'required');
  if (verdict.ok) return verdict.url;
  const detail =
    verdict.code === 'https_required' ? 'What tenants are told goes over https only.' : verdict.detail;
  throw new AppError(verdict.code, detail, [{ path: 'notifyUrl', message: detail }]);
}

function slugTaken(slug: string): AppError {
  return new AppError('slug_taken', `Another tenant has the slug "${slug}"; choose another one.`, [
    { path: 'slug', message: 'is taken' },
  ]);
}

function noTenant(): AppError {
  return new AppError('not_found', 'There is no such tenant.');
}

function tenantResource(row: TenantRow): TenantResource {
  return {
    id: publicId('ten', row.id),
    slug: row.slug,
    name: row.name,
    createdAt: isoMillis(row.createdAt.getTime()),
    retentionMs: Number(row.bodyRetentionMs),
    notifyUrl: row.notifyUrl,
    maxInFlight: row.maxInFlight,
    maxInFlightPerOrigin: row.maxInFlightPerOrigin,
  };
}
