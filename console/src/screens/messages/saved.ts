// Searches that a person keeps, in this browser.
import { useState } from "react";

const KEY = "sinew.searches";
const SEARCHES_MAX = 30;

function read(): string[] {
  try {
    const kept: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export function useSaved(): { saved: string[]; toggle: (query: string) => void } {
  const [saved, setSaved] = useState(read);
  const toggle = (query: string) => {
    const next = saved.includes(query) ? saved.filter((one) => one !== query) : [query, ...saved].slice(0, SEARCHES_MAX);
    window.localStorage.setItem(KEY, JSON.stringify(next));
    setSaved(next);
  };
  return { saved, toggle };
}
