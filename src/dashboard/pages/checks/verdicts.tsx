import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { CheckRun } from '../../../checks/schemas.js';
import { Command } from '../../parts/copy.js';
import { Mark } from '../../parts/mark.js';
import { Source } from '../../parts/source.js';
import { query, withQuery } from '../../state/router.js';

type Report = NonNullable<CheckRun['report']>;
type Check = Report['checks'][number];

interface Again {
  /** Absent where what was asked is not known any more. */
  again: ((id: string) => void) | undefined;
}

/** What was found, by verdict; which stand there is in the address. */
export function Verdicts({ report, again }: { report: Report } & Again) {
  const { checks, passed, failed, skipped, notApplicable } = report;
  const kinds: [kind: string, count: number, text: string][] = [
    ['fail', failed, 'failed'],
    ['pass', passed, 'passed'],
    ['all', checks.length, 'in all'],
    ['skip', skipped, 'not asked'],
    ['not-applicable', notApplicable, 'not applicable'],
  ];
  const show = query.value.get('show') ?? (failed > 0 ? 'fail' : 'all');
  const shown = checks.filter(({ verdict }) => show === 'all' || verdict === show);
  return (
    <>
      <nav aria-label="Verdicts" class="tabs">
        {kinds.map(([kind, count, text]) => (
          <a key={kind} href={withQuery({ show: kind })} aria-current={kind === show ? 'page' : undefined}>
            {count} {text}
          </a>
        ))}
      </nav>
      {shown.length === 0 && <p class="quiet">None.</p>}
      <div class="verdicts">
        {shown.map((check) => (
          <Fold
            key={check.id}
            open={check.verdict === 'fail'}
            title={
              <>
                <Mark of={check.verdict} />
                <span class="sr">{check.verdict} </span>
                <code>{check.id}</code> {check.title}
                {check.verdict === 'fail' && <span class="severity">{check.severity}</span>}
              </>
            }
          >
            <Finding check={check} again={again} />
          </Fold>
        ))}
      </div>
    </>
  );
}

function Finding({ check, again }: { check: Check } & Again) {
  const { id, reason, cause, evidence, reproduce, source } = check;
  return (
    <div class="stack">
      <p>{reason}</p>
      {cause && <p class="note">{cause}</p>}
      {evidence.map((shot, i) => (
        <Exchange key={i} shot={shot} />
      ))}
      <Command text={reproduce} what="what asks it again" />
      <p class="row hint">
        <span>
          Rule: <Source of={source} />
        </span>
        {again && (
          <button type="button" onClick={() => again(id)}>
            Ask this again
          </button>
        )}
      </p>
    </div>
  );
}

/** One request and what came of it, as it went over the wire. */
function Exchange({ shot }: { shot: Check['evidence'][number] }) {
  const { label, request, response, signed, failure, durationMs } = shot;
  const outcome = response?.status ?? `no answer: ${failure}`;
  return (
    <Fold
      title={
        <>
          {label} → <b>{outcome}</b> <span class="quiet">{Math.round(durationMs)} ms</span>
        </>
      }
    >
      <p class="hint">Sent, {request.bodyBytes} bytes</p>
      <Command text={raw(`${request.method} ${request.url}`, request)} what="the request" />
      {signed !== null && (
        <>
          <p class="hint">What the signature covers</p>
          <Command text={signed} what="the signed string" />
        </>
      )}
      <p class="hint">Answered</p>
      <pre tabindex={0}>{response ? raw(String(response.status), response) : outcome}</pre>
    </Fold>
  );
}

function raw(
  first: string,
  { headers, body }: { headers: readonly (readonly string[])[]; body: string },
): string {
  return [first, ...headers.map(([name, value]) => `${name}: ${value}`), '', body].join('\n');
}

/** Drawn when it is opened for the first time: evidence is long. */
function Fold({
  title,
  open = false,
  children,
}: {
  title: ComponentChildren;
  open?: boolean;
  children: ComponentChildren;
}) {
  const seen = useSignal(open);
  return (
    <details open={open} onToggle={(event) => (seen.value ||= event.currentTarget.open)}>
      <summary data-row>{title}</summary>
      {seen.value && children}
    </details>
  );
}
