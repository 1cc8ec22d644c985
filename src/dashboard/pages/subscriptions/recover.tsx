import { Section } from '../../parts/section.js';
import { Select } from '../../parts/select.js';
import { post } from '../../state/api.js';
import { tenantNow } from '../../state/clock.js';
import { filledIn } from '../../state/form.js';

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
    const { since, status } = filledIn(event);
    const body = { since: `${since}:00Z`, status };
    void act(async () => {
      const { count } = await post<{ count: number }>(`${at}/recover`, body);
      await reload();
      return count === 0 ? 'There was nothing to send again.' : `${count} sent again.`;
    });
  };
  const dayAgo = new Date(tenantNow() - 86_400_000).toISOString().slice(0, 16);
  return (
    <Section title="Recover">
      <form class="row" onSubmit={send}>
        <label class="inline">
          Send again
          <Select name="status" options={Object.entries(STATUSES)} />
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
    </Section>
  );
}
