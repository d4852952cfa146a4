// Incidents in words: who has them, what happened to them, what broke. Pure.
import type { Incident, IncidentLevel } from "../../api/alerts";
import { moment, span } from "../../ui/format";
import type { Word } from "../../ui/parts";

const LEVELS: Record<IncidentLevel, Word> = {
  warning: { word: "Warning", icon: "warn", tone: "warn" },
  alarm: { word: "Alarm", icon: "bad", tone: "bad" },
  escalated: { word: "Escalated", icon: "bad", tone: "bad" },
};

export const levelOf = (incident: Incident): Word => LEVELS[incident.level] ?? LEVELS.warning;

/** Who has it, or why nobody is told. */
export function whoHas(incident: Incident, now: number): string {
  if (incident.acknowledged) return `${incident.acknowledged.by} has it, since ${moment(incident.acknowledged.at)}`;
  if (incident.quiet_by) return `Nobody is told: maintenance “${incident.quiet_by}”`;
  if (incident.snoozed_until && incident.snoozed_until > now) return `Snoozed for ${span((incident.snoozed_until - now) / 1e6)} more`;
  if (incident.assigned) return `Given to ${incident.assigned}, who has not taken it`;
  return "Nobody has it yet";
}

export const isTaken = (incident: Incident): boolean => incident.acknowledged !== null;

/** What broke, as the cause that symptoms have in common. */
export function causeOf({ cause }: Incident): string {
  const name = Array.isArray(cause.name) ? cause.name[0] : cause.name;
  if (cause.of === "engine") return "This engine";
  if (cause.of === "partner") return `Partner ${name}`;
  if (cause.of === "sender") return `Sender ${name}`;
  return `Interface ${name}`;
}

export interface Event {
  at: number;
  text: string;
  by?: string;
}

/** What happened to an incident, oldest first. */
export function historyOf(incident: Incident): Event[] {
  const events: Event[] = [{ at: incident.since, text: "began" }];
  if (incident.opened > incident.since) events.push({ at: incident.opened, text: "was noticed" });
  if (incident.alarmed) events.push({ at: incident.alarmed, text: "became an alarm" });
  if (incident.acknowledged) events.push({ at: incident.acknowledged.at, text: "was taken", by: incident.acknowledged.by });
  if (incident.told) events.push({ at: incident.told, text: incident.times_told > 1 ? `somebody was told for the last of ${incident.times_told} times` : "somebody was told" });
  for (const note of incident.notes) events.push({ at: note.at, text: note.text, by: note.by });
  if (incident.healed) events.push({ at: incident.healed, text: "showed no more" });
  if (incident.closed) events.push({ at: incident.closed, text: "was over" });
  return events.sort((one, other) => one.at - other.at);
}

const ORDER: Record<IncidentLevel, number> = { escalated: 0, alarm: 1, warning: 2 };

/** The worst that nobody has stands first; what people have, or are not told of, behind. */
export function inOrder(incidents: Incident[], now: number): Incident[] {
  const isQuiet = (one: Incident) => isTaken(one) || one.quiet_by !== null || (one.snoozed_until ?? 0) > now;
  return [...incidents].sort((a, b) => Number(isQuiet(a)) - Number(isQuiet(b)) || ORDER[a.level] - ORDER[b.level] || a.since - b.since);
}
