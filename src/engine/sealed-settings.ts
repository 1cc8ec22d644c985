import { MASK } from '../lib/mask.js';
import { isObject, type Json } from '../lib/merge-patch.js';
import type { Sealer } from '../lib/sealing.js';

/** What of a subscription or a tenant's provider lies encrypted in its row. */
export interface SealedParts {
  /** Custom headers, in sent order. */
  headers: [name: string, value: string][];
  /** Values taken out of the settings, each with its path. */
  settings: [path: string[], value: Json][];
}

export type Settings = { [key: string]: Json };

export { MASK };

export const placeOf = {
  subscription: (tenantId: string, id: string) => `subscription:${tenantId}:${id}`,
  secret: (tenantId: string, subscriptionId: string) => `secret:${tenantId}:${subscriptionId}`,
  provider: (tenantId: string, provider: string) => `provider:${tenantId}:${provider}`,
};

export function sealParts(sealer: Sealer, place: string, parts: SealedParts): Uint8Array | null {
  if (parts.headers.length === 0 && parts.settings.length === 0) return null;
  return sealer.seal(JSON.stringify(parts), place);
}

/** @throws SealError */
export function openParts(sealer: Sealer, place: string, sealed: Uint8Array | null): SealedParts {
  if (sealed === null) return { headers: [], settings: [] };
  return JSON.parse(sealer.open(sealed, place)) as SealedParts;
}

/** Takes the secrets out: what is left may lie in clear. A null is no secret. */
export function splitSettings(
  settings: Settings,
  secretPaths: readonly string[] = [],
): { clear: Settings; secrets: SealedParts['settings'] } {
  const clear = structuredClone(settings);
  const secrets: SealedParts['settings'] = [];
  for (const path of pathsIn(clear, secretPaths)) {
    const parent = parentOf(clear, path);
    const key = path.at(-1)!;
    secrets.push([path, parent[key]!]);
    delete parent[key];
  }
  return { clear, secrets };
}

export function joinSettings(clear: Settings, secrets: SealedParts['settings']): Settings {
  const joined = structuredClone(clear);
  for (const [path, value] of secrets) {
    let node = joined;
    for (const key of path.slice(0, -1)) {
      if (!isObject(node[key])) node[key] = {};
      node = node[key];
    }
    node[path.at(-1)!] = value;
  }
  return joined;
}

export function maskSettings(
  settings: Readonly<Record<string, unknown>>,
  secretPaths: readonly string[] = [],
): Settings {
  const masked = structuredClone(settings) as Settings;
  for (const path of pathsIn(masked, secretPaths)) parentOf(masked, path)[path.at(-1)!] = MASK;
  return masked;
}

/** Masked values that came back become what they stood for; one that stood for nothing stays and is refused later. */
export function unmaskSettings(
  given: Settings,
  before: Settings,
  secretPaths: readonly string[] = [],
): Settings {
  const unmasked = structuredClone(given);
  for (const path of pathsIn(unmasked, secretPaths)) {
    const parent = parentOf(unmasked, path);
    const key = path.at(-1)!;
    const old = path.reduce<Json | undefined>(
      (node, step) => (isObject(node) ? node[step] : undefined),
      before,
    );
    if (parent[key] === MASK && old !== undefined) parent[key] = old;
  }
  return unmasked;
}

/** The secret paths that have a value, with `*` spelled out. */
function pathsIn(settings: Settings, secretPaths: readonly string[]): string[][] {
  return secretPaths.flatMap((dotted) => {
    let found: string[][] = [[]];
    for (const step of dotted.split('.')) {
      found = found.flatMap((path) => {
        const node = path.reduce<Json | undefined>(
          (at, key) => (isObject(at) ? at[key] : undefined),
          settings,
        );
        if (!isObject(node)) return [];
        const keys = step === '*' ? Object.keys(node) : Object.hasOwn(node, step) ? [step] : [];
        return keys.filter((key) => node[key] !== null).map((key) => [...path, key]);
      });
    }
    return found;
  });
}

function parentOf(settings: Settings, path: readonly string[]): Settings {
  return path.slice(0, -1).reduce((node, key) => node[key] as Settings, settings);
}
