import type { TypedSpec } from '../engine/faults/typed-spec.js';
import { AppError } from '../errors.js';
import { type IdPrefix, parsePublicId } from '../lib/ids.js';
import { type FaultInput, type FaultResource, faultInput } from '../services/schemas/faults.js';
import { MAX_LIMIT, type PageOf } from '../services/schemas/fields.js';
import { parseInput } from '../services/schemas/parse.js';
import type { Services } from '../services/services.js';
import { whileOpen } from './while-open.js';

/** A fault as a test asks for it; its own parameters stand beside, durations as `26h` or milliseconds. */
export type FaultSpec = TypedSpec & {
  /** Only there; default: in the whole tenant. */
  subscriptionId?: string;
};

/** A fault in force. With `await using` it is removed at the end of the block. */
export interface ActiveFault extends FaultResource, AsyncDisposable {
  remove(): Promise<void>;
}

export interface TenantFaults {
  /** @throws AppError for what makes no sense there, or may not go there. */
  add(spec: FaultSpec): Promise<ActiveFault>;
  /** Newest first, those of single events among them. */
  list(): Promise<FaultResource[]>;
  remove(id: string): Promise<void>;
  /** Removes all of them. */
  reset(): Promise<void>;
}

/** @param next the use-cases for a call that makes something. @param closing aborts when the Ringer is closed. */
export function openFaults(
  { services: { faults }, next }: { services: Pick<Services, 'faults'>; next(): Pick<Services, 'faults'> },
  { tenantId, closing }: { tenantId: string; closing: AbortSignal },
): TenantFaults {
  const calls = whileOpen<TenantFaults>(closing, {
    async add(spec) {
      const { fault } = await next().faults.add(
        tenantId,
        parseInput(faultInput, spec) as unknown as FaultInput,
      );
      let there = true;
      const once = async () => {
        if (!there) return;
        there = false;
        await calls.remove(fault.id).catch((error: unknown) => {
          // A reset may have been quicker.
          if (!(error instanceof AppError && error.code === 'not_found')) throw error;
        });
      };
      return { ...fault, remove: once, [Symbol.asyncDispose]: once };
    },
    async list() {
      const found: FaultResource[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page: PageOf<FaultResource> = await faults.list(tenantId, { limit: MAX_LIMIT, cursor });
        found.push(...page.data);
        cursor = page.nextCursor;
      }
      return found;
    },
    remove: async (id) => faults.remove(tenantId, uuidOf('flt', id)),
    async reset() {
      await faults.reset(tenantId);
    },
  });
  return calls;
}

function uuidOf(prefix: IdPrefix, id: string): string {
  const uuid = parsePublicId(prefix, id);
  if (uuid !== null) return uuid;
  throw new AppError('not_found', `"${id.slice(0, 60)}" is no id of the form ${prefix}_<uuid>.`);
}
