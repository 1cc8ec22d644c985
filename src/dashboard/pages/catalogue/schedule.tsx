import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ProfileResource } from '../../../services/schemas/catalogue.js';
import { Claim } from '../../parts/claim.js';
import { span } from '../../state/time.js';
import { axisOf, roomy } from '../delivery/axis.js';

/** The documented schedule, drawn as the plan of a delivery is. */
export function Schedule({ profile }: { profile: ProfileResource }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      width.value = Math.floor(entry?.contentRect.width ?? 0);
    });
    if (frame.current) observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  const retry = profile.policies.retry as {
    value: { anchor: string; jitter: number };
    claim: string;
    source: string | null;
  };
  const offsets = [0];
  for (const delay of profile.retryDelaysMs)
    offsets.push(retry.value.anchor === 'first' ? delay : offsets.at(-1)! + delay);
  const axis = axisOf('log', offsets.at(-1)! * 1.25);
  const x = (ms: number) => 10 + axis.at(ms) * (width.value - 24);
  const numbered = new Set(
    roomy(
      offsets.map((ms, i) => ({ ms, i })),
      ({ ms }) => x(ms),
      13,
    ).map(({ i }) => i),
  );
  const words = offsets.map((ms, i) => `${i + 1} at +${span(ms)}`).join(', ');
  return (
    <section aria-labelledby="schedule-title" class="timeline">
      <h2 id="schedule-title">
        {offsets.length} attempts over {span(offsets.at(-1)!)}
      </h2>
      <div ref={frame} class="drawing short">
        {width.value > 0 && (
          <svg width={width.value} height={76} role="img" aria-label={`Attempts: ${words}`}>
            {roomy(axis.ticks, ({ ms }) => x(ms), 44).map(({ ms, text }) => (
              <g key={ms} class="tick">
                <line x1={x(ms)} x2={x(ms)} y1={18} y2={66} />
                <text x={x(ms)} y={12} text-anchor={ms === 0 ? 'start' : 'middle'}>
                  {ms === 0 ? text : `+${text}`}
                </text>
              </g>
            ))}
            <g class="lane">
              <line x1={10} x2={width.value - 14} y1={52} y2={52} />
            </g>
            <g class="planned">
              {offsets.map((ms, i) => (
                <g key={i}>
                  <line x1={x(ms)} x2={x(ms)} y1={43} y2={61} />
                  {numbered.has(i) && (
                    <text x={x(ms)} y={38} text-anchor="middle">
                      {i + 1}
                    </text>
                  )}
                </g>
              ))}
            </g>
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
    </section>
  );
}
