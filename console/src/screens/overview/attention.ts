// What needs a person, in plain words: what, since when, is anything lost, who owns it, what to do. Pure.
//
// One dead partner under many interfaces is one item. The text says whether messages are safe, and never what they contain.
import type { Destination, Interface, Owner, Status } from "../../api/types";
import { interfaceAt, messagesAt } from "../../shell/addresses";
import { count, moment, plural, span } from "../../ui/format";
import type { Level } from "../../ui/parts";

export interface Attention {
  id: string;
  level: Level;
  title: string;
  text: string;
  code?: string;
  owner?: Owner;
  interfaces: string[];
  links: { label: string; to: string }[];
  critical: number;
}

interface At {
  one: Interface;
  to: Destination;
}

const ORDER: Record<Level, number> = { alarm: 0, warning: 1, note: 2 };
const NAMES_MAX = 3;

function names(list: string[]): string {
  const unique = [...new Set(list)];
  if (unique.length <= NAMES_MAX) return unique.join(", ");
  return `${unique.slice(0, NAMES_MAX).join(", ")} and ${unique.length - NAMES_MAX} more`;
}

function ofStore({ engine }: Status): Attention[] {
  const items: Attention[] = [];
  const make = (id: string, title: string, text: string): Attention => ({
    id,
    level: "alarm",
    title,
    text,
    interfaces: [],
    links: [{ label: "See the system", to: "/system" }],
    critical: 0,
  });
  if (engine.store === "full") {
    items.push(
      make(
        "store-full",
        "The disk of the store is full",
        "New messages are answered with “later”, so senders keep them; nothing is lost. Queues go on emptying. Free some space: intake resumes by itself.",
      ),
    );
  }
  if (engine.store === "failed") {
    items.push(
      make(
        "store-failed",
        "The disk did not confirm a write, so the engine takes no more messages",
        "Every message that was acknowledged was confirmed before. Look at the disk before you start the engine again; it checks itself when it starts.",
      ),
    );
  }
  if (engine.lost !== 0) {
    items.push(make("lost", `${plural(Math.abs(engine.lost), "message")} not accounted for`, "The counts of messages do not add up. Have the store examined, and keep the log files as they are."));
  }
  return items;
}

function waits(places: At[], now: number): string {
  const queued = places.reduce((sum, { to }) => sum + to.queued, 0);
  if (queued === 0) return "Nothing waits, nothing is lost.";
  const oldest = Math.min(...places.map(({ to }) => to.oldest ?? Number.POSITIVE_INFINITY));
  const since = Number.isFinite(oldest) ? `, the oldest for ${span((now - oldest) / 1e6)}` : "";
  const isGivenUp = places.some(({ to }) => to.gives_up);
  const safe = isGivenUp ? "nothing is lost so far, but this destination gives up after a time" : "nothing is lost";
  return `${plural(queued, "message")} ${queued === 1 ? "waits" : "wait"} safely in order${since}; ${safe}.`;
}

function ofPartners({ engine }: Status): Attention[] {
  const groups = new Map<string, At[]>();
  for (const one of engine.interfaces) {
    for (const to of one.destinations) {
      if (to.state !== "failing" || to.connector === "interface") continue;
      const key = `${to.connector} ${to.address}`;
      groups.set(key, [...(groups.get(key) ?? []), { one, to }]);
    }
  }
  return [...groups.entries()].map(([key, places]) => {
    const first = places.reduce((best, place) => ((place.to.last_trouble?.at ?? 0) > (best.to.last_trouble?.at ?? 0) ? place : best));
    const delivered = Math.max(...places.map(({ to }) => to.last_delivered ?? 0));
    const since = delivered > 0 ? ` since ${moment(delivered)}` : "";
    const probe = Math.min(...places.map(({ to }) => to.probe_in_s ?? Number.POSITIVE_INFINITY));
    const trouble = first.to.last_trouble;
    const flows = places.map(({ one }) => one.name);
    const under = flows.length > 1 ? ` Under it: ${names(flows)}.` : "";
    const tried = Number.isFinite(probe) ? ` Tried again in ${span(Math.max(probe, 1))}.` : "";
    const label = names(places.map(({ to }) => to.name));
    return {
      id: `partner ${key}`,
      level: "alarm" as const,
      title: `${label} takes no messages${since}`,
      text: `${trouble ? `${trouble.reason.text}. ` : ""}${waits(places, engine.at)}${tried}${under}`,
      code: trouble?.reason.code,
      owner: first.one.owner,
      interfaces: flows,
      links: [
        { label: "See what waits", to: messagesAt(`destination:${first.to.name} state:in_flight`) },
        { label: "Open the interface", to: interfaceAt(first.one.name) },
      ],
      critical: Math.min(...places.map(({ one }) => one.critical)),
    };
  });
}

