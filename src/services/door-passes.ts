import { createHash, timingSafeEqual } from 'node:crypto';
import type { PassPort } from '../providers/port.js';
import { deleteDoorPass, findDoorPass, insertDoorPass } from '../store/door-passes.js';
import type { Context } from './context.js';
import type { KeyHolder } from './keys.js';

const PASS = /^rgp_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

/** Whom a pass lets in, and what for. */
export interface PassHolder extends KeyHolder {
  application: string;
}

export interface DoorPasses {
  /** Null for everything that is no pass of this provider's door, or none any more. */
  authenticate(text: string, provider: string): Promise<PassHolder | null>;
  port(tenantId: string, provider: string): PassPort;
}

/** Passes beside the keys of a tenant: made by a provider's front door, good at that door alone. */
export function doorPasses({ db, ids, random }: Pick<Context, 'db' | 'ids' | 'random'>): DoorPasses {
  return {
    async authenticate(text, provider) {
      const pass = readPass(text);
      const found = pass && (await findDoorPass(db.pool, { id: pass.id, provider }));
      if (!found || !timingSafeEqual(pass.hash, found.hash)) return null;
      const { id: keyId, scope, tenant_id: tenantId, slug, application } = found;
      return { keyId, scope, tenantId, slug, application };
    },
    port: (tenantId, provider) => ({
      async make({ application, scope, lifetimeMs }) {
        const id = ids.next();
        const secret = Buffer.from(random.bytes(32)).toString('base64url');
        const pass = { tenantId, id, hash: hashOf(secret), provider, application, scope };
        await insertDoorPass(db.pool, pass, lifetimeMs);
        return `rgp_${id.replaceAll('-', '')}_${secret}`;
      },
      async revoke(text) {
        const pass = readPass(text);
        return pass !== null && deleteDoorPass(db.pool, tenantId, pass.id);
      },
    }),
  };
}

function readPass(text: string): { id: string; hash: Uint8Array } | null {
  const [, hex, secret] = PASS.exec(text) ?? [];
  if (!hex || !secret) return null;
  return { id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'), hash: hashOf(secret) };
}

function hashOf(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}
