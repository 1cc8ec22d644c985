import type { DeliveryResource } from '../../../services/schemas/deliveries.js';
import type { ScheduleResource } from '../../../services/schemas/plans.js';
import { Instant } from '../../parts/instant.js';
import { Section } from '../../parts/section.js';
import { Empty, Ready } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { get, inTenant } from '../../state/api.js';
import { useLoad } from '../../state/load.js';
import { attemptsOf } from '../../state/profiles.js';
import { href } from '../../state/router.js';
import { useNews } from '../../state/stream.js';

interface Due {
  key: string;
  at: string;
  what: string;
  link: string | null;
  provider: string;
  turn: string;
}

const MOST = 200;

/** What waits, by the instant at which it is due: a jump to there runs everything up to it. */
export function Queue({ again }: { again: () => void }) {
  const at = inTenant('');
  const queue = useLoad(async () => {
    const [deliveries, schedules] = await Promise.all([
      get<{ data: DeliveryResource[]; nextCursor: string | null }>(
        inTenant(`/deliveries?status=pending&limit=${MOST}`),
      ),
      get<{ data: ScheduleResource[] }>(inTenant(`/schedules?limit=${MOST}`)),
    ]);
    const due = [...deliveries.data.flatMap(ofDelivery), ...schedules.data.flatMap(ofSchedule)];
    return { due: due.sort((a, b) => a.at.localeCompare(b.at)), more: deliveries.nextCursor !== null };
  }, at);
  useNews(
    () => true,
    () => {
      again();
      void queue.reload();
    },
  );
  return (
    <Section title="What waits">
      <Ready of={queue}>
        {({ due, more }) =>
          due.length === 0 ? (
            <Empty title="Nothing waits.">
              <p>A delivery that failed waits here for its next attempt. </p>
            </Empty>
          ) : (
            <>
              {more && <p class="hint">The newest {MOST} of those that wait.</p>}
              <Table
                kind="log cards"
                caption="Waiting deliveries and schedules by their due instant"
                head={['Due', 'What', 'Provider', 'Turn']}
              >
                <tbody>
                  {due.map((one) => (
                    <tr key={one.key}>
                      <td>
                        <Instant at={one.at} />
                      </td>
                      <td>
                        {one.link ? (
                          <a data-row href={one.link}>
                            {one.what}
                          </a>
                        ) : (
                          one.what
                        )}
                      </td>
                      <td>{one.provider}</td>
                      <td>{one.turn}</td>
                    </tr>
                  ))}
                </tbody>
              </Table>
            </>
          )
        }
      </Ready>
    </Section>
  );
}

function ofDelivery({ id, nextAttemptAt, eventType, provider, attemptCount }: DeliveryResource): Due[] {
  if (nextAttemptAt === null) return [];
  const of = attemptsOf(provider);
  const turn = `attempt ${attemptCount + 1}${of === null ? '' : ` of ${of}`}`;
  const link = href(`/deliveries/${id}`);
  return [{ key: id, at: nextAttemptAt, what: eventType ?? 'event', link, provider: provider ?? '', turn }];
}

function ofSchedule({ id, nextAt, type, provider, cron }: ScheduleResource): Due[] {
  return nextAt === null
    ? []
    : [{ key: id, at: nextAt, what: type, link: null, provider, turn: `schedule ${cron}` }];
}
