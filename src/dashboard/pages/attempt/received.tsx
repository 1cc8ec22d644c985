import { useSignal } from '@preact/signals';
import { Field } from '../../parts/field.js';
import { Status } from '../../parts/mark.js';
import { Section } from '../../parts/section.js';
import { post } from '../../state/api.js';
import { headerLines } from '../../state/form.js';
import { sentenceOf } from '../../state/refusal.js';
import type { Seen } from '../attempt.js';
import type { Explained } from './signature-tab.js';

/** Paste what the consumer got: the first byte that differs, and what people get wrong, by name. */
export function Received({ seen, signed }: { seen: Seen; signed: boolean }) {
  const bytes = useSignal<string | null>(null);
  const result = useSignal<Explained | null>(null);
  const error = useSignal<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const headers = headerLines(String(form.get('headers')));
    const secret = String(form.get('secret'));
    const file = form.get('file');
    const exact = file instanceof File && file.size > 0 ? await file.arrayBuffer() : null;
    try {
      result.value = await post<Explained>(`${seen.at}/verify`, {
        ...(exact
          ? { bodyBase64: base64(new Uint8Array(exact)) }
          : { body: bytes.value ?? String(form.get('body')) }),
        ...(headers.length > 0 ? { headers } : {}),
        ...(secret === '' ? {} : { secret }),
        tolerance: null,
      });
      error.value = null;
    } catch (thrown) {
      result.value = null;
      error.value = sentenceOf(thrown);
    }
  };
  return (
    <Section title="Why does it not verify?" class="received">
      <p class="hint">
        Paste what your consumer received, before anything parsed it. What you leave empty counts as sent.
      </p>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <Field name="Body as received">
          <textarea
            name="body"
            rows={8}
            spellcheck={false}
            // A field turns CRLF into LF: what was pasted keeps its own line ends.
            onPaste={(event) => {
              const pasted = event.clipboardData?.getData('text/plain') ?? '';
              bytes.value = event.currentTarget.value === '' && pasted.includes('\r') ? pasted : null;
            }}
            onInput={(event) => {
              if (bytes.value?.replaceAll('\r\n', '\n') !== event.currentTarget.value) bytes.value = null;
            }}
          />
        </Field>
        <Field name="or the file with its exact bytes">
          <input type="file" name="file" />
        </Field>
        <Field name="Headers as received, one a line">
          <textarea class="short" name="headers" rows={3} spellcheck={false} placeholder="name: value" />
        </Field>
        <Field name="The secret your consumer verifies with">
          <input name="secret" type="password" autocomplete="off" />
        </Field>
        <div class="row">
          <button type="submit" class="primary">
            Compare
          </button>
        </div>
      </form>
      <div role="status">
        {error.value && <p class="field-error">{error.value}</p>}
        {result.value && <Verdict result={result.value} signed={signed} />}
      </div>
    </Section>
  );
}

function Verdict({ result, signed }: { result: Explained; signed: boolean }) {
  const { verdict, causes, firstDifference: difference } = result;
  if (verdict === 'valid') return <Status of="pass" text={signed ? 'It verifies.' : 'The key fits.'} />;
  return (
    <div class="verdict">
      <Status of="fail" text="It does not verify." />
      <ul>
        {causes.map(({ code, text }) => (
          <li key={code}>
            <code>{code}</code> {text}
          </li>
        ))}
        {causes.length === 0 && <li>There is nothing to check it by.</li>}
      </ul>
      {difference && (
        <p>
          First difference in the {difference.in}, at byte {difference.at}: found{' '}
          <code>{difference.found ?? 'the end'}</code>, wanted <code>{difference.wanted ?? 'the end'}</code>
          {difference.around && (
            <>
              , around <code class="wrap">{difference.around}</code>
            </>
          )}
          .
        </p>
      )}
    </div>
  );
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
