import { post } from '../../state/api.js';
import { tenantNow } from '../../state/clock.js';

interface RecoverProps {
  at: string;
  busy: boolean;
  act(work: () => Promise<string | undefined>): Promise<void>;
  reload(): Promise<void>;
}

const STATUSES = { failed: 'what failed', never_attempted: 'what was never attempted', all: 'everything' };

/** Sends again what went wrong in a range of time. */
export function Recover({ at, busy, act, reload }: RecoverProps) {
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const body = { since: `${String(form.get('since'))}:00Z`, status: form.get('status') };
    void act(async () => {
      const { count } = await post<{ count: number }>(`${at}/recover`, body);
      await reload();
      return count === 0 ? 'There was nothing to send again.' : `${count} sent again.`;
    });
  };
  const dayAgo = new Date(tenantNow() - 86_400_000).toISOString().slice(0, 16);
  return (
    <section aria-labelledby="recover-title">
      <h2 id="recover-title">Recover</h2>
      <form class="row" onSubmit={send}>
        <label class="inline">
          Send again
          <select name="status">
            {Object.entries(STATUSES).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label class="inline">
          since
          <input type="datetime-local" name="since" required defaultValue={dayAgo} />
          UTC
        </label>
        <button type="submit" disabled={busy}>
          Recover
        </button>
      </form>
    </section>
  );
}
