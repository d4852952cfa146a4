// The list of screens: the navigation, the palette and the keys come from it. Adding a screen adds a line here and in `App`.
import type { IconName } from "../ui/icons";

export interface Place {
  path: string;
  name: string;
  icon: IconName;
  /** The key after `g`. */
  key: string;
  group: "Look" | "Build" | "Guard";
}

export const PLACES: Place[] = [
  { path: "/", name: "Overview", icon: "overview", key: "o", group: "Look" },
  { path: "/messages", name: "Messages", icon: "messages", key: "m", group: "Look" },
  { path: "/interfaces", name: "Interfaces", icon: "interfaces", key: "i", group: "Look" },
  { path: "/alerts", name: "Alerts", icon: "bell", key: "a", group: "Look" },
  { path: "/tables", name: "Code tables", icon: "table", key: "t", group: "Build" },
  { path: "/changes", name: "Changes", icon: "changes", key: "c", group: "Build" },
  { path: "/audit", name: "Audit", icon: "audit", key: "u", group: "Guard" },
  { path: "/users", name: "Users", icon: "users", key: "p", group: "Guard" },
  { path: "/system", name: "System", icon: "system", key: "s", group: "Guard" },
];

/** The place that a path belongs to. */
export function placeOf(path: string): Place | undefined {
  return [...PLACES].reverse().find((place) => (place.path === "/" ? path === "/" : path === place.path || path.startsWith(`${place.path}/`)));
}
