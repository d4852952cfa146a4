// Reads HL7 v2 text as pieces with places, to show and to link them. Reading never fails. Whether a message is right,
// the engine says; this only knows where its pieces stand.

export interface Leaf {
  /** `PID-3[2].4.1`; segments that repeat are `OBX[2]-5`. */
  path: string;
  /** The path without occurrences: what a dictionary knows. */
  kind: string;
  start: number;
  end: number;
  value: string;
}

export interface Row {
  path: string;
  kind: string;
  depth: number;
  value: string;
  /** It has rows below it. */
  isOpenable: boolean;
}

export interface Segment {
  id: string;
  path: string;
  start: number;
  end: number;
  leaves: Leaf[];
  rows: Row[];
}

export interface Er7 {
  text: string;
  segments: Segment[];
}

interface Marks {
  field: string;
  component: string;
  repetition: string;
  sub: string;
}

export const isEr7 = (text: string): boolean => /^(MSH|FHS|BHS)[^\w\s]/.test(text);

function marksOf(text: string): Marks {
  const at = (place: number, standard: string) => text[place] || standard;
  return { field: at(3, "|"), component: at(4, "^"), repetition: at(5, "~"), sub: at(7, "&") };
}

/** Cuts [start, end) at a mark and calls back with the number from 1 and the bounds of each part. */
function cut(text: string, start: number, end: number, mark: string, each: (number: number, start: number, end: number) => void): number {
  let number = 1;
  let from = start;
  for (let at = start; at < end; at += 1) {
    if (text[at] === mark) {
      each(number, from, at);
      number += 1;
      from = at + 1;
    }
  }
  each(number, from, end);
  return number;
}

const countOf = (text: string, start: number, end: number, mark: string): number => {
  let number = 1;
  for (let at = start; at < end; at += 1) if (text[at] === mark) number += 1;
  return number;
};

class Reader {
  readonly leaves: Leaf[] = [];
  readonly rows: Row[] = [];
  constructor(
    private readonly text: string,
    private readonly marks: Marks,
    private readonly segment: string,
    private readonly id: string,
  ) {}

  leaf(path: string, kind: string, start: number, end: number): void {
    if (end > start) this.leaves.push({ path, kind, start, end, value: this.text.slice(start, end) });
  }

  plain(number: number, start: number, end: number): void {
    const [path, kind] = [`${this.segment}-${number}`, `${this.id}-${number}`];
    this.leaf(path, kind, start, end);
    this.rows.push({ path, kind, depth: 1, value: this.text.slice(start, end), isOpenable: false });
  }

  field(number: number, start: number, end: number): void {
    if (start === end) return;
    const many = countOf(this.text, start, end, this.marks.repetition) > 1;
    cut(this.text, start, end, this.marks.repetition, (repetition, from, to) => {
      const path = `${this.segment}-${number}${many ? `[${repetition}]` : ""}`;
      this.parts(path, `${this.id}-${number}`, from, to, this.marks.component, 1);
    });
  }

  private parts(path: string, kind: string, start: number, end: number, mark: string, depth: number): void {
    if (start === end) return;
    const isCut = countOf(this.text, start, end, mark) > 1;
    const below = mark === this.marks.component ? this.marks.sub : "";
    this.rows.push({ path, kind, depth, value: isCut ? "" : this.text.slice(start, end), isOpenable: isCut });
    if (!isCut && (!below || countOf(this.text, start, end, below) === 1)) {
      this.leaf(path, kind, start, end);
      return;
    }
    if (!isCut) {
      // One component with subcomponents: they are shown below the field.
      const row = this.rows.at(-1);
      if (row) Object.assign(row, { value: "", isOpenable: true });
      this.cutBelow(path, kind, start, end, below, depth, ".1");
      return;
    }
    cut(this.text, start, end, mark, (part, from, to) => {
      if (below) this.parts(`${path}.${part}`, `${kind}.${part}`, from, to, below, depth + 1);
      else this.small(`${path}.${part}`, `${kind}.${part}`, from, to, depth + 1);
    });
  }

  private cutBelow(path: string, kind: string, start: number, end: number, mark: string, depth: number, first: string): void {
    cut(this.text, start, end, mark, (part, from, to) => this.small(`${path}${first}.${part}`, `${kind}${first}.${part}`, from, to, depth + 1));
  }

  private small(path: string, kind: string, start: number, end: number, depth: number): void {
    if (start === end) return;
    this.leaf(path, kind, start, end);
    this.rows.push({ path, kind, depth, value: this.text.slice(start, end), isOpenable: false });
  }
}

function segmentOf(text: string, start: number, end: number, marks: Marks, seen: Map<string, number>): Segment {
  const id = text.slice(start, Math.min(start + 3, end));
  const occurrence = (seen.get(id) ?? 0) + 1;
  seen.set(id, occurrence);
  const path = occurrence > 1 ? `${id}[${occurrence}]` : id;
  const reader = new Reader(text, marks, path, id);
  const isHead = ["MSH", "FHS", "BHS"].includes(id);
  const first = start + 3;
  if (isHead && first < end) {
    let close = first + 1;
    while (close < end && text[close] !== marks.field) close += 1;
    reader.plain(1, first, first + 1);
    reader.plain(2, first + 1, close);
    if (close < end) cut(text, close + 1, end, marks.field, (number, from, to) => reader.field(number + 2, from, to));
  } else if (first < end) {
    cut(text, first + 1, end, marks.field, (number, from, to) => reader.field(number, from, to));
  }
  return { id, path, start, end, leaves: reader.leaves, rows: reader.rows };
}

export function readEr7(text: string): Er7 {
  const marks = marksOf(text);
  const seen = new Map<string, number>();
  const segments: Segment[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const letter = text[at];
    if (at < text.length && letter !== "\r" && letter !== "\n") continue;
    if (at > start) segments.push(segmentOf(text, start, at, marks, seen));
    start = at + 1;
  }
  return { text, segments };
}

export interface Difference {
  path: string;
  kind: string;
  left: string | undefined;
  right: string | undefined;
}

/** What differs, by path, in the order of the left message and then what only the right one has. */
export function differences(left: Er7, right: Er7): Difference[] {
  const all = (of: Er7) => new Map(of.segments.flatMap((segment) => segment.leaves.map((leaf) => [leaf.path, leaf] as const)));
  const [before, after] = [all(left), all(right)];
  const out: Difference[] = [];
  for (const [path, leaf] of before) {
    const other = after.get(path)?.value;
    if (other !== leaf.value) out.push({ path, kind: leaf.kind, left: leaf.value, right: other });
  }
  for (const [path, leaf] of after) if (!before.has(path)) out.push({ path, kind: leaf.kind, left: undefined, right: leaf.value });
  return out;
}

/** Is `path` the place `of` or below it? */
export const isWithin = (path: string, of: string): boolean => path === of || (path.startsWith(of) && [".", "-", "["].includes(path[of.length] ?? ""));
