// A sparkline: the newest value stands at the right edge, the scale begins at zero, and the title says the figures.
import { memo } from "react";
import { windowOf } from "../api/rates";
import { rate } from "./format";

interface Props {
  values: number[];
  width?: number;
  height?: number;
  tone?: "bad" | "idle" | "";
}

export const Sparkline = memo(function Sparkline({ values, width = 96, height = 26, tone = "" }: Props) {
  const top = Math.max(...values, 0.1);
  const step = width / (windowOf(values.length) - 1);
  const left = width - (values.length - 1) * step;
  const points = values.map((value, at) => `${(left + at * step).toFixed(1)},${(height - 1 - (value / top) * (height - 3)).toFixed(1)}`);
  const newest = values.at(-1) ?? 0;
  const label = values.length ? `now ${rate(newest)} a second, most ${rate(Math.max(...values))}` : "no figures yet";
  return (
    <svg className={`spark ${tone}`} width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <line className="floor" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {points.length > 1 && (
        <>
          <polygon className="area" points={`${left.toFixed(1)},${height - 1} ${points.join(" ")} ${width},${height - 1}`} />
          <polyline className="edge" points={points.join(" ")} />
        </>
      )}
    </svg>
  );
});
