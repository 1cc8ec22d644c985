import { useSignal } from '@preact/signals';
import type { AttemptResource, DeliveryResource } from '../../../services/schemas/deliveries.js';
import type { PlanResource } from '../../../services/schemas/inspection.js';
import { Choice } from '../../parts/choice.js';
import { Section } from '../../parts/section.js';
import { tenantNow } from '../../state/clock.js';
import { go, href, query, setQuery } from '../../state/router.js';
import { span } from '../../state/time.js';
import { axisOf } from './axis.js';
import { saveSvg } from './save-svg.js';
import { type ActualMark, type Basis, timelineOf } from './timeline-data.js';
import { Drawing } from './timeline-drawing.js';
import { TimelineTable } from './timeline-table.js';
import { useWidth } from './use-width.js';

export interface TimelineProps {
  delivery: DeliveryResource & { attempts: AttemptResource[] };
  plan: PlanResource;
}

/** The documented plan, what happened on the tenant's clock, and the same on the real one. */
export function Timeline({ delivery, plan }: TimelineProps) {
  const { frame, width } = useWidth();
  const chosen = useSignal<number | null>(null);
  const kind = query.value.get('axis') === 'linear' ? 'linear' : 'log';
  const basis: Basis = query.value.get('plan') === 'previous' ? 'previous' : 'start';
  const data = timelineOf(delivery, plan, { basis, nowMs: tenantNow() });
  const marks = data.actual;
  const furthest = Math.max(...data.planned.map(({ toMs }) => toMs), ...marks.map(({ atMs }) => atMs));
  const axis = axisOf(kind, furthest * (kind === 'log' ? 1.25 : 1.03));
  const selected = marks.find(({ number }) => number === chosen.value) ?? marks.at(-1);
  const open = (mark: ActualMark) => {
    if (mark.wallMs !== null) go(href(`/deliveries/${delivery.id}/attempts/${mark.number}`));
  };
  return (
    <Section
      title="Retry timeline"
      class="timeline"
      side={
        <div class="row">
          <Choice
            name="Axis"
            value={kind}
            options={{ log: 'log', linear: 'linear' }}
            choose={(axis) => setQuery({ axis: axis === 'log' ? null : axis })}
          />
          <Choice
            name="Plan"
            value={basis}
            options={{ start: 'from the start', previous: 'from the attempt before' }}
            choose={(plan) => setQuery({ plan: plan === 'start' ? null : plan })}
          />
          <button
            type="button"
            onClick={() => {
              const svg = frame.current?.querySelector('svg');
              if (svg) saveSvg(svg, `${delivery.id}-timeline.svg`);
            }}
          >
            Save as SVG
          </button>
        </div>
      }
    >
      <div ref={frame} class="drawing">
        {width > 0 && (
          <Drawing
            data={data}
            axis={axis}
            width={width}
            selected={selected?.number ?? null}
            select={(number) => (chosen.value = number)}
            open={open}
          />
        )}
      </div>
      <p class="caption" aria-live="polite">
        {selected ? captionOf(selected) : 'No attempt yet.'}
      </p>
      <PlanSource plan={plan} />
      <TimelineTable data={data} />
    </Section>
  );
}

function captionOf({ number, atMs, wallMs, plannedMs, outcome, reason }: ActualMark): string {
  const planned = plannedMs === null ? 'not planned' : `planned +${span(plannedMs)}`;
  const ran = wallMs === null ? `${outcome}, due +${span(atMs)}` : `ran +${span(atMs)}`;
  const gap = plannedMs === null ? null : atMs - plannedMs;
  const drift =
    gap === null ? '' : Math.abs(gap) < 1 ? ', on time' : `, ${span(gap)} ${gap > 0 ? 'late' : 'early'}`;
  const wall = wallMs === null ? '' : `; real time +${span(wallMs)}`;
  const why = reason ? `; ${reason.replaceAll('_', ' ')}` : '';
  return `Attempt ${number}: ${planned}, ${ran}${drift}${wall}${why}.`;
}

function PlanSource({ plan }: { plan: PlanResource }) {
  const last = plan.steps.at(-1);
  return (
    <p class="hint">
      {plan.steps.length} attempts over {span(last?.afterMs ?? 0)}
      {plan.jitter > 0 && `, each gap ±${Math.round(plan.jitter * 100)} %`}
      {plan.presets.length > 0 && `, with ${plan.presets.join(', ')}`} · {plan.claim}
      {plan.source && `: ${plan.source}`} ·{' '}
      <a href={href(`/catalogue/${plan.provider}`)}>the whole profile</a>
    </p>
  );
}
