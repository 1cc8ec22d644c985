import { useSignal } from '@preact/signals';
import { signIn } from '../state/api.js';
import { filledIn } from '../state/form.js';
import { sentenceOf } from '../state/refusal.js';

/** Where the server does not know this browser: a key becomes a cookie that no script can read. */
export function SignIn() {
  const error = useSignal<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    try {
      await signIn(filledIn(event).key ?? '');
    } catch (thrown) {
      error.value = sentenceOf(thrown);
    }
  };
  return (
    <main class="sign-in">
      <form onSubmit={(event) => void submit(event)}>
        <h1>Ringer</h1>
        <p>
          This server wants a key: a tenant’s, or the operator’s token (<code>.ringer/admin-token</code> in
          the data folder, or RINGER_ADMIN_TOKEN).
        </p>
        <label>
          Key
          <input
            name="key"
            type="password"
            autocomplete="current-password"
            required
            aria-describedby="key-error"
          />
        </label>
        <p id="key-error" class="field-error" role="alert">
          {error.value}
        </p>
        <button type="submit" class="primary">
          Open
        </button>
      </form>
    </main>
  );
}
