import { useSignal } from '@preact/signals';
import type { SubscriptionResource } from '../../services/schemas/subscriptions.js';
import { Command } from '../parts/copy.js';
import { Page } from '../parts/page.js';
import { Empty, Ready } from '../parts/state.js';
import { get, inTenant } from '../state/api.js';
import { useLoad } from '../state/load.js';
import { href } from '../state/router.js';

/** Whether a consumer does what it has to: asked from a shell, as its side effects are its owner's to allow. */
export function ChecksPage() {
  const at = inTenant('/subscriptions?limit=200');
  const list = useLoad(() => get<{ data: SubscriptionResource[] }>(at), at);
  const chosen = useSignal('');
  return (
    <Page title="Checks" lead="Does a consumer refuse what it must refuse, and take what it must take?">
      <Ready of={list}>
        {({ data }) => {
          const one = data.find(({ id }) => id === chosen.value) ?? data[0];
          if (!one)
            return (
              <Empty title="There is no consumer to check.">
                <p>
                  <a href={href('/subscriptions', { new: '1' })}>Add a subscription that points at yours</a>,
                  or check any URL from a shell:
                </p>
                <Command text="npm run -s ringer -- check --provider … --to http://127.0.0.1:3000/webhooks" />
              </Empty>
            );
          return (
            <div class="stack narrow-text">
              <label class="field">
                <span class="name">Consumer</span>
                <select value={one.id} onChange={(event) => (chosen.value = event.currentTarget.value)}>
                  {data.map(({ id, url, provider }) => (
                    <option key={id} value={id}>
                      {url} ({provider})
                    </option>
                  ))}
                </select>
              </label>
              <p>
                Signatures, replay, idempotency, order, timeouts, sizes and rotation are checked, each with
                its evidence; exit code 1 tells a build that something failed.
              </p>
              <Command
                text={`npm run -s ringer -- check --provider ${one.provider} \\\n  --to ${one.url} --secret "$SECRET"`}
              />
              <p class="hint">As a report for a build:</p>
              <Command
                text={`npm run -s ringer -- check --provider ${one.provider} \\\n  --to ${one.url} --secret "$SECRET" --report json=checks.json`}
              />
            </div>
          );
        }}
      </Ready>
    </Page>
  );
}
