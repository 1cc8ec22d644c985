import { useSignal } from '@preact/signals';
import type { ProfileResource } from '../../../services/schemas/catalogue.js';
import type { SecretResource } from '../../../services/schemas/subscriptions.js';
import { Instant } from '../../parts/instant.js';
import { Secret } from '../../parts/secret.js';
import { Section } from '../../parts/section.js';
import { useAct } from '../../state/act.js';
import { post } from '../../state/api.js';
import { filledIn, given } from '../../state/form.js';
import { span } from '../../state/time.js';

interface SecretsProps {
  at: string;
  secrets: readonly SecretResource[];
  profile: ProfileResource;
  reload(): Promise<void>;
}

/** What signs, and what signed until an overlap ends. A value is seen once, when it is made. */
export function Secrets({ at, secrets, profile, reload }: SecretsProps) {
  const { busy, act } = useAct();
  const made = useSignal<string | null>(null);
  const rule = profile.policies.rotation?.value as { kind: string; defaultMs?: number };
  const rotate = (event: SubmitEvent) => {
    const body = given(filledIn(event));
    void act(async () => {
      const answer = await post<SecretResource>(`${at}/secrets`, body);
      made.value = answer.secret ?? null;
      await reload();
      return 'Rotated.';
    });
  };
  return (
    <Section title="Secrets">
      <ul class="secrets">
        {secrets.map(({ id, name, createdAt, expiresAt }) => (
          <li key={id}>
            <span class="mono">••••••••</span> {name ?? ''}{' '}
            {expiresAt === null ? (
              <strong>signs</strong>
            ) : (
              <>
                signs, too, until <Instant at={expiresAt} />
              </>
            )}{' '}
            <span class="quiet">
              made <Instant at={createdAt} brief />
            </span>
          </li>
        ))}
        {secrets.length === 0 && <li class="quiet">None: nothing is signed.</li>}
      </ul>
      {made.value && (
        <div class="note">
          <p>The new secret, shown this once:</p>
          <Secret value={made.value} />
        </div>
      )}
      {rule.kind !== 'fixed' && (
        <form class="row" onSubmit={rotate}>
          <label class="inline">
            New secret
            <input name="secret" type="password" autocomplete="off" placeholder="made here when empty" />
          </label>
          {rule.kind === 'overlap' && (
            <label class="inline">
              both sign for
              <input class="small" name="overlap" placeholder={span(rule.defaultMs ?? 0)} />
            </label>
          )}
          <button type="submit" disabled={busy}>
            Rotate
          </button>
        </form>
      )}
      {rule.kind === 'switch' && (
        <p class="hint">This provider carries one secret: the new one holds at once, for retries too.</p>
      )}
    </Section>
  );
}
