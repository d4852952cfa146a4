// The bench: a message through the lines of an interface; nothing is stored or sent.
import { get, post } from "./http";

export interface BenchLine {
  kind: string;
  text: string;
  file: string;
  line: number;
  verdict: "goes-on" | "ends" | "no" | "not-asked" | "leads" | "sent" | "not-chosen" | "not-meant" | "failed";
  to: string[] | null;
  tests: { text: string; holds: boolean | null; error: string | null; values: string[] }[];
}

export interface BenchStage {
  destination: string | null;
  file: string;
  line: number;
  /** So many of the lines had been looked at by then. */
  looked: number;
  text: string;
}

export type Stands = "sent" | "queued" | "parked";

export interface BenchDelivery {
  destination: string;
  connector: string;
  address: string;
  is_changed: boolean;
  is_urgent: boolean;
  stands: Stands;
  text: string;
}

export interface Benched {
  end: "routed" | "filtered" | "parked" | "rejected" | "refused";
  reason: { code?: string; text: string; file?: string; line?: number } | null;
  is_masked: boolean;
  received: string;
  lines?: BenchLine[];
  stages?: BenchStage[];
  deliveries?: BenchDelivery[];
  destinations?: string[];
  acknowledgment?: string | null;
  notes?: { code: string; path: string; message: string }[];
  issues?: { code: string; path: string; message: string }[];
  needs_a_lookup?: boolean;
}

export type Behaviour = "takes" | "refuses-connections" | "replies-ae" | "replies-ar";
export interface Partner {
  destination: string;
  does: Behaviour;
}

const at = (name: string, act: string) => `/api/v1/interfaces/${encodeURIComponent(name)}/${act}`;

export const tryMessage = (name: string, body: { content?: string; message?: number; reason?: string; partners: Partner[] }, signal?: AbortSignal) => post<Benched>(at(name, "try"), body, signal);
export const readSamples = (name: string, signal?: AbortSignal) => get<{ samples: { path: string; text: string }[] }>(at(name, "samples"), undefined, signal);
export const keepTest = (name: string, body: { name: string; content: string; partners: Partner[]; claims: { destination: string; path: string }[]; reason: string }) => post<{ file: string }>(at(name, "tests"), body);
