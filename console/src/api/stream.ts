// The news of the engine as they happen. Reconnects with a growing pause, and says what it missed.
import { useEffect, useState } from "react";
import type { News } from "./types";

const PAUSE_MS = 1000;
const PAUSE_MS_MAX = 30000;

export type StreamState = "connecting" | "open" | "lost";

/** Listens to these kinds of news until the returned function is called. */
export function listen(kinds: string[], onNews: (news: News) => void, onState: (state: StreamState) => void): () => void {
  let source: EventSource | undefined;
  let timer: number | undefined;
  let pause = PAUSE_MS;
  const open = () => {
    onState("connecting");
    const now = new EventSource(`/api/v1/news?kinds=${kinds.join(",")}`);
    source = now;
    now.onopen = () => {
      pause = PAUSE_MS;
      onState("open");
    };
    now.onerror = () => {
      // The browser's own reconnect has no growing pause.
      now.close();
      onState("lost");
      timer = window.setTimeout(open, pause);
      pause = Math.min(pause * 2, PAUSE_MS_MAX);
    };
    for (const kind of kinds) {
      now.addEventListener(kind, (said) => onNews(JSON.parse((said as MessageEvent<string>).data) as News));
    }
  };
  open();
  return () => {
    window.clearTimeout(timer);
    source?.close();
  };
}

/** The last news of these kinds, newest first. */
export function useNews(kinds: string[], keep: number): { news: News[]; state: StreamState } {
  const [news, setNews] = useState<News[]>([]);
  const [state, setState] = useState<StreamState>("connecting");
  const key = kinds.join(" ");
  useEffect(() => {
    let waiting: News[] = [];
    // A storm of news is drawn twice a second, not once a piece.
    const timer = window.setInterval(() => {
      if (waiting.length === 0) return;
      const fresh = waiting.reverse();
      waiting = [];
      setNews((before) => [...fresh, ...before].slice(0, keep));
    }, 500);
    const stop = listen(
      key.split(" "),
      (one) => {
        waiting.push(one);
        if (waiting.length > keep) waiting.shift();
      },
      setState,
    );
    return () => {
      window.clearInterval(timer);
      stop();
    };
  }, [key, keep]);
  return { news, state };
}
