import { useSignal } from '@preact/signals';
import type { ProfileResource } from '../../../services/schemas/catalogue.js';
import type { SubscriptionResource } from '../../../services/schemas/subscriptions.js';
import { Command } from '../../parts/copy.js';
import { curlOf } from '../../parts/curl-of.js';
import { providerOptions, Select } from '../../parts/select.js';
import { Empty } from '../../parts/state.js';
import { useAct } from '../../state/act.js';
import { get, inTenant, post } from '../../state/api.js';
import { profiles } from '../../state/profiles.js';

/** An empty log: one button until something is seen, and the command that does the same. */
export function FirstEvent() {
  const chosen = useSignal<string | null>(null);
  const { busy, act } = useAct();
  const known = profiles.value;
  if (!known) return null;
  const profile = known.find(({ id }) => id === chosen.value) ?? known.find(isSigned) ?? known[0];
  if (!profile) return <Empty title="No provider is known here." />;
  const type = profile.events[0]?.type ?? '';
  return (
    <Empty title="Nothing was sent yet.">
      <p>Send one to the built-in receiver, a correct consumer of every provider.</p>
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={busy}
          onClick={() => void act(() => sendFirst(profile, type))}
        >
          Send the first event
        </button>
        <label class="inline">
          as
          <Select options={providerOptions()} value={profile.id} choose={(id) => (chosen.value = id)} />
        </label>
      </div>
      <p>Or from a shell, to a consumer of your own:</p>
      <Command text={commandFor(profile.id, type)} />
    </Empty>
  );
}

function isSigned({ secret }: ProfileResource): boolean {
  return secret.value.use === 'required';
}

/** To the subscription that points at the receiver already, else to a new one. */
async function sendFirst({ id: provider, name }: ProfileResource, type: string): Promise<string> {
  const { url } = await get<{ url: string }>(inTenant('/receiver'));
  const { data } = await get<{ data: SubscriptionResource[] }>(
    inTenant(`/subscriptions?provider=${encodeURIComponent(provider)}&limit=200`),
  );
  const subscription =
    data.find((one) => one.url.startsWith(url) && one.status === 'active') ??
    (await post<SubscriptionResource>(inTenant('/subscriptions'), { provider, url }));
  await post(inTenant('/events'), {
    provider,
    type,
    environment: subscription.environment,
    subscriptionId: subscription.id,
  });
  return `${name} sends ${type} to the built-in receiver.`;
}

function commandFor(provider: string, type: string): string {
  const url = 'http://127.0.0.1:3000/webhooks';
  return `${curlOf('/subscriptions', { provider, url })}\n\n${curlOf('/events', { provider, type })}`;
}
