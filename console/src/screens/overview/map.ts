// The live map: which interface feeds which system, and how much passes. Pure: a status in, nodes and lines out.
import type { Health, Status } from "../../api/types";
import { interfaceAt, messagesAt } from "../../shell/addresses";

export interface Node {
  id: string;
  label: string;
  column: 0 | 1 | 2;
  state: Health;
  to: string;
  rate: number;
  title: string;
}

export interface Line {
  id: string;
  from: string;
  to: string;
  rate: number;
  state: Health;
  queued: number;
}

export interface Picture {
  nodes: Node[];
  lines: Line[];
  /** Interfaces that are not drawn, because they are too many and well. */
  left: number;
}

/** Interfaces that are drawn; what is not well comes first. */
const DRAWN_MAX = 16;
const BAD: Health[] = ["failing", "held", "silent", "paused"];

function worse(a: Health, b: Health): Health {
  const order: Health[] = ["ok", "retired", "paused", "silent", "held", "failing"];
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}

export function pictureOf(status: Status, flows: Map<string, number>): Picture {
  const interfaces = status.engine.interfaces;
  const rateOf = (name: string, to: string) => flows.get(`${name}/${to}`) ?? 0;
  const busy = (one: (typeof interfaces)[number]) => one.destinations.reduce((sum, to) => sum + rateOf(one.name, to.name), 0);
  const ranked = [...interfaces].sort((a, b) => Number(BAD.includes(b.state)) - Number(BAD.includes(a.state)) || busy(b) - busy(a));
  // The order on the screen is by name, so that nothing jumps when rates change.
  const drawn = interfaces.length <= DRAWN_MAX ? interfaces : ranked.slice(0, DRAWN_MAX).sort((a, b) => a.name.localeCompare(b.name));
  const isDrawn = new Set(drawn.map((one) => one.name));
  const fed = new Set(drawn.flatMap((one) => one.destinations.filter((to) => to.connector === "interface" && isDrawn.has(to.address)).map((to) => to.address)));
  const nodes = new Map<string, Node>();
  const lines: Line[] = [];
  for (const one of drawn) {
    // What is wrong with a destination is drawn there, not at the interface too.
    const own: Health = one.destinations.some((to) => to.state === one.state && one.state !== "ok") ? "ok" : one.state;
    nodes.set(`i ${one.name}`, {
      id: `i ${one.name}`,
      label: one.title,
      column: fed.has(one.name) ? 1 : 0,
      state: own,
      to: interfaceAt(one.name),
      rate: busy(one),
      title: `${one.title} (${one.name}), ${one.connector} ${one.address ?? ""}`,
    });
  }
  for (const one of drawn) {
    for (const to of one.destinations) {
      const isInside = to.connector === "interface" && isDrawn.has(to.address);
      const id = isInside ? `i ${to.address}` : `d ${to.connector} ${to.address}`;
      const rate = rateOf(one.name, to.name);
      const known = nodes.get(id);
      if (!known) {
        nodes.set(id, { id, label: to.name, column: 2, state: to.state, to: messagesAt(`destination:${to.name}`), rate, title: `${to.name}, ${to.connector} ${to.address}` });
      } else if (!isInside) {
        nodes.set(id, { ...known, state: worse(known.state, to.state), rate: known.rate + rate });
      }
      lines.push({ id: `${one.name}/${to.name}`, from: `i ${one.name}`, to: id, rate, state: to.state, queued: to.queued });
    }
  }
  return { nodes: [...nodes.values()], lines, left: interfaces.length - drawn.length };
}
