// Words of a search as a person clicks them in and out. The engine reads the search; this only adds and takes away words.

const words = (query: string): string[] => query.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];

const quoted = (value: string): string => (/\s/.test(value) ? `"${value}"` : value);

/** The values that a search names for a word: `state:parked,held` names two. */
export function valuesOf(query: string, name: string): string[] {
  const found = words(query).find((word) => word.startsWith(`${name}:`));
  if (!found) return [];
  const value = found.slice(name.length + 1).replaceAll('"', "");
  return name === "state" ? value.split(",") : [value];
}

/** Puts a value in, or takes it out when it is there. Only `state:` takes several. */
export function toggled(query: string, name: string, value: string): string {
  const before = valuesOf(query, name);
  const others = words(query).filter((word) => !word.startsWith(`${name}:`));
  const isOn = before.includes(value);
  const after = isOn ? before.filter((one) => one !== value) : name === "state" ? [...before, value] : [value];
  return [...others, ...(after.length ? [`${name}:${quoted(after.join(","))}`] : [])].join(" ");
}

export interface Count {
  value: string;
  count: number;
}

/** How often each value stands in a list, the most frequent first. */
export function counted(values: string[]): Count[] {
  const found = new Map<string, number>();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return [...found].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
}

/** Words that find one patient are not kept: what stays in a browser names nobody. */
export const isKeepable = (query: string): boolean =>
  query.trim() !== "" && query.split(/\s+/).every((word) => /^(interface|destination|type|event|facility|application|state|since|until):/.test(word));
