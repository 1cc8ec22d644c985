import { type ZodType, z } from 'zod';
import type { Json } from '../lib/merge-patch.js';
import { seededRandom } from '../lib/random.js';
import { assumedClaim } from './claims.js';
import type { Claim } from './contract.js';
import { type DoorCall, DoorRefusal, type DoorRoute, doorRoute } from './front-door.js';
import type { PortTold } from './life.js';

/** Tenant settings of a provider whose door has a read side. */
export const readSettings = {
  readLagMs: z
    .int()
    .min(0)
    .max(31_536_000_000)
    .default(0)
    .describe('How long after it was sent the read API shows it, milliseconds of the tenant’s clock.'),
  readMissing: z
    .union([z.number().min(0).max(1), z.array(z.string().max(200)).max(1_000)])
    .default(0)
    .describe('What the read API does not find although it was sent: a share of all ids, or these ids.'),
};

export const readSettingClaims: Readonly<Record<keyof typeof readSettings, Claim>> = {
  readLagMs: assumedClaim('A read API may lag behind its webhooks; consumers that read at once should know.'),
  readMissing: assumedClaim('A consumer has to cope with a thing that it was told of and cannot read.'),
};

interface Readable {
  path: string;
  summary: string;
  claim: Claim;
  /** Kinds of the profile's lives, of which the first that was told of counts. */
  kinds: readonly [string, ...string[]];
  /** Whether each mount of the door shows the events of its own environment only. */
  byEnvironment: boolean;
  answer: ZodType;
  notFound(id: string): string;
  /** What the provider shows after all this was told, oldest first; null when the thing is gone. Pure. */
  read(id: string, told: readonly PortTold[], settings: Readonly<Record<string, unknown>>): Json | null;
}

/** `GET` of one thing by the `{id}` in the path, made of what was sent about it and of nothing else. */
export function readRoute(readable: Readable): DoorRoute {
  const { path, summary, claim, kinds, answer, notFound, read } = readable;
  return doorRoute({
    method: 'get',
    path,
    summary,
    claim,
    shows: kinds,
    answers: { 200: { description: 'As far as it was told of.', schema: answer } },
    async handle(call) {
      const id = call.params.id ?? '';
      const settings = await call.port.settings();
      const told = isMissing(id, settings) ? [] : await toldSoFar(call, readable, settings);
      const body = told.length > 0 ? read(id, told, settings) : null;
      if (body === null) throw new DoorRefusal(404, 'not_found', notFound(id));
      return { status: 200, body };
    },
  });
}

async function toldSoFar(
  { port, params, environment }: DoorCall,
  { kinds, byEnvironment }: Readable,
  { readLagMs }: Readonly<Record<string, unknown>>,
): Promise<readonly PortTold[]> {
  const shownUntilMs = (await port.now()) - Number(readLagMs);
  for (const kind of kinds) {
    const about = { kind, id: params.id ?? '', ...(byEnvironment ? { environment } : {}) };
    const told = await port.told(about);
    if (told.length > 0) return told.filter(({ createdAtMs }) => createdAtMs <= shownUntilMs);
  }
  return [];
}

/** The same ids every time. */
function isMissing(id: string, { readMissing }: Readonly<Record<string, unknown>>): boolean {
  if (Array.isArray(readMissing)) return readMissing.includes(id);
  return seededRandom(`missing ${id}`).float() < Number(readMissing);
}
