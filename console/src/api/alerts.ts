// Incidents: what broke, who has it, who is told, and what people do about it.
import { get, post } from "./http";

export type IncidentLevel = "warning" | "alarm" | "escalated";

export interface Symptom {
  kind: string;
  interface: string | null;
  destination: string | null;
  team: string;
  critical: number;
  since: number;
  is_page: boolean;
  sentence: string;
}

export interface Mark {
  by: string;
  at: number;
}

export interface Incident {
  id: number;
  /** What broke: the engine, a partner, a sender, or an interface (with the kind of trouble). */
  cause: { of: "engine" | "partner" | "sender" | "interface"; name: string | string[] };
  kind: string;
  level: IncidentLevel;
  since: number;
  opened: number;
  alarmed: number | null;
  healed: number | null;
  closed: number | null;
  team: string;
  interfaces: string[];
  symptoms: Symptom[];
  symptoms_now: number;
  acknowledged: Mark | null;
  assigned: string | null;
  snoozed_until: number | null;
  quiet_by: string | null;
  told: number | null;
  times_told: number;
  notes: (Mark & { text: string })[];
  headline: string;
  code: string;
  /** Whether messages are safe, in a sentence. */
  safe: string;
  /** What to do first. */
  advice: string;
  runbook: string;
}

export interface Channel {
  name: string;
  connector: string;
  is_page: boolean;
  is_escalation: boolean;
  waiting: number;
}

export interface Habit {
  interface: string;
  days_watched: number;
  is_learned: boolean;
  silence_limit_s: number | null;
}

export interface AlertBook {
  at: number;
  looked: number | null;
  open: Incident[];
  past: Incident[];
  channels: Channel[];
  maintenance: { name: string; hours: string; is_on: boolean }[];
  oncall: Record<string, { now: string | null; next: string | null }>;
  habits: Habit[];
  told: { at: number; what: string; incident: number; channel: string; trouble: { code: string; text: string } | null }[];
}

export const readAlerts = (signal?: AbortSignal) => get<AlertBook>("/api/v1/alerts", { past: 100 }, signal);

export interface Deed {
  incident: number;
  act: "acknowledge" | "assign" | "snooze" | "wake" | "note";
  to?: string;
  for_s?: number;
  note?: string;
}
export const actOnIncident = (deed: Deed) => post<{ incident: Incident }>("/api/v1/alerts/act", deed);
export const tryChannel = (channel: string) => post("/api/v1/alerts/try", { channel });
