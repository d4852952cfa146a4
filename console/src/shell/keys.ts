// Keys that work everywhere: `/` and Ctrl-K find, `g` and a letter jump, j and k move among rows, `?` lists keys.
import { useEffect } from "react";
import { PLACES } from "./places";
import { navigate } from "./route";

const JUMP_MS = 1500;

export interface KeyActs {
  openPalette: () => void;
  openKeys: () => void;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.closest("[role=dialog]") !== null;
}

/** Moves the focus among the rows of the page. */
export function moveAmongRows(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")].filter((row) => row.offsetParent !== null);
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by));
  rows[next]?.focus();
  rows[next]?.scrollIntoView({ block: "nearest" });
}

export function useKeys(acts: KeyActs): void {
  useEffect(() => {
    let jumpUntil = 0;
    const onKey = (key: KeyboardEvent) => {
      if (key.key.toLowerCase() === "k" && (key.ctrlKey || key.metaKey) && !key.altKey) {
        key.preventDefault();
        acts.openPalette();
        return;
      }
      if (key.ctrlKey || key.metaKey || key.altKey || isTyping(key.target)) return;
      if (performance.now() < jumpUntil) {
        jumpUntil = 0;
        const place = PLACES.find((one) => one.key === key.key);
        if (place) {
          key.preventDefault();
          navigate(place.path);
        }
        return;
      }
      switch (key.key) {
        case "g":
          jumpUntil = performance.now() + JUMP_MS;
          break;
        case "/":
          key.preventDefault();
          acts.openPalette();
          break;
        case "?":
          key.preventDefault();
          acts.openKeys();
          break;
        case "j":
          moveAmongRows(1);
          break;
        case "k":
          moveAmongRows(-1);
          break;
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [acts]);
}
