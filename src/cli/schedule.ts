import type { Api } from './api.js';
import type { Profile, Subscription } from './resources.js';

/** How many attempts a subscription's schedule has; null where a preset changes it, or when it is gone. */
export async function attemptsOf(api: Api, subscriptionId: string): Promise<number | null> {
  try {
    const { provider, presets } = await api.get<Subscription>(`~/subscriptions/${subscriptionId}`);
    const profile = await api.get<Profile>(`/providers/${provider}`);
    const changed = profile.presets.some(
      ({ name, policies }) => presets.includes(name) && policies?.retry !== undefined,
    );
    return changed ? null : profile.retryDelaysMs.length + 1;
  } catch {
    return null;
  }
}
