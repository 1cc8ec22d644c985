import { signal } from '@preact/signals';
import type { ProfileResource } from '../../services/schemas/catalogue.js';
import { get } from './api.js';

/** Every provider; they do not change while the server runs. */
export const profiles = signal<ProfileResource[] | null>(null);

export async function loadProfiles(): Promise<void> {
  const all: ProfileResource[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { data: ProfileResource[]; nextCursor: string | null } = await get(
      `/providers?limit=200${cursor ? `&cursor=${cursor}` : ''}`,
    );
    all.push(...page.data);
    cursor = page.nextCursor;
  }
  profiles.value = all;
}

export function profileOf(id: string | null | undefined): ProfileResource | undefined {
  return profiles.value?.find((profile) => profile.id === id);
}

/** How many attempts the schedule has; null where it is not known. */
export function attemptsOf(id: string | null): number | null {
  const delays = profileOf(id)?.retryDelaysMs;
  return delays ? delays.length + 1 : null;
}
