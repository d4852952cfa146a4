// The lines of a map as they are drawn: from, through, to. A line that is not of this form is kept as a note, so that the drawing
// leaves nothing of the text out. Pure; what a map means, the engine says.

export interface Drawn {
  /** From 1. */
  line: number;
  depth: number;
  kind: "line" | "block" | "note";
  from: string;
  chips: string[];
  to: string;
  when: string;
  /** The text of a block or note; what stands behind `#`. */
  text: string;
  comment: string;
}

/** Splits a line at `#` outside quotes. */
function uncommented(line: string): [string, string] {
  let isQuoted = false;
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === '"' && line[at - 1] !== "\\") isQuoted = !isQuoted;
    else if (line[at] === "#" && !isQuoted) return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  }
  return [line.trim(), ""];
}

/** Splits at a mark outside quotes, brackets and parentheses. */
function parts(text: string, mark: string): string[] {
  const out = [""];
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? "";
    if (letter === '"' && text[at - 1] !== "\\") isQuoted = !isQuoted;
    if (!isQuoted && "([".includes(letter)) depth += 1;
    if (!isQuoted && ")]".includes(letter)) depth -= 1;
    if (!isQuoted && depth === 0 && text.startsWith(mark, at)) {
      out.push("");
      at += mark.length - 1;
    } else out[out.length - 1] += letter;
  }
  return out.map((part) => part.trim());
}

export function drawnOf(text: string): Drawn[] {
  const out: Drawn[] = [];
  let depth = 0;
  text.split("\n").forEach((raw, index) => {
    const [code, comment] = uncommented(raw);
    if (!code && !comment) return;
    const base: Drawn = { line: index + 1, depth, kind: "note", from: "", chips: [], to: "", when: "", text: code, comment };
    if (/^\}/.test(code)) {
      depth = Math.max(depth - 1, 0);
      if (code === "}") return;
    }
    const opens = code.endsWith("{");
    const body = opens ? code.slice(0, -1).trim() : code;
    const [target, ...rest] = parts(body, " = ");
    const isLine = rest.length > 0 && target !== undefined && /^[A-Za-z]/.test(target) && !/^(when|each|keep|drop|map)\b/.test(target);
    if (isLine) {
      const [value = "", ...conditions] = parts(rest.join(" = "), " when ");
      const [from = "", ...chips] = parts(value, "|");
      out.push({ ...base, kind: "line", from, chips, to: target, when: conditions.join(" when "), text: "" });
    } else if (code) {
      out.push({ ...base, depth, kind: opens ? "block" : "note", text: body });
    } else {
      out.push(base);
    }
    if (opens) depth += 1;
  });
  return out;
}
