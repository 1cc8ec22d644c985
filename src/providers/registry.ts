import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { unknownName } from '../errors.js';
import { invariant } from '../lib/invariant.js';
import type { Profile } from './contract.js';
import { type FoundEvent, findEvent } from './find-event.js';

export interface Registry {
  /** @throws AppError `unknown_provider`, listing what exists. */
  get(id: string): Profile;
  /** In the order of their ids. */
  list(): readonly Profile[];
  /** @throws AppError `unknown_event` or `unknown_variant`. A null variant is the event's first. */
  event(profile: Profile, type: string, variant?: string | null): FoundEvent;
}

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ENTRIES = ['index.js', 'index.ts'];

/**
 * Imports every folder beside this file that has an index.
 * @param folders further provider folders, each with an index of its own.
 */
export async function loadRegistry(folders: readonly (URL | string)[] = []): Promise<Registry> {
  const own = readdirSync(HERE, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(HERE, entry.name))
    .filter((folder) => entryOf(folder) !== undefined);
  const extra = folders.map((folder) => (folder instanceof URL ? fileURLToPath(folder) : folder));
  const profiles = await Promise.all([...own, ...extra].map(loadProfile));
  return createRegistry(profiles);
}

export function createRegistry(profiles: readonly Profile[]): Registry {
  const sorted = [...profiles].sort((a, b) => (a.id < b.id ? -1 : 1));
  const byId = new Map(sorted.map((profile) => [profile.id, profile]));
  invariant(byId.size === sorted.length, 'two provider folders have the same name');
  return {
    get(id) {
      const profile = byId.get(id);
      if (!profile) throw unknownName('unknown_provider', 'provider', id, byId.keys());
      return profile;
    },
    list: () => sorted,
    event: (profile, type, variant) => findEvent(profile.events, { type, variant }),
  };
}

async function loadProfile(folder: string): Promise<Profile> {
  const entry = entryOf(folder);
  invariant(entry, `${folder} has no index`);
  const module = (await import(pathToFileURL(entry).href)) as { default?: Profile };
  const profile = module.default;
  invariant(
    profile?.id === basename(folder),
    `${entry} does not default-export the profile "${basename(folder)}"`,
  );
  return profile;
}

function entryOf(folder: string): string | undefined {
  return ENTRIES.map((name) => join(folder, name)).find((path) => existsSync(path));
}
