import type { Api } from './api.js';
import { UsageError } from './failure.js';
import type { Page, Profile } from './resources.js';

export const hasEvent = (type: string) => (profile: Profile) =>
  profile.events.some((event) => event.type === type);
export const hasScenario = (name: string) => (profile: Profile) =>
  profile.scenarios.some((s) => s.name === name);

interface Wanted {
  noun: 'event' | 'scenario';
  name: string;
  has(profile: Profile): boolean;
}

/** The only provider that has it. @throws UsageError */
export async function providerOf(api: Api, { noun, name, has }: Wanted): Promise<string> {
  const { data } = await api.get<Page<Profile>>('/providers');
  const having = data.filter(has).map(({ id }) => id);
  if (having.length === 1) return having[0]!;
  if (having.length > 1)
    throw new UsageError(`${having.join(' and ')} have ${noun} "${name}"; say which with --provider.`);
  throw new UsageError(
    `No provider has ${noun === 'event' ? 'an' : 'a'} ${noun} "${name}"; ringer providers show <provider> lists them.`,
  );
}
