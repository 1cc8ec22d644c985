import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Json } from '../../src/lib/merge-patch.js';

/** A body printed in a document: `test/fixtures/golden/<provider>/<name>.json`. */
export interface Golden {
  type: string;
  variant: string | null;
  /** `seeds/noyo.md`, or the URL it is published at. */
  source: string;
  /** Tenant settings under which it is built. */
  settings: Record<string, Json>;
  /** Its values as a merge patch, keys in alphabetical order: the order of the body is the builder's own. */
  data: Json;
  /** Sets the event id, for a provider that carries it in the body. */
  eventId?: string;
  /** The printed bytes, compact. */
  body: string;
}

const FOLDER = fileURLToPath(new URL('../fixtures/golden/', import.meta.url));

export function goldenFiles(): { provider: string; name: string; golden: Golden }[] {
  return readdirSync(FOLDER).flatMap((provider) =>
    readdirSync(`${FOLDER}${provider}`).map((name) => ({
      provider,
      name: name.replace(/\.json$/, ''),
      golden: JSON.parse(readFileSync(`${FOLDER}${provider}/${name}`, 'utf8')) as Golden,
    })),
  );
}

const SHARED = new URL('../../../shared/', import.meta.url);

/** The text of a provider's document, or null in a clone that stands alone and for a web page. */
export function documentText(source: string): string | null {
  if (!source.startsWith('seeds/')) return null;
  const path = fileURLToPath(new URL(source, SHARED));
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
