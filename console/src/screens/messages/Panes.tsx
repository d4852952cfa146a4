// The three ways to see a content, linked: fields, raw, and what became of it. Where the pointer or the focus is, the others show it.
import { memo, useMemo, useState } from "react";
import type { View } from "../../api/types";
import { isEr7, isWithin, readEr7, type Er7, type Segment } from "../../hl7/er7";
import { Icon } from "../../ui/icons";

export interface Linked {
  path: string | undefined;
  value: string | undefined;
  look: (path: string | undefined, value?: string) => void;
}

export function useEr7(view: View | undefined): Er7 | undefined {
  return useMemo(() => (view && isEr7(view.text) ? readEr7(view.text) : undefined), [view]);
}

const FieldRows = memo(function FieldRows({ segment, names, linked, changed }: { segment: Segment; names: Record<string, string>; linked: Linked; changed: Set<string> }) {
  const [isOpen, setOpen] = useState(true);
  return (
    <>
      <button type="button" className="field-segment" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} data-row>
        <Icon name={isOpen ? "down" : "next"} />
        <code>{segment.path}</code>
        <span>{names[segment.id] ?? ""}</span>
      </button>
      {isOpen &&
        segment.rows.map((row) => {
          const isLit = linked.path !== undefined && (isWithin(row.path, linked.path) || isWithin(linked.path, row.path)) && !row.isOpenable;
          return (
            <div
              key={row.path}
              className={`field-row d${row.depth} ${isLit ? "lit" : ""} ${changed.has(row.path) ? "changed" : ""}`}
              tabIndex={0}
              role="group"
              aria-label={`${row.path} ${names[row.kind] ?? ""} ${row.value}`}
              data-row
              onMouseEnter={() => linked.look(row.path, row.value)}
              onFocus={() => linked.look(row.path, row.value)}
            >
              <code className="field-path">{row.path}</code>
              <span className="cut quiet" title={names[row.kind]}>
                {names[row.kind] ?? ""}
              </span>
              <span className="cut mono" title={row.value}>
                {row.value}
              </span>
            </div>
          );
        })}
    </>
  );
});

const NONE = new Set<string>();

export function Fields({ er7, names, linked, changed = NONE }: { er7: Er7; names: Record<string, string>; linked: Linked; changed?: Set<string> }) {
  return (
    <div className="field-list">
      {er7.segments.map((segment) => (
        <FieldRows key={segment.path} segment={segment} names={names} linked={linked} changed={changed} />
      ))}
    </div>
  );
}

function RawSegment({ er7, segment, names, linked, changed }: { er7: Er7; segment: Segment; names: Record<string, string>; linked: Linked; changed: Set<string> }) {
  const pieces = [];
  let at = segment.start + Math.min(3, segment.end - segment.start);
  for (const leaf of segment.leaves) {
    if (leaf.start > at) pieces.push(<span key={`s${at}`} className="raw-mark">{er7.text.slice(at, leaf.start)}</span>);
    const isLit = linked.path !== undefined && isWithin(leaf.path, linked.path);
    pieces.push(
      <span
        key={leaf.start}
        className={`raw-leaf ${isLit ? "lit" : ""} ${changed.has(leaf.path) ? "changed" : ""}`}
        title={`${leaf.path} ${names[leaf.kind] ?? ""}`}
        onMouseEnter={() => linked.look(leaf.path, leaf.value)}
      >
        {leaf.value}
      </span>,
    );
    at = leaf.end;
  }
  if (segment.end > at) pieces.push(<span key="end" className="raw-mark">{er7.text.slice(at, segment.end)}</span>);
  return (
    <div className="raw-segment">
      <b>{segment.id}</b>
      {pieces}
    </div>
  );
}

export function Raw({ er7, names, linked, changed = NONE }: { er7: Er7; names: Record<string, string>; linked: Linked; changed?: Set<string> }) {
  return (
    <div className="raw" tabIndex={0} role="group" aria-label="The message as it is written">
      {er7.segments.map((segment) => (
        <RawSegment key={segment.path} er7={er7} segment={segment} names={names} linked={linked} changed={changed} />
      ))}
    </div>
  );
}

/** JSON indented; anything else as it is. */
export function pretty(text: string): string {
  const start = text.trimStart()[0];
  if (start !== "{" && start !== "[") return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const VALUE_LETTERS_MIN = 2;

/** Text of another format: lines that hold the value that is looked at are lit. */
export function Plain({ text, linked }: { text: string; linked: Linked }) {
  const lines = useMemo(() => pretty(text).split(/\r\n|\r|\n/), [text]);
  const value = linked.value && linked.value.length >= VALUE_LETTERS_MIN ? linked.value : undefined;
  const dated = value && /^\d{8}$/.test(value) ? `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}` : undefined;
  return (
    <div className="raw plain" tabIndex={0} role="group" aria-label="The content as it is written">
      {lines.map((line, at) => (
        <div key={at} className={(value && line.includes(value)) || (dated && line.includes(dated)) ? "lit" : ""}>
          {line || " "}
        </div>
      ))}
    </div>
  );
}
