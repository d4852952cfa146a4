// Reading a route from a component: what came, what failed, and asking again.
import { useCallback, useEffect, useState } from "react";
import { Problem } from "./http";

export interface Answer<T> {
  value: T | undefined;
  problem: Problem | undefined;
  isLoading: boolean;
  again: () => void;
}

/** Asks when `key` changes, and again when asked to. An answer is shown under its own key only: while a new one is on its way there is none, so
 * that nobody reads one message under the name of another. */
export function useAnswer<T>(key: string | null, ask: (signal: AbortSignal) => Promise<T>): Answer<T> {
  const [round, setRound] = useState(0);
  const [held, setHeld] = useState<{ key: string; value?: T; problem?: Problem }>({ key: "" });
  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    ask(stop.signal).then(
      (value) => setHeld({ key, value }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        setHeld({ key, problem: error instanceof Problem ? error : new Problem(0, "", String(error)) });
      },
    );
    return () => stop.abort();
    // `ask` is made anew in every render; the key says what it asks.
  }, [key, round]);
  const again = useCallback(() => setRound((before) => before + 1), []);
  const isCurrent = held.key === key;
  return { value: isCurrent ? held.value : undefined, problem: isCurrent ? held.problem : undefined, isLoading: key !== null && !isCurrent, again };
}
