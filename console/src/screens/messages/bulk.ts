// The same act on many messages, one after the other, oldest first: how far it is, and what was refused. Pure but for the act itself.
import { Problem } from "../../api/http";
import type { MessageRow } from "../../api/types";

export interface Progress {
  done: number;
  refused: { id: number; why: string }[];
  total: number;
  isOver: boolean;
}

/** Messages that an act fits, oldest first, so that order for each key is kept. */
export function fitting(rows: MessageRow[], states: MessageRow["state"][]): MessageRow[] {
  return rows.filter((row) => states.includes(row.state)).sort((a, b) => a.id - b.id);
}

/** Acts on each, and tells after each. Ends early when `isStopped`, or when the engine cannot be reached. */
export async function eachOf(rows: MessageRow[], act: (id: number) => Promise<unknown>, tell: (progress: Progress) => void, isStopped: () => boolean): Promise<Progress> {
  let progress: Progress = { done: 0, refused: [], total: rows.length, isOver: false };
  for (const row of rows) {
    if (isStopped()) break;
    try {
      await act(row.id);
      progress = { ...progress, done: progress.done + 1 };
    } catch (error) {
      const why = error instanceof Problem ? `${error.message} ${error.code}`.trim() : String(error);
      progress = { ...progress, refused: [...progress.refused, { id: row.id, why }] };
      if (error instanceof Problem && (error.status === 0 || error.status === 401 || error.status === 403)) break;
    }
    tell(progress);
  }
  progress = { ...progress, isOver: true };
  tell(progress);
  return progress;
}