function ofInterface(one: Interface, now: number): Attention[] {
  const items: Attention[] = [];
  const base = { owner: one.owner, interfaces: [one.name], critical: one.critical };
  const open = { label: "Open the interface", to: interfaceAt(one.name) };
  const isOwn = one.state === "failing" && !one.destinations.some((to) => to.state === "failing");
  if (isOwn) {
    items.push({ ...base, id: `source ${one.name}`, level: "alarm", title: `${one.title} does not receive`, text: `${one.why || "Its source does not work now"}. What was accepted before is safe; senders keep the rest.`, code: one.last_trouble?.reason.code, links: [open] });
  }
  if (one.state === "silent") {
    const since = one.last_received === null ? "since the start" : `for ${span((now - one.last_received) / 1e6)}`;
    const link = one.peers > 0 ? "The connection is up; the sender may have stopped." : "No sender is connected.";
    items.push({ ...base, id: `silent ${one.name}`, level: "warning", title: `${one.title}: no message ${since}`, text: `${one.why ? `${one.why}. ` : ""}${link} Nothing that came is lost.`, links: [open] });
  }
  const held = one.destinations.filter((to) => to.held > 0);
  if (held.length > 0) {
    const keys = held.reduce((sum, to) => sum + to.held, 0);
    const first = held[0];
    items.push({
      ...base,
      id: `held ${one.name}`,
      level: "warning",
      title: `${one.title}: ${plural(keys, "key")} ${keys === 1 ? "waits" : "wait"} for a person at ${names(held.map((to) => to.name))}`,
      text: "A message was refused, and those behind it under the same key wait, so that order is kept. They are safe. Mend the cause and retry, or delete the message.",
      code: first?.last_trouble?.reason.code,
      links: [{ label: "See what is held", to: messagesAt(`interface:${one.name} state:parked,in_flight`) }, open],
    });
  } else if (one.counts.parked > 0) {
    items.push({
      ...base,
      id: `parked ${one.name}`,
      level: "warning",
      title: `${one.title}: ${plural(one.counts.parked, "message")} parked`,
      text: "They are kept until a person decides: mend the cause and retry, or delete them with a reason. Others are not held up.",
      links: [{ label: "See them", to: messagesAt(`interface:${one.name} state:parked`) }, open],
    });
  }
  if (one.quality.alerts_open > 0) {
    items.push({ ...base, id: `quality ${one.name}`, level: "warning", title: `${one.title}: what is sent has changed`, text: `${plural(one.quality.alerts_open, "alert")} on the quality of messages. Nothing is lost.`, links: [{ label: "See the alerts", to: "/alerts" }, open] });
  }
  const paused = [...(one.is_paused ? ["intake"] : []), ...one.destinations.filter((to) => to.is_paused).map((to) => to.name)];
  if (paused.length > 0) {
    const queued = one.destinations.reduce((sum, to) => sum + (to.is_paused ? to.queued : 0), 0);
    items.push({ ...base, id: `paused ${one.name}`, level: "note", title: `${one.title}: a person paused ${names(paused)}`, text: queued > 0 ? `${plural(queued, "message")} ${queued === 1 ? "waits" : "wait"} safely in order.` : "Nothing waits.", links: [open] });
  }
  return items;
}

/** Everything that needs a person, the most pressing first. */
export function attentionOf(status: Status): Attention[] {
  const { engine } = status;
  const items = [...ofStore(status), ...ofPartners(status), ...engine.interfaces.flatMap((one) => ofInterface(one, engine.at))];
  if (engine.orphans > 0) {
    items.push({
      id: "orphans",
      level: "warning",
      title: `${plural(engine.orphans, "delivery", "deliveries")} without a destination`,
      text: "Their interface or destination is not in the workspace any more. They are kept. Put it back, or delete them with a reason.",
      interfaces: [],
      links: [{ label: "See the system", to: "/system" }],
      critical: 2,
    });
  }
  return items.sort((a, b) => ORDER[a.level] - ORDER[b.level] || a.critical - b.critical || a.title.localeCompare(b.title));
}

/** The sentence that everyone wants to read first. */
export function balance({ engine }: Status): string {
  const { counts } = engine;
  const parts = [
    `${count(counts.delivered)} delivered`,
    `${count(counts.filtered)} filtered`,
    `${count(counts.in_flight)} in flight`,
    ...(counts.parked ? [`${count(counts.parked)} parked`] : []),
    ...(counts.expired ? [`${count(counts.expired)} expired`] : []),
    ...(counts.deleted ? [`${count(counts.deleted)} deleted`] : []),
  ];
  return `${count(counts.accepted)} accepted = ${parts.join(" + ")}`;
}
