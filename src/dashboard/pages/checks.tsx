import type { CheckRun } from '../../checks/schemas.js';
import type { SubscriptionResource } from '../../services/schemas/subscriptions.js';
import { Instant } from '../parts/instant.js';
import { Status } from '../parts/mark.js';
import { Page } from '../parts/page.js';
import { Section } from '../parts/section.js';
import { Ready } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { get, inTenant } from '../state/api.js';
import { useLoad } from '../state/load.js';
import { href } from '../state/router.js';
import { StartForm } from './checks/start-form.js';
import { useWatch } from './checks/use-watch.js';

/** Whether a consumer does what it has to: asked here, with the runs so far. */
export function ChecksPage() {
  const at = inTenant('/checks');
  const known = useLoad(async () => {
    const [consumers, runs] = await Promise.all([
      get<{ data: SubscriptionResource[] }>(inTenant('/subscriptions?limit=200')),
      get<{ data: CheckRun[] }>(at),
    ]);
    return { consumers: consumers.data, runs: runs.data };
  }, at);
  useWatch(known, known.value?.runs.some(isRunning));
  return (
    <Page title="Checks" lead="Does a consumer refuse what it must refuse, and take what it must take?">
      <Ready of={known}>
        {({ consumers, runs }) => (
          <>
            <StartForm key={at} consumers={consumers} />
            <Section title="Runs so far">
              {runs.length === 0 ? (
                <p class="quiet">None yet. The last 20 are kept until the server stops.</p>
              ) : (
                <Table
                  kind="log cards"
                  caption="Runs, newest first"
                  head={['Verdict', 'Started', 'Consumer', 'Seed']}
                >
                  <tbody>
                    {runs.map((run) => (
                      <tr key={run.id}>
                        <td>
                          <a data-row href={href(`/checks/${run.id}`)}>
                            <Outcome of={run} />
                          </a>
                        </td>
                        <td>
                          <Instant at={run.startedAt} wall brief />
                        </td>
                        <td>
                          {run.provider} <span class="url">{run.target}</span>
                        </td>
                        <td data-of="seed">{run.seed}</td>
                      </tr>
                    ))}
                  </tbody>
                </Table>
              )}
            </Section>
          </>
        )}
      </Ready>
    </Page>
  );
}

export function isRunning({ status }: CheckRun): boolean {
  return status === 'running';
}

function Outcome({ of: run }: { of: CheckRun }) {
  const { done, of, passed, failed } = run.progress;
  if (isRunning(run)) return <Status of="pending" text={`${done} of ${of} asked`} />;
  if (run.status === 'failed') return <Status of="cancelled" text="ended early" />;
  return failed > 0 ? (
    <Status of="fail" text={`${failed} of ${of} failed`} />
  ) : (
    <Status of="pass" text={`${passed} of ${of} passed`} />
  );
}
