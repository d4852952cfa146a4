// Colours for the text of flows and maps. It knows forms, not meanings: what is right, the engine says.

export type Tone = "comment" | "text" | "path" | "number" | "word" | "";

export interface Piece {
  text: string;
  tone: Tone;
}

const PIECE = /(#.*$)|("(?:[^"\\]|\\.)*")|(\b[A-Z][A-Z0-9]{2}(?:\[\d*\])?-\d+(?:\[[^\]]*\])?(?:\.\d+)*)|(\b\d+(?:ms|s|m|h|d|kb|mb|KB|MB)?\b)/g;
const WORD = /^(\s*)([a-z][a-z-]*)/;

/** One line in pieces; together they are the line. */
export function piecesOf(line: string): Piece[] {
  const out: Piece[] = [];
  const first = WORD.exec(line);
  let at = 0;
  if (first && !line.trimStart().startsWith("#")) {
    if (first[1]) out.push({ text: first[1], tone: "" });
    out.push({ text: first[2] ?? "", tone: "word" });
    at = first[0].length;
  }
  PIECE.lastIndex = at;
  for (let found = PIECE.exec(line); found; found = PIECE.exec(line)) {
    if (found.index > at) out.push({ text: line.slice(at, found.index), tone: "" });
    const tone: Tone = found[1] ? "comment" : found[2] ? "text" : found[3] ? "path" : "number";
    out.push({ text: found[0], tone });
    at = found.index + found[0].length;
  }
  if (at < line.length) out.push({ text: line.slice(at), tone: "" });
  return out;
}
