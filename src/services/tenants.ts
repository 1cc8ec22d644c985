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

export interface TenantsService {
  /** @param ref a public id or a slug. Null when there is none. */
  resolve(ref: string): Promise<{ id: string; slug: string } | null>;
  /** With its first key, shown this once. */
  create(input: TenantInput): Promise<TenantResource>;
  list(page: Page): Promise<PageOf<TenantResource>>;
  read(id: string): Promise<TenantResource>;
  update(id: string, patch: TenantPatch): Promise<TenantResource>;
  /** With everything in it. */
  remove(id: string): Promise<void>;
}

/** How long a tenant that was found is taken to be there, real milliseconds: another process may rename or delete it. */
const KNOWN_FOR_MS = 1_000;
const MOST_KNOWN = 1_000;

interface Ref {
  id: string;
  slug: string;
}

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
  /** By id and by slug. What this process changes it forgets at once. */
  const known = new Map<string, Ref & { untilMs: number }>();
  let changes = 0;
  const forget = () => {
    changes += 1;
    known.clear();
  };
  return {
    async resolve(ref) {
      const kept = known.get(ref);
      if (kept && wall.monotonic() < kept.untilMs) return kept;
      const id = parsePublicId('ten', ref);
      if (id === null && !SLUG.test(ref)) return null;
      const asOf = changes;
      const found = await (id === null ? refs('slug', ref) : refs('id', id));
      if (known.size >= MOST_KNOWN) known.clear();
      // What changed while it was looked up may have come too late for it.
      if (found && asOf === changes) known.set(ref, { ...found, untilMs: wall.monotonic() + KNOWN_FOR_MS });
      return found;
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
      forget();
      if (row === 'gone') throw noTenant();
      if (!row) throw slugTaken(slug ?? '');
      return tenantResource(row);
    },
    async remove(id) {
      await deleteTenant(db, id);
      forget();
    },
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
