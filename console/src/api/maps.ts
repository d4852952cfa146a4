// Maps as the engine tells them: what a text says and does, a stroke of the drawing, the values of a line, keeping.
import { change, get, post } from "./http";

export interface MapFinding {
  code: string;
  is_error: boolean;
  message: string;
  hint: string | null;
  line: number | null;
  column: number | null;
  until: number | null;
}

/** A line of the map as it is drawn. */
export interface MapRow {
  line: number;
  file: string;
  /** It stands in this file, and not in a shared map that the file uses. */
  is_own: boolean;
  target: string;
  source: string;
  steps: string[];
  places: string[];
  condition: string;
  note: string;
  is_fallback: boolean;
}

export interface MapSection {
  title: string;
  about: string;
  condition: string;
  rows: MapRow[];
}

export interface MapElement {
  path: string;
  type: string;
  card: string;
  is_required: boolean;
  short: string;
}

export interface MapSuggestion {
  resource: string;
  target: string;
  source: string;
  steps: string[];
  places: string[];
  from: string;
}

export interface MapOrigin {
  element: string;
  file: string;
  line: number;
  sources: string[];
}

export interface MapSample {
  message: number;
  is_masked: boolean;
  raw: string;
  made?: string;
  fault?: { code: string; text: string };
  uncovered?: string[] | null;
  suggestions?: MapSuggestion[];
  origins?: MapOrigin[] | null;
  notes?: { code: string; message: string }[];
  /** Lookups that the map asked, and which line of a test answered; nowhere where none does. Nobody else is asked. */
  lookups?: { lookup: string; file: string | null; line: number | null }[];
}

export interface MapLook {
  file: string;
  text: string;
  findings: MapFinding[];
  map: { name: string; from: { form: string }; to: { form: string } } | null;
  sections: MapSection[];
  elements: Record<string, MapElement[]>;
  sample: MapSample | null;
}

export interface MapValues {
  messages: number;
  failed: number;
  filled: number;
  distinct: number;
  pairs: { from: string; to: string; count: number }[];
}

export type Stroke =
  | { act: "draw"; source: string; target: string; resource?: string }
  | { act: "source"; line: number; target: string; source: string }
  | { act: "steps"; line: number; target: string; steps: string[] }
  | { act: "erase"; line: number; target: string };

const at = (name: string, rest = "") => `/api/v1/interfaces/${encodeURIComponent(name)}/maps${rest}`;

export const readMaps = (name: string, signal?: AbortSignal) => get<{ files: string[] }>(at(name), undefined, signal);
export const lookAtMap = (name: string, body: { file: string; text?: string; message?: number; reason?: string }, signal?: AbortSignal) => post<MapLook>(at(name, "/look"), body, signal);
export const drawInMap = (name: string, body: { file: string; text: string; stroke: Stroke }) => post<{ text: string; line: number }>(at(name, "/draw"), body);
export const valuesOfLine = (name: string, body: { file: string; text: string; line: number; target: string }, signal?: AbortSignal) => post<MapValues>(at(name, "/values"), body, signal);
export const keepMap = (name: string, body: { file: string; before: string; text: string; reason: string }) => change("PUT", at(name), body);
