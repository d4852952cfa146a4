// The content of a message: masked by default. A reason, once given, holds for this message while it is open, and is not in the address.
import { readContent, readMasked, readNames } from "../../api/routes";
import type { View } from "../../api/types";
import { useAnswer, type Answer } from "../../api/use";
import type { Er7 } from "../../hl7/er7";

async function read(id: number, which: string, reason: string | undefined, signal: AbortSignal): Promise<View> {
  if (reason) return { which, isMasked: false, text: await readContent(id, which, reason, signal) };
  return { which, isMasked: true, text: await readMasked(id, which, signal) };
}

export const useContent = (id: number, which: string | null, reason: string | undefined): Answer<View> =>
  useAnswer(which === null ? null : `${id}\n${which}\n${reason ?? ""}`, (signal) => read(id, which ?? "raw", reason, signal));

export type Names = Record<string, string>;
const NO_NAMES: Names = {};

/** What the standard calls the places of a message; none where the engine does not say. */
export function useNames(er7: Er7 | undefined): Names {
  const segments = [...new Set(er7?.segments.map((segment) => segment.id))].filter((id) => /^[A-Z][A-Z0-9]{2}$/.test(id)).sort();
  const version = er7?.segments[0]?.leaves.find((leaf) => leaf.kind === "MSH-12" || leaf.kind === "MSH-12.1")?.value ?? "2.5.1";
  const { value } = useAnswer(segments.length ? `${version} ${segments.join(",")}` : null, (signal) => readNames(version, segments, signal));
  return value?.names ?? NO_NAMES;
}
