import { Status } from '../../parts/mark.js';
import { Table } from '../../parts/table.js';
import { span } from '../../state/time.js';
import type { TimelineData } from './timeline-data.js';

/** The drawing's twin in words. */
export function TimelineTable({ data }: { data: TimelineData }) {
  const numbers = [...new Set([...data.planned, ...data.actual].map(({ number }) => number))];
  return (
    <details>
      <summary>As a table</summary>
      <Table
        caption="The plan and the attempts, since the first attempt was due"
        head={['Attempt', 'Plan', 'Tenant’s clock', 'Drift', 'Wall clock', 'Outcome']}
        kind=""
      >
        <tbody>
          {numbers.map((number) => {
            const planned = data.planned.find((mark) => mark.number === number);
            const actual = data.actual.find((mark) => mark.number === number);
            const gap = actual && actual.plannedMs !== null ? actual.atMs - actual.plannedMs : null;
            return (
              <tr key={number}>
                <th scope="row">{number}</th>
                <td>{planned ? `+${span(planned.atMs)}` : ''}</td>
                <td>{actual ? `+${span(actual.atMs)}` : ''}</td>
                <td>{gap === null ? '' : gap === 0 ? 'none' : `${gap > 0 ? '+' : '−'}${span(gap)}`}</td>
                <td>{actual && actual.wallMs !== null ? `+${span(actual.wallMs)}` : ''}</td>
                <td>{actual && <Status of={actual.outcome} />}</td>
              </tr>
            );
          })}
        </tbody>
      </Table>
    </details>
  );
}
