import { createHash } from 'node:crypto';
import type { Consumer, Started } from '../contract.js';
import { EFFECTS_PATH, HOOK_PATH, type Listening } from './listen.js';

/** What the integrator wrote into the consumer's configuration. */
export interface Known {
  secret: string;
  retiredSecret: string;
}

type Described = Pick<Consumer, 'name' | 'bug' | 'foundBy' | 'story'> & {
  open(known: Known): Promise<Listening>;
};

interface Manner {
  secretOf(name: string): string;
  /** What Ringer is told of it; default: the secret as it is. */
  told?(known: Known): Pick<Started, 'secret' | 'retiredSecret' | 'settings'>;
}

/** Makes the entries of one provider's table. */
export function consumersOf(
  provider: Consumer['provider'],
  { secretOf, told = (known) => known }: Manner,
  described: readonly Described[],
): readonly Consumer[] {
  return described.map(({ open, ...shown }) => ({
    ...shown,
    provider,
    async start() {
      const known = { secret: secretOf(shown.name), retiredSecret: secretOf(`${shown.name}, last year`) };
      const { origin, close } = await open(known);
      return { url: origin + HOOK_PATH, effectsUrl: origin + EFFECTS_PATH, ...told(known), close };
    },
  }));
}

/** 40 characters that are the same on every run. */
export function plainSecret(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 40);
}

/** As Svix hands them out: 24 bytes behind `whsec_`. */
export function svixSecret(name: string): string {
  return `whsec_${createHash('sha256').update(name).digest().subarray(0, 24).toString('base64')}`;
}
