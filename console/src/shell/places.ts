// The list of screens: the navigation, the palette and the keys come from it. Adding a screen adds a line here and in `App`.
import type { Right } from "../api/session";
import type { IconName } from "../ui/icons";

export interface Place {
  path: string;
  name: string;
  icon: IconName;
  /** The key after `g`. */
  key: string;
  group: "Look" | "Build" | "Guard";
  /** Only for those who have this right. */
  right?: Right;
}

export const PLACES: Place[] = [
  { path: "/", name: "Overview", icon: "overview", key: "o", group: "Look" },
  { path: "/messages", name: "Messages", icon: "messages", key: "m", group: "Look" },
  { path: "/interfaces", name: "Interfaces", icon: "interfaces", key: "i", group: "Look" },
  { path: "/alerts", name: "Alerts", icon: "bell", key: "a", group: "Look" },
  { path: "/mapper", name: "Mapper", icon: "map", key: "d", group: "Build" },
  { path: "/bench", name: "Bench", icon: "bench", key: "b", group: "Build", right: "masked" },
  { path: "/tables", name: "Code tables", icon: "table", key: "t", group: "Build" },
  { path: "/dictionary", name: "Dictionary", icon: "book", key: "y", group: "Build" },
  { path: "/changes", name: "Changes", icon: "changes", key: "c", group: "Build" },
  { path: "/audit", name: "Audit", icon: "audit", key: "u", group: "Guard", right: "audit" },
  { path: "/users", name: "Users", icon: "users", key: "p", group: "Guard", right: "people" },
  { path: "/system", name: "System", icon: "system", key: "s", group: "Guard" },
];

/** The place that a path belongs to. */
export function placeOf(path: string): Place | undefined {
  return [...PLACES].reverse().find((place) => (place.path === "/" ? path === "/" : path === place.path || path.startsWith(`${place.path}/`)));
}
