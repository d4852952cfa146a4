// The address is the state: a path, and words behind `#`. Whoever has the address sees the same. Words stand behind the `#`
// because a browser sends nothing of that to any server: a search may name a patient.
import { useSyncExternalStore } from "react";

const watchers = new Set<() => void>();
let now = read();

export interface Address {
  path: string;
  words: URLSearchParams;
}

function read(): Address {
  return { path: window.location.pathname, words: new URLSearchParams(window.location.hash.slice(1)) };
}

function tell(): void {
  now = read();
  for (const watcher of watchers) watcher();
}

window.addEventListener("popstate", tell);
window.addEventListener("hashchange", tell);

/** Goes to a path with its words. `replace` leaves no step for the back button: for what changes with every letter typed. */
export function navigate(to: string, how: { replace?: boolean } = {}): void {
  if (how.replace) window.history.replaceState(null, "", to);
  else window.history.pushState(null, "", to);
  tell();
}

/** Changes words of the address and leaves the others. */
export function setWords(change: Record<string, string | undefined>, how: { replace?: boolean } = {}): void {
  const words = new URLSearchParams(now.words);
  for (const [name, value] of Object.entries(change)) {
    if (value) words.set(name, value);
    else words.delete(name);
  }
  const text = words.toString();
  navigate(text ? `${now.path}#${text}` : now.path, how);
}

function subscribe(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function useAddress(): Address {
  return useSyncExternalStore(subscribe, () => now);
}
