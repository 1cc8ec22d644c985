import type { ProfileResource } from '../../../services/schemas/catalogue.js';
import { Claim } from '../../parts/claim.js';
import { Section } from '../../parts/section.js';
import { span } from '../../state/time.js';
import { axisOf } from '../delivery/axis.js';
import { Planned, Ticks } from '../delivery/timeline-drawing.js';
import { useWidth } from '../delivery/use-width.js';

/** The documented schedule, drawn as the plan of a delivery is. */
export function Schedule({ profile }: { profile: ProfileResource }) {
  const { frame, width } = useWidth();
  const retry = profile.policies.retry as {
    value: { anchor: string; jitter: number };
    claim: string;
    source: string | null;
  };
  const offsets = [0];
  for (const delay of profile.retryDelaysMs)
    offsets.push(retry.value.anchor === 'first' ? delay : offsets.at(-1)! + delay);
  const axis = axisOf('log', offsets.at(-1)! * 1.25);
  const x = (ms: number) => 10 + axis.at(ms) * (width - 24);
  const marks = offsets.map((atMs, i) => ({ number: i + 1, atMs, fromMs: atMs, toMs: atMs }));
  const words = offsets.map((ms, i) => `${i + 1} at +${span(ms)}`).join(', ');
  return (
    <Section title={`${offsets.length} attempts over ${span(offsets.at(-1)!)}`} class="timeline">
      <div ref={frame} class="drawing short">
        {width > 0 && (
          <svg width={width} height={76} role="img" aria-label={`Attempts: ${words}`}>
            <Ticks axis={axis} x={x} from={18} to={66} />
            <g class="lane">
              <line x1={10} x2={width - 14} y1={52} y2={52} />
            </g>
            <Planned marks={marks} x={x} y={52} />
          </svg>
        )}
      </div>
      <p class="hint">
        Delays count from the{' '}
        {{
          previousEnd: 'end of the attempt before',
          previousStart: 'start of the attempt before',
          first: 'first attempt',
        }[retry.value.anchor] ?? retry.value.anchor}
        {retry.value.jitter > 0 && `, spread ±${Math.round(retry.value.jitter * 100)} %`}.{' '}
        <Claim of={retry} />
      </p>
      <details>
        <summary>As a list</summary>
        <ol class="mono">
          {offsets.map((ms, i) => (
            <li key={i}>
              {i + 1}: +{span(ms)} {i > 0 && <span class="quiet">({span(ms - offsets[i - 1]!)} later)</span>}
            </li>
          ))}
        </ol>
      </details>
    </Section>
  );
}
