// A text with line numbers and colours.
import { useMemo } from "react";
import { piecesOf } from "../flow/highlight";

export function Code({ text, label }: { text: string; label: string }) {
  const lines = useMemo(() => text.replace(/\n$/, "").split("\n").map(piecesOf), [text]);
  return (
    <div className="code" tabIndex={0} role="group" aria-label={label}>
      {lines.map((pieces, at) => (
        <div key={at} className="code-line">
          <span className="code-number" aria-hidden="true">
            {at + 1}
          </span>
          <span>{pieces.length ? pieces.map((piece, part) => (piece.tone ? <span key={part} className={`code-${piece.tone}`}>{piece.text}</span> : piece.text)) : " "}</span>
        </div>
      ))}
    </div>
  );
}
