// One tree of the mapper: groups of places with the values of the sample, and an end for wires at each.
import type { KeyboardEvent, PointerEvent, ReactNode, Ref } from "react";
import type { Leaf } from "./trees";

export interface Hand {
  /** What was taken up on the source side. */
  held: string | undefined;
  take: (key: string | undefined) => void;
  /** Draws a line to this place: from what is held, or from what a drag brought. */
  drop: (key: string, from?: string) => void;
}

interface Props {
  side: "source" | "target";
  title: string;
  about: string;
  rows: Leaf[];
  names: Record<string, string>;
  lit: Set<string>;
  hand: Hand;
  mayDraw: boolean;
  onLook: (key: string | undefined) => void;
  onChoose: (key: string) => void;
  onScroll: () => void;
  more?: ReactNode;
  box: Ref<HTMLDivElement>;
}

/** A pointer that moves less is held by a hand that shakes. */
const DRAG_PX = 6;

/** The key of the row that the pointer was let go over. */
const under = (event: PointerEvent): string | undefined =>
  document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>("[data-side=target] [data-key]")?.dataset["key"];

export function TreePane({ side, title, about, rows, names, lit, hand, mayDraw, onLook, onChoose, onScroll, more, box }: Props) {
  const groups = [...new Set(rows.map((row) => row.group))];
  const act = (key: string) => {
    if (!mayDraw) return onChoose(key);
    if (side === "source") hand.take(hand.held === key ? undefined : key);
    else if (hand.held) hand.drop(key);
    else onChoose(key);
  };
  const onKey = (event: KeyboardEvent, key: string) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      act(key);
    }
    if (event.key === "Escape") hand.take(undefined);
  };
  return (
    <section className="card map-pane" aria-label={title} data-side={side}>
      <header>
        <h2>{title}</h2>
        <span className="quiet cut">{about}</span>
        {more}
      </header>
      <div className="map-rows" ref={box} onScroll={onScroll}>
        {groups.map((group) => (
          <div key={group} role="group" aria-label={group}>
            <div className="map-group">
              <code>{group}</code> <span className="quiet cut">{names[group] ?? ""}</span>
            </div>
            {rows
              .filter((row) => row.group === group)
              .map((row, at) => {
                const name = names[row.key] ?? row.name;
                const what = side === "source" ? (hand.held === row.key ? "held: choose where it goes" : "Enter takes it up") : hand.held ? `Enter draws a line from ${hand.held}` : "";
                return (
                  <button
                    key={row.key}
                    type="button"
                    data-row
                    data-key={row.key}
                    tabIndex={at === 0 || row.isWired || hand.held !== undefined ? 0 : -1}
                    className={`map-leaf d${Math.min(row.depth, 4)} ${row.isWired ? "wired" : ""} ${lit.has(row.key) ? "lit" : ""} ${hand.held === row.key ? "held" : ""} ${row.isRequired && !row.value && !row.hasRows ? "lacking" : ""}`}
                    aria-pressed={side === "source" ? hand.held === row.key : undefined}
                    onClick={(event) => {
                      // The end of a drag is no click.
                      if (event.currentTarget.dataset["moved"]) delete event.currentTarget.dataset["moved"];
                      else act(row.key);
                    }}
                    onKeyDown={(event) => onKey(event, row.key)}
                    onMouseEnter={() => onLook(row.key)}
                    onMouseLeave={() => onLook(undefined)}
                    onFocus={() => onLook(row.key)}
                    onPointerDown={(event) => {
                      if (side !== "source" || !mayDraw || event.button !== 0) return;
                      delete event.currentTarget.dataset["moved"];
                      event.currentTarget.dataset["from"] = `${event.clientX} ${event.clientY}`;
                      // A quick hand is over another row at its first movement.
                      event.currentTarget.setPointerCapture(event.pointerId);
                    }}
                    onPointerMove={(event) => {
                      const from = event.currentTarget.dataset["from"]?.split(" ").map(Number);
                      if (!from || event.currentTarget.dataset["moved"] || Math.hypot(event.clientX - (from[0] ?? 0), event.clientY - (from[1] ?? 0)) < DRAG_PX) return;
                      event.currentTarget.dataset["moved"] = "yes";
                      hand.take(row.key);
                    }}
                    onPointerUp={(event) => {
                      delete event.currentTarget.dataset["from"];
                      const to = event.currentTarget.dataset["moved"] ? under(event) : undefined;
                      if (to) hand.drop(to, row.key);
                      else if (event.currentTarget.dataset["moved"]) hand.take(undefined);
                    }}
                  >
                    <span className="map-end" aria-hidden="true" />
                    <code className="cut" title={row.key}>{row.path}</code>
                    <span className="cut quiet" title={name}>{name}</span>
                    <span className="cut mono map-value" title={row.value}>{row.value || (row.isRequired && !row.hasRows ? "required" : "")}</span>
                    <span className="hidden-but-read">
                      {row.value ? "" : "no value"} {mayDraw ? what : ""}
                    </span>
                  </button>
                );
              })}
          </div>
        ))}
      </div>
    </section>
  );
}
