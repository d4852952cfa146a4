// Which maps the text of an interface names, and for which destination. Pure; what the text means, the engine says.

export interface Named {
  /** The destination in whose block it stands; none: it is for all. */
  destination: string | undefined;
  /** As written: `maps/pharmacy.map`. */
  file: string;
}

export function mapsOf(text: string): Named[] {
  const out: Named[] = [];
  const around: { word: string; name: string }[] = [];
  for (const raw of text.split("\n")) {
    const line = raw.replace(/#.*$/, "").trim();
    const [word = "", name = ""] = line.split(/\s+/);
    if (word === "map" && name) out.push({ destination: around.findLast((one) => one.word === "send")?.name, file: name.replaceAll('"', "") });
    if (/^\}/.test(line)) around.pop();
    if (line.endsWith("{")) around.push({ word, name });
  }
  return out;
}

/** The map files that a message went through on its way to a destination, relative to the workspace: those beside the interface. */
export function mapsTo(text: string, file: string, destination: string): string[] {
  const folder = file.replace(/\/[^/]*$/, "");
  return mapsOf(text)
    .filter((one) => (one.destination === undefined || one.destination === destination) && !one.file.startsWith("shared/"))
    .map((one) => `${folder}/${one.file}`);
}
