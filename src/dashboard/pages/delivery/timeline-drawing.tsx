import { verdictOf } from '../../parts/mark.js';
import { span } from '../../state/time.js';
import { type Axis, axisOf, roomy } from './axis.js';
import type { ActualMark, PlannedMark, TimelineData } from './timeline-data.js';

const TOP = 26;
const RIGHT = 22;

export interface DrawingProps {
  data: TimelineData;
  axis: Axis;
  /** Pixels: the drawing is made for the room there is, so that its words keep their size. */
  width: number;
  selected: number | null;
  select(number: number): void;
  open(mark: ActualMark): void;
}

export function Drawing({ data, axis, width, selected, select, open }: DrawingProps) {
  const narrow = width < 560;
  const left = narrow ? 12 : 118;
  const lane = narrow ? 80 : 62;
  const inner = width - left - RIGHT;
  const x = (ms: number) => left + axis.at(ms) * inner;
  const lanes = data.virtual ? 3 : 2;
  const height = TOP + lanes * lane + (data.virtual ? 22 : 8);
  const [planY, actualY, wallY] = [0, 1, 2].map((i) => TOP + i * lane + (narrow ? 54 : 36)) as [
    number,
    number,
    number,
  ];
  const wall = axisOf('linear', Math.max(1, ...data.actual.map(({ wallMs }) => wallMs ?? 0)) * 1.05);
  const wallX = (ms: number) => left + wall.at(ms) * inner;
  const nowX = x(data.nowMs);
  const keys = (event: KeyboardEvent, mark: ActualMark) => {
    const at = data.actual.indexOf(mark);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const to = step ? data.actual[at + step] : { Home: data.actual[0], End: data.actual.at(-1) }[event.key];
    if (event.key === 'Enter' || event.key === ' ') open(mark);
    else if (to) {
      select(to.number);
      (event.currentTarget as Element).parentElement
        ?.querySelector<SVGElement>(`[data-mark="${to.number}"]`)
        ?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="group"
      aria-label="Retry timeline"
    >
      <Ticks axis={axis} x={x} from={TOP - 8} to={actualY + 18} />
      {data.nowMs >= 0 && nowX < width - RIGHT && (
        <rect class="future" x={nowX} y={TOP - 8} width={width - RIGHT - nowX} height={actualY + 26 - TOP} />
      )}
      <Lane y={planY} name="Plan" left={left} right={width - RIGHT} />
      <Lane y={actualY} name="Tenant’s clock" left={left} right={width - RIGHT} />
      {data.virtual && <Lane y={wallY} name="Wall clock" left={left} right={width - RIGHT} />}
      {data.actual.map(
        ({ number, plannedMs, atMs }) =>
          plannedMs !== null && (
            <line
              key={number}
              class="drift"
              x1={x(plannedMs)}
              y1={planY + 10}
              x2={x(atMs)}
              y2={actualY - 9}
            />
          ),
      )}
      <Planned marks={data.planned} x={x} y={planY} />
      {data.nowMs >= 0 && (
        <g class="now">
          <line x1={nowX} x2={nowX} y1={TOP - 8} y2={actualY + 18} />
          <text
            x={nowX > width - 130 ? nowX - 5 : nowX + 5}
            y={actualY + 25}
            text-anchor={nowX > width - 130 ? 'end' : 'start'}
          >
            now +{span(data.nowMs)}
          </text>
        </g>
      )}
      <g>
        {data.actual.map((mark) => (
          <g
            key={mark.number}
            data-mark={mark.number}
            class={`attempt${mark.number === selected ? ' selected' : ''}`}
            role="button"
            tabindex={mark.number === selected ? 0 : -1}
            aria-label={`Attempt ${mark.number}, ${mark.outcome}${mark.status === null ? '' : ` ${mark.status}`}, +${span(mark.atMs)}`}
            transform={`translate(${x(mark.atMs)} ${actualY})`}
            onClick={() => (mark.number === selected ? open(mark) : select(mark.number))}
            onFocus={() => select(mark.number)}
            onKeyDown={(event) => keys(event, mark)}
          >
            <circle class="halo" r="12" />
            <Shape of={mark.outcome} />
          </g>
        ))}
      </g>
      {data.virtual && (
        <g>
          {roomy(wall.ticks, ({ ms }) => wallX(ms), 52).map(({ ms, text }) => (
            <text key={ms} class="wall-tick" x={wallX(ms)} y={wallY + 26} text-anchor="middle">
              {ms === 0 ? text : `+${text}`}
            </text>
          ))}
          {data.actual.map(
            ({ number, wallMs, outcome }) =>
              wallMs !== null && (
                <g
                  key={number}
                  class={`attempt${number === selected ? ' selected' : ''}`}
                  transform={`translate(${wallX(wallMs)} ${wallY})`}
                >
                  <circle class="halo" r="11" />
                  <Shape of={outcome} />
                </g>
              ),
          )}
        </g>
      )}
    </svg>
  );
}

function Lane({ y, name, left, right }: { y: number; name: string; left: number; right: number }) {
  return (
    <g class="lane">
      <line x1={left} x2={right} y1={y} y2={y} />
      <text x={left > 20 ? 0 : left} y={left > 20 ? y + 4 : y - 32}>
        {name}
      </text>
    </g>
  );
}

/** Where the axis says how far it is. */
export function Ticks({
  axis,
  x,
  from,
  to,
}: {
  axis: Axis;
  x: (ms: number) => number;
  from: number;
  to: number;
}) {
  return (
    <>
      {roomy(axis.ticks, ({ ms }) => x(ms), 44).map(({ ms, text }) => (
        <g key={ms} class="tick">
          <line x1={x(ms)} x2={x(ms)} y1={from} y2={to} />
          <text x={x(ms)} y={12} text-anchor="middle">
            {ms === 0 ? text : `+${text}`}
          </text>
        </g>
      ))}
    </>
  );
}

export function Planned({
  marks,
  x,
  y,
}: {
  marks: readonly PlannedMark[];
  x: (ms: number) => number;
  y: number;
}) {
  const numbered = new Set(roomy(marks, ({ atMs }) => x(atMs), 18));
  return (
    <g class="planned">
      {marks.map((mark) => (
        <g key={mark.number}>
          <rect
            class="band"
            x={x(mark.fromMs)}
            y={y - 9}
            width={Math.max(0, x(mark.toMs) - x(mark.fromMs))}
            height={18}
          />
          <line x1={x(mark.atMs)} x2={x(mark.atMs)} y1={y - 9} y2={y + 9} />
          {numbered.has(mark) && (
            <text x={x(mark.atMs)} y={y - 14} text-anchor="middle">
              {mark.number}
            </text>
          )}
        </g>
      ))}
    </g>
  );
}

/** By shape and by colour, as everywhere. */
function Shape({ of }: { of: string }) {
  const verdict = verdictOf(of);
  if (verdict === 'good') return <circle class="shape good" r="5.5" />;
  if (verdict === 'bad') return <path class="shape bad" d="M-5 -5l10 10M5 -5l-10 10" />;
  if (verdict === 'held') return <path class="shape held" d="M-3 -5v10M3 -5v10" />;
  if (verdict === 'ended') return <rect class="shape ended" x="-5" y="-5" width="10" height="10" />;
  return <circle class="shape waiting" r="5" />;
}
