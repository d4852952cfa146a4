// The wires between the two trees. They end at the edges of the panes; ends that are scrolled away are counted there.
import { useLayoutEffect, useRef, useState } from "react";
import type { Wire } from "./trees";
import { apart, outOfSight } from "./trees";

interface Props {
  wires: Wire[];
  source: HTMLElement | null;
  target: HTMLElement | null;
  /** Changes when rows move: a scroll, another sample, another size. */
  round: number;
  chosen: string | undefined;
  lit: Set<string>;
  onChoose: (wire: Wire) => void;
}

interface Drawn {
  wire: Wire;
  starts: number[];
  end: number | undefined;
}

interface Picture {
  width: number;
  height: number;
  top: number;
  bottom: number;
  drawn: Drawn[];
}

const CHIP_GAP = 27;
const EMPTY: Picture = { width: 0, height: 0, top: 0, bottom: 0, drawn: [] };

/** The middle of each row, by its key, in the coordinates of the drawing. */
function placesOf(pane: HTMLElement, zero: number): Map<string, number> {
  const out = new Map<string, number>();
  for (const row of pane.querySelectorAll<HTMLElement>("[data-key]")) {
    const box = row.getBoundingClientRect();
    out.set(row.dataset["key"] ?? "", box.top + box.height / 2 - zero);
  }
  return out;
}

const nearest = (places: Map<string, number>, key: string): number | undefined => {
  for (let at = key; at; at = at.replace(/[.-][^.-]*$/, "")) {
    const y = places.get(at);
    if (y !== undefined) return y;
    if (!/[.-]/.test(at)) return undefined;
  }
  return undefined;
};

export function Wires({ wires, source, target, round, chosen, lit, onChoose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState<Picture>(EMPTY);
  useLayoutEffect(() => {
    if (!box.current || !source || !target) return;
    const own = box.current.getBoundingClientRect();
    const [left, right] = [placesOf(source, own.top), placesOf(target, own.top)];
    const pane = source.getBoundingClientRect();
    setPicture({
      width: own.width,
      height: own.height,
      top: pane.top - own.top,
      bottom: pane.bottom - own.top,
      drawn: wires.map((wire) => ({ wire, starts: wire.from.flatMap((key) => nearest(left, key) ?? []), end: nearest(right, wire.to) })),
    });
  }, [wires, source, target, round]);
  const { width, top, bottom } = picture;
  const clip = (y: number) => Math.max(top + 4, Math.min(bottom - 4, y));
  const seen = (y: number) => y >= top && y <= bottom;
  const shown = picture.drawn.filter((one) => one.end !== undefined && (seen(one.end) || one.starts.some(seen)));
  const labels = shown.map((one) => {
    const start = one.starts.length ? one.starts.reduce((sum, y) => sum + clip(y), 0) / one.starts.length : clip(one.end ?? 0);
    return one.starts.length ? (start + clip(one.end ?? 0)) / 2 : clip(one.end ?? 0);
  });
  const places = apart(labels, CHIP_GAP);
  const starts = outOfSight(picture.drawn.flatMap((one) => one.starts), top, bottom);
  const ends = outOfSight(picture.drawn.flatMap((one) => one.end ?? []), top, bottom);
  const stubs = [
    { key: "sa", count: starts.above, style: { left: 2, top: top + 2 }, word: "above" },
    { key: "sb", count: starts.below, style: { left: 2, top: bottom - 26 }, word: "below" },
    { key: "ta", count: ends.above, style: { right: 2, top: top + 2 }, word: "above" },
    { key: "tb", count: ends.below, style: { right: 2, top: bottom - 26 }, word: "below" },
  ].filter((stub) => stub.count > 0);
  return (
    <div className="map-wires" ref={box}>
      <svg width={width} height={picture.height} aria-hidden="true">
        {shown.map(({ wire, starts: from, end }) => {
          const isLit = wire.id === chosen || lit.has(wire.to) || wire.from.some((key) => lit.has(key));
          if (from.length === 0) return <path key={wire.id} className={`wire fixed ${isLit ? "lit" : ""}`} d={`M${width / 2} ${clip(end ?? 0)}H${width}`} />;
          return from.map((start, at) => (
            <path key={`${wire.id} ${at}`} className={`wire ${isLit ? "lit" : ""} ${wire.row.is_own ? "" : "shared"} ${seen(start) && seen(end ?? 0) ? "" : "far"}`} d={`M0 ${clip(start)}C${width * 0.45} ${clip(start)} ${width * 0.55} ${clip(end ?? 0)} ${width} ${clip(end ?? 0)}`} />
          ));
        })}
      </svg>
      {shown.map(({ wire, starts: from }, at) => {
        const words = wire.row.steps.length ? wire.row.steps.join(" | ") : from.length ? "" : wire.row.source;
        const isLit = wire.id === chosen;
        return (
          <button
            key={wire.id}
            type="button"
            className={`chip mono map-chip ${words ? "" : "plain"} ${isLit ? "lit" : ""} ${wire.row.is_own ? "" : "shared"}`}
            style={{ top: (places[at] ?? 0) - 12 }}
            aria-pressed={isLit}
            aria-label={`Line ${wire.row.line}: ${wire.to} from ${wire.row.source}${wire.row.steps.length ? ` through ${wire.row.steps.join(" | ")}` : ""}${wire.row.condition ? `, when ${wire.row.condition}` : ""}`}
            title={`${wire.row.target} = ${wire.row.source}${wire.row.steps.map((step) => ` | ${step}`).join("")}`}
            onClick={() => onChoose(wire)}
          >
            <span className="cut">{words || "="}</span>
          </button>
        );
      })}
      {stubs.map((stub) => (
        <span key={stub.key} className="map-stub" style={stub.style}>
          {stub.count} {stub.word}
        </span>
      ))}
    </div>
  );
}
