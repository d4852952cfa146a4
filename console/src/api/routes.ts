// The routes of the engine by what they are for. Paths stand here and nowhere else.
import { change, get, getText, post, postLines, postText } from "./http";
import type { InterfaceText, Journey, MessageRow, ReplayPlan, Status } from "./types";

export const readStatus = (signal?: AbortSignal) => get<Status>("/api/v1/status", undefined, signal);

// What a person looks for, and why, is in the body: addresses of requests are written down in more places than one.
export const searchMessages = (query: string, limit: number, signal?: AbortSignal) =>
  post<{ messages: MessageRow[] }>("/api/v1/messages/search", { query, limit }, signal);

export interface Facet {
  value: string;
  count: number;
}
/** Counts over everything that a search finds; `null` for searches that are several questions. */
export interface Facets {
  total: number;
  states: Facet[];
  interfaces: Facet[];
  types: Facet[];
  facilities: Facet[];
}
export const readFacets = (query: string, signal?: AbortSignal) => post<{ facets: Facets | null }>("/api/v1/messages/facets", { query }, signal);

export interface ScanProgress {
  scanned: number;
  /** How many messages the search finds; `null` where that is not known. */
  of: number | null;
  bytes: number;
  found: number;
  unreadable: number;
  /** The day of the message that was looked at last: `2026-03-01`. */
  day: string | null;
}
export interface ScanEnd extends ScanProgress {
  why: "all" | "rows" | "bytes" | "time" | "not-allowed" | "engine-ends" | "left" | "trouble";
  /** Where to go on: only messages older than this one were not looked at. */
  before: number | null;
  reason: { code: string; text: string } | null;
}
export interface ScanLine {
  progress?: ScanProgress;
  row?: MessageRow;
  end?: ScanEnd;
}
export interface ScanWanted {
  text: string;
  query: string;
  reason: string;
  before?: number;
}
/** Looks for a text inside messages: how far it is, each that is found, and how it ended. Stopping the signal ends it in the engine too. */
export const scanMessages = (wanted: ScanWanted, onLine: (line: ScanLine) => void, signal: AbortSignal) =>
  postLines("/api/v1/messages/scan", wanted, (line) => onLine(line as ScanLine), signal);

export const readJourney = (id: number, signal?: AbortSignal) => get<Journey>(`/api/v1/messages/${id}`, undefined, signal);

/** The content with what may identify a patient masked. */
export const readMasked = (id: number, which: string, signal?: AbortSignal) => getText(`/api/v1/messages/${id}/masked`, { which }, signal);

/** The bytes themselves: an act that is audited with its reason. */
export const readContent = (id: number, which: string, reason: string, signal?: AbortSignal) =>
  postText(`/api/v1/messages/${id}/content`, { which, reason }, signal);

/** Names of segments, fields and components of a version of HL7: `PID`, `PID-3`, `PID-3.1`. */
export const readNames = (version: string, segments: string[], signal?: AbortSignal) =>
  get<{ names: Record<string, string> }>("/api/v1/dictionary", { version, segments: segments.join(",") }, signal);

export interface DictionaryRow {
  path: string;
  name: string;
  type: string;
  usage: string;
  is_repeating: boolean;
  length: number | null;
  table: string | null;
}
export interface DictionaryEntry {
  kind: "segment" | "field" | "datatype" | "table" | "element" | "found";
  version: string;
  word: string;
  name?: string;
  own?: DictionaryRow;
  rows?: DictionaryRow[] | null;
  codes?: { code: string; display: string }[] | null;
  is_user_defined?: boolean;
  found?: { path: string; name: string }[];
}
/** What the standards say of a word. */
export const lookUp = (version: string, word: string, signal?: AbortSignal) => post<DictionaryEntry>("/api/v1/dictionary/look", { version, word }, signal);

export const readInterface = (name: string, signal?: AbortSignal) =>
  get<InterfaceText>(`/api/v1/interfaces/${encodeURIComponent(name)}/text`, undefined, signal);

export interface TestResult {
  name: string;
  passed: boolean;
  failures: { file: string; line: number; expected: string; found: string }[];
  notes: { code: string; path: string; message: string }[];
  recorded: { state: string; file: string; differences: { path: string }[] };
}
export const runTests = (name: string) =>
  post<{ passed: number; failed: number; tests: TestResult[] }>(`/api/v1/interfaces/${encodeURIComponent(name)}/test`);

export interface Place {
  interface: string;
  destination?: string;
  reason: string;
}
export const pause = (place: Place) => post("/api/v1/interfaces/pause", place);
export const resume = (place: Place) => post("/api/v1/interfaces/resume", place);
/** What waits goes out; of a destination, what comes later waits. */
export const drain = (place: Place) => post("/api/v1/interfaces/drain", place);
export interface Waiting {
  message: number;
  number: number;
  accepted: number;
  why: "ready" | "under way" | "tried again" | "held";
  behind: number;
}
export const readWaiting = (name: string, destination: string, signal?: AbortSignal) =>
  get<{ waiting: Waiting[] }>(`/api/v1/interfaces/${encodeURIComponent(name)}/waiting`, { destination, count: 100 }, signal);
/** With a count: the next so many of a destination that is paused. */
export const release = (place: Place & { count?: number }) => post<{ released: number }>("/api/v1/interfaces/release", place);

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

/** Sends an edited copy: a message of its own, which names the one it was made of. */
export const sendEdited = (id: number, content: string, reason: string) =>
  post<{ message: number | null; refused: { code: string; text: string } | null }>(`/api/v1/messages/${id}/edit`, { content, reason });
export const readQuality = (words: { interface?: string; since_s?: number }, signal?: AbortSignal) =>
  get<{ at: number; is_counted: boolean; interfaces: QualityReport[] }>("/api/v1/quality", words, signal);

export interface QualityPlace {
  place: string;
  name: string;
  unlisted: number;
  uncovered: number;
  filled: { hits: number; of: number };
  example: number;
  /** Values that were seen, with how often. */
  codes: [string, number][];
  is_changed: boolean;
}
export interface QualityReport {
  interface: string;
  messages: number;
  alerts: { code: string; since: number; message: string; is_page: boolean; file: string; line: number }[];
  findings: { code: string; severity: string; place: string; what: string; message: string }[];
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

/** How people may sign in here, besides name and password. */
export const readWays = (signal?: AbortSignal) => get<{ provider: { title: string; begin: string } | null }>("/api/v1/sign-in/ways", undefined, signal);

/** Searches that people share with everybody who may search. */
export interface SharedSearch {
  id: string;
  title: string;
  query: string;
  by: string;
  at: number;
}
export const readSearches = (signal?: AbortSignal) => get<{ searches: SharedSearch[] }>("/api/v1/searches", undefined, signal);
export const shareSearch = (title: string, query: string) => post("/api/v1/searches", { title, query });
export const takeSearchBack = (id: string) => post("/api/v1/searches/remove", { id });

/** A password or key of a partner, without its text. */
export interface Secret {
  name: string;
  /** `vault`, what the environment says, or `missing`. */
  place: string;
  is_kept: boolean;
  set: number | null;
  by: string;
  used_by: string[];
}
export const readSecrets = (signal?: AbortSignal) => get<{ secrets: Secret[] }>("/api/v1/secrets", undefined, signal);
export const setSecret = (name: string, text: string, reason: string) =>
  change<{ needs_reload: boolean }>("PUT", `/api/v1/secrets/${encodeURIComponent(name)}`, { text, reason });
