// The content of a message: masked by default. A reason, once given, holds for this message while it is open, and is not in the address.
import { Problem } from "../../api/http";
import { readContent, readView } from "../../api/routes";
import type { View } from "../../api/types";
import { useAnswer, type Answer } from "../../api/use";

async function read(id: number, which: string, reason: string | undefined, signal: AbortSignal): Promise<View> {
  try {
    return await readView(id, which, reason, signal);
  } catch (error) {
    if (!(error instanceof Problem && error.isMissing && reason)) throw error;
    // An engine without masked views still gives the bytes to those who may read them.
    const text = await readContent(id, which, reason, signal);
    return { which, format: "", is_masked: false, text, names: {} };
  }
}

export const useContent = (id: number, which: string | null, reason: string | undefined): Answer<View> =>
  useAnswer(which === null ? null : `${id}\n${which}\n${reason ?? ""}`, (signal) => read(id, which ?? "raw", reason, signal));
