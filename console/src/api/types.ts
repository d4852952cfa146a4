// The shapes that the routes of the engine answer with. Times are microseconds since 1970.

export type Health = "ok" | "paused" | "retired" | "silent" | "held" | "failing";
export type MessageState = "filtered" | "delivered" | "deleted" | "expired" | "in_flight" | "parked";

export interface Counts {
  accepted: number;
  delivered: number;
  filtered: number;
  parked: number;
  expired: number;
  deleted: number;
  in_flight: number;
}

export interface Reason {
  code: string;
  text: string;
}

export interface Trouble {
  at: number;
  reason: Reason;
}

export interface Owner {
  team: string;
  contact: string;
  oncall: string;
}

export interface Destination {
  name: string;
  state: Health;
  is_paused: boolean;
  /** A person lets out what came before: so many are left. */
  draining: number | null;
  connector: string;
  address: string;
  queued: number;
  busy: number;
  held: number;
  oldest: number | null;
  delivered: number;
  failed: number;
  last_delivered: number | null;
  last_trouble: Trouble | null;
  probe_in_s: number | null;
  order: string;
  gives_up: boolean;
}

export interface QualityAlert {
  sentence?: string;
  [more: string]: unknown;
}

export interface Interface {
  name: string;
  title: string;
  state: Health;
  is_paused: boolean;
  why: string;
  last_trouble: Trouble | null;
  address: string | null;
  connector: string;
  version: string;
  peers: number;
  received: number;
  accepted: number;
  duplicates: number;
  refused: number;
  rejected: number;
  anomalies: number;
  last_received: number | null;
  counts: Counts;
  critical: number;
  owner?: Owner;
  quality: { messages_counted: number; messages_left_out: number; changes_worse: number; alerts_open: number; alerts: QualityAlert[] };
  destinations: Destination[];
}

/** A chapter of the demo's story. */
export interface Chapter {
  name: string;
  title: string;
  look: string;
  stage: "coming" | "under_way" | "healing" | "healed";
  begins_in_s: number;
}

export interface Status {
  process: { version: string; pid: number; workspace: string; data: string; is_demo?: boolean; story?: Chapter[] | null };
  engine: {
    at: number;
    uptime_s: number;
    store_id: string;
    store: "ok" | "full" | "failed";
    stats: { messages: number; groups: number; fsyncs: number; fsync_micros_last: number; log_bytes: number; index_bytes: number };
    counts: Counts;
    lost: number;
    orphans: number;
    connections: { open: number; max: number | null };
    interfaces: Interface[];
  };
}

export interface MessageRow {
  id: number;
  received: number;
  interface: string;
  type: string;
  control_id: string;
  state: MessageState;
  destinations: string[];
  /** Where a text was found inside it: `raw PID-5`. */
  places?: string[];
}

export interface Stage {
  step: number;
  at: number | null;
  destination: string | null;
  text: string;
  is_good: boolean;
}

export interface DeliveryState {
  delivery: { message: number; number: number };
  destination: string;
  state: string;
  attempts: number;
  retry_at: number | null;
}

export interface Journey {
  id: number;
  interface: string;
  kind: string;
  control_id: string;
  size: number;
  deliveries: DeliveryState[];
  stages: Stage[];
}

/** What a message says, as far as the reader may see it. */
export interface View {
  which: string;
  isMasked: boolean;
  text: string;
}

/** What is known of an interface beside its state. */
export interface InterfaceText {
  name: string;
  title: string;
  description: string;
  owner: Owner;
  critical: number;
  version: string;
  file: string;
  text: string;
  files: { path: string; text: string }[];
}

export interface ReplayPlan {
  messages: number;
  already_delivered: number;
  is_limited: boolean;
  oldest: number | null;
  newest: number | null;
  interfaces: Record<string, number>;
}

export interface News {
  at: number;
  kind: string;
  interface: string;
  destination: string | null;
  message: number | null;
  reason: Reason | null;
}
