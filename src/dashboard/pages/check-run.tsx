import type { CheckRun } from '../../checks/schemas.js';
import { Instant } from '../parts/instant.js';
import { Page } from '../parts/page.js';
import { Ready, Wrong } from '../parts/state.js';
import { useAct } from '../state/act.js';
import { get, inTenant, post } from '../state/api.js';
import { useLoad } from '../state/load.js';
import { go, href } from '../state/router.js';
import { span } from '../state/time.js';
import { useWatch } from './checks/use-watch.js';
import { Verdicts } from './checks/verdicts.js';
import { isRunning } from './checks.js';

/** One run: how far it is, and in the end what was found. */
export function CheckRunPage({ id }: { id: string }) {
  const at = inTenant(`/checks/${encodeURIComponent(id)}`);
  const run = useLoad(() => get<CheckRun>(at), at);
  const known = run.value;
  useWatch(run, known && isRunning(known));
  const { act } = useAct();
  const again = (only?: string) =>
    void act(async () => {
      const { subscriptionId, seed, report } = known!;
      const next = await post<CheckRun>(inTenant('/checks'), {
        subscriptionId,
        seed,
        only: only ? [only] : report?.checks.map((check) => check.id),
      });
      go(href(`/checks/${next.id}`));
      return undefined;
    });
  const mayRepeat = known?.subscriptionId && !isRunning(known) ? again : undefined;
  return (
    <Page
      title={known ? `Checks of ${known.target.replace(/^https?:\/\//, '')}` : 'Checks'}
      lead={
        known && (
          <>
            {known.provider} · seed <code>{known.seed}</code> · <Instant at={known.startedAt} wall brief />
            {known.report && `, took ${span(known.report.durationMs)} at level ${known.report.level}`}
          </>
        )
      }
      actions={
        <>
          {mayRepeat && (
            <button type="button" onClick={() => again()}>
              Run again
            </button>
          )}
          {known?.report &&
            ['html', 'junit', 'json'].map((format) => (
              <a key={format} class="button" download href={`/api/v1${at}/report?format=${format}`}>
                {format === 'json' ? 'JSON' : format === 'html' ? 'HTML report' : 'JUnit'}
              </a>
            ))}
        </>
      }
    >
      <Ready of={run}>
        {({ status, progress, report }) => (
          <>
            <div role="status" class="run">
              {status === 'running' && (
                <>
                  <progress aria-label="The run" max={progress.of} value={progress.done} />
                  {progress.done} of {progress.of} asked, {progress.failed} failed so far
                </>
              )}
            </div>
            {status === 'failed' && (
              <Wrong text="This run ended early by a fault of the server; its log says why." />
            )}
            {report && <Verdicts report={report} again={mayRepeat} />}
          </>
        )}
      </Ready>
    </Page>
  );
}
