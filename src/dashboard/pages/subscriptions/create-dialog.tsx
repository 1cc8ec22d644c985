import { useSignal } from '@preact/signals';
import type { SubscriptionResource } from '../../../services/schemas/subscriptions.js';
import { Command } from '../../parts/copy.js';
import { Dialog } from '../../parts/dialog.js';
import { Field } from '../../parts/field.js';
import { Secret } from '../../parts/secret.js';
import { providerOptions, Select } from '../../parts/select.js';
import { inTenant, post } from '../../state/api.js';
import { profileOf, profiles } from '../../state/profiles.js';
import { go, href, query, setQuery } from '../../state/router.js';
import { SubscriptionForm } from './subscription-form.js';

/** A new subscription; which provider stands in the address. */
export function CreateDialog({ made }: { made: () => Promise<void> }) {
  const created = useSignal<SubscriptionResource | null>(null);
  const chosen = query.value.get('provider') ?? profiles.value?.[0]?.id ?? '';
  const profile = profileOf(chosen);
  const close = () => setQuery({ new: null, provider: null });
  if (created.value)
    return (
      <Dialog title="Subscribed" close={close}>
        {created.value.secret ? (
          <>
            <p>Its secret is shown this once. Give it to the consumer that verifies.</p>
            <Secret value={created.value.secret} />
          </>
        ) : (
          <p>It is ready.</p>
        )}
        <p>A consumer to begin with; the raw body is what is signed:</p>
        <Command text={consumerFor(created.value)} what="the consumer" />
        <div class="row">
          <button
            type="button"
            class="primary"
            onClick={() => go(href(`/subscriptions/${created.value!.id}`))}
          >
            Open the subscription
          </button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title="New subscription" close={close}>
      <Field name="Provider">
        <Select options={providerOptions()} value={chosen} choose={(provider) => setQuery({ provider })} />
        {profile && <span class="hint">{profile.summary}</span>}
      </Field>
      {profile && (
        <SubscriptionForm
          key={profile.id}
          profile={profile}
          done="Subscribe"
          submit={async (body) => {
            created.value = await post<SubscriptionResource>(inTenant('/subscriptions'), {
              provider: profile.id,
              ...body,
            });
            await made();
          }}
        />
      )}
    </Dialog>
  );
}

function consumerFor({ url }: SubscriptionResource): string {
  const { port, pathname } = new URL(url);
  return `import express from 'express';

const app = express();
app.post('${pathname}', express.raw({ type: '*/*' }), (request, response) => {
  const body = request.body; // the bytes as they came: verify these, then parse
  console.log(request.headers, body.toString());
  response.sendStatus(200);
});
app.listen(${port || 3000});`;
}
