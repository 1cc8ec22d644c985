import { useSignal } from '@preact/signals';
import type { CheckRun } from '../../../checks/schemas.js';
import type { SubscriptionResource } from '../../../services/schemas/subscriptions.js';
import { Command } from '../../parts/copy.js';
import { Field } from '../../parts/field.js';
import { Section } from '../../parts/section.js';
import { type Option, providerOptions, Select } from '../../parts/select.js';
import { inTenant, post } from '../../state/api.js';
import { filledIn, given } from '../../state/form.js';
import { go, href, query } from '../../state/router.js';
import { FormError } from '../subscriptions/subscription-form.js';

const LEVELS: Option[] = [
  ['0', '0: its answers'],
  ['1', '1: also its state'],
];

/** Which consumer is asked, and what. */
export function StartForm({ consumers }: { consumers: readonly SubscriptionResource[] }) {
  // Empty: not one of the tenant's, but a URL.
  const chosen = useSignal(query.value.get('sub') ?? consumers[0]?.id ?? '');
  const level = useSignal('0');
  const busy = useSignal(false);
  const error = useSignal<Error | null>(null);
  const one = consumers.find(({ id }) => id === chosen.value);
  const start = async (event: SubmitEvent) => {
    const fields = given(filledIn(event));
    busy.value = true;
    try {
      const { id } = await post<CheckRun>(inTenant('/checks'), {
        ...fields,
        level: Number(level.value),
        ...(fields.only ? { only: fields.only.split(/[\s,]+/).filter(Boolean) } : {}),
      });
      go(href(`/checks/${id}`));
    } catch (thrown) {
      error.value = thrown as Error;
      busy.value = false;
    }
  };
  return (
    <Section title="Start a run" class="panel">
      <form class="stack" onSubmit={(event) => void start(event)}>
        <Field name="Consumer">
          <Select
            name="subscriptionId"
            none="any URL…"
            options={consumers.map(({ id, url, provider }) => [id, `${url} (${provider})`])}
            value={one?.id ?? ''}
            choose={(id) => (chosen.value = id)}
          />
        </Field>
        {!one && (
          <div class="fields">
            <Field name="Provider">
              <Select name="provider" options={providerOptions()} />
            </Field>
            <Field name="URL">
              <input name="url" type="url" required placeholder="http://127.0.0.1:3000/webhooks" />
            </Field>
            <Field name="Secret that it knows">
              <input name="secret" type="password" autocomplete="off" />
            </Field>
          </div>
        )}
        <div class="fields">
          <Field name="Level">
            <Select options={LEVELS} value={level.value} choose={(next) => (level.value = next)} />
          </Field>
          {level.value === '1' && (
            <Field name="Effects probe">
              <input name="effects" type="url" required placeholder="answers GET with its state, any JSON" />
            </Field>
          )}
          <Field name="Only">
            <input name="only" placeholder="SIG, DUP-01; all when empty" />
          </Field>
          <Field name="Seed">
            <input name="seed" maxLength={100} placeholder="any" />
          </Field>
        </div>
        <p class="hint">
          Hostile and broken requests are among them, and the consumer will store the events: ask one that is
          yours, in test.
        </p>
        <div role="alert">{error.value && <FormError error={error.value} />}</div>
        <div class="row">
          <button type="submit" class="primary" disabled={busy.value}>
            Run the checks
          </button>
        </div>
      </form>
      <details>
        <summary>From a shell, for a build</summary>
        <Command
          text={`npm run -s ringer -- check --provider ${one?.provider ?? 'PROVIDER'} \\
  --to ${one?.url ?? 'URL'} --secret "$SECRET" --report junit=checks.xml`}
        />
      </details>
    </Section>
  );
}
