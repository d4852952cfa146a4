// Changes of the workspace: the plan, what was proposed, versions that were in force.
import { get, post } from "./http";

export interface Finding {
  code?: string;
  severity?: string;
  message?: string;
  hint?: string | null;
  file?: string;
  line?: number;
}

/** What stored messages become otherwise than before. */
export interface Behaviour {
  messages: number;
  same: number;
  differ: number;
  since: number | null;
  is_cut: boolean;
  changes: { destination: string; path: string; how: string; messages: number; example: number }[];
}

export interface FileChange {
  path: string;
  change: "added" | "removed" | "changed";
  added: number;
  removed: number;
  parts: { is: "same" | "added" | "removed"; old: number | null; new: number | null; text: string }[][];
  is_cut: boolean;
}

export interface Plan {
  fingerprint: string;
  /** Whose addresses, secrets and limits hold: `prod`. */
  environment?: string;
  interfaces: { interface: string; change: "start" | "change" | "stop"; behaviour?: Behaviour | null }[];
  findings: Finding[];
  files?: FileChange[];
}

export interface Change {
  id: string;
  title: string;
  by: string;
  made: number;
  until: number;
  fingerprint: string;
  plan: Plan;
  approved_by: string | null;
  applied_by: string | null;
}

export interface Version {
  id: string;
  at: number;
  by: string;
  reason: string;
  ticket: string;
  environment: string;
  /** `false`: edits that a way back put aside. */
  was_in_force: boolean;
  /** Whether it is as the installation signed it. */
  signature: "valid" | "wrong" | "missing";
  is_newest: boolean;
}

export type InForce = { findings?: Finding[]; changes?: Record<string, unknown> } & Record<string, unknown>;

export const readPlan = (signal?: AbortSignal) => get<Plan>("/api/v1/plan", undefined, signal);
export const readChanges = (signal?: AbortSignal) => get<{ four_eyes: boolean; changes: Change[] }>("/api/v1/changes", undefined, signal);
export const readVersions = (signal?: AbortSignal) => get<{ versions: Version[] }>("/api/v1/versions", undefined, signal);
export const propose = (title: string, reason: string) => post("/api/v1/changes", { title, reason });
export const approve = (id: string) => post(`/api/v1/changes/${encodeURIComponent(id)}/approve`);

export interface Why {
  reason: string;
  ticket: string;
}
/** Puts the files into force, if they are still those of the plan. */
export const applyFiles = (why: Why, fingerprint: string) => post<InForce>("/api/v1/reload", { ...why, fingerprint });
export const applyChange = (id: string, why: Why) => post<InForce>(`/api/v1/changes/${encodeURIComponent(id)}/apply`, why);
export const planBack = (to: string, signal?: AbortSignal) => post<{ version: Version; files: FileChange[] }>("/api/v1/rollback", { to }, signal);
export const goBack = (to: string, why: Why) => post<InForce>("/api/v1/rollback", { to, is_confirmed: true, ...why });
