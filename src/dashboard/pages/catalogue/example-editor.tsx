import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { z } from 'zod';
import type { ProfileResource } from '../../../services/schemas/catalogue.js';
import type { publishResult } from '../../../services/schemas/publish.js';
import type { SubscriptionResource } from '../../../services/schemas/subscriptions.js';
import { Copy } from '../../parts/copy.js';
import { Section } from '../../parts/section.js';
import { Select } from '../../parts/select.js';
import { useAct } from '../../state/act.js';
import { get, inTenant, post, tenantSlug } from '../../state/api.js';
import { filledIn } from '../../state/form.js';
import { Refusal, sentenceOf } from '../../state/refusal.js';
import { href } from '../../state/router.js';
import { lineAt, lineOf, linesOf, mergePatch } from './json-lines.js';

export interface EditorProps {
  profile: ProfileResource;
  type: string;
  variant: string | null;
  /** As shipped. */
  example: unknown;
  start: unknown;
  subscriptions: readonly SubscriptionResource[];
}

type Published = z.output<typeof publishResult>;

interface Finding {
  line: number | null;
  text: string;
}

const written = (value: unknown) => JSON.stringify(value, null, 2);

/** An example to change and send; kept for the tenant in this tab, and judged by the line. */
export function ExampleEditor({ profile, type, variant, example, start, subscriptions }: EditorProps) {
  const keptAs = `ringer-example ${tenantSlug()} ${profile.id} ${type} ${variant}`;
  const text = useSignal(
    start === example ? (sessionStorage.getItem(keptAs) ?? written(example)) : written(start),
  );
  const findings = useSignal<Finding[]>([]);
  const sent = useSignal<Published | null>(null);
  const { busy, act } = useAct();
  const seed = useSignal(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const count = text.value.split('\n').length;
  const change = (next: string) => {
    text.value = next;
    findings.value = [];
    sessionStorage.setItem(keptAs, next);
  };
  const draw = () =>
    act(async () => {
      seed.value += 1;
      const { events } = await get<ProfileResource>(`/providers/${profile.id}?seed=${seed.value}`);
      const shapes = events.find((event) => event.type === type)?.shapes;
      change(written(shapes?.find((shape) => shape.variant === variant)?.example));
      return `As seed ${seed.value} draws it.`;
    });
  const send = (event: SubmitEvent) => {
    const { to, exact } = filledIn(event);
    const value = exact ? undefined : parsed(text.value, findings);
    if (!exact && value === undefined) return;
    const patch = exact ? undefined : mergePatch(example, value);
    const subscription = subscriptions.find(({ id }) => id === to);
    sent.value = null;
    void act(async () => {
      try {
        sent.value = await post<Published>(inTenant('/events'), {
          provider: profile.id,
          type,
          ...(variant === null ? {} : { variant }),
          ...(subscription ? { subscriptionId: to, environment: subscription.environment } : {}),
          ...(exact ? { payload: text.value } : patch === undefined ? {} : { data: patch }),
        });
        findings.value = [];
        return `${type} was published.`;
      } catch (thrown) {
        findings.value = findingsOf(thrown, text.value);
        return undefined;
      }
    });
  };
  const wrong = new Set(findings.value.map(({ line }) => line));
  return (
    <Section
      title="Example"
      side={
        <div class="row">
          <button
            type="button"
            disabled={text.value === written(example)}
            onClick={() => change(written(example))}
          >
            Back to the shipped one
          </button>
          <button type="button" disabled={busy} onClick={() => void draw()}>
            Another one
          </button>
          <Copy text={() => text.value} what="the example" label="Copy as fixture" />
        </div>
      }
    >
      <form class="stack" onSubmit={send}>
        <div class="editor">
          <div class="gutter" ref={gutter} aria-hidden="true">
            {Array.from({ length: count }, (_, i) => (
              <span key={i} class={wrong.has(i + 1) ? 'bad' : ''}>
                {i + 1}
              </span>
            ))}
          </div>
          <textarea
            ref={area}
            aria-label="The event’s body"
            aria-describedby="findings"
            aria-invalid={findings.value.length > 0}
            spellcheck={false}
            wrap="off"
            rows={Math.min(32, Math.max(12, count))}
            value={text.value}
            onInput={(event) => change(event.currentTarget.value)}
            onScroll={(event) => {
              if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
            }}
          />
        </div>
        <div id="findings" role="alert">
          {findings.value.length > 0 && (
            <ul class="findings">
              {findings.value.map(({ line, text: words }) => (
                <li key={`${line}${words}`}>
                  {line !== null && (
                    <button type="button" onClick={() => area.current && select(area.current, line)}>
                      Line {line}
                    </button>
                  )}{' '}
                  {words}
                </li>
              ))}
            </ul>
          )}
        </div>
        <div class="row">
          <label class="inline">
            To
            <Select
              name="to"
              none={`whoever subscribed (${subscriptions.length})`}
              options={subscriptions.map(({ id, url, status }) => [id, `${url} (${status})`])}
            />
          </label>
          <label class="check">
            <input type="checkbox" name="exact" />
            exactly these bytes, whatever the schema says
          </label>
        </div>
        <div class="row">
          <button type="submit" class="primary" disabled={busy}>
            Send
          </button>
          {subscriptions.length === 0 && (
            <span class="quiet">
              Nobody is subscribed yet;{' '}
              <a href={href('/subscriptions', { new: '1', provider: profile.id })}>add a subscription</a>{' '}
              first.
            </span>
          )}
        </div>
      </form>
      <div role="status">{sent.value && <Sent published={sent.value} />}</div>
    </Section>
  );
}

function Sent({ published }: { published: Published }) {
  const [only] = published.deliveries;
  return (
    <p class="note">
      Published as{' '}
      <a class="mono" href={href(`/events/${published.id}`)}>
        {published.id}
      </a>
      ,{' '}
      {published.deliveries.length === 1 && only ? (
        <a href={href(`/deliveries/${only.id}`)}>one delivery</a>
      ) : (
        `${published.deliveries.length} deliveries`
      )}
      .
    </p>
  );
}

function parsed(text: string, findings: { value: Finding[] }): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = (error as Error).message;
    const position = /position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? lineAt(text, text.length) : lineAt(text, Number(position));
    findings.value = [{ line, text: `This is not JSON: ${message}.` }];
    return undefined;
  }
}

function findingsOf(thrown: unknown, text: string): Finding[] {
  if (!(thrown instanceof Refusal) || thrown.errors.length === 0)
    return [{ line: null, text: sentenceOf(thrown) }];
  let lines = new Map<string, number>();
  try {
    JSON.parse(text);
    lines = linesOf(text);
  } catch {
    // Sent as bytes: it need not be JSON, and then nothing has a line.
  }
  return thrown.errors.map(({ path, message }) => ({
    line: lineOf(lines, lines.has(path) ? path : path.replace(/^data\./, '')),
    text: path ? `${path}: ${message}` : message,
  }));
}

function select(area: HTMLTextAreaElement, line: number): void {
  const before = area.value
    .split('\n')
    .slice(0, line - 1)
    .join('\n');
  const start = line === 1 ? 0 : before.length + 1;
  const end = area.value.indexOf('\n', start);
  area.focus();
  area.setSelectionRange(start, end < 0 ? area.value.length : end);
}
