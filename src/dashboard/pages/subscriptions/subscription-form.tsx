import { useSignal } from '@preact/signals';
import type { ProfileResource } from '../../../services/schemas/catalogue.js';
import type { SubscriptionResource } from '../../../services/schemas/subscriptions.js';
import { Field } from '../../parts/field.js';
import { type Schema, SchemaForm } from '../../parts/schema-form.js';
import { Select } from '../../parts/select.js';
import { get, inTenant } from '../../state/api.js';
import { given, headerLines } from '../../state/form.js';
import { Refusal, sentenceOf } from '../../state/refusal.js';

export interface FormProps {
  profile: ProfileResource;
  /** Absent: a new one. */
  known?: SubscriptionResource;
  submit(body: Record<string, unknown>): Promise<void>;
  done: string;
}

const LIMITS = [
  ['rateLimit', 'Deliveries a second', '100000', 'no limit'],
  ['maxInFlight', 'At once in flight', '1000', 'default'],
] as const;

/** Drawn from what the provider declares: a new provider needs no form of its own. */
export function SubscriptionForm({ profile, known, submit, done }: FormProps) {
  const error = useSignal<Refusal | Error | null>(null);
  const settings = useSignal<Record<string, unknown>>({});
  const url = useSignal(known?.url ?? '');
  const environments = (profile.environments.value as { offered?: string[] }).offered ?? [];
  const offered = profile.presets.filter(({ scope }) => scope === 'subscription');
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const types = form.getAll('events').map(String);
    const headers = Object.fromEntries(headerLines(text('headers')));
    const presets = form.getAll('presets').map(String);
    try {
      await submit({
        url: text('url'),
        ...given({
          secret: text('secret'),
          environment: text('environment'),
          maxInFlight: Number(text('maxInFlight')),
        }),
        ...(Object.keys(settings.value).length > 0 ? { settings: settings.value } : {}),
        ...(known || presets.length > 0 ? { presets } : {}),
        ...(known || Object.keys(headers).length > 0 ? { headers } : {}),
        // What was set before and is empty now is taken away.
        ...(types.length > 0 || known?.events ? { events: types.length > 0 ? types : null } : {}),
        ...(text('rateLimit') || known?.rateLimit ? { rateLimit: Number(text('rateLimit')) || null } : {}),
      });
    } catch (thrown) {
      error.value = thrown instanceof Error ? thrown : new Error(sentenceOf(thrown));
    }
  };
  const receiver = async () => {
    try {
      url.value = (await get<{ url: string }>(inTenant('/receiver'))).url;
    } catch (thrown) {
      error.value = thrown as Error;
    }
  };
  return (
    <form class="stack" onSubmit={(event) => void send(event)}>
      <div class="field">
        <label class="name" for="sub-url">
          URL
        </label>
        <div class="row grow">
          <input
            id="sub-url"
            name="url"
            type="url"
            required
            placeholder="http://127.0.0.1:3000/webhooks"
            value={url.value}
            onInput={(event) => (url.value = event.currentTarget.value)}
          />
          <button type="button" onClick={() => void receiver()}>
            Built-in receiver
          </button>
        </div>
      </div>
      {profile.secret.value.use !== 'none' && (
        <Field
          name="Secret"
          hint={
            known
              ? 'Left empty it stays; Rotate keeps the old one for a while, where the provider can.'
              : profile.secret.value.use === 'required'
                ? 'Left empty one is made and shown once.'
                : 'Left empty nothing is signed.'
          }
        >
          <input name="secret" type="password" autocomplete="off" />
        </Field>
      )}
      {environments.length > 1 && (
        <Field name="Environment">
          <Select
            name="environment"
            options={environments.map((name) => [name, name])}
            value={known?.environment ?? environments[0]!}
          />
        </Field>
      )}
      {profile.eventFilter.value === 'byType' && (
        <Boxes
          name="events"
          title="Event types"
          hint="None chosen: all of them."
          chosen={known?.events ?? []}
          items={profile.events.map(({ type, summary }) => [type, type, summary])}
        />
      )}
      {offered.length > 0 && (
        <Boxes
          name="presets"
          title="Presets"
          hint="Other readings of what the provider documents."
          chosen={known?.presets ?? []}
          items={offered.map((preset) => [preset.name, preset.name, preset.title])}
        />
      )}
      <details
        open={
          error.value instanceof Refusal && error.value.errors.some(({ path }) => path.startsWith('settings'))
        }
      >
        <summary>Settings of {profile.name}</summary>
        <SchemaForm
          schema={profile.settings.subscription as Schema}
          value={settings.value}
          set={(next) => (settings.value = next)}
        />
      </details>
      <details>
        <summary>Headers and limits</summary>
        <div class="stack">
          <Field name="Headers" hint="One a line, name: value; sent on every attempt.">
            <textarea
              class="short"
              name="headers"
              spellcheck={false}
              rows={3}
              value={Object.entries(known?.headers ?? {})
                .map(([name, value]) => `${name}: ${value}`)
                .join('\n')}
            />
          </Field>
          {LIMITS.map(([name, text, max, none]) => (
            <Field key={name} name={text}>
              <input
                name={name}
                type="number"
                min="1"
                max={max}
                value={known?.[name] ?? ''}
                placeholder={none}
              />
            </Field>
          ))}
        </div>
      </details>
      <div role="alert">{error.value && <FormError error={error.value} />}</div>
      <div class="row">
        <button type="submit" class="primary">
          {done}
        </button>
      </div>
    </form>
  );
}

export function FormError({ error }: { error: Error }) {
  const errors = error instanceof Refusal ? error.errors : [];
  return (
    <div class="wrong">
      <div>
        <p>{sentenceOf(error)}</p>
        {errors.length > 1 && (
          <ul>
            {errors.map(({ path, message }) => (
              <li key={path + message}>
                <code>{path}</code> {message}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

interface BoxesProps {
  name: string;
  title: string;
  hint: string;
  chosen: readonly string[];
  items: readonly (readonly [value: string, text: string, hint: string])[];
}

function Boxes({ name, title, hint, chosen, items }: BoxesProps) {
  return (
    <details open={chosen.length > 0}>
      <summary>{title}</summary>
      <p class="hint">{hint}</p>
      <ul class="boxes">
        {items.map(([value, text, more]) => (
          <li key={value}>
            <label class="check">
              <input type="checkbox" name={name} value={value} defaultChecked={chosen.includes(value)} />
              <span>
                <span class="mono">{text}</span> <span class="hint">{more}</span>
              </span>
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}
