// Light or dark: what the person chose, else what the machine prefers.
import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";
const KEY = "sinew.theme";
const watchers = new Set<() => void>();

function wanted(): Theme {
  const kept = window.localStorage.getItem(KEY);
  if (kept === "light" || kept === "dark") return kept;
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

let theme = wanted();

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme;
}

export function switchTheme(): void {
  theme = theme === "light" ? "dark" : "light";
  window.localStorage.setItem(KEY, theme);
  applyTheme();
  for (const watcher of watchers) watcher();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => theme,
  );
}
