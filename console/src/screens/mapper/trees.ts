// The two trees of the mapper and the wires between them, from what the engine says of a map. Pure.
import { isEr7, readEr7 } from "../../hl7/er7";
import type { MapLook, MapRow } from "../../api/maps";

export interface Leaf {
  /** What wires know it by: `PID-3.1`, `Patient.gender`. */
  key: string;
  /** The same without the head of its group: `gender`. */
  path: string;
  group: string;
  depth: number;
  name: string;
  value: string;
  /** A line reads or writes it. */
  isWired: boolean;
  isRequired: boolean;
  hasRows: boolean;
}

export interface Wire {
  id: string;
  from: string[];
  to: string;
  row: MapRow;
  resource: string;
}

export const withoutIndexes = (path: string): string => path.replace(/\[[^\]]*\]/g, "");

/** `PID-3.1` stands in `PID`, `Patient.gender` in `Patient`. */
const groupOf = (key: string): string => /^[^-.]+/.exec(key)?.[0] ?? key;

export function wiresOf(look: MapLook): Wire[] {
  const isV2 = look.map?.to.form === "Hl7v2";
  return look.sections.flatMap((section) =>
    section.rows
      .filter((row) => row.target)
      .map((row, at) => ({
        id: `${section.title} ${row.file}:${row.line} ${row.target} ${at}`,
        from: row.places.map(withoutIndexes),
        to: isV2 ? withoutIndexes(row.target) : `${section.title}.${withoutIndexes(row.target)}`,
        row,
        resource: section.title,
      })),
  );
}

function ofEr7(text: string, wired: Set<string>): Leaf[] {
  const out: Leaf[] = [];
  const seen = new Set<string>();
  for (const segment of readEr7(text).segments) {
    for (const row of segment.rows) {
      if (seen.has(row.kind)) continue;
      seen.add(row.kind);
      out.push({ key: row.kind, path: row.kind, group: segment.id, depth: row.depth, name: "", value: row.value, isWired: wired.has(row.kind), isRequired: false, hasRows: row.isOpenable });
    }
  }
  return ghosts(out, wired);
}

/** Places that lines name and that have no value now: they stand behind the last of their group, so that a wire has an end. */
function ghosts(rows: Leaf[], wired: Set<string>): Leaf[] {
  const out = [...rows];
  for (const key of [...wired].sort()) {
    if (out.some((row) => row.key === key)) continue;
    const group = groupOf(key);
    const own = out.map((row) => row.group).lastIndexOf(group);
    const parent = out.findIndex((row) => key.startsWith(`${row.key}.`));
    const leaf: Leaf = { key, path: key.startsWith(`${group}.`) ? key.slice(group.length + 1) : key, group, depth: key.includes(".") ? 2 : 1, name: "", value: "", isWired: true, isRequired: false, hasRows: false };
    out.splice(parent >= 0 ? parent + 1 : own >= 0 ? own + 1 : out.length, 0, leaf);
  }
  return out;
}

/** Names that say nothing of the matter itself. */
const OF_SERVER = new Set(["resourceType", "id", "fullUrl"]);

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

function scalars(value: Json, path: string, depth: number, group: string, wired: Set<string>, out: Leaf[]): void {
  if (Array.isArray(value)) {
    if (value.length > 0) scalars(value[0] ?? null, path, depth, group, wired, out);
  } else if (value && typeof value === "object") {
    for (const [name, inner] of Object.entries(value)) if (!OF_SERVER.has(name)) scalars(inner, `${path}.${name}`, depth + 1, group, wired, out);
  } else {
    out.push({ key: path, path: path.slice(group.length + 1), group, depth: Math.max(depth - 1, 1), name: "", value: String(value), isWired: wired.has(path), isRequired: false, hasRows: false });
  }
}

