import { useSignal } from '@preact/signals';
import { useAct } from '../../state/act.js';
import { call, tenantSlug } from '../../state/api.js';
import type { Operation } from './document.js';

/** Asks this very server, with the session of this page. */
export function TryIt({ operation, example }: { operation: Operation; example: string }) {
  const answer = useSignal<string | null>(null);
  const { busy, act } = useAct();
  const { method, path, parameters } = operation;
  if (path.endsWith('/stream')) return null;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const given = (name: string) => String(form.get(name) ?? '');
    const to = path
      .replace('/api/v1', '')
      .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(given(name)));
    const query = new URLSearchParams(
      parameters
        .filter((one) => one.in === 'query' && given(one.name))
        .map(({ name }) => [name, given(name)]),
    );
    void act(async () => {
      const body = given('body').trim();
      const found = await call<unknown>(
        method.toUpperCase() as 'GET',
        query.size > 0 ? `${to}?${query}` : to,
        operation.body && body ? JSON.parse(body) : undefined,
      );
      answer.value = found === undefined ? 'no content' : JSON.stringify(found, null, 2);
      return 'Answered.';
    });
  };
  return (
    <form class="stack" onSubmit={send}>
      <h3>Try it</h3>
      <div class="row">
        {parameters
          .filter((one) => one.in === 'path' || one.in === 'query')
          .map(({ name, required }) => (
            <label key={name} class="inline">
              {name}
              <input name={name} required={required} defaultValue={name === 'tenant' ? tenantSlug() : ''} />
            </label>
          ))}
      </div>
      {operation.body && (
        <textarea
          class="short"
          name="body"
          aria-label="Body as JSON"
          rows={5}
          spellcheck={false}
          defaultValue={example}
        />
      )}
      <div class="row">
        <button type="submit" disabled={busy}>
          Send
        </button>
      </div>
      <div role="status">{answer.value !== null && <pre tabindex={0}>{answer.value}</pre>}</div>
    </form>
  );
}
