// Draws the live map. Every node is a link; a line that fails is red, dashed, and says so.
import { useMemo, useState } from "react";
import type { Live } from "../../api/live";
import { navigate } from "../../shell/route";
import { plural, rate } from "../../ui/format";
import { health } from "../../ui/parts";
import { useSize } from "../../ui/width";
import { pictureOf, type Node } from "./map";

const BOX_HEIGHT = 25;
const STEP = 29;
const PAD = 6;
const LINE_MAX = 9;

interface Placed extends Node {
  x: number;
  y: number;
}

function place(nodes: Node[], width: number, boxWidth: number): { placed: Map<string, Placed>; height: number } {
  const columns = [0, 1, 2].map((column) => nodes.filter((node) => node.column === column));
  const rows = Math.max(...columns.map((column) => column.length), 1);
  const height = rows * STEP + PAD * 2;
  const xs = [PAD, (width - boxWidth) / 2, width - boxWidth - PAD];
  const placed = new Map<string, Placed>();
  columns.forEach((column, number) => {
    const step = Math.max(STEP, (height - PAD * 2) / Math.max(column.length, 1));
    column.forEach((node, at) => placed.set(node.id, { ...node, x: xs[number] ?? 0, y: PAD + step * (at + 0.5) }));
  });
  return { placed, height };
}

export function SystemMap({ live }: { live: Live }) {
  const [box, { width }] = useSize();
  const [looked, setLooked] = useState<string>();
  const status = live.status;
  const picture = useMemo(() => (status ? pictureOf(status, live.flows) : undefined), [status, live.flows]);
  if (!picture) return null;
  const boxWidth = Math.min(158, Math.max(96, width * 0.3));
  const { placed, height } = place(picture.nodes, width, boxWidth);
  const most = Math.max(...picture.lines.map((line) => line.rate), 1);
  const letters = Math.floor((boxWidth - 16) / 6.9);
  return (
    <div ref={box} className="map">
      <svg width={width} height={height} role="group" aria-label="Systems and what flows between them">
        {picture.lines.map((line) => {
          const from = placed.get(line.from);
          const to = placed.get(line.to);
          if (!from || !to) return null;
          const start = from.x + boxWidth;
          const bend = Math.max((to.x - start) / 2, 20);
          const isQuiet = looked !== undefined && line.from !== looked && line.to !== looked;
          const tone = line.state === "failing" || line.state === "held" ? "bad" : line.state === "paused" ? "paused" : line.rate < 0.02 ? "idle" : "";
          return (
            <path key={line.id} className={`line ${tone} ${isQuiet ? "faint" : ""}`} strokeWidth={1 + (line.rate / most) * LINE_MAX} d={`M${start} ${from.y}C${start + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`}>
              <title>{`${from.label} → ${to.label}: ${rate(line.rate)} a second${line.queued ? `, ${plural(line.queued, "message")} wait` : ""}`}</title>
            </path>
          );
        })}
        {[...placed.values()].map((node) => {
          const word = health(node.state);
          const isBad = node.state === "failing" || node.state === "held";
          const shown = node.label.length > letters ? `${node.label.slice(0, letters - 1)}…` : node.label;
          const sign = node.state === "ok" ? "" : isBad ? " ✕" : node.state === "paused" ? " ‖" : " !";
          return (
            <a
              key={node.id}
              href={node.to}
              aria-label={`${shown + sign}, ${node.title}: ${word.word.toLowerCase()}, ${rate(node.rate)} a second`}
              onClick={(click) => {
                click.preventDefault();
                navigate(node.to);
              }}
              onMouseEnter={() => setLooked(node.id)}
              onMouseLeave={() => setLooked(undefined)}
              onFocus={() => setLooked(node.id)}
              onBlur={() => setLooked(undefined)}
              className={`node ${word.tone} ${node.state}`}
            >
              <title>{node.title}</title>
              <rect x={node.x} y={node.y - BOX_HEIGHT / 2} width={boxWidth} height={BOX_HEIGHT} rx="5" />
              <text x={node.x + boxWidth / 2} y={node.y + 4.5} textAnchor="middle">
                {shown + sign}
              </text>
            </a>
          );
        })}
      </svg>
      {picture.left > 0 && <p className="quiet">{plural(picture.left, "more interface")} that {picture.left === 1 ? "is" : "are"} well and less busy</p>}
    </div>
  );
}