const resourcesOf = (text: string | undefined): { [name: string]: Json }[] => {
  try {
    const read = JSON.parse(text ?? "null") as { resourceType?: string; entry?: { resource?: { [name: string]: Json } }[] } | null;
    if (!read?.resourceType) return [];
    return read.resourceType === "Bundle" ? (read.entry ?? []).flatMap((one) => (one.resource ? [one.resource] : [])) : [read as { [name: string]: Json }];
  } catch {
    return [];
  }
};

function ofJson(text: string, wired: Set<string>): Leaf[] {
  const out: Leaf[] = [];
  for (const resource of resourcesOf(text)) {
    const group = String(resource["resourceType"]);
    if (!out.some((row) => row.group === group)) scalars(resource, group, 0, group, wired, out);
  }
  return ghosts(out, wired);
}

export const treeOf = (text: string, wired: Set<string>): Leaf[] => (isEr7(text) ? ofEr7(text, wired) : ofJson(text, wired));

export const sourceTree = (look: MapLook, wires: Wire[]): Leaf[] => treeOf(look.sample?.raw ?? "", new Set(wires.flatMap((wire) => wire.from)));

/** What the result has, and for resources also what they could have: all of it, or what is filled, written by a line, or required. */
export function targetTree(look: MapLook, wires: Wire[], isAll: boolean): Leaf[] {
  const wired = new Set(wires.map((wire) => wire.to));
  const made = look.sample?.made ?? "";
  if (look.map?.to.form === "Hl7v2") {
    const rows = treeOf(made || look.sample?.raw || "", wired);
    return isAll ? rows : rows.filter((row) => row.isWired || rows.some((other) => other.isWired && other.key.startsWith(`${row.key}.`)));
  }
  const filled = ofJson(made, wired);
  const out: Leaf[] = [];
  for (const group of [...new Set([...look.sections.map((section) => section.title), ...filled.map((row) => row.group)])]) {
    const own = filled.filter((row) => row.group === group);
    const values = new Map(own.map((row) => [row.key, row]));
    const known = new Set<string>();
    for (const element of look.elements[group] ?? []) {
      const key = `${group}.${element.path}`;
      const isFilled = own.some((row) => row.key === key || row.key.startsWith(`${key}.`));
      const isWired = wired.has(key);
      const isAround = [...wired].some((to) => to.startsWith(`${key}.`));
      known.add(key);
      if (!isAll && !isFilled && !isWired && !isAround && !element.is_required) continue;
      out.push({ key, path: element.path, group, depth: element.path.split(".").length, name: `${element.type} ${element.card}`, value: values.get(key)?.value ?? "", isWired, isRequired: element.is_required, hasRows: own.some((row) => row.key.startsWith(`${key}.`)) });
    }
    // What lies deeper than the elements that were told stands behind its nearest one.
    for (const row of own.filter((one) => !known.has(one.key)).reverse()) {
      const at = out.findLastIndex((one) => row.key.startsWith(`${one.key}.`));
      const place = at >= 0 ? at + 1 : out.length;
      out.splice(place, 0, { ...row, depth: row.path.split(".").length });
    }
  }
  return out;
}

/** The lines of a bundle of wires whose ends are out of sight: how many are above and below. */
export function outOfSight(ends: number[], top: number, bottom: number): { above: number; below: number } {
  return { above: ends.filter((end) => end < top).length, below: ends.filter((end) => end > bottom).length };
}

/** Moves labels apart that would cover each other; the order stays. */
export function apart(ys: number[], gap: number): number[] {
  const order = ys.map((y, at) => ({ y, at })).sort((a, b) => a.y - b.y);
  const out = [...ys];
  let last = Number.NEGATIVE_INFINITY;
  for (const { y, at } of order) {
    last = Math.max(y, last + gap);
    out[at] = last;
  }
  return out;
}

/** Steps as a person writes them: `trim | code sex`. */
export const stepsOf = (text: string): string[] => {
  const out = [""];
  let isQuoted = false;
  for (const letter of text) {
    if (letter === '"') isQuoted = !isQuoted;
    if (letter === "|" && !isQuoted) out.push("");
    else out[out.length - 1] += letter;
  }
  return out.map((step) => step.trim()).filter(Boolean);
};
