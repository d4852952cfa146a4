// The routes of the engine by what they are for. Paths stand here and nowhere else.
import { get, getText, post } from "./http";
import type { InterfaceText, Journey, MessageRow, ReplayPlan, Status, View } from "./types";

export const readStatus = (signal?: AbortSignal) => get<Status>("/api/v1/status", undefined, signal);

export const searchMessages = (query: string, limit: number, signal?: AbortSignal) =>
  get<{ messages: MessageRow[] }>("/api/v1/messages", { query, limit }, signal);

export const readJourney = (id: number, signal?: AbortSignal) => get<Journey>(`/api/v1/messages/${id}`, undefined, signal);

/** What the message says, masked unless a reason is given. */
export const readView = (id: number, which: string, reason: string | undefined, signal?: AbortSignal) =>
  get<View>(`/api/v1/messages/${id}/view`, { which, reason }, signal);

/** The bytes themselves: an act that is audited with its reason. */
export const readContent = (id: number, which: string, reason: string, signal?: AbortSignal) =>
  getText(`/api/v1/messages/${id}/content`, { which, reason }, signal);

export const readInterface = (name: string, signal?: AbortSignal) =>
  get<InterfaceText>(`/api/v1/interfaces/${encodeURIComponent(name)}/text`, undefined, signal);

export interface Place {
  interface: string;
  destination?: string;
  reason: string;
}
export const pause = (place: Place) => post("/api/v1/interfaces/pause", place);
export const resume = (place: Place) => post("/api/v1/interfaces/resume", place);
export const release = (place: Place) => post<{ released: number }>("/api/v1/interfaces/release", place);

export interface Target {
  message: number;
  number?: number;
  reason: string;
}
export const retry = (target: Target) => post("/api/v1/deliveries/retry", target);
export const resend = (target: Target) => post("/api/v1/deliveries/resend", target);
export const remove = (target: Target) => post("/api/v1/deliveries/delete", target);

export const planReplay = (query: string) => post<ReplayPlan>("/api/v1/replay", { query, is_confirmed: false, reason: "" });
export const replay = (query: string, reason: string) =>
  post<{ replayed: unknown[]; refused: unknown[] }>("/api/v1/replay", { query, is_confirmed: true, reason });

export const reload = () => post<unknown>("/api/v1/reload");
export const readQuality = (words: { interface?: string; since_s?: number }, signal?: AbortSignal) =>
  get<{ at: number; is_counted: boolean; interfaces: QualityReport[] }>("/api/v1/quality", words, signal);

export interface QualityPlace {
  place: string;
  name: string;
  unlisted: number;
  uncovered: number;
  filled: { hits: number; of: number };
  example: number;
  codes: { code?: string; [more: string]: unknown }[];
  is_changed: boolean;
}
export interface QualityReport {
  interface: string;
  messages: number;
  alerts: Record<string, unknown>[];
  findings: Record<string, unknown>[];
  kinds: {
    kind: { application: string; facility: string; message_type: string; trigger: string };
    messages: number;
    places: QualityPlace[];
  }[];
}

export interface BackupState {
  is_running: boolean;
  progress: { pieces: number; pieces_all: number; bytes: number; bytes_all: number };
  made: Record<string, unknown> | null;
  failed: { code: string; text: string } | null;
}
export const readBackup = (signal?: AbortSignal) => get<BackupState>("/api/v1/backup", undefined, signal);
export const readVerify = (signal?: AbortSignal) =>
  get<{ is_running: boolean; bytes: number; bytes_total: number; messages: number }>("/api/v1/verify", undefined, signal);
export const verify = () => post<Record<string, unknown>>("/api/v1/verify");
