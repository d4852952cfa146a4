// The text of the map: colours below, a plain field above. What is written here and what is drawn are the same edit.
import { useEffect, useMemo, useRef } from "react";
import type { MapFinding } from "../../api/maps";
import { piecesOf } from "../../flow/highlight";

const LINE_PX = 21;

interface Props {
  text: string;
  line: number | undefined;
  findings: MapFinding[];
  isFixed: boolean;
  onText: (text: string) => void;
  onLine: (line: number) => void;
}

export function Editor({ text, line, findings, isFixed, onText, onLine }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => text.split("\n").map(piecesOf), [text]);
  const marks = new Map(findings.flatMap((one) => (one.line ? [[one.line, one] as const] : [])));
  useEffect(() => {
    const outside = box.current;
    if (!outside || line === undefined) return;
    const y = (line - 1) * LINE_PX;
    if (y < outside.scrollTop || y > outside.scrollTop + outside.clientHeight - LINE_PX * 2) outside.scrollTop = Math.max(y - outside.clientHeight / 2, 0);
  }, [line]);
  return (
    <div className="editor" ref={box}>
      <div className="editor-inside" style={{ height: (lines.length + 1) * LINE_PX }}>
        <pre className="editor-lines" aria-hidden="true">
          {lines.map((pieces, at) => {
            const mark = marks.get(at + 1);
            return (
              <div key={at} className={`editor-line ${line === at + 1 ? "lit" : ""} ${mark ? (mark.is_error ? "wrong" : "doubt") : ""}`}>
                <span className="code-number">{at + 1}</span>
                <span>{pieces.map((piece, part) => (piece.tone ? <span key={part} className={`code-${piece.tone}`}>{piece.text}</span> : piece.text))}</span>
              </div>
            );
          })}
        </pre>
        <textarea
          className="editor-text"
          aria-label="The text of the map"
          value={text}
          readOnly={isFixed}
          spellCheck={false}
          autoComplete="off"
          wrap="off"
          onChange={(change) => onText(change.target.value)}
          onSelect={(select) => onLine(select.currentTarget.value.slice(0, select.currentTarget.selectionStart).split("\n").length)}
        />
      </div>
    </div>
  );
}
