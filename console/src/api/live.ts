// What the engine says of itself, again and again, kept for everyone who looks: the newest status, and rates since the page was opened.
//
// One clock for all screens. It asks every second, every two seconds when there are many interfaces, and seldom while nobody
// looks at the page. It never asks again before the last answer came.
import { useSyncExternalStore } from "react";
import { Problem } from "./http";
import { readStatus } from "./routes";
import { rateOf, SAMPLES_MAX } from "./rates";
import type { Interface, Status } from "./types";

const PAUSE_MS = 1000;
const PAUSE_MANY_MS = 2000;
const PAUSE_UNSEEN_MS = 15000;
const INTERFACES_MANY = 50;

export interface Live {
  status: Status | undefined;
  /** Why the newest answer is missing; the status is then an old one. */
  problem: Problem | undefined;
  /** Messages a second of each interface, oldest first. */
  rates: Map<string, number[]>;
  /** Deliveries a second of each `interface/destination`, smoothed. */
  flows: Map<string, number>;
  total: number[];
  /** Seconds between two samples. */
  pause_s: number;
}

let live: Live = { status: undefined, problem: undefined, rates: new Map(), flows: new Map(), total: [], pause_s: PAUSE_MS / 1000 };
const watchers = new Set<() => void>();
let timer: number | undefined;
let isAsking = false;

function tell(next: Live): void {
  live = next;
  for (const watcher of watchers) watcher();
}

function push(list: number[] | undefined, value: number): number[] {
  const next = list ? [...list, value] : [value];
  return next.length > SAMPLES_MAX ? next.slice(-SAMPLES_MAX) : next;
}

/** The state after one more status. Pure, so that it is tested without an engine. */
export function follow(before: Live, status: Status): Live {
  const last = before.status;
  if (!last || last.process.pid !== status.process.pid) {
    return { ...before, status, problem: undefined, rates: new Map(), flows: new Map(), total: [] };
  }
  const seconds = (status.engine.at - last.engine.at) / 1e6;
  if (seconds <= 0) return { ...before, status, problem: undefined };
  const known = new Map<string, Interface>(last.engine.interfaces.map((one) => [one.name, one]));
  const rates = new Map<string, number[]>();
  const flows = new Map<string, number>();
  let total = 0;
  for (const one of status.engine.interfaces) {
    const old = known.get(one.name);
    const rate = old ? rateOf(old.accepted, one.accepted, seconds) : 0;
    total += rate;
    rates.set(one.name, push(before.rates.get(one.name), rate));
    for (const to of one.destinations) {
      const was = old?.destinations.find((other) => other.name === to.name);
      const now = was ? rateOf(was.delivered, to.delivered, seconds) : 0;
      const key = `${one.name}/${to.name}`;
      const smooth = before.flows.get(key);
      flows.set(key, smooth === undefined ? now : smooth * 0.8 + now * 0.2);
    }
  }
  return { ...before, status, problem: undefined, rates, flows, total: push(before.total, total) };
}

async function ask(): Promise<void> {
  if (isAsking) return;
  isAsking = true;
  try {
    tell(follow(live, await readStatus()));
  } catch (error) {
    tell({ ...live, problem: error instanceof Problem ? error : new Problem(0, "", String(error)) });
  } finally {
    isAsking = false;
    plan();
  }
}

function plan(): void {
  window.clearTimeout(timer);
  if (watchers.size === 0) return;
  const isMany = (live.status?.engine.interfaces.length ?? 0) > INTERFACES_MANY;
  const seen = isMany ? PAUSE_MANY_MS : PAUSE_MS;
  live = { ...live, pause_s: seen / 1000 };
  const pause = document.hidden ? PAUSE_UNSEEN_MS : seen;
  timer = window.setTimeout(ask, pause);
}

/** Asks now: after an act of a person, and when the page is looked at again. */
export function lookNow(): void {
  window.clearTimeout(timer);
  void ask();
}

function subscribe(watcher: () => void): () => void {
  watchers.add(watcher);
  if (watchers.size === 1) {
    document.addEventListener("visibilitychange", lookNow);
    lookNow();
  }
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) {
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", lookNow);
    }
  };
}

export function useLive(): Live {
  return useSyncExternalStore(subscribe, () => live);
}
