import { isObject, type Json } from '../lib/merge-patch.js';
import type { Claim, Profile } from './contract.js';

/** One kind of thing that events tell of, and what holds as long as it lives. */
export interface Life {
  /** `difference`: what messages call it. Unique in its profile. */
  kind: string;
  /** Where its id lies in the body, by event type: dotted paths, of which the first that leads to one counts. */
  idAt: Readonly<Record<string, readonly string[]>>;
  rules: readonly LifeRule[];
}

/** What the provider never sends after what it sent before. Breaking it is allowed, with a notice. */
export type LifeRule = Claim & {
  /** A sentence that holds. */
  rule: string;
  /** Types that can break it. */
  types: readonly string[];
  /** @param before what was told of the same thing, oldest first; of a long life only the latest. Pure. */
  broken(event: Told, before: readonly Told[]): boolean;
};

/** An event as it was told. */
export interface Told {
  type: string;
  /** Null where the bytes are no JSON, or gone. */
  body: Json | null;
}

/** The same, as a front door sees it. */
export interface PortTold extends Told {
  variant: string | null;
  /** What its sender knew beside. */
  details: Readonly<Record<string, Json>> | null;
  createdAtMs: number;
}

/** An id as they are; what is longer, or no text for people, is looked up by nobody. */
const ID = /^[^\p{Cc}\p{Cs}]{1,200}$/u;

/** Whether events of this type tell of something that lives. */
export function tellsOfLives({ lives = [] }: Pick<Profile, 'lives'>, type: string): boolean {
  return lives.some(({ idAt }) => Object.hasOwn(idAt, type));
}

/** `difference eb73184b-…`: what an event tells of; null where it is nothing that lives. */
export function subjectOf({ lives = [] }: Pick<Profile, 'lives'>, { type, body }: Told): string | null {
  for (const { kind, idAt } of lives) {
    for (const path of (Object.hasOwn(idAt, type) && idAt[type]) || []) {
      const id = valueAt(body, path);
      const found = subject(kind, typeof id === 'number' ? String(id) : id);
      if (found !== null) return found;
    }
  }
  return null;
}

/** What a thing is found under; null where this is no id. */
export function subject(kind: string, id: Json | undefined): string | null {
  return typeof id === 'string' && ID.test(id) ? `${kind} ${id}` : null;
}

/** Rules that an event breaks after these. */
export function brokenRules(
  { lives = [] }: Pick<Profile, 'lives'>,
  event: Told,
  before: readonly Told[],
): LifeRule[] {
  return lives
    .filter(({ idAt }) => Object.hasOwn(idAt, event.type))
    .flatMap(({ rules }) => rules)
    .filter(({ types, broken }) => types.includes(event.type) && broken(event, before));
}

/** @param path dotted, such as `data.object.id`. */
export function valueAt(body: Json | null, path: string): Json | undefined {
  return path
    .split('.')
    .reduce<Json | undefined>((node, key) => (isObject(node) ? node[key] : undefined), body ?? undefined);
}
