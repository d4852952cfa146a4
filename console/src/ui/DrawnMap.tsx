// A map as drawn lines: where a value comes from, what it goes through, where it goes. One line of the text is one drawn line.
import { useMemo } from "react";
import { drawnOf, type Drawn } from "../flow/lines";

const isFixed = (from: string): boolean => /^("|[A-Z0-9_]+$)/.test(from) && !/-\d/.test(from);

function Line({ one }: { one: Drawn }) {
  return (
    <div className="drawn-line" tabIndex={0} data-row role="group" aria-label={`line ${one.line}: ${one.to} from ${one.from}${one.chips.length ? ` through ${one.chips.join(", ")}` : ""}${one.when ? ` when ${one.when}` : ""}`}>
      <span className={`drawn-end mono cut ${isFixed(one.from) ? "fixed" : ""}`} title={one.from}>
        {one.from}
      </span>
      <span className="drawn-way">
        {one.chips.map((chip, at) => (
          <span key={at} className="chip mono">
            {chip}
          </span>
        ))}
        {one.when && <span className="chip condition">when {one.when}</span>}
      </span>
      <span className="drawn-end mono cut" title={one.to}>
        {one.to}
      </span>
    </div>
  );
}

export function DrawnMap({ text, label }: { text: string; label: string }) {
  const lines = useMemo(() => drawnOf(text), [text]);
  return (
    <div className="drawn" role="group" aria-label={label}>
      {lines.map((one) => (
        <div key={one.line} className={`drawn-row d${Math.min(one.depth, 4)}`}>
          <span className="code-number" aria-hidden="true">
            {one.line}
          </span>
          <div>
            {one.kind === "line" ? <Line one={one} /> : one.text && <span className={`mono ${one.kind === "block" ? "drawn-block" : ""}`}>{one.text}</span>}
            {one.comment && <span className="drawn-comment quiet">{one.comment}</span>}
          </div>
        </div>
      ))}
    </div>
  );
}
