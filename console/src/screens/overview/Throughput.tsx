// Messages a second, stacked: the busiest interfaces by name, the rest as one. The name stands at the end of its area.
import { useMemo } from "react";
import type { Live } from "../../api/live";
import { windowOf } from "../../api/rates";
import { rate } from "../../ui/format";
import { useSize } from "../../ui/width";
import { roundUp, spread } from "./scale";

const SERIES_MAX = 4;
const HEIGHT_MIN = 190;
const HEIGHT_MAX = 420;
const LEFT = 34;
const RIGHT = 178;
const TOP = 8;
const BOTTOM = 22;
const LABEL_STEP = 17;

interface Series {
  name: string;
  values: number[];
}

/** The series of the chart, the busiest last so that it lies at the bottom. */
export function seriesOf(live: Live): Series[] {
  const titles = new Map(live.status?.engine.interfaces.map((one) => [one.name, one.title]));
  const all = [...live.rates].map(([name, values]) => ({ name: titles.get(name) ?? name, values, sum: values.reduce((sum, value) => sum + value, 0) }));
  all.sort((a, b) => b.sum - a.sum);
  const named = all.slice(0, SERIES_MAX);
  const rest = all.slice(SERIES_MAX);
  if (rest.length === 0) return named;
  const length = Math.max(...rest.map((one) => one.values.length));
  const values = Array.from({ length }, (_, at) => rest.reduce((sum, one) => sum + (one.values.at(at - length) ?? 0), 0));
  return [...named, { name: `${rest.length} others`, values }];
}

export function Throughput({ live }: { live: Live }) {
  const [box, size] = useSize();
  const width = size.width;
  const height = Math.max(HEIGHT_MIN, Math.min(size.height, HEIGHT_MAX));
  const series = useMemo(() => seriesOf(live), [live]);
  const length = live.total.length;
  const inner = Math.max(width - LEFT - RIGHT, 60);
  const top = roundUp(Math.max(...live.total, 1));
  const x = (at: number) => LEFT + inner - ((length - 1 - at) * inner) / (windowOf(length) - 1);
  const y = (value: number) => height - BOTTOM - (value / top) * (height - TOP - BOTTOM);
  let below = Array<number>(length).fill(0);
  const areas = series.map(({ name, values }) => {
    const lower = below;
    const upper = lower.map((value, at) => value + (values.at(at - length) ?? 0));
    below = upper;
    const line = upper.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
    const back = lower.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).reverse();
    const middle = ((lower.at(-1) ?? 0) + (upper.at(-1) ?? 0)) / 2;
    return { name, line: line.join(" "), area: [...line, ...back].join(" "), at: y(middle), now: values.at(-1) ?? 0 };
  });
  const labels = spread(areas.map((area) => area.at), LABEL_STEP, TOP + 6, height - BOTTOM - 2);
  const grid = [0, top / 2, top];
  return (
    <div ref={box} className="chart">
      {length < 2 ? (
        <div className="empty">Measuring…</div>
      ) : (
        <svg width={width} height={height} role="img" aria-label={`Messages a second: ${areas.map((area) => `${area.name} ${rate(area.now)}`).join(", ")}`}>
          {grid.map((value) => (
            <g key={value}>
              <line className="grid" x1={LEFT} x2={LEFT + inner} y1={y(value)} y2={y(value)} />
              <text className="tick" x={LEFT - 6} y={y(value) + 4} textAnchor="end">
                {value}
              </text>
            </g>
          ))}
          {areas.map((area, at) => (
            <g key={area.name} className={`series s${at + 1}`}>
              <polygon points={area.area} />
              <polyline points={area.line} />
              <line className="lead" x1={LEFT + inner} y1={area.at} x2={LEFT + inner + 8} y2={labels[at]} />
              <text x={LEFT + inner + 11} y={(labels[at] ?? 0) + 4}>
                {area.name.length > 16 ? `${area.name.slice(0, 15)}…` : area.name} {rate(area.now)}
              </text>
            </g>
          ))}
          <text className="tick" x={LEFT + inner} y={height - 6} textAnchor="end">
            now
          </text>
          <text className="tick" x={LEFT} y={height - 6}>
            {Math.round(windowOf(length) * live.pause_s)} s ago
          </text>
        </svg>
      )}
    </div>
  );
}
