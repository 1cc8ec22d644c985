import { Page } from '../parts/page.js';
import { Section } from '../parts/section.js';
import { useAct } from '../state/act.js';
import { call, inTenant } from '../state/api.js';
import { type Clock, clock, keepClock, readClock, tenantNow } from '../state/clock.js';
import { filledIn } from '../state/form.js';
import { href } from '../state/router.js';
import { plainInstant, span, wallNow } from '../state/time.js';
import { useAdvance } from './clock/advance.js';
import { Queue } from './clock/queue.js';

/** The tenant's time: what it is, how it goes, and what each jump would run. */
export function ClockPage() {
  const known = clock.value;
  const { busy, act } = useAct();
  const run = useAdvance();
  const put = (body: object, done: string) =>
    void act(async () => {
      keepClock(await call<Clock>('PUT', inTenant('/clock'), body));
      return done;
    });
  if (!known) return <Page title="Clock">{null}</Page>;
  const stands = known.mode === 'manual';
  return (
    <Page title="Clock" lead={LEADS[known.mode]}>
      <Faces />
      <Section title="Move it" class="panel">
        {stands ? (
          <>
            <div class="row jumps">
              {JUMPS.map(([byMs, what]) => (
                <button
                  key={what}
                  type="button"
                  aria-label={`+${span(byMs)}: ${what} on`}
                  disabled={run.busy}
                  onClick={() => run.start({ by: `${byMs / 1_000}s` }, byMs)}
                >
                  +{span(byMs)}
                </button>
              ))}
              <button
                type="button"
                class="primary"
                disabled={run.busy || known.nextDueAt === null}
                onClick={() => run.start({ toNext: true })}
              >
                To the next due
              </button>
              <button type="button" disabled={run.busy} onClick={() => run.start({ untilIdle: true })}>
                Until idle
              </button>
            </div>
            <SetTime
              now={known.now}
              busy={run.busy}
              set={(to) => run.start({ to }, Date.parse(to) - Date.parse(known.now))}
            />
            <p class="hint">
              A jump runs everything that falls due on the way, in order, and cannot be undone.
            </p>
          </>
        ) : (
          <div class="row">
            <button
              type="button"
              class="primary"
              disabled={busy}
              onClick={() => put({ mode: 'manual' }, 'The clock stands.')}
            >
              Freeze
            </button>
            <span class="quiet">Time can be moved once it stands still.</span>
          </div>
        )}
        <div role="status" class="run">
          {(run.busy || known.running) && (
            <>
              <progress
                aria-label="The jump under way"
                max={1}
                {...(run.share === null ? {} : { value: run.share })}
              />
              <span>
                {run.attempts} {run.attempts === 1 ? 'attempt' : 'attempts'} so far, at{' '}
                {plainInstant(known.now)}
              </span>
            </>
          )}
          {!run.busy && run.last && (
            <span>
              Moved {span(Date.parse(run.last.to) - Date.parse(run.last.from))}. Since it moved before:{' '}
              {run.last.attempts} {run.last.attempts === 1 ? 'attempt' : 'attempts'}, {run.last.delivered}{' '}
              delivered, <a href={href('/live?status=failed')}>{run.last.failed} failed for good</a>;{' '}
              {run.last.pending} pending.
            </span>
          )}
        </div>
      </Section>
      <Section title="How it goes" class="panel">
        <div class="row">
          <SetSpeed
            busy={busy || run.busy}
            rate={known.mode === 'scaled' ? known.rate : 60}
            set={(rate) => put({ mode: 'scaled', rate }, `One second is ${rate} of the tenant’s.`)}
          />
          <button
            type="button"
            disabled={busy || run.busy || known.mode === 'system'}
            onClick={() => put({ mode: 'system' }, 'Back to real time.')}
          >
            Back to real time
          </button>
        </div>
        <label class="check">
          <input
            type="checkbox"
            checked={known.wire === 'virtual'}
            disabled={busy || run.busy || known.mode === 'system'}
            onChange={(event) => {
              const wire = event.currentTarget.checked ? 'virtual' : 'wall';
              put(
                { mode: known.mode, wire, ...(known.mode === 'scaled' ? { rate: known.rate } : {}) },
                `Signed timestamps show ${wire} time.`,
              );
            }}
          />
          Signed timestamps follow this clock
        </label>
      </Section>
      <Queue again={() => void readClock()} />
    </Page>
  );
}

const LEADS = {
  system: 'This tenant lives in real time.',
  scaled: 'This tenant’s time runs faster or slower than yours.',
  manual: 'This tenant’s time stands until you move it.',
};

const JUMPS: [byMs: number, what: string][] = [
  [60_000, 'one minute'],
  [3_600_000, 'one hour'],
  [86_400_000, 'one day'],
  [259_200_000, 'three days'],
];

function Faces() {
  const now = tenantNow();
  const ahead = now - wallNow.value;
  return (
    <dl class="faces">
      <div>
        <dt>Tenant’s clock</dt>
        <dd>{plainInstant(new Date(now).toISOString())}</dd>
      </div>
      <div>
        <dt>Real time, UTC</dt>
        <dd>{plainInstant(new Date(wallNow.value).toISOString())}</dd>
      </div>
      <div>
        <dt>Apart</dt>
        <dd>{Math.abs(ahead) < 1_500 ? 'not at all' : `${span(ahead)} ${ahead > 0 ? 'ahead' : 'behind'}`}</dd>
      </div>
    </dl>
  );
}

function SetTime({ now, busy, set }: { now: string; busy: boolean; set: (to: string) => void }) {
  return (
    <form class="row" onSubmit={(event) => set(`${filledIn(event).to}:00Z`)}>
      <label class="inline">
        To
        <input
          type="datetime-local"
          name="to"
          required
          min={now.slice(0, 16)}
          defaultValue={now.slice(0, 16)}
        />
        UTC
      </label>
      <button type="submit" disabled={busy}>
        Go there
      </button>
    </form>
  );
}

function SetSpeed({ busy, rate, set }: { busy: boolean; rate: number; set: (rate: number) => void }) {
  return (
    <form class="row" onSubmit={(event) => set(Number(filledIn(event).rate))}>
      <label class="inline">
        Run at
        <input
          class="small"
          type="number"
          name="rate"
          required
          min="0.001"
          max="1000000"
          step="any"
          defaultValue={String(rate)}
        />
        times real time
      </label>
      <button type="submit" disabled={busy}>
        Run
      </button>
    </form>
  );
}
