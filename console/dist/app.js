// src/main.tsx
import { StrictMode } from "./vendor.js";
import { createRoot } from "./vendor.js";

// src/shell/App.tsx
import { useEffect as useEffect14, useMemo as useMemo13, useRef as useRef10, useState as useState39 } from "./vendor.js";

// src/api/live.ts
import { useSyncExternalStore } from "./vendor.js";

// src/api/http.ts
var NO_SUCH_PLACE = "E7063";
var Problem = class extends Error {
  constructor(status, code, title) {
    super(title);
    this.status = status;
    this.code = code;
  }
  status;
  code;
  /** The engine has no such route: an older one, or one that is not made yet. */
  get isMissing() {
    return this.status === 404 && (this.code === "" || this.code === NO_SUCH_PLACE) || this.status === 405 || this.status === 501;
  }
};
var token = "";
var whenSignedOut = () => {
};
function setSessionToken(value) {
  token = value;
}
function onSignedOut(act) {
  whenSignedOut = act;
}
async function problemOf(answer) {
  const isDocument = answer.headers.get("content-type")?.includes("problem+json") ?? false;
  if (!isDocument) return new Problem(answer.status, "", wordsOf(answer.status));
  const body = await answer.json();
  const title = [body.title, body.detail].filter(Boolean).join(": ");
  return new Problem(answer.status, body.code ?? "", title || wordsOf(answer.status));
}
function wordsOf(status) {
  if (status === 401) return "You are not signed in.";
  if (status === 403) return "Your role does not allow this.";
  if (status === 404 || status === 405) return "This engine does not offer it.";
  if (status === 429) return "Too many requests; try again in a moment.";
  return `The engine answered ${status}.`;
}
async function send(method, path, body, signal) {
  const headers = { accept: "application/json" };
  if (body !== void 0) headers["content-type"] = "application/json";
  if (method !== "GET" && token) headers["x-sinew-token"] = token;
  let answer;
  try {
    answer = await fetch(path, { method, headers, signal, body: body === void 0 ? void 0 : JSON.stringify(body) });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "", "The engine cannot be reached.");
  }
  if (answer.status === 401 && !path.startsWith("/api/v1/sign-in")) whenSignedOut();
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}
function withWords(path, words3 = {}) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(words3)) if (value !== void 0) found.set(name, String(value));
  const text = found.toString();
  return text ? `${path}?${text}` : path;
}
async function get(path, words3, signal) {
  const answer = await send("GET", withWords(path, words3), void 0, signal);
  return await answer.json();
}
async function getText(path, words3, signal) {
  const answer = await send("GET", withWords(path, words3), void 0, signal);
  return await answer.text();
}
async function postText(path, body, signal) {
  const answer = await send("POST", path, body, signal);
  return await answer.text();
}
async function postLines(path, body, onLine, signal) {
  const answer = await send("POST", path, body, signal);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let rest = "";
  for (; ; ) {
    const { value, done: done2 } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done2 ? "" : lines.pop() ?? "";
    for (const line of lines) if (line) onLine(JSON.parse(line));
    if (done2) return;
  }
}
async function change(method, path, body) {
  const answer = await send(method, path, body);
  return await answer.json();
}
async function post(path, body = {}, signal) {
  const answer = await send("POST", path, body, signal);
  return await answer.json();
}

// src/api/routes.ts
var readStatus = (signal) => get("/api/v1/status", void 0, signal);
var searchMessages = (query, limit, signal) => post("/api/v1/messages/search", { query, limit }, signal);
var readFacets = (query, signal) => post("/api/v1/messages/facets", { query }, signal);
var scanMessages = (wanted2, onLine, signal) => postLines("/api/v1/messages/scan", wanted2, (line) => onLine(line), signal);
var readJourney = (id, signal) => get(`/api/v1/messages/${id}`, void 0, signal);
var readMasked = (id, which, signal) => getText(`/api/v1/messages/${id}/masked`, { which }, signal);
var readContent = (id, which, reason, signal) => postText(`/api/v1/messages/${id}/content`, { which, reason }, signal);
var readNames = (version, segments, signal) => get("/api/v1/dictionary", { version, segments: segments.join(",") }, signal);
var lookUp = (version, word, signal) => post("/api/v1/dictionary/look", { version, word }, signal);
var readInterface = (name, signal) => get(`/api/v1/interfaces/${encodeURIComponent(name)}/text`, void 0, signal);
var runTests = (name) => post(`/api/v1/interfaces/${encodeURIComponent(name)}/test`);
var pause = (place2) => post("/api/v1/interfaces/pause", place2);
var resume = (place2) => post("/api/v1/interfaces/resume", place2);
var drain = (place2) => post("/api/v1/interfaces/drain", place2);
var readWaiting = (name, destination, signal) => get(`/api/v1/interfaces/${encodeURIComponent(name)}/waiting`, { destination, count: 100 }, signal);
var release = (place2) => post("/api/v1/interfaces/release", place2);
var retry = (target) => post("/api/v1/deliveries/retry", target);
var resend = (target) => post("/api/v1/deliveries/resend", target);
var remove = (target) => post("/api/v1/deliveries/delete", target);
var planReplay = (query) => post("/api/v1/replay", { query, is_confirmed: false, reason: "" });
var replay = (query, reason) => post("/api/v1/replay", { query, is_confirmed: true, reason });
var sendEdited = (id, content, reason) => post(`/api/v1/messages/${id}/edit`, { content, reason });
var readQuality = (words3, signal) => get("/api/v1/quality", words3, signal);
var readBackup = (signal) => get("/api/v1/backup", void 0, signal);
var readVerify = (signal) => get("/api/v1/verify", void 0, signal);
var verify = () => post("/api/v1/verify");
var readWays = (signal) => get("/api/v1/sign-in/ways", void 0, signal);
var readSearches = (signal) => get("/api/v1/searches", void 0, signal);
var shareSearch = (title, query) => post("/api/v1/searches", { title, query });
var takeSearchBack = (id) => post("/api/v1/searches/remove", { id });
var readSecrets = (signal) => get("/api/v1/secrets", void 0, signal);
var setSecret = (name, text, reason) => change("PUT", `/api/v1/secrets/${encodeURIComponent(name)}`, { text, reason });

// src/api/rates.ts
function rateOf(before, after, seconds) {
  return seconds > 0 && after >= before ? (after - before) / seconds : 0;
}
var SAMPLES_MAX = 120;
var SAMPLES_MIN = 30;
var windowOf = (samples) => Math.min(Math.max(samples, SAMPLES_MIN), SAMPLES_MAX);

// src/api/live.ts
var PAUSE_MS = 1e3;
var PAUSE_MANY_MS = 2e3;
var PAUSE_UNSEEN_MS = 15e3;
var INTERFACES_MANY = 50;
var live = { status: void 0, problem: void 0, rates: /* @__PURE__ */ new Map(), flows: /* @__PURE__ */ new Map(), total: [], pause_s: PAUSE_MS / 1e3 };
var watchers = /* @__PURE__ */ new Set();
var timer;
var isAsking = false;
function tell(next) {
  live = next;
  for (const watcher of watchers) watcher();
}
function push(list, value) {
  const next = list ? [...list, value] : [value];
  return next.length > SAMPLES_MAX ? next.slice(-SAMPLES_MAX) : next;
}
function follow(before, status) {
  const last = before.status;
  if (!last || last.process.pid !== status.process.pid) {
    return { ...before, status, problem: void 0, rates: /* @__PURE__ */ new Map(), flows: /* @__PURE__ */ new Map(), total: [] };
  }
  const seconds = (status.engine.at - last.engine.at) / 1e6;
  if (seconds <= 0) return { ...before, status, problem: void 0 };
  const known2 = new Map(last.engine.interfaces.map((one) => [one.name, one]));
  const rates = /* @__PURE__ */ new Map();
  const flows = /* @__PURE__ */ new Map();
  let total = 0;
  for (const one of status.engine.interfaces) {
    const old = known2.get(one.name);
    const rate2 = old ? rateOf(old.accepted, one.accepted, seconds) : 0;
    total += rate2;
    rates.set(one.name, push(before.rates.get(one.name), rate2));
    for (const to of one.destinations) {
      const was = old?.destinations.find((other) => other.name === to.name);
      const now2 = was ? rateOf(was.delivered, to.delivered, seconds) : 0;
      const key = `${one.name}/${to.name}`;
      const smooth = before.flows.get(key);
      flows.set(key, smooth === void 0 ? now2 : smooth * 0.8 + now2 * 0.2);
    }
  }
  return { ...before, status, problem: void 0, rates, flows, total: push(before.total, total) };
}
async function ask() {
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
function plan() {
  window.clearTimeout(timer);
  if (watchers.size === 0) return;
  const isMany = (live.status?.engine.interfaces.length ?? 0) > INTERFACES_MANY;
  const seen = isMany ? PAUSE_MANY_MS : PAUSE_MS;
  live = { ...live, pause_s: seen / 1e3 };
  const pause2 = document.hidden ? PAUSE_UNSEEN_MS : seen;
  timer = window.setTimeout(ask, pause2);
}
function lookNow() {
  window.clearTimeout(timer);
  void ask();
}
function subscribe(watcher) {
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
function useLive() {
  return useSyncExternalStore(subscribe, () => live);
}

// src/api/session.ts
import { useSyncExternalStore as useSyncExternalStore2 } from "./vendor.js";

// src/api/passkey.ts
function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}
function textOf(bytes2) {
  const plain = String.fromCharCode(...new Uint8Array(bytes2));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
var known = (list) => list?.map((one) => ({ ...one, id: bytesOf(one.id) }));
async function showPasskey() {
  const { publicKey } = await post("/api/v1/sign-in/passkey/begin");
  const options = { ...publicKey, challenge: bytesOf(publicKey.challenge), allowCredentials: known(publicKey.allowCredentials) };
  const found = await navigator.credentials.get({ publicKey: options });
  if (!found) throw new Error("no passkey was shown");
  const response = found.response;
  return { id: found.id, client: textOf(response.clientDataJSON), statement: textOf(response.authenticatorData), signature: textOf(response.signature) };
}
async function makePasskey(title) {
  const { publicKey } = await post("/api/v1/me/passkeys/begin");
  const options = {
    ...publicKey,
    challenge: bytesOf(publicKey.challenge),
    user: { ...publicKey.user, id: bytesOf(publicKey.user.id) },
    excludeCredentials: known(publicKey.excludeCredentials)
  };
  const made = await navigator.credentials.create({ publicKey: options });
  if (!made) throw new Error("no passkey was made");
  const response = made.response;
  return await post("/api/v1/me/passkeys", { title, client: textOf(response.clientDataJSON), attestation: textOf(response.attestationObject) });
}

// src/api/session.ts
var session = { state: "asking", me: void 0, isOpen: false };
var watchers2 = /* @__PURE__ */ new Set();
function tell2(next) {
  session = next;
  for (const watcher of watchers2) watcher();
}
async function askWho() {
  try {
    const me = await get("/api/v1/me");
    setSessionToken(me.token);
    tell2({ state: "in", me, isOpen: false });
  } catch (error) {
    if (error instanceof Problem && error.isMissing) tell2({ state: "in", me: void 0, isOpen: true });
    else if (error instanceof Problem && error.status === 401) tell2({ state: "out", me: void 0, isOpen: false });
    else {
      tell2({ ...session, state: session.state === "asking" ? "in" : session.state, isOpen: session.me === void 0 });
    }
  }
}
onSignedOut(() => {
  if (session.state === "in") tell2({ state: "out", me: void 0, isOpen: false });
});
async function step(path, body) {
  const answer = await post(path, body);
  setSessionToken(answer.token);
  await askWho();
  return answer;
}
var signIn = (name, password) => step("/api/v1/sign-in", { name, password });
var signInWithToken = (body) => step("/api/v1/sign-in/token", body);
var signInWithCode = (code) => step("/api/v1/sign-in/code", { code });
var signInWithPasskey = async () => step("/api/v1/sign-in/passkey", await showPasskey());
async function enrollPasskey(title) {
  const answer = await makePasskey(title);
  if (answer.token) setSessionToken(answer.token);
  return answer.recovery ?? [];
}
var beginCodes = () => post("/api/v1/me/totp");
async function confirmCodes(code) {
  const answer = await post("/api/v1/me/totp/confirm", { code });
  if (answer.token) setSessionToken(answer.token);
  return answer.recovery;
}
async function signOut() {
  try {
    await post("/api/v1/sign-out");
  } finally {
    setSessionToken("");
    tell2({ state: "out", me: void 0, isOpen: false });
  }
}
async function breakGlass(reason) {
  await post("/api/v1/me/glass", { reason });
  await askWho();
}
function useSession() {
  return useSyncExternalStore2(
    (watcher) => {
      watchers2.add(watcher);
      return () => watchers2.delete(watcher);
    },
    () => session
  );
}
function useMay() {
  const { me, isOpen } = useSession();
  return (right) => isOpen || (me?.rights.includes(right) ?? false);
}

// src/shell/addresses.ts
var messagesAt = (query) => query ? `/messages#q=${encodeURIComponent(query)}` : "/messages";
var mapAt = (name, file, message) => `/mapper/${encodeURIComponent(name)}#file=${encodeURIComponent(file)}${message ? `&message=${message}` : ""}`;
var interfaceAt = (name, tab = "") => `/interfaces/${encodeURIComponent(name)}${tab ? `#tab=${tab}` : ""}`;
var benchAt = (name, message) => `/bench#interface=${encodeURIComponent(name)}${message ? `&message=${message}` : ""}`;

// src/ui/format.ts
var whole = new Intl.NumberFormat("en");
var count = (value) => whole.format(value);
function rate(value) {
  if (value === 0) return "0";
  return value < 10 ? value.toFixed(1) : whole.format(Math.round(value));
}
var two = (value) => String(value).padStart(2, "0");
var dateOf = (micros) => new Date(micros / 1e3);
function clock(micros) {
  const at3 = dateOf(micros);
  return `${two(at3.getHours())}:${two(at3.getMinutes())}:${two(at3.getSeconds())}`;
}
var clockMillis = (micros) => `${clock(micros)}.${String(dateOf(micros).getMilliseconds()).padStart(3, "0")}`;
function moment(micros, now2 = Date.now()) {
  const at3 = dateOf(micros);
  const time = `${two(at3.getHours())}:${two(at3.getMinutes())}`;
  if (at3.toDateString() === new Date(now2).toDateString()) return time;
  return `${at3.getDate()} ${at3.toLocaleString("en", { month: "short" })} ${time}`;
}
var utc = (micros) => dateOf(micros).toISOString();
function span(seconds) {
  if (seconds < 0) return "0 s";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}
var ago = (micros, now2) => micros === null ? "never" : `${span((now2 - micros) / 1e6)} ago`;
function bytes(value) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1e3 && unit < units.length - 1) {
    size /= 1e3;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}
var plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
var capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// src/screens/overview/attention.ts
var ORDER = { alarm: 0, warning: 1, note: 2 };
var NAMES_MAX = 3;
function names(list) {
  const unique = [...new Set(list)];
  if (unique.length <= NAMES_MAX) return unique.join(", ");
  return `${unique.slice(0, NAMES_MAX).join(", ")} and ${unique.length - NAMES_MAX} more`;
}
function ofStore({ engine }) {
  const items = [];
  const make = (id, title, text) => ({
    id,
    level: "alarm",
    title,
    text,
    interfaces: [],
    links: [{ label: "See the system", to: "/system" }],
    critical: 0
  });
  if (engine.store === "full") {
    items.push(
      make(
        "store-full",
        "The disk of the store is full",
        "New messages are answered with “later”, so senders keep them; nothing is lost. Queues go on emptying. Free some space: intake resumes by itself."
      )
    );
  }
  if (engine.store === "failed") {
    items.push(
      make(
        "store-failed",
        "The disk did not confirm a write, so the engine takes no more messages",
        "Every message that was acknowledged was confirmed before. Look at the disk before you start the engine again; it checks itself when it starts."
      )
    );
  }
  if (engine.lost !== 0) {
    items.push(make("lost", `${plural(Math.abs(engine.lost), "message")} not accounted for`, "The counts of messages do not add up. Have the store examined, and keep the log files as they are."));
  }
  return items;
}
function waits(places, now2) {
  const queued = places.reduce((sum, { to }) => sum + to.queued, 0);
  if (queued === 0) return "Nothing waits, nothing is lost.";
  const oldest = Math.min(...places.map(({ to }) => to.oldest ?? Number.POSITIVE_INFINITY));
  const since = Number.isFinite(oldest) ? `, the oldest for ${span((now2 - oldest) / 1e6)}` : "";
  const isGivenUp = places.some(({ to }) => to.gives_up);
  const safe = isGivenUp ? "nothing is lost so far, but this destination gives up after a time" : "nothing is lost";
  return `${plural(queued, "message")} ${queued === 1 ? "waits" : "wait"} safely in order${since}; ${safe}.`;
}
function ofPartners({ engine }) {
  const groups = /* @__PURE__ */ new Map();
  for (const one of engine.interfaces) {
    for (const to of one.destinations) {
      if (to.state !== "failing" || to.connector === "interface") continue;
      const key = `${to.connector} ${to.address}`;
      groups.set(key, [...groups.get(key) ?? [], { one, to }]);
    }
  }
  return [...groups.entries()].map(([key, places]) => {
    const first = places.reduce((best, place2) => (place2.to.last_trouble?.at ?? 0) > (best.to.last_trouble?.at ?? 0) ? place2 : best);
    const delivered = Math.max(...places.map(({ to }) => to.last_delivered ?? 0));
    const since = delivered > 0 ? ` since ${moment(delivered)}` : "";
    const probe = Math.min(...places.map(({ to }) => to.probe_in_s ?? Number.POSITIVE_INFINITY));
    const trouble = first.to.last_trouble;
    const flows = places.map(({ one }) => one.name);
    const under2 = flows.length > 1 ? ` Under it: ${names(flows)}.` : "";
    const tried = Number.isFinite(probe) ? ` Tried again in ${span(Math.max(probe, 1))}.` : "";
    const label = names(places.map(({ to }) => to.name));
    return {
      id: `partner ${key}`,
      level: "alarm",
      title: `${label} takes no messages${since}`,
      text: `${trouble ? `${trouble.reason.text}. ` : ""}${waits(places, engine.at)}${tried}${under2}`,
      code: trouble?.reason.code,
      owner: first.one.owner,
      interfaces: flows,
      links: [
        { label: "See what waits", to: messagesAt(`destination:${first.to.name} state:in_flight`) },
        { label: "Open the interface", to: interfaceAt(first.one.name) }
      ],
      critical: Math.min(...places.map(({ one }) => one.critical))
    };
  });
}
function ofInterface(one, now2) {
  const items = [];
  const base = { owner: one.owner, interfaces: [one.name], critical: one.critical };
  const open = { label: "Open the interface", to: interfaceAt(one.name) };
  const isOwn = one.state === "failing" && !one.destinations.some((to) => to.state === "failing");
  if (isOwn) {
    items.push({ ...base, id: `source ${one.name}`, level: "alarm", title: `${one.title} does not receive`, text: `${one.why || "Its source does not work now"}. What was accepted before is safe; senders keep the rest.`, code: one.last_trouble?.reason.code, links: [open] });
  }
  if (one.state === "silent") {
    const since = one.last_received === null ? "since the start" : `for ${span((now2 - one.last_received) / 1e6)}`;
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
      links: [{ label: "See what is held", to: messagesAt(`interface:${one.name} state:parked,in_flight`) }, open]
    });
  } else if (one.counts.parked > 0) {
    items.push({
      ...base,
      id: `parked ${one.name}`,
      level: "warning",
      title: `${one.title}: ${plural(one.counts.parked, "message")} parked`,
      text: "They are kept until a person decides: mend the cause and retry, or delete them with a reason. Others are not held up.",
      links: [{ label: "See them", to: messagesAt(`interface:${one.name} state:parked`) }, open]
    });
  }
  if (one.quality.alerts_open > 0) {
    items.push({ ...base, id: `quality ${one.name}`, level: "warning", title: `${one.title}: what is sent has changed`, text: `${plural(one.quality.alerts_open, "alert")} on the quality of messages. Nothing is lost.`, links: [{ label: "See the alerts", to: "/alerts" }, open] });
  }
  const paused = [...one.is_paused ? ["intake"] : [], ...one.destinations.filter((to) => to.is_paused).map((to) => to.name)];
  if (paused.length > 0) {
    const queued = one.destinations.reduce((sum, to) => sum + (to.is_paused ? to.queued : 0), 0);
    items.push({ ...base, id: `paused ${one.name}`, level: "note", title: `${one.title}: a person paused ${names(paused)}`, text: queued > 0 ? `${plural(queued, "message")} ${queued === 1 ? "waits" : "wait"} safely in order.` : "Nothing waits.", links: [open] });
  }
  return items;
}
function attentionOf(status) {
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
      critical: 2
    });
  }
  return items.sort((a, b) => ORDER[a.level] - ORDER[b.level] || a.critical - b.critical || a.title.localeCompare(b.title));
}
function balance({ engine }) {
  const { counts } = engine;
  const parts2 = [
    `${count(counts.delivered)} delivered`,
    `${count(counts.filtered)} filtered`,
    `${count(counts.in_flight)} in flight`,
    ...counts.parked ? [`${count(counts.parked)} parked`] : [],
    ...counts.expired ? [`${count(counts.expired)} expired`] : [],
    ...counts.deleted ? [`${count(counts.deleted)} deleted`] : []
  ];
  return `${count(counts.accepted)} accepted = ${parts2.join(" + ")}`;
}

// src/screens/alerts/Alerts.tsx
import { useEffect as useEffect3 } from "./vendor.js";
import { Tab, TabList, TabPanel, Tabs } from "./vendor.js";

// src/api/alerts.ts
var readAlerts = (signal) => get("/api/v1/alerts", { past: 100 }, signal);
var actOnIncident = (deed) => post("/api/v1/alerts/act", deed);
var tryChannel = (channel) => post("/api/v1/alerts/try", { channel });

// src/api/use.ts
import { useCallback, useEffect, useState } from "./vendor.js";
function useAnswer(key, ask2) {
  const [round, setRound] = useState(0);
  const [held, setHeld] = useState({ key: "" });
  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    ask2(stop.signal).then(
      (value) => setHeld({ key, value }),
      (error) => {
        if (stop.signal.aborted) return;
        setHeld({ key, problem: error instanceof Problem ? error : new Problem(0, "", String(error)) });
      }
    );
    return () => stop.abort();
  }, [key, round]);
  const again = useCallback(() => setRound((before) => before + 1), []);
  const isCurrent = held.key === key;
  return { value: isCurrent ? held.value : void 0, problem: isCurrent ? held.problem : void 0, isLoading: key !== null && !isCurrent, again };
}

// src/shell/route.ts
import { useSyncExternalStore as useSyncExternalStore3 } from "./vendor.js";
var watchers3 = /* @__PURE__ */ new Set();
var now = read();
function read() {
  return { path: window.location.pathname, words: new URLSearchParams(window.location.hash.slice(1)) };
}
function tell3() {
  now = read();
  for (const watcher of watchers3) watcher();
}
window.addEventListener("popstate", tell3);
window.addEventListener("hashchange", tell3);
function navigate(to, how = {}) {
  if (how.replace) window.history.replaceState(null, "", to);
  else window.history.pushState(null, "", to);
  tell3();
}
function setWords(change2, how = {}) {
  const words3 = new URLSearchParams(now.words);
  for (const [name, value] of Object.entries(change2)) {
    if (value) words3.set(name, value);
    else words3.delete(name);
  }
  const text = words3.toString();
  navigate(text ? `${now.path}#${text}` : now.path, how);
}
function subscribe2(watcher) {
  watchers3.add(watcher);
  return () => watchers3.delete(watcher);
}
function useAddress() {
  return useSyncExternalStore3(subscribe2, () => now);
}

// src/ui/icons.tsx
import { jsx, jsxs } from "./vendor.js";
var SHAPES = {
  overview: ["M2 9h3l2-6 3 10 2-4h2"],
  messages: ["M2 4h12v9H2z", "m2 5 6 4.500L14 5"],
  interfaces: ["M2 4h4M10 4h4M2 12h4M10 12h4M6 2v4M10 2v4", "M6 4h4M6 12h4"],
  map: ["M2 3h4v3H2zM10 10h4v3h-4zM10 3h4v3h-4z", "M6 4.500h4M6 4.500c3 0 1 7 4 7"],
  bench: ["M3 13h10M5 13V8l-2-5h10l-2 5v5M5 8h6"],
  bell: ["M4 11V7a4 4 0 0 1 8 0v4l1 1.500H3z", "M7 14.500h2"],
  table: ["M2 3h12v10H2zM2 6.500h12M7 6.500V13"],
  book: ["M8 4C6.500 3 4 2.800 2 3v9.500c2-.2 4.500 0 6 1 1.500-1 4-1.200 6-1V3c-2-.2-4.500 0-6 1z", "M8 4v9.500"],
  changes: ["M4 5a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM4 14a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM12 6a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3z", "M4 5v6M12 6c0 4-8 1-8 5"],
  audit: ["M4 2h8v12l-2-1.500-2 1.500-2-1.500L4 14z", "M6.500 6h3M6.500 9h3"],
  users: ["M6 8a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM2 13c0-2.500 2-3.500 4-3.500s4 1 4 3.500", "M11 3.500a2.200 2.200 0 0 1 0 4M12 9.800c1.300.4 2 1.400 2 3.200"],
  system: ["M2 3h12v4H2zM2 9h12v4H2z", "M5 5h.01M5 11h.01"],
  good: ["M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "m5.200 8.200 2 2L11 6"],
  bad: ["M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "m6 6 4 4M10 6l-4 4"],
  warn: ["M8 2 14.500 13.500h-13z", "M8 6.500v3M8 11.600v.01"],
  paused: ["M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "M6.500 6v4M9.500 6v4"],
  held: ["M4 7V5a4 4 0 0 1 8 0v2", "M3 7h10v7H3z"],
  silent: ["M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "M5 8h6"],
  moving: ["M2 8h10M9 5l3 3-3 3"],
  filtered: ["M2 3h12L9.500 8.500V13l-3-1.500v-3z"],
  deleted: ["M3 4h10M6 4V2.500h4V4M4.500 4l.5 9.500h6l.5-9.500"],
  expired: ["M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "M8 4.500V8l2.500 1.500"],
  search: ["M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10z", "m11 11 3.500 3.500"],
  sun: ["M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6z", "M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1"],
  moon: ["M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7z"],
  keys: ["M1.500 4h13v8h-13z", "M4 6.500h.01M6.700 6.500h.01M9.300 6.500h.01M12 6.500h.01M5 9.500h6"],
  check: ["m3 8.500 3.500 3.500L13 4.500"],
  close: ["m4 4 8 8M12 4l-8 8"],
  down: ["m4 6 4 4 4-4"],
  back: ["m10 4-4 4 4 4"],
  next: ["m6 4 4 4-4 4"],
  eye: ["M1.500 8C3 5 5.300 3.500 8 3.500S13 5 14.500 8C13 11 10.700 12.500 8 12.500S3 11 1.500 8z", "M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"],
  masked: ["M1.500 8C3 5 5.300 3.500 8 3.500S13 5 14.500 8C13 11 10.700 12.500 8 12.500S3 11 1.500 8z", "m3 13 10-10"],
  again: ["M13.500 8A5.500 5.500 0 1 1 11.800 4", "M12 1v3.300H8.700"],
  play: ["M5 3v10l8-5z"]
};
function Icon({ name, className = "" }) {
  return /* @__PURE__ */ jsx("svg", { className: `icon ${className}`, viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false", children: SHAPES[name].map((shape) => /* @__PURE__ */ jsx("path", { d: shape }, shape)) });
}
function Mark() {
  return /* @__PURE__ */ jsxs("svg", { className: "mark", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false", children: [
    /* @__PURE__ */ jsx("path", { d: "M2 5c6 0 5.500 7 10 7s4 7 10 7" }),
    /* @__PURE__ */ jsx("path", { d: "M2 19c6 0 5.500-7 10-7s4-7 10-7" }),
    /* @__PURE__ */ jsx("path", { className: "middle", d: "M2 12h20" })
  ] });
}

// src/ui/parts.tsx
import { Button as AriaButton } from "./vendor.js";
import { Fragment, jsx as jsx2, jsxs as jsxs2 } from "./vendor.js";
var HEALTH = {
  ok: { word: "Running", icon: "good", tone: "good" },
  paused: { word: "Paused", icon: "paused", tone: "note" },
  retired: { word: "Retired", icon: "paused", tone: "note" },
  silent: { word: "Silent", icon: "silent", tone: "warn" },
  held: { word: "Held", icon: "held", tone: "warn" },
  failing: { word: "Failing", icon: "bad", tone: "bad" }
};
var MESSAGE = {
  delivered: { word: "Delivered", icon: "good", tone: "good" },
  in_flight: { word: "In flight", icon: "moving", tone: "note" },
  filtered: { word: "Filtered", icon: "filtered", tone: "note" },
  parked: { word: "Parked", icon: "held", tone: "bad" },
  expired: { word: "Expired", icon: "expired", tone: "warn" },
  deleted: { word: "Deleted", icon: "deleted", tone: "note" }
};
function State({ of }) {
  return /* @__PURE__ */ jsxs2("span", { className: `state ${of.tone}`, children: [
    /* @__PURE__ */ jsx2(Icon, { name: of.icon }),
    of.word
  ] });
}
var health = (state) => HEALTH[state] ?? { word: state, icon: "warn", tone: "warn" };
var messageState = (state) => MESSAGE[state] ?? { word: state, icon: "warn", tone: "warn" };
function Link({ to, children, ...more }) {
  return /* @__PURE__ */ jsx2(
    "a",
    {
      href: to,
      ...more,
      onClick: (click) => {
        if (click.defaultPrevented || click.button !== 0 || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return;
        click.preventDefault();
        navigate(to);
      },
      children
    }
  );
}
function Button({ kind = "", icon, children, ...more }) {
  return /* @__PURE__ */ jsxs2(AriaButton, { ...more, className: `button ${kind}`, children: [
    icon && /* @__PURE__ */ jsx2(Icon, { name: icon }),
    children
  ] });
}
function Card({ title, more, children, className = "" }) {
  return /* @__PURE__ */ jsxs2("section", { className: `card ${className}`, children: [
    title && /* @__PURE__ */ jsxs2("header", { children: [
      /* @__PURE__ */ jsx2("h2", { children: title }),
      more
    ] }),
    children
  ] });
}
function ErrorCode({ code }) {
  if (!/^E\d{4}$/.test(code)) return code ? /* @__PURE__ */ jsx2("code", { children: code }) : null;
  return /* @__PURE__ */ jsx2("a", { className: "error-code", href: `/docs/errors/${code}.md`, target: "_blank", rel: "noreferrer", title: "What it means, and what to do", children: code });
}
function WithCode({ text }) {
  return /* @__PURE__ */ jsx2(Fragment, { children: text.split("`").map(
    (piece, at3) => at3 % 2 ? /* @__PURE__ */ jsx2("code", { children: piece }, at3) : piece
  ) });
}
function Empty({ title, children }) {
  return /* @__PURE__ */ jsxs2("div", { className: "empty", children: [
    /* @__PURE__ */ jsx2("strong", { children: title }),
    children
  ] });
}
var LEVELS = {
  alarm: { icon: "bad", word: "Alarm" },
  warning: { icon: "warn", word: "Warning" },
  note: { icon: "paused", word: "Note" }
};
function Notice({ level, title, children, actions }) {
  return /* @__PURE__ */ jsxs2("div", { className: `notice ${level}`, children: [
    /* @__PURE__ */ jsx2(Icon, { name: LEVELS[level].icon }),
    /* @__PURE__ */ jsxs2("strong", { children: [
      /* @__PURE__ */ jsxs2("span", { className: "hidden-but-read", children: [
        LEVELS[level].word,
        ": "
      ] }),
      title
    ] }),
    /* @__PURE__ */ jsx2("p", { children }),
    actions && /* @__PURE__ */ jsx2("div", { className: "buttons", children: actions })
  ] });
}
function Trouble({ problem, what, again }) {
  if (problem.isMissing) {
    return /* @__PURE__ */ jsx2(Empty, { title: `${what}: not available`, children: "This engine does not offer it to the console. Nothing is hidden from you; there is nothing to show." });
  }
  return /* @__PURE__ */ jsxs2(Notice, { level: "warning", title: `${what}: no answer`, actions: again && /* @__PURE__ */ jsx2(Button, { onPress: again, children: "Try again" }), children: [
    problem.message,
    " ",
    /* @__PURE__ */ jsx2(ErrorCode, { code: problem.code })
  ] });
}
function Page({ title, about, actions, children, className = "" }) {
  return /* @__PURE__ */ jsxs2("div", { className: `page ${className}`, children: [
    /* @__PURE__ */ jsxs2("header", { className: "page-head", children: [
      /* @__PURE__ */ jsx2("h1", { children: title }),
      about && /* @__PURE__ */ jsx2("span", { className: "quiet about", children: about }),
      actions && /* @__PURE__ */ jsx2("div", { className: "buttons", children: actions })
    ] }),
    children
  ] });
}

// src/screens/alerts/Incidents.tsx
import { useState as useState4 } from "./vendor.js";

// src/screens/alerts/ActOn.tsx
import { useState as useState3 } from "./vendor.js";
import { Input as Input2, Label as Label2, TextArea, TextField as TextField2 } from "./vendor.js";

// src/ui/dialogs.tsx
import { useState as useState2 } from "./vendor.js";
import { Dialog, Heading, Input, Label, Modal, ModalOverlay, TextField } from "./vendor.js";
import { jsx as jsx3, jsxs as jsxs3 } from "./vendor.js";
function Window({ title, onClose, children, isWide = false }) {
  return /* @__PURE__ */ jsx3(ModalOverlay, { className: "veil", isOpen: true, isDismissable: true, onOpenChange: (isOpen) => !isOpen && onClose(), children: /* @__PURE__ */ jsx3(Modal, { className: isWide ? "modal wide" : "modal", children: /* @__PURE__ */ jsxs3(Dialog, { className: "dialog", children: [
    /* @__PURE__ */ jsx3(Heading, { slot: "title", level: 2, children: title }),
    children
  ] }) }) });
}
function AskWhy({ act, onClose }) {
  const [reason, setReason] = useState2("");
  const [state, setState] = useState2("asking");
  const [said, setSaid] = useState2("");
  const [problem, setProblem] = useState2();
  const run = async () => {
    if (!reason.trim() || state !== "asking") return;
    setState("running");
    setProblem(void 0);
    try {
      const answer = await act.run(reason.trim());
      if (!answer) return onClose();
      setSaid(answer);
      setState("done");
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
      setState("asking");
    }
  };
  return /* @__PURE__ */ jsxs3(Window, { title: act.title, onClose, children: [
    /* @__PURE__ */ jsx3("div", { children: act.text }),
    state === "done" ? /* @__PURE__ */ jsx3("p", { role: "status", children: /* @__PURE__ */ jsx3("strong", { children: said }) }) : /* @__PURE__ */ jsxs3(TextField, { className: "field", value: reason, onChange: setReason, isRequired: true, autoFocus: true, onKeyDown: (key) => key.key === "Enter" && void run(), children: [
      /* @__PURE__ */ jsx3(Label, { children: "Why? It is kept with your name." }),
      /* @__PURE__ */ jsx3(Input, { className: "input", placeholder: act.example ?? "for example: ticket 4711, agreed with the owner" })
    ] }),
    problem && /* @__PURE__ */ jsxs3(Notice, { level: "warning", title: "Not done", children: [
      problem.message,
      " ",
      /* @__PURE__ */ jsx3(ErrorCode, { code: problem.code })
    ] }),
    /* @__PURE__ */ jsxs3("div", { className: "buttons", children: [
      /* @__PURE__ */ jsx3(Button, { onPress: onClose, children: state === "done" ? "Close" : "Cancel" }),
      state !== "done" && /* @__PURE__ */ jsx3(Button, { kind: act.isDangerous ? "danger" : "first", isDisabled: !reason.trim() || state === "running", onPress: () => void run(), children: state === "running" ? "Working…" : act.button })
    ] })
  ] });
}

// src/screens/alerts/ActOn.tsx
import { Fragment as Fragment2, jsx as jsx4, jsxs as jsxs4 } from "./vendor.js";
var HOUR_S = 3600;
var REST = [
  ["30 minutes", HOUR_S / 2],
  ["1 hour", HOUR_S],
  ["2 hours", 2 * HOUR_S],
  ["8 hours", 8 * HOUR_S],
  ["1 day", 24 * HOUR_S],
  ["7 days", 168 * HOUR_S]
];
var WORDS = {
  acknowledge: { title: "Take it", text: "You have it: nobody is told again until it gets worse or is over.", button: "I have it", needsNote: false, example: "for example: calling the pharmacy" },
  assign: { title: "Give it to somebody", text: "They are called instead of who is on call, until it is over.", button: "Give it", needsNote: false, example: "for example: she knows their network" },
  snooze: { title: "Let it rest", text: "Nobody is told for that time, unless somebody wakes it. Messages go on as they do.", button: "Let it rest", needsNote: true, example: "for example: they patch until four" },
  wake: { title: "Wake it", text: "Takes an acknowledgment and a rest back: people are told again.", button: "Wake it", needsNote: false, example: "" },
  note: { title: "Write something down", text: "For whoever looks at this incident. It stays in this system: no alert carries it.", button: "Keep it", needsNote: true, example: "for example: their vendor has a ticket" }
};
function ActOn({ incident, act, names: names2, onClose }) {
  const words3 = WORDS[act];
  const [note, setNote] = useState3("");
  const [to, setTo] = useState3("");
  const [rest, setRest] = useState3(2 * HOUR_S);
  const [isRunning, setRunning] = useState3(false);
  const [problem, setProblem] = useState3();
  const isReady = (!words3.needsNote || note.trim() !== "") && (act !== "assign" || to.trim() !== "") && !isRunning;
  const run = async () => {
    if (!isReady) return;
    setRunning(true);
    try {
      await actOnIncident({ incident: incident.id, act, note: note.trim(), ...act === "assign" ? { to: to.trim() } : {}, ...act === "snooze" ? { for_s: rest } : {} });
      onClose();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
      setRunning(false);
    }
  };
  return /* @__PURE__ */ jsxs4(Window, { title: `${words3.title}: ${incident.headline}`, onClose, children: [
    /* @__PURE__ */ jsx4("p", { children: words3.text }),
    act === "assign" && /* @__PURE__ */ jsxs4(Fragment2, { children: [
      /* @__PURE__ */ jsxs4(TextField2, { className: "field", value: to, onChange: setTo, isRequired: true, autoFocus: true, children: [
        /* @__PURE__ */ jsx4(Label2, { children: "To whom" }),
        /* @__PURE__ */ jsx4(Input2, { className: "input", autoComplete: "off" })
      ] }),
      names2.length > 0 && /* @__PURE__ */ jsxs4("div", { className: "buttons start", children: [
        /* @__PURE__ */ jsx4("span", { className: "quiet", children: "On call:" }),
        names2.map((name) => /* @__PURE__ */ jsx4(Button, { onPress: () => setTo(name), children: name }, name))
      ] })
    ] }),
    act === "snooze" && /* @__PURE__ */ jsxs4("label", { className: "field", children: [
      /* @__PURE__ */ jsx4("span", { className: "label", children: "For" }),
      /* @__PURE__ */ jsx4("select", { className: "input", value: rest, onChange: (change2) => setRest(Number(change2.target.value)), children: REST.map(([word, seconds]) => /* @__PURE__ */ jsx4("option", { value: seconds, children: word }, seconds)) })
    ] }),
    /* @__PURE__ */ jsxs4(TextField2, { className: "field", value: note, onChange: setNote, isRequired: words3.needsNote, autoFocus: act !== "assign", onKeyDown: (key) => key.key === "Enter" && (key.ctrlKey || key.metaKey) && void run(), children: [
      /* @__PURE__ */ jsx4(Label2, { children: words3.needsNote ? "Note" : "Note, if it helps others" }),
      /* @__PURE__ */ jsx4(TextArea, { className: "input", placeholder: words3.example })
    ] }),
    /* @__PURE__ */ jsx4("p", { className: "quiet", children: "Never name a patient in a note." }),
    problem && /* @__PURE__ */ jsxs4(Notice, { level: "warning", title: "Not done", children: [
      problem.message,
      " ",
      /* @__PURE__ */ jsx4(ErrorCode, { code: problem.code })
    ] }),
    /* @__PURE__ */ jsxs4("div", { className: "buttons", children: [
      /* @__PURE__ */ jsx4(Button, { onPress: onClose, children: "Cancel" }),
      /* @__PURE__ */ jsx4(Button, { kind: "first", isDisabled: !isReady, onPress: () => void run(), children: isRunning ? "Working…" : words3.button })
    ] })
  ] });
}

// src/screens/alerts/words.ts
var LEVELS2 = {
  warning: { word: "Warning", icon: "warn", tone: "warn" },
  alarm: { word: "Alarm", icon: "bad", tone: "bad" },
  escalated: { word: "Escalated", icon: "bad", tone: "bad" }
};
var levelOf = (incident) => LEVELS2[incident.level] ?? LEVELS2.warning;
function whoHas(incident, now2) {
  if (incident.acknowledged) return `${incident.acknowledged.by} has it, since ${moment(incident.acknowledged.at)}`;
  if (incident.quiet_by) return `Nobody is told: maintenance “${incident.quiet_by}”`;
  if (incident.snoozed_until && incident.snoozed_until > now2) return `Snoozed for ${span((incident.snoozed_until - now2) / 1e6)} more`;
  if (incident.assigned) return `Given to ${incident.assigned}, who has not taken it`;
  return "Nobody has it yet";
}
var isTaken = (incident) => incident.acknowledged !== null;
function causeOf({ cause }) {
  const name = Array.isArray(cause.name) ? cause.name[0] : cause.name;
  if (cause.of === "engine") return "This engine";
  if (cause.of === "partner") return `Partner ${name}`;
  if (cause.of === "sender") return `Sender ${name}`;
  return `Interface ${name}`;
}
function historyOf(incident) {
  const events = [{ at: incident.since, text: "began" }];
  if (incident.opened > incident.since) events.push({ at: incident.opened, text: "was noticed" });
  if (incident.alarmed) events.push({ at: incident.alarmed, text: "became an alarm" });
  if (incident.acknowledged) events.push({ at: incident.acknowledged.at, text: "was taken", by: incident.acknowledged.by });
  if (incident.told) events.push({ at: incident.told, text: incident.times_told > 1 ? `somebody was told for the last of ${incident.times_told} times` : "somebody was told" });
  for (const note of incident.notes) events.push({ at: note.at, text: note.text, by: note.by });
  if (incident.healed) events.push({ at: incident.healed, text: "showed no more" });
  if (incident.closed) events.push({ at: incident.closed, text: "was over" });
  return events.sort((one, other) => one.at - other.at);
}
var ORDER2 = { escalated: 0, alarm: 1, warning: 2 };
function inOrder(incidents, now2) {
  const isQuiet = (one) => isTaken(one) || one.quiet_by !== null || (one.snoozed_until ?? 0) > now2;
  return [...incidents].sort((a, b) => Number(isQuiet(a)) - Number(isQuiet(b)) || ORDER2[a.level] - ORDER2[b.level] || a.since - b.since);
}

// src/screens/alerts/Incidents.tsx
import { Fragment as Fragment3, jsx as jsx5, jsxs as jsxs5 } from "./vendor.js";
var NAMES_MAX2 = 6;
function Symptoms({ incident, now: now2 }) {
  return /* @__PURE__ */ jsxs5("div", { className: "scroll-x", children: [
    /* @__PURE__ */ jsxs5("table", { className: "table", children: [
      /* @__PURE__ */ jsx5("thead", { children: /* @__PURE__ */ jsxs5("tr", { children: [
        /* @__PURE__ */ jsx5("th", { scope: "col", children: "Interface" }),
        /* @__PURE__ */ jsx5("th", { scope: "col", children: "Destination" }),
        /* @__PURE__ */ jsx5("th", { scope: "col", children: "What shows" }),
        /* @__PURE__ */ jsx5("th", { scope: "col", children: "For" })
      ] }) }),
      /* @__PURE__ */ jsx5("tbody", { children: incident.symptoms.map((symptom, at3) => /* @__PURE__ */ jsxs5("tr", { children: [
        /* @__PURE__ */ jsx5("td", { children: symptom.interface ? /* @__PURE__ */ jsx5(Link, { to: interfaceAt(symptom.interface), children: symptom.interface }) : "the engine" }),
        /* @__PURE__ */ jsx5("td", { children: symptom.destination ?? "" }),
        /* @__PURE__ */ jsx5("td", { children: symptom.sentence }),
        /* @__PURE__ */ jsx5("td", { className: "nowrap", children: span((now2 - symptom.since) / 1e6) })
      ] }, at3)) })
    ] }),
    incident.symptoms_now > incident.symptoms.length && /* @__PURE__ */ jsxs5("p", { className: "quiet inside", children: [
      "and ",
      incident.symptoms_now - incident.symptoms.length,
      " more"
    ] })
  ] });
}
function History({ incident }) {
  return /* @__PURE__ */ jsx5("ol", { className: "history", "aria-label": "What happened to it", children: historyOf(incident).map((event, at3) => /* @__PURE__ */ jsxs5("li", { children: [
    /* @__PURE__ */ jsx5("time", { className: "mono quiet", title: utc(event.at), children: moment(event.at) }),
    /* @__PURE__ */ jsxs5("span", { children: [
      event.by && /* @__PURE__ */ jsxs5("strong", { children: [
        event.by,
        ": "
      ] }),
      event.text
    ] })
  ] }, at3)) });
}
function Interfaces({ names: names2 }) {
  const first = names2.slice(0, NAMES_MAX2);
  return /* @__PURE__ */ jsxs5(Fragment3, { children: [
    first.map((name, at3) => /* @__PURE__ */ jsxs5("span", { children: [
      at3 > 0 && ", ",
      /* @__PURE__ */ jsx5(Link, { to: interfaceAt(name), children: name })
    ] }, name)),
    names2.length > NAMES_MAX2 && ` and ${names2.length - NAMES_MAX2} more`
  ] });
}
function IncidentCard({ incident, now: now2, onAct }) {
  const may = useMay();
  const { words: words3 } = useAddress();
  const isOpen = words3.get("incident") === String(incident.id);
  const level = levelOf(incident);
  const isTold = !isTaken(incident) && !incident.quiet_by;
  const isResting = (incident.snoozed_until ?? 0) > now2;
  const more = [incident.symptoms_now > 0 ? plural(incident.symptoms_now, "symptom") : "What happened", incident.notes.length > 0 && plural(incident.notes.length, "note")].filter(Boolean).join(", ");
  return /* @__PURE__ */ jsxs5("article", { className: `card incident ${incident.level === "warning" ? "warning" : "alarm"}${isTold ? "" : " rests"}`, "aria-label": incident.headline, children: [
    /* @__PURE__ */ jsxs5("header", { children: [
      /* @__PURE__ */ jsx5(State, { of: level }),
      /* @__PURE__ */ jsx5("h3", { children: capital(incident.headline) }),
      incident.healed !== null && /* @__PURE__ */ jsxs5("span", { className: "state good", title: utc(incident.healed), children: [
        /* @__PURE__ */ jsx5(Icon, { name: "good" }),
        " shows no more"
      ] }),
      /* @__PURE__ */ jsxs5("span", { className: "quiet nowrap", title: utc(incident.since), children: [
        "since ",
        clock(incident.since),
        ", ",
        span((now2 - incident.since) / 1e6)
      ] }),
      /* @__PURE__ */ jsxs5("span", { className: "quiet incident-number", children: [
        "No. ",
        incident.id,
        " · ",
        /* @__PURE__ */ jsx5(ErrorCode, { code: incident.code })
      ] })
    ] }),
    /* @__PURE__ */ jsxs5("dl", { className: "facts", children: [
      /* @__PURE__ */ jsx5("dt", { children: "Is data safe?" }),
      /* @__PURE__ */ jsx5("dd", { children: /* @__PURE__ */ jsx5("strong", { children: incident.safe }) }),
      /* @__PURE__ */ jsx5("dt", { children: "What to do" }),
      /* @__PURE__ */ jsxs5("dd", { children: [
        /* @__PURE__ */ jsx5(WithCode, { text: incident.advice }),
        " ",
        incident.runbook && /* @__PURE__ */ jsx5("a", { href: incident.runbook, target: "_blank", rel: "noreferrer", children: "Runbook" })
      ] }),
      /* @__PURE__ */ jsx5("dt", { children: "What broke" }),
      /* @__PURE__ */ jsxs5("dd", { children: [
        causeOf(incident),
        incident.interfaces.length > 0 && incident.cause.of !== "interface" && /* @__PURE__ */ jsxs5(Fragment3, { children: [
          ", under ",
          plural(incident.interfaces.length, "interface"),
          ": ",
          /* @__PURE__ */ jsx5(Interfaces, { names: incident.interfaces })
        ] }),
        incident.cause.of === "interface" && incident.interfaces[0] && /* @__PURE__ */ jsxs5(Fragment3, { children: [
          " ",
          "· ",
          /* @__PURE__ */ jsx5(Link, { to: interfaceAt(incident.interfaces[0], "runbook"), children: "its first five checks" })
        ] })
      ] }),
      /* @__PURE__ */ jsx5("dt", { children: "Who has it" }),
      /* @__PURE__ */ jsxs5("dd", { children: [
        /* @__PURE__ */ jsx5("span", { className: isTold && !isResting ? "bad" : "", children: whoHas(incident, now2) }),
        /* @__PURE__ */ jsxs5("span", { className: "quiet", children: [
          incident.team && ` · team ${incident.team}`,
          incident.told ? ` · told ${plural(incident.times_told, "time")}, last ${moment(incident.told)}` : " · nobody was told"
        ] })
      ] })
    ] }),
    /* @__PURE__ */ jsxs5("footer", { className: "buttons", children: [
      may("steer") && /* @__PURE__ */ jsxs5(Fragment3, { children: [
        !isTaken(incident) && /* @__PURE__ */ jsx5(Button, { kind: "first", icon: "check", onPress: () => onAct("acknowledge"), children: "I have it…" }),
        /* @__PURE__ */ jsx5(Button, { onPress: () => onAct("assign"), children: "Give to…" }),
        isResting || isTaken(incident) ? /* @__PURE__ */ jsx5(Button, { onPress: () => onAct("wake"), children: "Wake…" }) : /* @__PURE__ */ jsx5(Button, { onPress: () => onAct("snooze"), children: "Let rest…" }),
        /* @__PURE__ */ jsx5(Button, { onPress: () => onAct("note"), children: "Note…" })
      ] }),
      /* @__PURE__ */ jsxs5("button", { type: "button", className: "button plain", "data-row": true, "aria-expanded": isOpen, onClick: () => setWords({ incident: isOpen ? void 0 : String(incident.id) }, { replace: true }), children: [
        /* @__PURE__ */ jsx5(Icon, { name: isOpen ? "down" : "next" }),
        more
      ] })
    ] }),
    isOpen && /* @__PURE__ */ jsxs5("div", { className: "incident-more", children: [
      incident.symptoms_now > 0 ? /* @__PURE__ */ jsx5(Symptoms, { incident, now: now2 }) : /* @__PURE__ */ jsx5("p", { className: "inside quiet", children: "Nothing shows it now. It is over if it stays away." }),
      /* @__PURE__ */ jsx5(History, { incident })
    ] })
  ] });
}
function Incidents({ incidents, now: now2, names: names2, again }) {
  const [open, setOpen] = useState4();
  return /* @__PURE__ */ jsxs5("div", { className: "stack", children: [
    incidents.map((incident) => /* @__PURE__ */ jsx5(IncidentCard, { incident, now: now2, onAct: (act) => setOpen({ incident, act }) }, incident.id)),
    open && /* @__PURE__ */ jsx5(
      ActOn,
      {
        ...open,
        names: names2,
        onClose: () => {
          setOpen(void 0);
          again();
        }
      }
    )
  ] });
}

// src/api/stream.ts
import { useEffect as useEffect2, useState as useState5 } from "./vendor.js";
var PAUSE_MS2 = 1e3;
var PAUSE_MS_MAX = 3e4;
function listen(kinds, onNews, onState) {
  let source;
  let timer2;
  let pause2 = PAUSE_MS2;
  const open = () => {
    onState("connecting");
    const now2 = new EventSource(`/api/v1/news?kinds=${kinds.join(",")}`);
    source = now2;
    now2.onopen = () => {
      pause2 = PAUSE_MS2;
      onState("open");
    };
    now2.onerror = () => {
      now2.close();
      onState("lost");
      timer2 = window.setTimeout(open, pause2);
      pause2 = Math.min(pause2 * 2, PAUSE_MS_MAX);
    };
    for (const kind of kinds) {
      now2.addEventListener(kind, (said) => onNews(JSON.parse(said.data)));
    }
  };
  open();
  return () => {
    window.clearTimeout(timer2);
    source?.close();
  };
}
function useNews(kinds, keep) {
  const [news, setNews] = useState5([]);
  const [state, setState] = useState5("connecting");
  const key = kinds.join(" ");
  useEffect2(() => {
    let waiting = [];
    const timer2 = window.setInterval(() => {
      if (waiting.length === 0) return;
      const fresh = waiting.reverse();
      waiting = [];
      setNews((before) => [...fresh, ...before].slice(0, keep));
    }, 500);
    const stop = listen(
      key.split(" "),
      (one) => {
        waiting.push(one);
        if (waiting.length > keep) waiting.shift();
      },
      setState
    );
    return () => {
      window.clearInterval(timer2);
      stop();
    };
  }, [key, keep]);
  return { news, state };
}

// src/screens/alerts/News.tsx
import { jsx as jsx6, jsxs as jsxs6 } from "./vendor.js";
var KINDS = ["parked", "held", "expired", "rejected", "down", "up", "reloaded"];
var NEWS_MAX = 200;
var WORDS2 = {
  parked: { text: "parked, waits for a person", icon: "held", tone: "bad" },
  held: { text: "held, with those behind it", icon: "held", tone: "warn" },
  expired: { text: "given up by policy", icon: "expired", tone: "warn" },
  rejected: { text: "rejected, the sender was told", icon: "warn", tone: "warn" },
  down: { text: "does not answer", icon: "bad", tone: "bad" },
  up: { text: "answers again", icon: "good", tone: "good" },
  reloaded: { text: "changed by a reload", icon: "changes", tone: "note" }
};
function News() {
  const { news, state } = useNews(KINDS, NEWS_MAX);
  return /* @__PURE__ */ jsx6(Card, { title: "What happened", more: /* @__PURE__ */ jsxs6("span", { className: "quiet", children: [
    "since this page was opened · ",
    state === "open" ? "live" : state === "lost" ? "the stream is lost, trying again" : "connecting"
  ] }), children: news.length === 0 ? /* @__PURE__ */ jsx6(Empty, { title: "Nothing yet", children: "Destinations that go down and come back, messages that are parked, held or rejected." }) : /* @__PURE__ */ jsxs6("table", { className: "table", children: [
    /* @__PURE__ */ jsx6("thead", { children: /* @__PURE__ */ jsxs6("tr", { children: [
      /* @__PURE__ */ jsx6("th", { scope: "col", children: "Time" }),
      /* @__PURE__ */ jsx6("th", { scope: "col", children: "Interface" }),
      /* @__PURE__ */ jsx6("th", { scope: "col", children: "Destination" }),
      /* @__PURE__ */ jsx6("th", { scope: "col", children: "What" }),
      /* @__PURE__ */ jsx6("th", { scope: "col", children: "Message" })
    ] }) }),
    /* @__PURE__ */ jsx6("tbody", { children: news.map((one, at3) => {
      const word = WORDS2[one.kind];
      return /* @__PURE__ */ jsxs6("tr", { children: [
        /* @__PURE__ */ jsx6("td", { className: "mono", title: utc(one.at), children: clock(one.at) }),
        /* @__PURE__ */ jsx6("td", { children: /* @__PURE__ */ jsx6(Link, { to: interfaceAt(one.interface), "data-row": true, children: one.interface }) }),
        /* @__PURE__ */ jsx6("td", { children: one.destination ?? "" }),
        /* @__PURE__ */ jsxs6("td", { children: [
          /* @__PURE__ */ jsxs6("span", { className: `state ${word?.tone ?? ""}`, children: [
            /* @__PURE__ */ jsx6(Icon, { name: word?.icon ?? "warn" }),
            " ",
            word?.text ?? one.kind
          ] }),
          " ",
          /* @__PURE__ */ jsx6("span", { className: "quiet", children: one.reason?.text })
        ] }),
        /* @__PURE__ */ jsx6("td", { className: "mono", children: one.message ? /* @__PURE__ */ jsx6(Link, { to: `/messages#id=${one.message}`, children: one.message }) : "" })
      ] }, `${one.at} ${at3}`);
    }) })
  ] }) });
}

// src/screens/alerts/Past.tsx
import { useState as useState6 } from "./vendor.js";
import { jsx as jsx7, jsxs as jsxs7 } from "./vendor.js";
var LEARNING_DAYS = 14;
function Past({ incidents }) {
  const [open, setOpen] = useState6();
  return /* @__PURE__ */ jsxs7(Card, { title: "Over", more: /* @__PURE__ */ jsxs7("span", { className: "quiet", children: [
    plural(incidents.length, "incident"),
    ", the newest first"
  ] }), children: [
    incidents.length === 0 ? /* @__PURE__ */ jsx7(Empty, { title: "Nothing was wrong yet" }) : /* @__PURE__ */ jsxs7("table", { className: "table", children: [
      /* @__PURE__ */ jsx7("thead", { children: /* @__PURE__ */ jsxs7("tr", { children: [
        /* @__PURE__ */ jsx7("th", { scope: "col", children: "Ended" }),
        /* @__PURE__ */ jsx7("th", { scope: "col", className: "right", children: "Lasted" }),
        /* @__PURE__ */ jsx7("th", { scope: "col", children: "What" }),
        /* @__PURE__ */ jsx7("th", { scope: "col", children: "What broke" }),
        /* @__PURE__ */ jsx7("th", { scope: "col", children: "Who had it" }),
        /* @__PURE__ */ jsx7("th", { scope: "col", className: "right", children: "Told" }),
        /* @__PURE__ */ jsx7("th", { scope: "col", children: "Code" })
      ] }) }),
      /* @__PURE__ */ jsx7("tbody", { children: incidents.map((incident) => /* @__PURE__ */ jsxs7("tr", { children: [
        /* @__PURE__ */ jsx7("td", { className: "nowrap", children: moment(incident.closed ?? incident.opened) }),
        /* @__PURE__ */ jsx7("td", { className: "right nowrap", children: span(((incident.closed ?? incident.opened) - incident.since) / 1e6) }),
        /* @__PURE__ */ jsx7("td", { children: /* @__PURE__ */ jsx7("button", { type: "button", className: "as-link", "data-row": true, onClick: () => setOpen(incident), children: capital(incident.headline) }) }),
        /* @__PURE__ */ jsx7("td", { className: "quiet", children: causeOf(incident) }),
        /* @__PURE__ */ jsx7("td", { children: incident.acknowledged?.by ?? incident.assigned ?? "–" }),
        /* @__PURE__ */ jsx7("td", { className: "right number", children: incident.times_told || "–" }),
        /* @__PURE__ */ jsx7("td", { children: /* @__PURE__ */ jsx7(ErrorCode, { code: incident.code }) })
      ] }, incident.id)) })
    ] }),
    open && /* @__PURE__ */ jsxs7(Window, { title: `No. ${open.id}: ${open.headline}`, onClose: () => setOpen(void 0), children: [
      /* @__PURE__ */ jsx7("p", { children: open.safe }),
      /* @__PURE__ */ jsx7(History, { incident: open }),
      /* @__PURE__ */ jsx7("div", { className: "buttons", children: /* @__PURE__ */ jsx7(Button, { onPress: () => setOpen(void 0), children: "Close" }) })
    ] })
  ] });
}
function Usual({ habits }) {
  return /* @__PURE__ */ jsx7(Card, { title: "Which silence is unusual now", more: /* @__PURE__ */ jsx7("span", { className: "quiet", children: "learned from the traffic of the last eight weeks, for each hour of the week" }), children: /* @__PURE__ */ jsxs7("table", { className: "table", children: [
    /* @__PURE__ */ jsx7("thead", { children: /* @__PURE__ */ jsxs7("tr", { children: [
      /* @__PURE__ */ jsx7("th", { scope: "col", children: "Interface" }),
      /* @__PURE__ */ jsx7("th", { scope: "col", children: "Learned" }),
      /* @__PURE__ */ jsx7("th", { scope: "col", className: "right", children: "Days seen" }),
      /* @__PURE__ */ jsx7("th", { scope: "col", className: "right", children: "Told after a silence of" })
    ] }) }),
    /* @__PURE__ */ jsx7("tbody", { children: habits.map((habit) => /* @__PURE__ */ jsxs7("tr", { children: [
      /* @__PURE__ */ jsx7("td", { children: /* @__PURE__ */ jsx7(Link, { to: interfaceAt(habit.interface), "data-row": true, children: habit.interface }) }),
      /* @__PURE__ */ jsx7("td", { children: /* @__PURE__ */ jsxs7("span", { className: `state ${habit.is_learned ? "good" : "note"}`, children: [
        /* @__PURE__ */ jsx7(Icon, { name: habit.is_learned ? "good" : "expired" }),
        " ",
        habit.is_learned ? "Learned" : `Learning, ${plural(Math.max(0, Math.ceil(LEARNING_DAYS - habit.days_watched)), "day")} more`
      ] }) }),
      /* @__PURE__ */ jsx7("td", { className: "right number", children: Math.floor(habit.days_watched) }),
      /* @__PURE__ */ jsx7("td", { className: "right number", children: habit.silence_limit_s === null ? /* @__PURE__ */ jsx7("span", { className: "quiet", children: habit.is_learned ? "none is unusual now" : "only lines in the interface speak" }) : span(habit.silence_limit_s) })
    ] }, habit.interface)) })
  ] }) });
}

// src/screens/alerts/Quality.tsx
import { jsx as jsx8, jsxs as jsxs8 } from "./vendor.js";
function Quality() {
  const { value, problem, again } = useAnswer("quality", (signal) => readQuality({ since_s: 7 * 86400 }, signal));
  if (problem) return /* @__PURE__ */ jsx8(Trouble, { problem, what: "The quality of messages", again });
  if (!value) return /* @__PURE__ */ jsx8(Empty, { title: "Reading…" });
  const rows = value.interfaces.flatMap((report) => [
    ...report.alerts.map((alert) => ({ ...alert, interface: report.interface, when: moment(alert.since), tone: alert.is_page ? "bad" : "warn" })),
    ...report.findings.map((finding) => ({ ...finding, interface: report.interface, when: "", tone: finding.severity === "warning" ? "warn" : "note" }))
  ]);
  if (rows.length === 0) return /* @__PURE__ */ jsx8(Empty, { title: "No sender changed what it sends", children: "Every place is compared with its own history of the last seven days." });
  return /* @__PURE__ */ jsxs8("table", { className: "table", children: [
    /* @__PURE__ */ jsx8("thead", { children: /* @__PURE__ */ jsxs8("tr", { children: [
      /* @__PURE__ */ jsx8("th", { scope: "col", children: "Interface" }),
      /* @__PURE__ */ jsx8("th", { scope: "col", children: "What changed" }),
      /* @__PURE__ */ jsx8("th", { scope: "col", children: "Since" }),
      /* @__PURE__ */ jsx8("th", { scope: "col", children: "Code" })
    ] }) }),
    /* @__PURE__ */ jsx8("tbody", { children: rows.map((row) => /* @__PURE__ */ jsxs8("tr", { children: [
      /* @__PURE__ */ jsx8("td", { children: /* @__PURE__ */ jsx8(Link, { to: interfaceAt(row.interface, "quality"), "data-row": true, children: row.interface }) }),
      /* @__PURE__ */ jsx8("td", { className: row.tone, children: row.message }),
      /* @__PURE__ */ jsx8("td", { className: "nowrap", children: row.when }),
      /* @__PURE__ */ jsx8("td", { children: /* @__PURE__ */ jsx8(ErrorCode, { code: row.code }) })
    ] }, `${row.interface} ${row.code} ${row.message}`)) })
  ] });
}

// src/screens/alerts/Told.tsx
import { useState as useState7 } from "./vendor.js";
import { jsx as jsx9, jsxs as jsxs9 } from "./vendor.js";
var WHAT = {
  opened: "it began",
  raised: "it got worse",
  again: "nobody had it, told again",
  acknowledged: "somebody took it",
  closed: "it is over",
  trial: "a trial"
};
function OnCall({ book }) {
  const teams = Object.entries(book.oncall);
  return /* @__PURE__ */ jsx9(Card, { title: "On call now", children: teams.length === 0 ? /* @__PURE__ */ jsxs9(Empty, { title: "No rota", children: [
    /* @__PURE__ */ jsx9("code", { children: "[alerts.rotas]" }),
    " in sinew.toml says who is called, in turn."
  ] }) : /* @__PURE__ */ jsxs9("table", { className: "table", children: [
    /* @__PURE__ */ jsx9("thead", { children: /* @__PURE__ */ jsxs9("tr", { children: [
      /* @__PURE__ */ jsx9("th", { scope: "col", children: "Team" }),
      /* @__PURE__ */ jsx9("th", { scope: "col", children: "Now" }),
      /* @__PURE__ */ jsx9("th", { scope: "col", children: "If nobody answers" })
    ] }) }),
    /* @__PURE__ */ jsx9("tbody", { children: teams.map(([team, { now: now2, next }]) => /* @__PURE__ */ jsxs9("tr", { children: [
      /* @__PURE__ */ jsx9("td", { children: team }),
      /* @__PURE__ */ jsx9("td", { children: /* @__PURE__ */ jsx9("strong", { children: now2 ?? "nobody at this hour" }) }),
      /* @__PURE__ */ jsx9("td", { className: "quiet", children: next ?? "–" })
    ] }, team)) })
  ] }) });
}
function Channels({ book, again }) {
  const may = useMay();
  const [said, setSaid] = useState7();
  const [running, setRunning] = useState7("");
  const attempt = async (name) => {
    setRunning(name);
    try {
      await tryChannel(name);
      setSaid({ name });
    } catch (error) {
      setSaid({ name, problem: error instanceof Problem ? error : new Problem(0, "", String(error)) });
    }
    setRunning("");
    again();
  };
  return /* @__PURE__ */ jsxs9(Card, { title: "Channels", more: /* @__PURE__ */ jsx9("span", { className: "quiet", children: "connectors that carry alerts out" }), children: [
    said && /* @__PURE__ */ jsx9("div", { className: "inside", role: "status", children: said.problem ? /* @__PURE__ */ jsxs9(Notice, { level: "warning", title: `${said.name} did not take the trial`, children: [
      said.problem.message,
      " ",
      said.problem.code && /* @__PURE__ */ jsx9(ErrorCode, { code: said.problem.code })
    ] }) : /* @__PURE__ */ jsxs9("span", { className: "state good", children: [
      /* @__PURE__ */ jsx9(Icon, { name: "good" }),
      " ",
      said.name,
      " took the trial"
    ] }) }),
    book.channels.length === 0 ? /* @__PURE__ */ jsxs9(Empty, { title: "Nobody outside of this page is told", children: [
      "Name channels in sinew.toml: ",
      /* @__PURE__ */ jsx9("code", { children: "[alerts] tell" }),
      ", ",
      /* @__PURE__ */ jsx9("code", { children: "page" }),
      ", ",
      /* @__PURE__ */ jsx9("code", { children: "escalate" }),
      "."
    ] }) : /* @__PURE__ */ jsxs9("table", { className: "table", children: [
      /* @__PURE__ */ jsx9("thead", { children: /* @__PURE__ */ jsxs9("tr", { children: [
        /* @__PURE__ */ jsx9("th", { scope: "col", children: "Channel" }),
        /* @__PURE__ */ jsx9("th", { scope: "col", children: "By" }),
        /* @__PURE__ */ jsx9("th", { scope: "col", children: "For" }),
        /* @__PURE__ */ jsx9("th", { scope: "col", className: "right", children: "Waiting" }),
        /* @__PURE__ */ jsx9("th", { scope: "col", children: /* @__PURE__ */ jsx9("span", { className: "hidden-but-read", children: "Trial" }) })
      ] }) }),
      /* @__PURE__ */ jsx9("tbody", { children: book.channels.map((channel) => /* @__PURE__ */ jsxs9("tr", { children: [
        /* @__PURE__ */ jsx9("td", { children: channel.name }),
        /* @__PURE__ */ jsx9("td", { className: "quiet", children: channel.connector }),
        /* @__PURE__ */ jsx9("td", { children: [channel.is_page && "alarms", channel.is_escalation && "escalation"].filter(Boolean).join(", ") || "everything, or a person" }),
        /* @__PURE__ */ jsx9("td", { className: "right number", children: channel.waiting || "–" }),
        /* @__PURE__ */ jsx9("td", { children: /* @__PURE__ */ jsx9("div", { className: "buttons end", children: may("steer") && /* @__PURE__ */ jsx9(Button, { isDisabled: running !== "", onPress: () => void attempt(channel.name), "aria-label": running === channel.name ? `Sending… through ${channel.name}` : `Try it: ${channel.name}`, children: running === channel.name ? "Sending…" : "Try it" }) }) })
      ] }, channel.name)) })
    ] })
  ] });
}
function Maintenance({ book }) {
  return /* @__PURE__ */ jsx9(Card, { title: "Maintenance", more: /* @__PURE__ */ jsx9("span", { className: "quiet", children: "messages are queued as always, nobody is called" }), children: book.maintenance.length === 0 ? /* @__PURE__ */ jsxs9(Empty, { title: "No window", children: [
    /* @__PURE__ */ jsx9("code", { children: "[alerts.maintenance]" }),
    " in sinew.toml names hours in which nobody is told."
  ] }) : /* @__PURE__ */ jsxs9("table", { className: "table", children: [
    /* @__PURE__ */ jsx9("thead", { children: /* @__PURE__ */ jsxs9("tr", { children: [
      /* @__PURE__ */ jsx9("th", { scope: "col", children: "State" }),
      /* @__PURE__ */ jsx9("th", { scope: "col", children: "Window" }),
      /* @__PURE__ */ jsx9("th", { scope: "col", children: "Hours" })
    ] }) }),
    /* @__PURE__ */ jsx9("tbody", { children: book.maintenance.map((window2) => /* @__PURE__ */ jsxs9("tr", { children: [
      /* @__PURE__ */ jsx9("td", { children: /* @__PURE__ */ jsxs9("span", { className: `state ${window2.is_on ? "warn" : "note"}`, children: [
        /* @__PURE__ */ jsx9(Icon, { name: window2.is_on ? "silent" : "expired" }),
        " ",
        window2.is_on ? "On now" : "Later"
      ] }) }),
      /* @__PURE__ */ jsx9("td", { children: window2.name }),
      /* @__PURE__ */ jsx9("td", { className: "mono", children: window2.hours })
    ] }, window2.name)) })
  ] }) });
}
function Sent({ book }) {
  return /* @__PURE__ */ jsx9(Card, { title: "What went out", more: /* @__PURE__ */ jsxs9("span", { className: "quiet", children: [
    "since the engine started, ",
    plural(book.told.length, "message")
  ] }), children: book.told.length === 0 ? /* @__PURE__ */ jsx9(Empty, { title: "Nothing yet" }) : /* @__PURE__ */ jsxs9("table", { className: "table", children: [
    /* @__PURE__ */ jsx9("thead", { children: /* @__PURE__ */ jsxs9("tr", { children: [
      /* @__PURE__ */ jsx9("th", { scope: "col", children: "Time" }),
      /* @__PURE__ */ jsx9("th", { scope: "col", children: "Incident" }),
      /* @__PURE__ */ jsx9("th", { scope: "col", children: "Why" }),
      /* @__PURE__ */ jsx9("th", { scope: "col", children: "Channel" }),
      /* @__PURE__ */ jsx9("th", { scope: "col", children: "How it went" })
    ] }) }),
    /* @__PURE__ */ jsx9("tbody", { children: [...book.told].reverse().map((one, at3) => /* @__PURE__ */ jsxs9("tr", { children: [
      /* @__PURE__ */ jsx9("td", { className: "mono", title: utc(one.at), children: moment(one.at).length > 5 ? moment(one.at) : clock(one.at) }),
      /* @__PURE__ */ jsx9("td", { children: one.incident ? `No. ${one.incident}` : "–" }),
      /* @__PURE__ */ jsx9("td", { children: WHAT[one.what] ?? one.what }),
      /* @__PURE__ */ jsx9("td", { children: one.channel }),
      /* @__PURE__ */ jsxs9("td", { children: [
        /* @__PURE__ */ jsxs9("span", { className: `state ${one.trouble ? "bad" : "good"}`, children: [
          /* @__PURE__ */ jsx9(Icon, { name: one.trouble ? "bad" : "good" }),
          " ",
          one.trouble ? "not taken" : "taken"
        ] }),
        " ",
        one.trouble && /* @__PURE__ */ jsxs9("span", { className: "quiet", children: [
          one.trouble.text,
          " ",
          /* @__PURE__ */ jsx9(ErrorCode, { code: one.trouble.code })
        ] })
      ] })
    ] }, at3)) })
  ] }) });
}
function Told({ book, again }) {
  return /* @__PURE__ */ jsxs9("div", { className: "stack", children: [
    /* @__PURE__ */ jsxs9("div", { className: "two start", children: [
      /* @__PURE__ */ jsx9(OnCall, { book }),
      /* @__PURE__ */ jsx9(Maintenance, { book })
    ] }),
    /* @__PURE__ */ jsx9(Channels, { book, again }),
    /* @__PURE__ */ jsx9(Sent, { book })
  ] });
}

// src/screens/alerts/Alerts.tsx
import { jsx as jsx10, jsxs as jsxs10 } from "./vendor.js";
var PAUSE_MS3 = 5e3;
var TABS = [
  { id: "now", name: "Now" },
  { id: "past", name: "Over" },
  { id: "told", name: "Who is told" },
  { id: "usual", name: "What is usual" },
  { id: "senders", name: "Senders" },
  { id: "news", name: "News" }
];
function Now({ book, again }) {
  const names2 = [...new Set(Object.values(book.oncall).flatMap(({ now: now2, next }) => [now2, next]))].filter((name) => name !== null);
  if (book.open.length === 0) {
    return /* @__PURE__ */ jsxs10("div", { className: "calm", children: [
      /* @__PURE__ */ jsx10(Icon, { name: "good", className: "good" }),
      " Nothing is wrong. Every source, destination, queue and the engine itself is looked at every ten seconds."
    ] });
  }
  return /* @__PURE__ */ jsx10(Incidents, { incidents: inOrder(book.open, book.at), now: book.at, names: names2, again });
}
function summary(book) {
  if (book.open.length === 0) return "nothing is wrong";
  const free = book.open.filter((incident) => !isTaken(incident)).length;
  return `${plural(book.open.length, "incident")} open, ${free === 0 ? "all taken" : `${free} without anybody`} · looked ${ago(book.looked, book.at)}`;
}
function Alerts() {
  const { value: book, problem, again } = useAnswer("alerts", readAlerts);
  const { words: words3 } = useAddress();
  useEffect3(() => {
    const timer2 = window.setInterval(() => !document.hidden && again(), PAUSE_MS3);
    return () => window.clearInterval(timer2);
  }, [again]);
  if (!book) return /* @__PURE__ */ jsx10(Page, { title: "Alerts", children: problem ? /* @__PURE__ */ jsx10(Trouble, { problem, what: "The alerts", again }) : /* @__PURE__ */ jsx10(Empty, { title: "Asking the engine…" }) });
  const tab = words3.get("tab") ?? "now";
  return /* @__PURE__ */ jsx10(Page, { title: "Alerts", about: summary(book), children: /* @__PURE__ */ jsxs10(Tabs, { className: "tabs", selectedKey: TABS.some((known2) => known2.id === tab) ? tab : "now", onSelectionChange: (key) => setWords({ tab: String(key) }, { replace: true }), children: [
    /* @__PURE__ */ jsx10(TabList, { className: "tab-list", "aria-label": "Parts of the alerts", items: TABS, children: (known2) => /* @__PURE__ */ jsx10(Tab, { className: "tab", children: known2.name }) }),
    /* @__PURE__ */ jsx10(TabPanel, { id: "now", className: "tab-panel spaced", children: /* @__PURE__ */ jsx10(Now, { book, again }) }),
    /* @__PURE__ */ jsx10(TabPanel, { id: "past", className: "tab-panel spaced", children: /* @__PURE__ */ jsx10(Past, { incidents: book.past }) }),
    /* @__PURE__ */ jsx10(TabPanel, { id: "told", className: "tab-panel spaced", children: /* @__PURE__ */ jsx10(Told, { book, again }) }),
    /* @__PURE__ */ jsx10(TabPanel, { id: "usual", className: "tab-panel spaced", children: /* @__PURE__ */ jsx10(Usual, { habits: book.habits }) }),
    /* @__PURE__ */ jsx10(TabPanel, { id: "senders", className: "tab-panel spaced", children: /* @__PURE__ */ jsx10(Card, { title: "Changes in what senders send", children: /* @__PURE__ */ jsx10(Quality, {}) }) }),
    /* @__PURE__ */ jsx10(TabPanel, { id: "news", className: "tab-panel spaced", children: /* @__PURE__ */ jsx10(News, {}) })
  ] }) });
}

// src/screens/audit/Audit.tsx
import { useState as useState8 } from "./vendor.js";
import { Fragment as Fragment4, jsx as jsx11, jsxs as jsxs11 } from "./vendor.js";
var LIMIT = 100;
function Narrow({ label, value, onValue }) {
  const [text, setText] = useState8(value);
  return /* @__PURE__ */ jsx11("input", { className: "input narrow", "aria-label": label, placeholder: label, value: text, onChange: (change2) => setText(change2.target.value), onKeyDown: (key) => key.key === "Enter" && onValue(text.trim()), onBlur: () => text.trim() !== value && onValue(text.trim()) });
}
function When({ at: at3 }) {
  const [day, seconds] = [moment(at3), clock(at3)];
  return seconds.startsWith(day) ? /* @__PURE__ */ jsx11(Fragment4, { children: seconds }) : /* @__PURE__ */ jsxs11(Fragment4, { children: [
    day,
    " ",
    /* @__PURE__ */ jsx11("span", { className: "quiet", children: seconds })
  ] });
}
function Audit() {
  const { words: words3 } = useAddress();
  const [before, setBefore] = useState8([]);
  const [who, act] = [words3.get("who") ?? "", words3.get("act") ?? ""];
  const last = before.at(-1);
  const { value, problem, again } = useAnswer(`${who}
${act}
${last ?? ""}`, (signal) => get("/api/v1/audit", { who: who || void 0, act: act || void 0, before: last, limit: LIMIT }, signal));
  const rows = value?.rows ?? [];
  const narrow = (name, text) => {
    setBefore([]);
    setWords({ [name]: text || void 0 }, { replace: true });
  };
  return /* @__PURE__ */ jsxs11(
    Page,
    {
      title: "Audit",
      about: "every act of a person and every look at a patient, with its reason",
      actions: /* @__PURE__ */ jsxs11(Fragment4, { children: [
        /* @__PURE__ */ jsx11(Narrow, { label: "By whom", value: who, onValue: (text) => narrow("who", text) }),
        /* @__PURE__ */ jsx11(Narrow, { label: "Which act, for example read", value: act, onValue: (text) => narrow("act", text) })
      ] }),
      children: [
        problem ? /* @__PURE__ */ jsx11(Card, { children: /* @__PURE__ */ jsx11(Trouble, { problem, what: "The audit log", again }) }) : !value ? /* @__PURE__ */ jsx11(Empty, { title: "Reading…" }) : /* @__PURE__ */ jsx11(Card, { children: rows.length === 0 ? /* @__PURE__ */ jsx11(Empty, { title: "No entry fits" }) : /* @__PURE__ */ jsx11("div", { className: "scroll-x", children: /* @__PURE__ */ jsxs11("table", { className: "table", children: [
          /* @__PURE__ */ jsx11("thead", { children: /* @__PURE__ */ jsxs11("tr", { children: [
            /* @__PURE__ */ jsx11("th", { scope: "col", className: "right", children: "No." }),
            /* @__PURE__ */ jsx11("th", { scope: "col", children: "When" }),
            /* @__PURE__ */ jsx11("th", { scope: "col", children: "Who" }),
            /* @__PURE__ */ jsx11("th", { scope: "col", children: "Act" }),
            /* @__PURE__ */ jsx11("th", { scope: "col", children: "On what" }),
            /* @__PURE__ */ jsx11("th", { scope: "col", children: "Why" })
          ] }) }),
          /* @__PURE__ */ jsx11("tbody", { children: rows.map((row) => /* @__PURE__ */ jsxs11("tr", { tabIndex: 0, "data-row": true, children: [
            /* @__PURE__ */ jsx11("td", { className: "right number quiet", children: row.number }),
            /* @__PURE__ */ jsx11("td", { className: "nowrap", title: utc(row.at), children: /* @__PURE__ */ jsx11(When, { at: row.at }) }),
            /* @__PURE__ */ jsxs11("td", { className: "nowrap", children: [
              row.who,
              " ",
              /* @__PURE__ */ jsx11("span", { className: "quiet", children: row.origin })
            ] }),
            /* @__PURE__ */ jsxs11("td", { className: "nowrap", children: [
              row.act,
              " ",
              row.is_refused && /* @__PURE__ */ jsx11("strong", { className: "bad", children: "✕ refused" })
            ] }),
            /* @__PURE__ */ jsx11("td", { children: row.object }),
            /* @__PURE__ */ jsx11("td", { children: row.reason || /* @__PURE__ */ jsx11("span", { className: "quiet", children: "–" }) })
          ] }, row.number)) })
        ] }) }) }),
        /* @__PURE__ */ jsxs11("div", { className: "buttons", children: [
          before.length > 0 && /* @__PURE__ */ jsx11(Button, { onPress: () => setBefore(before.slice(0, -1)), children: "Newer" }),
          rows.length === LIMIT && /* @__PURE__ */ jsx11(Button, { onPress: () => setBefore([...before, rows.at(-1)?.number ?? 0]), children: "Older" })
        ] })
      ]
    }
  );
}

// src/screens/bench/Bench.tsx
import { useEffect as useEffect4, useMemo as useMemo3, useState as useState11 } from "./vendor.js";
import { Input as Input3, Label as Label3, TextField as TextField3 } from "./vendor.js";

// src/api/bench.ts
var at = (name, act) => `/api/v1/interfaces/${encodeURIComponent(name)}/${act}`;
var tryMessage = (name, body, signal) => post(at(name, "try"), body, signal);
var readSamples = (name, signal) => get(at(name, "samples"), void 0, signal);
var keepTest = (name, body) => post(at(name, "tests"), body);

// src/screens/bench/Outcome.tsx
import { useMemo as useMemo2, useState as useState10 } from "./vendor.js";

// src/hl7/er7.ts
var isEr7 = (text) => /^(MSH|FHS|BHS)[^\w\s]/.test(text);
function marksOf(text) {
  const at3 = (place2, standard) => text[place2] || standard;
  return { field: at3(3, "|"), component: at3(4, "^"), repetition: at3(5, "~"), sub: at3(7, "&") };
}
function cut(text, start, end, mark, each) {
  let number = 1;
  let from = start;
  for (let at3 = start; at3 < end; at3 += 1) {
    if (text[at3] === mark) {
      each(number, from, at3);
      number += 1;
      from = at3 + 1;
    }
  }
  each(number, from, end);
  return number;
}
var countOf = (text, start, end, mark) => {
  let number = 1;
  for (let at3 = start; at3 < end; at3 += 1) if (text[at3] === mark) number += 1;
  return number;
};
var Reader = class {
  constructor(text, marks, segment, id) {
    this.text = text;
    this.marks = marks;
    this.segment = segment;
    this.id = id;
  }
  text;
  marks;
  segment;
  id;
  leaves = [];
  rows = [];
  leaf(path, kind, start, end) {
    if (end > start) this.leaves.push({ path, kind, start, end, value: this.text.slice(start, end) });
  }
  plain(number, start, end) {
    const [path, kind] = [`${this.segment}-${number}`, `${this.id}-${number}`];
    this.leaf(path, kind, start, end);
    this.rows.push({ path, kind, depth: 1, value: this.text.slice(start, end), isOpenable: false });
  }
  field(number, start, end) {
    if (start === end) return;
    const many = countOf(this.text, start, end, this.marks.repetition) > 1;
    cut(this.text, start, end, this.marks.repetition, (repetition, from, to) => {
      const path = `${this.segment}-${number}${many ? `[${repetition}]` : ""}`;
      this.parts(path, `${this.id}-${number}`, from, to, this.marks.component, 1);
    });
  }
  parts(path, kind, start, end, mark, depth) {
    if (start === end) return;
    const isCut = countOf(this.text, start, end, mark) > 1;
    const below = mark === this.marks.component ? this.marks.sub : "";
    this.rows.push({ path, kind, depth, value: isCut ? "" : this.text.slice(start, end), isOpenable: isCut });
    if (!isCut && (!below || countOf(this.text, start, end, below) === 1)) {
      this.leaf(path, kind, start, end);
      return;
    }
    if (!isCut) {
      const row = this.rows.at(-1);
      if (row) Object.assign(row, { value: "", isOpenable: true });
      this.cutBelow(path, kind, start, end, below, depth, ".1");
      return;
    }
    cut(this.text, start, end, mark, (part, from, to) => {
      if (below) this.parts(`${path}.${part}`, `${kind}.${part}`, from, to, below, depth + 1);
      else this.small(`${path}.${part}`, `${kind}.${part}`, from, to, depth + 1);
    });
  }
  cutBelow(path, kind, start, end, mark, depth, first) {
    cut(this.text, start, end, mark, (part, from, to) => this.small(`${path}${first}.${part}`, `${kind}${first}.${part}`, from, to, depth + 1));
  }
  small(path, kind, start, end, depth) {
    if (start === end) return;
    this.leaf(path, kind, start, end);
    this.rows.push({ path, kind, depth, value: this.text.slice(start, end), isOpenable: false });
  }
};
function segmentOf(text, start, end, marks, seen) {
  const id = text.slice(start, Math.min(start + 3, end));
  const occurrence = (seen.get(id) ?? 0) + 1;
  seen.set(id, occurrence);
  const path = occurrence > 1 ? `${id}[${occurrence}]` : id;
  const reader = new Reader(text, marks, path, id);
  const isHead = ["MSH", "FHS", "BHS"].includes(id);
  const first = start + 3;
  if (isHead && first < end) {
    let close = first + 1;
    while (close < end && text[close] !== marks.field) close += 1;
    reader.plain(1, first, first + 1);
    reader.plain(2, first + 1, close);
    if (close < end) cut(text, close + 1, end, marks.field, (number, from, to) => reader.field(number + 2, from, to));
  } else if (first < end) {
    cut(text, first + 1, end, marks.field, (number, from, to) => reader.field(number, from, to));
  }
  return { id, path, start, end, leaves: reader.leaves, rows: reader.rows };
}
function readEr7(text) {
  const marks = marksOf(text);
  const seen = /* @__PURE__ */ new Map();
  const segments = [];
  let start = 0;
  for (let at3 = 0; at3 <= text.length; at3 += 1) {
    const letter = text[at3];
    if (at3 < text.length && letter !== "\r" && letter !== "\n") continue;
    if (at3 > start) segments.push(segmentOf(text, start, at3, marks, seen));
    start = at3 + 1;
  }
  return { text, segments };
}
function differences(left, right) {
  const all = (of) => new Map(of.segments.flatMap((segment) => segment.leaves.map((leaf) => [leaf.path, leaf])));
  const [before, after] = [all(left), all(right)];
  const out = [];
  for (const [path, leaf] of before) {
    const other = after.get(path)?.value;
    if (other !== leaf.value) out.push({ path, kind: leaf.kind, left: leaf.value, right: other });
  }
  for (const [path, leaf] of after) if (!before.has(path)) out.push({ path, kind: leaf.kind, left: void 0, right: leaf.value });
  return out;
}
var isWithin = (path, of) => path === of || path.startsWith(of) && [".", "-", "["].includes(path[of.length] ?? "");

// src/screens/messages/content.ts
async function read2(id, which, reason, signal) {
  if (reason) return { which, isMasked: false, text: await readContent(id, which, reason, signal) };
  return { which, isMasked: true, text: await readMasked(id, which, signal) };
}
var useContent = (id, which, reason) => useAnswer(which === null ? null : `${id}
${which}
${reason ?? ""}`, (signal) => read2(id, which ?? "raw", reason, signal));
var NO_NAMES = {};
function useNames(er7) {
  const segments = [...new Set(er7?.segments.map((segment) => segment.id))].filter((id) => /^[A-Z][A-Z0-9]{2}$/.test(id)).sort();
  const version = er7?.segments[0]?.leaves.find((leaf) => leaf.kind === "MSH-12" || leaf.kind === "MSH-12.1")?.value ?? "2.5.1";
  const { value } = useAnswer(segments.length ? `${version} ${segments.join(",")}` : null, (signal) => readNames(version, segments, signal));
  return value?.names ?? NO_NAMES;
}

// src/screens/messages/Panes.tsx
import { memo, useMemo, useState as useState9 } from "./vendor.js";
import { Fragment as Fragment5, jsx as jsx12, jsxs as jsxs12 } from "./vendor.js";
function useEr7(view) {
  return useMemo(() => view && isEr7(view.text) ? readEr7(view.text) : void 0, [view]);
}
var FieldRows = memo(function FieldRows2({ segment, names: names2, linked, changed: changed2 }) {
  const [isOpen, setOpen] = useState9(true);
  return /* @__PURE__ */ jsxs12(Fragment5, { children: [
    /* @__PURE__ */ jsxs12("button", { type: "button", className: "field-segment", "aria-expanded": isOpen, onClick: () => setOpen(!isOpen), "data-row": true, children: [
      /* @__PURE__ */ jsx12(Icon, { name: isOpen ? "down" : "next" }),
      /* @__PURE__ */ jsx12("code", { children: segment.path }),
      /* @__PURE__ */ jsx12("span", { children: names2[segment.id] ?? "" })
    ] }),
    isOpen && segment.rows.map((row) => {
      const isLit = linked.path !== void 0 && (isWithin(row.path, linked.path) || isWithin(linked.path, row.path)) && !row.isOpenable;
      return /* @__PURE__ */ jsxs12(
        "div",
        {
          className: `field-row d${row.depth} ${isLit ? "lit" : ""} ${changed2.has(row.path) ? "changed" : ""}`,
          tabIndex: 0,
          role: "group",
          "aria-label": `${row.path} ${names2[row.kind] ?? ""} ${row.value}`,
          "data-row": true,
          onMouseEnter: () => linked.look(row.path, row.value),
          onFocus: () => linked.look(row.path, row.value),
          children: [
            /* @__PURE__ */ jsx12("code", { className: "field-path", children: row.path }),
            /* @__PURE__ */ jsx12("span", { className: "cut quiet", title: names2[row.kind], children: names2[row.kind] ?? "" }),
            /* @__PURE__ */ jsx12("span", { className: "cut mono", title: row.value, children: row.value })
          ]
        },
        row.path
      );
    })
  ] });
});
var NONE = /* @__PURE__ */ new Set();
function Fields({ er7, names: names2, linked, changed: changed2 = NONE }) {
  return /* @__PURE__ */ jsx12("div", { className: "field-list", children: er7.segments.map((segment) => /* @__PURE__ */ jsx12(FieldRows, { segment, names: names2, linked, changed: changed2 }, segment.path)) });
}
function RawSegment({ er7, segment, names: names2, linked, changed: changed2 }) {
  const pieces = [];
  let at3 = segment.start + Math.min(3, segment.end - segment.start);
  for (const leaf of segment.leaves) {
    if (leaf.start > at3) pieces.push(/* @__PURE__ */ jsx12("span", { className: "raw-mark", children: er7.text.slice(at3, leaf.start) }, `s${at3}`));
    const isLit = linked.path !== void 0 && isWithin(leaf.path, linked.path);
    pieces.push(
      /* @__PURE__ */ jsx12(
        "span",
        {
          className: `raw-leaf ${isLit ? "lit" : ""} ${changed2.has(leaf.path) ? "changed" : ""}`,
          title: `${leaf.path} ${names2[leaf.kind] ?? ""}`,
          onMouseEnter: () => linked.look(leaf.path, leaf.value),
          children: leaf.value
        },
        leaf.start
      )
    );
    at3 = leaf.end;
  }
  if (segment.end > at3) pieces.push(/* @__PURE__ */ jsx12("span", { className: "raw-mark", children: er7.text.slice(at3, segment.end) }, "end"));
  return /* @__PURE__ */ jsxs12("div", { className: "raw-segment", children: [
    /* @__PURE__ */ jsx12("b", { children: segment.id }),
    pieces
  ] });
}
function Raw({ er7, names: names2, linked, changed: changed2 = NONE }) {
  return /* @__PURE__ */ jsx12("div", { className: "raw", tabIndex: 0, role: "group", "aria-label": "The message as it is written", children: er7.segments.map((segment) => /* @__PURE__ */ jsx12(RawSegment, { er7, segment, names: names2, linked, changed: changed2 }, segment.path)) });
}
function pretty(text) {
  const start = text.trimStart()[0];
  if (start !== "{" && start !== "[") return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
var VALUE_LETTERS_MIN = 2;
function Plain({ text, linked }) {
  const lines = useMemo(() => pretty(text).split(/\r\n|\r|\n/), [text]);
  const value = linked.value && linked.value.length >= VALUE_LETTERS_MIN ? linked.value : void 0;
  const dated = value && /^\d{8}$/.test(value) ? `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}` : void 0;
  return /* @__PURE__ */ jsx12("div", { className: "raw plain", tabIndex: 0, role: "group", "aria-label": "The content as it is written", children: lines.map((line, at3) => /* @__PURE__ */ jsx12("div", { className: value && line.includes(value) || dated && line.includes(dated) ? "lit" : "", children: line || " " }, at3)) });
}

// src/screens/bench/way.ts
function changed(before, after) {
  if (before === after) return { changes: [], isOther: false };
  if (isEr7(before) && isEr7(after)) return { changes: differences(readEr7(before), readEr7(after)), isOther: false };
  return { changes: [], isOther: true };
}
var SENDS = ["send", "publish", "receive"];
function wayOf(found) {
  const shared = [];
  const own = /* @__PURE__ */ new Map();
  const stages = found.stages ?? [];
  let now2 = found.received;
  const before = /* @__PURE__ */ new Map();
  const put = (stage, at3) => {
    if (stage.destination === null) {
      shared.push({ key: `s${at3}`, stage, ...changed(now2, stage.text) });
      now2 = stage.text;
      return;
    }
    const steps = own.get(stage.destination) ?? [];
    steps.push({ key: `s${at3}`, stage, ...changed(before.get(stage.destination) ?? now2, stage.text) });
    own.set(stage.destination, steps);
    before.set(stage.destination, stage.text);
  };
  let next = 0;
  (found.lines ?? []).forEach((line, at3) => {
    while (next < stages.length && (stages[next]?.looked ?? 0) <= at3) {
      put(stages[next], next);
      next += 1;
    }
    if (!SENDS.includes(line.kind)) shared.push({ key: `l${at3}`, line, changes: [], isOther: false });
  });
  for (; next < stages.length; next += 1) put(stages[next], next);
  return { shared, own };
}
function lineOf(found, destination) {
  return (found.lines ?? []).find((line) => line.kind === "send" && line.text.split(" ")[1] === destination);
}
var VERDICTS = {
  "goes-on": "goes on",
  ends: "ends here",
  no: "does not hold",
  "not-asked": "not asked",
  leads: "leads on",
  sent: "gets it",
  "not-chosen": "no route chose it",
  "not-meant": "its condition does not hold",
  failed: "cannot be told"
};
function verdictOf(line) {
  if (line.verdict === "leads" && line.to) return line.to.length ? `leads to ${line.to.join(", ")}` : "leads nowhere";
  return VERDICTS[line.verdict] ?? line.verdict;
}
function sentenceOf(found) {
  const why = found.reason?.text ?? "";
  switch (found.end) {
    case "routed":
      return { tone: "good", text: `It goes to ${(found.deliveries ?? []).length} of ${(found.destinations ?? []).length} destinations` };
    case "filtered":
      return { tone: "note", text: `It goes nowhere: ${why}` };
    case "parked":
      return { tone: "bad", text: `It would wait for a person: ${why}` };
    case "rejected":
      return { tone: "bad", text: `The sender would be told no: ${why}` };
    case "refused":
      return { tone: "bad", text: `The interface would not take it: ${why}` };
  }
}

// src/screens/bench/Steps.tsx
import { Fragment as Fragment6, jsx as jsx13, jsxs as jsxs13 } from "./vendor.js";
var CHANGES_MAX = 30;
var LOOKS = {
  "goes-on": ["good", "good"],
  leads: ["good", "good"],
  sent: ["good", "good"],
  ends: ["filtered", "warn"],
  failed: ["bad", "bad"]
};
function Tests({ line }) {
  if (line.tests.length === 0) return null;
  return /* @__PURE__ */ jsx13("ul", { className: "bench-tests", children: line.tests.map((test, at3) => /* @__PURE__ */ jsxs13("li", { children: [
    /* @__PURE__ */ jsxs13("span", { className: test.holds ? "good" : "quiet", children: [
      /* @__PURE__ */ jsx13(Icon, { name: test.holds ? "check" : "close" }),
      /* @__PURE__ */ jsx13("span", { className: "hidden-but-read", children: test.holds ? "holds" : "does not hold" })
    ] }),
    /* @__PURE__ */ jsx13("code", { children: test.text }),
    " ",
    test.error ? /* @__PURE__ */ jsx13("span", { className: "bad", children: test.error }) : /* @__PURE__ */ jsx13("span", { className: "quiet", children: test.values.length ? `there: ${test.values.join(", ")}` : "nothing there" })
  ] }, at3)) });
}
function Line({ line }) {
  const [icon, tone] = LOOKS[line.verdict] ?? ["silent", "quiet"];
  return /* @__PURE__ */ jsxs13(Fragment6, { children: [
    /* @__PURE__ */ jsxs13("div", { className: "bench-line", children: [
      /* @__PURE__ */ jsx13(Icon, { name: icon, className: tone }),
      /* @__PURE__ */ jsx13("code", { children: line.text }),
      /* @__PURE__ */ jsx13("span", { className: tone, children: verdictOf(line) })
    ] }),
    /* @__PURE__ */ jsx13(Tests, { line })
  ] });
}
function Made({ step: step2, text, names: names2 }) {
  const { stage, changes, isOther } = step2;
  if (!stage) return null;
  const isMap = stage.file.endsWith(".map");
  return /* @__PURE__ */ jsxs13(Fragment6, { children: [
    /* @__PURE__ */ jsxs13("div", { className: "bench-line", children: [
      /* @__PURE__ */ jsx13(Icon, { name: isMap ? "map" : "changes", className: changes.length || isOther ? "accent" : "quiet" }),
      /* @__PURE__ */ jsx13("code", { children: isMap ? `map ${stage.file.split("/").at(-1)}` : text(stage.file, stage.line) }),
      /* @__PURE__ */ jsx13("span", { className: "quiet", children: isOther ? "makes another form of it" : changes.length ? plural(changes.length, "place") : "changes nothing here" })
    ] }),
    changes.length > 0 && /* @__PURE__ */ jsx13("table", { className: "bench-changes", children: /* @__PURE__ */ jsx13("tbody", { children: changes.slice(0, CHANGES_MAX).map((change2) => /* @__PURE__ */ jsxs13("tr", { children: [
      /* @__PURE__ */ jsx13("th", { scope: "row", children: /* @__PURE__ */ jsx13("code", { children: change2.path }) }),
      /* @__PURE__ */ jsx13("td", { className: "quiet", children: names2[change2.kind] ?? "" }),
      /* @__PURE__ */ jsx13("td", { className: "mono old", children: change2.left ?? /* @__PURE__ */ jsx13("span", { className: "quiet", children: "nothing" }) }),
      /* @__PURE__ */ jsx13("td", { "aria-hidden": "true", children: "→" }),
      /* @__PURE__ */ jsx13("td", { className: "mono new", children: change2.right ?? /* @__PURE__ */ jsx13("span", { className: "quiet", children: "nothing" }) })
    ] }, change2.path)) }) }),
    changes.length > CHANGES_MAX && /* @__PURE__ */ jsxs13("p", { className: "quiet", children: [
      "and ",
      changes.length - CHANGES_MAX,
      " more"
    ] })
  ] });
}
function Steps({ steps, text, names: names2, label }) {
  return /* @__PURE__ */ jsx13("ol", { className: "bench-steps", "aria-label": label, children: steps.map((step2) => /* @__PURE__ */ jsx13("li", { children: step2.line ? /* @__PURE__ */ jsx13(Line, { line: step2.line }) : /* @__PURE__ */ jsx13(Made, { step: step2, text, names: names2 }) }, step2.key)) });
}

// src/screens/bench/Outcome.tsx
import { Fragment as Fragment7, jsx as jsx14, jsxs as jsxs14 } from "./vendor.js";
var STANDS = {
  sent: { word: "Taken", icon: "good", tone: "good" },
  queued: { word: "Tried again", icon: "expired", tone: "warn" },
  parked: { word: "Parked", icon: "held", tone: "bad" }
};
var BEHAVIOURS = [
  ["takes", "takes it"],
  ["refuses-connections", "is down"],
  ["replies-ae", "answers AE"],
  ["replies-ar", "answers AR"]
];
function Text({ text, label, linked }) {
  const er7 = useMemo2(() => isEr7(text) ? readEr7(text) : void 0, [text]);
  const names2 = useNames(er7);
  return /* @__PURE__ */ jsx14("div", { className: "bench-text", role: "group", "aria-label": label, tabIndex: 0, children: er7 ? /* @__PURE__ */ jsx14(Raw, { er7, names: names2, linked }) : /* @__PURE__ */ jsx14(Plain, { text, linked }) });
}
function Destination({ found, name, delivery, text, partners, onPartners, onClaim, claims, steps, names: names2 }) {
  const [isOpen, setOpen] = useState10(false);
  const [look, setLook] = useState10({});
  const linked = { path: look.path, value: look.value, look: (path, value) => setLook({ path, value }) };
  const does = partners.find((partner) => partner.destination === name)?.does ?? "takes";
  const line = lineOf(found, name);
  return /* @__PURE__ */ jsxs14("li", { className: `bench-to${delivery ? "" : " idle"}`, children: [
    /* @__PURE__ */ jsxs14("div", { className: "bench-to-head", children: [
      delivery ? /* @__PURE__ */ jsx14(State, { of: STANDS[delivery.stands] }) : /* @__PURE__ */ jsx14(State, { of: { word: "Nothing", icon: "silent", tone: "note" } }),
      /* @__PURE__ */ jsx14("strong", { children: name }),
      /* @__PURE__ */ jsxs14("span", { className: "quiet", children: [
        delivery ? `${delivery.connector} ${delivery.address}` : line ? verdictOf(line) : "",
        delivery?.is_urgent && ", ahead of others",
        delivery && !delivery.is_changed && ", as received"
      ] }),
      delivery && /* @__PURE__ */ jsxs14("span", { className: "bench-to-acts", children: [
        /* @__PURE__ */ jsx14("select", { className: "input", "aria-label": `What ${name} does`, value: does, onChange: (change2) => onPartners([...partners.filter((partner) => partner.destination !== name), ...change2.target.value === "takes" ? [] : [{ destination: name, does: change2.target.value }]]), children: BEHAVIOURS.map(([value, word]) => /* @__PURE__ */ jsx14("option", { value, children: word }, value)) }),
        /* @__PURE__ */ jsx14(Button, { kind: "plain", "aria-expanded": isOpen, onPress: () => setOpen(!isOpen), children: isOpen ? "Hide it" : "What it gets" })
      ] })
    ] }),
    line && line.tests.length > 0 && /* @__PURE__ */ jsx14(Steps, { steps: [{ key: "when", line, changes: [], isOther: false }], text, names: names2, label: `Whether ${name} gets it` }),
    steps.length > 0 && /* @__PURE__ */ jsx14(Steps, { steps, text, names: names2, label: `Lines of ${name}` }),
    isOpen && delivery && /* @__PURE__ */ jsxs14(Fragment7, { children: [
      /* @__PURE__ */ jsx14(Text, { text: delivery.text, label: `What ${name} gets`, linked }),
      onClaim && look.path && isEr7(delivery.text) && /* @__PURE__ */ jsx14("p", { className: "buttons", children: /* @__PURE__ */ jsxs14(Button, { onPress: () => onClaim(name, look.path ?? ""), isDisabled: claims.some((claim) => claim.destination === name && claim.path === look.path), children: [
        "Expect ",
        look.path,
        " = ",
        look.value || "nothing",
        " in the test"
      ] }) })
    ] })
  ] });
}
function Outcome(props) {
  const { found } = props;
  const way = useMemo2(() => wayOf(found), [found]);
  const er7 = useMemo2(() => isEr7(found.received) ? readEr7(found.received) : void 0, [found.received]);
  const names2 = useNames(er7);
  const said = sentenceOf(found);
  const answer = found.acknowledgment ? /(?:^|\r)MSA.([A-Z]{2})/.exec(found.acknowledgment)?.[1] : void 0;
  return /* @__PURE__ */ jsxs14("div", { className: "stack", children: [
    /* @__PURE__ */ jsxs14("p", { className: `bench-end ${said.tone}`, role: "status", children: [
      /* @__PURE__ */ jsx14(Icon, { name: said.tone === "good" ? "good" : said.tone === "bad" ? "bad" : "filtered" }),
      /* @__PURE__ */ jsx14("strong", { children: said.text }),
      found.reason?.code && /* @__PURE__ */ jsx14(ErrorCode, { code: found.reason.code }),
      answer && /* @__PURE__ */ jsxs14("span", { className: "quiet", children: [
        "the sender is answered ",
        answer
      ] }),
      found.is_masked && /* @__PURE__ */ jsx14("span", { className: "quiet", children: "values are masked" })
    ] }),
    found.needs_a_lookup && /* @__PURE__ */ jsx14("p", { className: "warn", children: "A line asks outside. The bench asks nobody, so the way ends there; a test can say what the lookup answers." }),
    way.shared.length > 0 && /* @__PURE__ */ jsx14(Card, { title: "Step by step", more: /* @__PURE__ */ jsx14("span", { className: "quiet", children: "lines of the interface that decide or change, with the values of this message" }), children: /* @__PURE__ */ jsx14("div", { className: "inside", children: /* @__PURE__ */ jsx14(Steps, { steps: way.shared, text: props.text, names: names2, label: "Lines of the interface" }) }) }),
    (found.destinations ?? []).length > 0 && /* @__PURE__ */ jsx14(Card, { title: "Destinations", more: /* @__PURE__ */ jsx14("span", { className: "quiet", children: "nothing is sent; choose how a partner behaves to see what follows" }), children: /* @__PURE__ */ jsx14("ul", { className: "bench-destinations", children: (found.destinations ?? []).map((name) => /* @__PURE__ */ jsx14(Destination, { ...props, name, delivery: (found.deliveries ?? []).find((one) => one.destination === name), steps: way.own.get(name) ?? [], names: names2 }, name)) }) }),
    (found.notes ?? []).length + (found.issues ?? []).length > 0 && /* @__PURE__ */ jsx14(Card, { title: "Noted on the way", children: /* @__PURE__ */ jsx14("ul", { className: "inside stack tight", children: [...found.issues ?? [], ...found.notes ?? []].map((note, at3) => /* @__PURE__ */ jsxs14("li", { children: [
      /* @__PURE__ */ jsx14(ErrorCode, { code: note.code }),
      " ",
      /* @__PURE__ */ jsx14("strong", { children: note.path }),
      " ",
      note.message
    ] }, at3)) }) }),
    (found.lines ?? []).length === 0 && (found.destinations ?? []).length === 0 && /* @__PURE__ */ jsx14(Empty, { title: "No line was reached" })
  ] });
}

// src/screens/bench/Bench.tsx
import { jsx as jsx15, jsxs as jsxs15 } from "./vendor.js";
var PAUSE_MS4 = 200;
var MESSAGES = 20;
var asLines = (text) => text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").trimEnd();
function useTried(name, content, message, partners) {
  const [found, setFound] = useState11();
  const [problem, setProblem] = useState11();
  const key = JSON.stringify(partners);
  useEffect4(() => {
    if (!name || !message && !content.trim()) {
      setFound(void 0);
      setProblem(void 0);
      return;
    }
    const stop = new AbortController();
    const timer2 = window.setTimeout(() => {
      tryMessage(name, { ...message ? { message } : { content }, partners }, stop.signal).then(
        (answer) => {
          setFound(answer);
          setProblem(void 0);
        },
        (error) => {
          if (stop.signal.aborted) return;
          setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
        }
      );
    }, PAUSE_MS4);
    return () => {
      window.clearTimeout(timer2);
      stop.abort();
    };
  }, [name, content, message, key]);
  return { found, problem };
}
function KeepTest({ name, content, partners, claims, onClose }) {
  const [sentence, setSentence] = useState11("");
  return /* @__PURE__ */ jsx15(
    AskWhy,
    {
      onClose,
      act: {
        title: "Keep it as a test",
        text: /* @__PURE__ */ jsxs15("div", { className: "stack", children: [
          /* @__PURE__ */ jsxs15("p", { children: [
            "The message becomes a file of the workspace, beside the interface, and a test that expects what happens now: who gets it, who does not",
            claims.length > 0 && `, and ${plural(claims.length, "value")}`,
            ". Only messages of invented people belong there."
          ] }),
          /* @__PURE__ */ jsxs15(TextField3, { className: "field", value: sentence, onChange: setSentence, isRequired: true, children: [
            /* @__PURE__ */ jsx15(Label3, { children: "What it shows, as a sentence" }),
            /* @__PURE__ */ jsx15(Input3, { className: "input", placeholder: "an outpatient is nothing for the pharmacy" })
          ] })
        ] }),
        button: "Keep it",
        run: async (reason) => `Kept as ${(await keepTest(name, { name: sentence.trim(), content, partners, claims, reason })).file}. It runs with the others under Tests.`
      }
    }
  );
}
function Bench() {
  const { status, problem } = useLive();
  const { words: words3 } = useAddress();
  const may = useMay();
  const interfaces = useMemo3(() => [...status?.engine.interfaces ?? []].sort((a, b) => a.title.localeCompare(b.title)), [status?.engine.interfaces.length]);
  const asked = words3.get("interface") ?? "";
  const name = interfaces.some((one) => one.name === asked) ? asked : interfaces[0]?.name ?? "";
  const message = Number(words3.get("message")) || void 0;
  const [content, setContent] = useState11("");
  const [partners, setPartners] = useState11([]);
  const [claims, setClaims] = useState11([]);
  const [isKeeping, setKeeping] = useState11(false);
  const samples = useAnswer(name && may("propose") ? `samples ${name}` : null, (signal) => readSamples(name, signal));
  const newest = useAnswer(name ? `newest ${name}` : null, (signal) => searchMessages(`interface:${name}`, MESSAGES, signal));
  const text = useAnswer(name || null, (signal) => readInterface(name, signal));
  const { found, problem: trouble } = useTried(name, content, message, partners);
  const files = useMemo3(() => new Map([...text.value ? [{ path: text.value.file, text: text.value.text }, ...text.value.files] : []].map((file) => [file.path, file.text.split("\n")])), [text.value]);
  const lineText = (file, line) => files.get(file)?.[line - 1]?.trim() ?? `${file}:${line}`;
  const first = samples.value?.samples[0]?.text;
  useEffect4(() => {
    if (first !== void 0 && !message) setContent(asLines(first));
    setPartners([]);
    setClaims([]);
  }, [name, first]);
  if (!status) return /* @__PURE__ */ jsx15(Page, { title: "Bench", children: problem ? /* @__PURE__ */ jsx15(Trouble, { problem, what: "The engine" }) : /* @__PURE__ */ jsx15(Empty, { title: "Asking the engine…" }) });
  const choose = (chosen2) => {
    setClaims([]);
    if (chosen2.startsWith("message:")) return setWords({ message: chosen2.slice("message:".length) }, { replace: true });
    setWords({ message: void 0 }, { replace: true });
    const sample = samples.value?.samples.find((one) => one.path === chosen2);
    if (sample) setContent(asLines(sample.text));
    else setContent("");
  };
  const chosen = message ? `message:${message}` : samples.value?.samples.find((one) => asLines(one.text) === content)?.path ?? "";
  return /* @__PURE__ */ jsxs15(
    Page,
    {
      title: "Bench",
      about: "a message through the lines of an interface; nothing is stored or sent",
      actions: may("propose") && !message && found && /* @__PURE__ */ jsx15(Button, { kind: "first", icon: "check", onPress: () => setKeeping(true), children: "Keep as a test…" }),
      children: [
        /* @__PURE__ */ jsxs15("div", { className: "bench", children: [
          /* @__PURE__ */ jsx15(Card, { className: "bench-in", children: /* @__PURE__ */ jsxs15("div", { className: "inside stack tight", children: [
            /* @__PURE__ */ jsxs15("label", { className: "field", children: [
              /* @__PURE__ */ jsx15("span", { className: "label", children: "Interface" }),
              /* @__PURE__ */ jsx15("select", { className: "input", value: name, onChange: (change2) => setWords({ interface: change2.target.value, message: void 0 }, { replace: true }), children: interfaces.map((one) => /* @__PURE__ */ jsxs15("option", { value: one.name, children: [
                one.title,
                " (",
                one.name,
                ")"
              ] }, one.name)) })
            ] }),
            /* @__PURE__ */ jsxs15("label", { className: "field", children: [
              /* @__PURE__ */ jsx15("span", { className: "label", children: "Message" }),
              /* @__PURE__ */ jsxs15("select", { className: "input", value: chosen, onChange: (change2) => choose(change2.target.value), children: [
                /* @__PURE__ */ jsx15("option", { value: "", children: "your own text" }),
                (samples.value?.samples.length ?? 0) > 0 && /* @__PURE__ */ jsx15("optgroup", { label: "Samples of the workspace", children: samples.value?.samples.map((one) => /* @__PURE__ */ jsx15("option", { value: one.path, children: one.path.split("/").at(-1) }, one.path)) }),
                message && !newest.value?.messages.some((row) => row.id === message) && /* @__PURE__ */ jsxs15("option", { value: `message:${message}`, children: [
                  "message ",
                  message
                ] }),
                (newest.value?.messages.length ?? 0) > 0 && /* @__PURE__ */ jsx15("optgroup", { label: "The newest that came, masked", children: newest.value?.messages.map((row) => /* @__PURE__ */ jsxs15("option", { value: `message:${row.id}`, children: [
                  clock(row.received),
                  " ",
                  row.type,
                  " ",
                  row.control_id
                ] }, row.id)) })
              ] })
            ] }),
            message ? /* @__PURE__ */ jsxs15("div", { className: "field", children: [
              /* @__PURE__ */ jsxs15("span", { className: "label", children: [
                "Message ",
                message,
                ", as you may see it"
              ] }),
              /* @__PURE__ */ jsx15("textarea", { className: "input mono bench-editor", "aria-label": "The message", readOnly: true, wrap: "off", spellCheck: false, value: asLines(found?.received ?? "") })
            ] }) : /* @__PURE__ */ jsxs15("label", { className: "field", children: [
              /* @__PURE__ */ jsx15("span", { className: "label", children: "Text, a segment a line; each change is tried at once" }),
              /* @__PURE__ */ jsx15("textarea", { className: "input mono bench-editor", wrap: "off", spellCheck: false, value: content, placeholder: "MSH|^~\\&|…", onChange: (change2) => setContent(change2.target.value) })
            ] }),
            claims.length > 0 && /* @__PURE__ */ jsxs15("div", { className: "field", children: [
              /* @__PURE__ */ jsx15("span", { className: "label", children: "Expected in the test" }),
              /* @__PURE__ */ jsx15("ul", { className: "buttons", children: claims.map((claim) => /* @__PURE__ */ jsx15("li", { children: /* @__PURE__ */ jsxs15(Button, { icon: "close", "aria-label": `Do not expect ${claim.path} of ${claim.destination}`, onPress: () => setClaims(claims.filter((one) => one !== claim)), children: [
                claim.destination,
                " ",
                claim.path
              ] }) }, `${claim.destination} ${claim.path}`)) })
            ] }),
            name && /* @__PURE__ */ jsxs15("p", { className: "quiet", children: [
              "Version ",
              status.engine.interfaces.find((one) => one.name === name)?.version,
              " runs · ",
              /* @__PURE__ */ jsx15(Link, { to: interfaceAt(name, "text"), children: "its lines" }),
              " · ",
              /* @__PURE__ */ jsx15(Link, { to: interfaceAt(name, "tests"), children: "its tests" })
            ] })
          ] }) }),
          /* @__PURE__ */ jsx15("div", { children: trouble ? /* @__PURE__ */ jsx15(Trouble, { problem: trouble, what: "The bench" }) : found ? /* @__PURE__ */ jsx15(Outcome, { found, text: lineText, partners, onPartners: setPartners, claims, onClaim: message ? void 0 : (destination, path) => setClaims([...claims, { destination, path }]) }) : /* @__PURE__ */ jsx15(Empty, { title: "Put a message on the bench", children: "Choose a sample or a message, or paste a text." }) })
        ] }),
        isKeeping && /* @__PURE__ */ jsx15(KeepTest, { name, content, partners, claims, onClose: () => setKeeping(false) })
      ]
    }
  );
}

// src/screens/dictionary/Dictionary.tsx
import { useEffect as useEffect5, useState as useState12 } from "./vendor.js";
import { Fragment as Fragment8, jsx as jsx16, jsxs as jsxs16 } from "./vendor.js";
var VERSIONS = ["2.9", "2.8.2", "2.8", "2.7.1", "2.7", "2.6", "2.5.1", "2.5", "2.4", "2.3.1", "2.3", "2.2", "2.1"];
var VERSION_DEFAULT = "2.5.1";
var EXAMPLES = ["PID", "PID-3", "OBX-5", "CX", "0001", "Patient.contact", "mother maiden"];
var USAGE = { R: "required", O: "optional", C: "conditional", B: "kept for older systems", W: "withdrawn", X: "withdrawn" };
var wordAt = (word, version) => `/dictionary#word=${encodeURIComponent(word)}${version === VERSION_DEFAULT ? "" : `&version=${version}`}`;
function Rows({ rows, version }) {
  return /* @__PURE__ */ jsx16("div", { className: "scroll-x", children: /* @__PURE__ */ jsxs16("table", { className: "table", children: [
    /* @__PURE__ */ jsx16("thead", { children: /* @__PURE__ */ jsxs16("tr", { children: [
      /* @__PURE__ */ jsx16("th", { scope: "col", children: "Place" }),
      /* @__PURE__ */ jsx16("th", { scope: "col", children: "Name" }),
      /* @__PURE__ */ jsx16("th", { scope: "col", children: "Type" }),
      /* @__PURE__ */ jsx16("th", { scope: "col", children: "Usage" }),
      /* @__PURE__ */ jsx16("th", { scope: "col", children: "Repeats" }),
      /* @__PURE__ */ jsx16("th", { scope: "col", className: "right", children: "Length" }),
      /* @__PURE__ */ jsx16("th", { scope: "col", children: "Table" })
    ] }) }),
    /* @__PURE__ */ jsx16("tbody", { children: rows.map((row) => /* @__PURE__ */ jsxs16("tr", { children: [
      /* @__PURE__ */ jsx16("td", { className: "mono nowrap", children: /* @__PURE__ */ jsx16(Link, { to: wordAt(row.path, version), "data-row": true, children: row.path }) }),
      /* @__PURE__ */ jsx16("td", { children: row.name }),
      /* @__PURE__ */ jsx16("td", { className: "mono", children: /^[A-Z]{2,3}$/.test(row.type) ? /* @__PURE__ */ jsx16(Link, { to: wordAt(row.type, version), children: row.type }) : row.type }),
      /* @__PURE__ */ jsx16("td", { className: row.usage === "R" || /^[1-9]/.test(row.usage) ? "" : "quiet", children: USAGE[row.usage] ?? row.usage }),
      /* @__PURE__ */ jsx16("td", { className: "quiet", children: row.is_repeating ? "yes" : "–" }),
      /* @__PURE__ */ jsx16("td", { className: "right number quiet", children: row.length ?? "–" }),
      /* @__PURE__ */ jsx16("td", { className: "mono", children: row.table ? /* @__PURE__ */ jsx16(Link, { to: wordAt(row.table, version), children: row.table }) : /* @__PURE__ */ jsx16("span", { className: "quiet", children: "–" }) })
    ] }, row.path)) })
  ] }) });
}
function Codes({ codes }) {
  return /* @__PURE__ */ jsxs16("table", { className: "table", children: [
    /* @__PURE__ */ jsx16("thead", { children: /* @__PURE__ */ jsxs16("tr", { children: [
      /* @__PURE__ */ jsx16("th", { scope: "col", children: "Code" }),
      /* @__PURE__ */ jsx16("th", { scope: "col", children: "Meaning" })
    ] }) }),
    /* @__PURE__ */ jsx16("tbody", { children: codes.map((one) => /* @__PURE__ */ jsxs16("tr", { children: [
      /* @__PURE__ */ jsx16("td", { className: "mono", children: one.code }),
      /* @__PURE__ */ jsx16("td", { children: one.display || /* @__PURE__ */ jsx16("span", { className: "quiet", children: "no text in the standard" }) })
    ] }, one.code)) })
  ] });
}
function aroundOf(word) {
  const out = [];
  for (let at3 = word.replace(/[.-][^.-]*$/, ""); at3 !== out.at(-1) && at3 !== word; at3 = at3.replace(/[.-][^.-]*$/, "")) out.push(at3);
  return out.reverse();
}
function Entry({ entry, version }) {
  if (entry.kind === "found") {
    const found = entry.found ?? [];
    if (found.length === 0) return /* @__PURE__ */ jsx16(Empty, { title: "The standard has no such word", children: "Try a place (PID-3), a data type (CX), a table (0001), an element (Patient.contact), or words of a name." });
    return /* @__PURE__ */ jsx16(Card, { title: `Named “${entry.word}”`, children: /* @__PURE__ */ jsx16("table", { className: "table", children: /* @__PURE__ */ jsx16("tbody", { children: found.map((one) => /* @__PURE__ */ jsxs16("tr", { children: [
      /* @__PURE__ */ jsx16("td", { className: "mono nowrap", children: /* @__PURE__ */ jsx16(Link, { to: wordAt(one.path, version), "data-row": true, children: one.path }) }),
      /* @__PURE__ */ jsx16("td", { children: one.name })
    ] }, one.path)) }) }) });
  }
  const { own } = entry;
  return /* @__PURE__ */ jsxs16(Fragment8, { children: [
    /* @__PURE__ */ jsxs16(
      Card,
      {
        title: /* @__PURE__ */ jsxs16(Fragment8, { children: [
          aroundOf(entry.word).map((word) => /* @__PURE__ */ jsxs16("span", { children: [
            /* @__PURE__ */ jsx16(Link, { to: wordAt(word, version), children: word }),
            " ›",
            " "
          ] }, word)),
          /* @__PURE__ */ jsx16("code", { children: entry.word }),
          " ",
          entry.name
        ] }),
        more: /* @__PURE__ */ jsxs16("span", { className: "quiet", children: [
          entry.kind === "element" ? "FHIR R4" : `HL7 v${entry.version}`,
          entry.is_user_defined ? " · codes are the site's own" : ""
        ] }),
        children: [
          own && /* @__PURE__ */ jsxs16("p", { className: "inside", children: [
            "Type ",
            /* @__PURE__ */ jsx16("code", { children: own.type }),
            ", ",
            USAGE[own.usage] ?? own.usage,
            own.is_repeating ? ", repeats" : "",
            own.length ? `, at most ${plural(own.length, "character")}` : "",
            own.table && /* @__PURE__ */ jsxs16(Fragment8, { children: [
              ", table ",
              /* @__PURE__ */ jsx16(Link, { to: wordAt(own.table, version), children: own.table })
            ] })
          ] }),
          entry.rows && entry.rows.length > 0 && /* @__PURE__ */ jsx16(Rows, { rows: entry.rows, version }),
          entry.rows?.length === 0 && !own && /* @__PURE__ */ jsx16("p", { className: "inside quiet", children: "It has no parts." })
        ]
      }
    ),
    entry.codes && entry.codes.length > 0 && /* @__PURE__ */ jsx16(Card, { title: "Codes", more: /* @__PURE__ */ jsxs16("span", { className: "quiet", children: [
      entry.codes.length,
      " of the standard"
    ] }), children: /* @__PURE__ */ jsx16(Codes, { codes: entry.codes }) }),
    entry.kind === "table" && entry.codes?.length === 0 && /* @__PURE__ */ jsx16(Empty, { title: "The standard lists no codes for this table" })
  ] });
}
function Dictionary() {
  const { words: words3 } = useAddress();
  const word = words3.get("word") ?? "PID";
  const version = words3.get("version") ?? VERSION_DEFAULT;
  const [text, setText] = useState12(word);
  useEffect5(() => setText(word), [word]);
  const { value, problem, again } = useAnswer(`${version} ${word}`, (signal) => lookUp(version, word, signal));
  return /* @__PURE__ */ jsxs16(
    Page,
    {
      title: "Dictionary",
      actions: /* @__PURE__ */ jsxs16(Fragment8, { children: [
        /* @__PURE__ */ jsx16(
          "input",
          {
            className: "input narrow",
            "aria-label": "Look up a place, data type, table, element or name",
            placeholder: "PID-3, CX, 0001, Patient.contact…",
            value: text,
            spellCheck: false,
            onChange: (change2) => setText(change2.target.value),
            onKeyDown: (key) => key.key === "Enter" && text.trim() && setWords({ word: text.trim() })
          }
        ),
        /* @__PURE__ */ jsx16("select", { className: "input version", "aria-label": "Version of HL7 v2", value: version, onChange: (change2) => setWords({ version: change2.target.value === VERSION_DEFAULT ? void 0 : change2.target.value }), children: VERSIONS.map((one) => /* @__PURE__ */ jsx16("option", { children: one }, one)) })
      ] }),
      children: [
        /* @__PURE__ */ jsxs16("p", { className: "quiet", children: [
          "For example:",
          " ",
          EXAMPLES.map((example) => /* @__PURE__ */ jsxs16("span", { children: [
            /* @__PURE__ */ jsx16(Link, { to: wordAt(example, version), children: example }),
            " "
          ] }, example))
        ] }),
        problem ? /* @__PURE__ */ jsx16(Trouble, { problem, what: "The dictionary", again }) : value ? /* @__PURE__ */ jsx16(Entry, { entry: value, version }) : /* @__PURE__ */ jsx16(Empty, { title: "Reading…" })
      ]
    }
  );
}

// src/screens/changes/Changes.tsx
import { useState as useState16 } from "./vendor.js";

// src/api/changes.ts
var readPlan = (signal) => get("/api/v1/plan", void 0, signal);
var readChanges = (signal) => get("/api/v1/changes", void 0, signal);
var readVersions = (signal) => get("/api/v1/versions", void 0, signal);
var propose = (title, reason) => post("/api/v1/changes", { title, reason });
var approve = (id) => post(`/api/v1/changes/${encodeURIComponent(id)}/approve`);
var applyFiles = (why, fingerprint) => post("/api/v1/reload", { ...why, fingerprint });
var applyChange = (id, why) => post(`/api/v1/changes/${encodeURIComponent(id)}/apply`, why);
var planBack = (to, signal) => post("/api/v1/rollback", { to }, signal);
var goBack = (to, why) => post("/api/v1/rollback", { to, is_confirmed: true, ...why });

// src/screens/changes/PlanView.tsx
import { useState as useState13 } from "./vendor.js";

// src/screens/changes/words.ts
function shareOf(of) {
  if (of.messages === 0) return "";
  const share = 100 * of.same / of.messages;
  const told2 = of.differ > 0 ? Math.min(share, 99.9) : 100;
  return `${told2.toFixed(told2 === 100 ? 0 : 1)} % stay the same`;
}
var VERBS = { start: "begins", change: "changes", stop: "ends" };
function textOf2(plan2) {
  const rows = plan2.interfaces.map((row) => {
    const of = row.behaviour;
    const more = of && of.messages > 0 ? `: ${count(of.same)} same, ${count(of.differ)} differ` : "";
    return `${row.interface} ${VERBS[row.change] ?? row.change}${more}`;
  });
  const errors = plan2.findings.filter((finding) => finding.severity === "error").length;
  if (errors > 0) rows.push(plural(errors, "error"));
  return rows.length > 0 ? rows : ["no interface changes"];
}
function sentencesOf(answer) {
  const parts2 = { ...answer, ...answer.changes ?? {} };
  const lists = Object.entries(parts2).filter((entry) => Array.isArray(entry[1]) && entry[1].every((one) => typeof one === "string"));
  const said = lists.filter(([, names2]) => names2.length > 0).map(([what, names2]) => `${what}: ${names2.join(", ")}`);
  return said.length > 0 ? said : ["Nothing changed: the workspace is what runs."];
}

// src/screens/changes/PlanView.tsx
import { jsx as jsx17, jsxs as jsxs17 } from "./vendor.js";
var WORDS3 = { start: "begins", change: "goes on in a new version", stop: "ends; what waits in its queues is kept" };
var ROWS_FIRST = 8;
var FILE = { added: "new", removed: "removed", changed: "changed" };
function Findings({ findings }) {
  if (findings.length === 0) return null;
  return /* @__PURE__ */ jsx17("ul", { className: "stack tight", children: findings.map((finding, at3) => /* @__PURE__ */ jsxs17("li", { children: [
    /* @__PURE__ */ jsxs17("strong", { className: finding.severity === "error" ? "bad" : "warn", children: [
      finding.severity === "error" ? "✕ " : "",
      finding.code
    ] }),
    " ",
    finding.message,
    " ",
    finding.file && /* @__PURE__ */ jsx17("code", { children: `${finding.file}${finding.line ? `:${finding.line}` : ""}` }),
    " ",
    finding.hint && /* @__PURE__ */ jsx17("span", { className: "quiet", children: finding.hint })
  ] }, at3)) });
}
function BehaviourView({ of, name }) {
  const [isAll, setAll] = useState13(false);
  if (of.messages === 0) return /* @__PURE__ */ jsx17("p", { className: "quiet", children: "No stored message to compare." });
  const rows = isAll ? of.changes : of.changes.slice(0, ROWS_FIRST);
  return /* @__PURE__ */ jsxs17("div", { className: "behaviour", children: [
    /* @__PURE__ */ jsxs17("p", { children: [
      /* @__PURE__ */ jsxs17("span", { className: `state ${of.differ === 0 ? "good" : "warn"}`, children: [
        /* @__PURE__ */ jsx17(Icon, { name: of.differ === 0 ? "good" : "warn" }),
        of.differ === 0 ? "All the same" : `${count(of.differ)} differ`
      ] }),
      " ",
      /* @__PURE__ */ jsxs17("span", { className: "quiet", children: [
        of.differ > 0 && `${count(of.same)} same, `,
        "over ",
        plural(of.messages, "stored message"),
        of.is_cut && ", the newest",
        of.since !== null && `, since ${moment(of.since)}`
      ] })
    ] }),
    /* @__PURE__ */ jsx17("meter", { className: "share", min: 0, max: of.messages, value: of.same, "aria-label": `${of.same} of ${of.messages} messages stay the same`, title: shareOf(of) }),
    rows.length > 0 && /* @__PURE__ */ jsxs17("table", { className: "table", children: [
      /* @__PURE__ */ jsx17("thead", { children: /* @__PURE__ */ jsxs17("tr", { children: [
        /* @__PURE__ */ jsx17("th", { scope: "col", className: "right", children: "Messages" }),
        /* @__PURE__ */ jsx17("th", { scope: "col", children: "To" }),
        /* @__PURE__ */ jsx17("th", { scope: "col", children: "Place" }),
        /* @__PURE__ */ jsx17("th", { scope: "col", children: "How" }),
        /* @__PURE__ */ jsx17("th", { scope: "col", children: "Example" })
      ] }) }),
      /* @__PURE__ */ jsx17("tbody", { children: rows.map((row) => /* @__PURE__ */ jsxs17("tr", { children: [
        /* @__PURE__ */ jsx17("td", { className: "right number", children: count(row.messages) }),
        /* @__PURE__ */ jsx17("td", { children: row.destination || /* @__PURE__ */ jsx17("span", { className: "quiet", children: "how it ends" }) }),
        /* @__PURE__ */ jsx17("td", { className: "mono", children: row.path }),
        /* @__PURE__ */ jsx17("td", { children: row.how }),
        /* @__PURE__ */ jsx17("td", { children: /* @__PURE__ */ jsx17(Link, { to: `/messages#q=${encodeURIComponent(`interface:${name}`)}&id=${row.example}`, children: "look at one" }) })
      ] }, `${row.destination} ${row.path} ${row.how}`)) })
    ] }),
    of.changes.length > ROWS_FIRST && /* @__PURE__ */ jsx17(Button, { kind: "plain", onPress: () => setAll(!isAll), children: isAll ? "Show fewer" : `Show all ${of.changes.length}` })
  ] });
}
function Files({ files }) {
  return /* @__PURE__ */ jsx17("div", { className: "stack tight", children: files.map((file) => /* @__PURE__ */ jsxs17("details", { className: "diff", open: files.length <= 3, children: [
    /* @__PURE__ */ jsxs17("summary", { children: [
      /* @__PURE__ */ jsx17("code", { children: file.path }),
      " ",
      /* @__PURE__ */ jsx17("span", { className: "quiet", children: FILE[file.change] }),
      " ",
      file.added > 0 && /* @__PURE__ */ jsxs17("span", { className: "good", children: [
        "+",
        file.added
      ] }),
      " ",
      file.removed > 0 && /* @__PURE__ */ jsxs17("span", { className: "bad", children: [
        "−",
        file.removed
      ] })
    ] }),
    file.parts.length === 0 && /* @__PURE__ */ jsx17("p", { className: "quiet inside", children: "The lines of samples and data are not shown here." }),
    file.parts.map((lines, at3) => /* @__PURE__ */ jsx17("div", { className: "diff-part", tabIndex: 0, role: "group", "aria-label": `Lines of ${file.path}`, children: lines.map((line, place2) => /* @__PURE__ */ jsxs17("div", { className: `diff-line ${line.is}`, children: [
      /* @__PURE__ */ jsx17("span", { className: "code-number", "aria-hidden": "true", children: line.old ?? "" }),
      /* @__PURE__ */ jsx17("span", { className: "code-number", "aria-hidden": "true", children: line.new ?? "" }),
      /* @__PURE__ */ jsx17("span", { className: "diff-mark", children: line.is === "added" ? "+" : line.is === "removed" ? "−" : " " }),
      /* @__PURE__ */ jsx17("span", { children: line.text })
    ] }, place2)) }, at3)),
    file.is_cut && /* @__PURE__ */ jsx17("p", { className: "quiet inside", children: "There are more lines." })
  ] }, file.path)) });
}
function PlanView({ plan: plan2 }) {
  const files = plan2.files ?? [];
  return /* @__PURE__ */ jsxs17("div", { className: "stack", children: [
    plan2.interfaces.length === 0 && /* @__PURE__ */ jsx17("p", { className: "quiet", children: files.length === 0 ? "Nothing changes: what lies in the workspace is what runs." : "No interface changes what it does." }),
    plan2.interfaces.map((row) => /* @__PURE__ */ jsxs17("section", { className: "planned", "aria-label": row.interface, children: [
      /* @__PURE__ */ jsxs17("h3", { children: [
        row.change === "start" ? row.interface : /* @__PURE__ */ jsx17(Link, { to: interfaceAt(row.interface), children: row.interface }),
        " ",
        /* @__PURE__ */ jsx17("span", { className: "quiet", children: WORDS3[row.change] ?? row.change })
      ] }),
      row.behaviour && /* @__PURE__ */ jsx17(BehaviourView, { of: row.behaviour, name: row.interface })
    ] }, row.interface)),
    /* @__PURE__ */ jsx17(Findings, { findings: plan2.findings }),
    files.length > 0 && /* @__PURE__ */ jsxs17("section", { className: "stack tight", "aria-label": "Lines of files", children: [
      /* @__PURE__ */ jsxs17("h3", { children: [
        plural(files.length, "file"),
        " ",
        /* @__PURE__ */ jsx17("span", { className: "quiet", children: "against what was put into force last" })
      ] }),
      /* @__PURE__ */ jsx17(Files, { files })
    ] })
  ] });
}
function PlanShort({ plan: plan2 }) {
  return /* @__PURE__ */ jsx17("ul", { children: textOf2(plan2).map((text) => /* @__PURE__ */ jsx17("li", { children: text }, text)) });
}

// src/screens/changes/PutIntoForce.tsx
import { useState as useState14 } from "./vendor.js";
import { Input as Input4, Label as Label4, TextField as TextField4 } from "./vendor.js";
import { jsx as jsx18, jsxs as jsxs18 } from "./vendor.js";
function PutIntoForce({ step: step2, onClose }) {
  const [reason, setReason] = useState14("");
  const [ticket, setTicket] = useState14("");
  const [answer, setAnswer] = useState14();
  const [problem, setProblem] = useState14();
  const [isRunning, setRunning] = useState14(false);
  const run = async () => {
    if (!reason.trim() || isRunning) return;
    setRunning(true);
    setProblem(void 0);
    try {
      setAnswer(await step2.run({ reason: reason.trim(), ticket: ticket.trim() }));
      lookNow();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
    setRunning(false);
  };
  const findings = answer?.findings ?? [];
  return /* @__PURE__ */ jsxs18(Window, { title: step2.title, onClose, isWide: true, children: [
    step2.text,
    answer ? /* @__PURE__ */ jsxs18("div", { role: "status", className: "stack tight", children: [
      !findings.some((finding) => finding.severity === "error") && /* @__PURE__ */ jsx18("ul", { children: sentencesOf(answer).map((text) => /* @__PURE__ */ jsx18("li", { children: /* @__PURE__ */ jsx18("strong", { children: text }) }, text)) }),
      /* @__PURE__ */ jsx18(Findings, { findings })
    ] }) : /* @__PURE__ */ jsxs18("div", { className: "reason-ticket", children: [
      /* @__PURE__ */ jsxs18(TextField4, { className: "field", value: reason, onChange: setReason, isRequired: true, autoFocus: true, onKeyDown: (key) => key.key === "Enter" && void run(), children: [
        /* @__PURE__ */ jsx18(Label4, { children: "Why? It is kept with your name." }),
        /* @__PURE__ */ jsx18(Input4, { className: "input", placeholder: "for example: the laboratory sends units now" })
      ] }),
      /* @__PURE__ */ jsxs18(TextField4, { className: "field", value: ticket, onChange: setTicket, onKeyDown: (key) => key.key === "Enter" && void run(), children: [
        /* @__PURE__ */ jsx18(Label4, { children: "Ticket" }),
        /* @__PURE__ */ jsx18(Input4, { className: "input", placeholder: "LAB-71" })
      ] })
    ] }),
    problem && /* @__PURE__ */ jsxs18(Notice, { level: "warning", title: "Not done; what runs is as it was", children: [
      problem.message,
      " ",
      /* @__PURE__ */ jsx18(ErrorCode, { code: problem.code })
    ] }),
    /* @__PURE__ */ jsxs18("div", { className: "buttons", children: [
      /* @__PURE__ */ jsx18(Button, { onPress: onClose, children: answer ? "Close" : "Cancel" }),
      !answer && /* @__PURE__ */ jsx18(Button, { kind: "first", isDisabled: !reason.trim() || isRunning, onPress: () => void run(), children: isRunning ? "Working…" : step2.button })
    ] })
  ] });
}

// src/screens/changes/Versions.tsx
import { useState as useState15 } from "./vendor.js";
import { jsx as jsx19, jsxs as jsxs19 } from "./vendor.js";
var SIGNED = { valid: "Valid", wrong: "Not as it was signed", missing: "Not signed" };
function BackText({ id }) {
  const { value, problem } = useAnswer(id, (signal) => planBack(id, signal));
  return /* @__PURE__ */ jsxs19("div", { className: "stack tight", children: [
    /* @__PURE__ */ jsx19("p", { children: "The files become those of that version and are put into force, as a version of its own. Messages that wait are sent by the version in force then; nothing is lost." }),
    problem ? /* @__PURE__ */ jsx19(Trouble, { problem, what: "What would differ" }) : !value ? /* @__PURE__ */ jsx19("p", { className: "quiet", children: "Comparing…" }) : value.files.length === 0 ? /* @__PURE__ */ jsx19("p", { className: "quiet", children: "The files are those of that version." }) : /* @__PURE__ */ jsx19(Files, { files: value.files })
  ] });
}
function Versions({ answer, isLocked, again }) {
  const may = useMay();
  const [open, setOpen] = useState15();
  const versions = answer.value?.versions ?? [];
  return /* @__PURE__ */ jsxs19(Card, { title: "In force before", more: answer.value && /* @__PURE__ */ jsxs19("span", { className: "quiet", children: [
    plural(versions.length, "version"),
    ", the newest first"
  ] }), children: [
    answer.problem ? /* @__PURE__ */ jsx19(Trouble, { problem: answer.problem, what: "The versions", again: answer.again }) : versions.length === 0 ? /* @__PURE__ */ jsx19(Empty, { title: "No change was put into force yet", children: "What runs now is kept with the first change, so that it can be gone back to." }) : /* @__PURE__ */ jsxs19("table", { className: "table", children: [
      /* @__PURE__ */ jsx19("thead", { children: /* @__PURE__ */ jsxs19("tr", { children: [
        /* @__PURE__ */ jsx19("th", { scope: "col", children: "Since" }),
        /* @__PURE__ */ jsx19("th", { scope: "col", children: "By" }),
        /* @__PURE__ */ jsx19("th", { scope: "col", children: "Why" }),
        /* @__PURE__ */ jsx19("th", { scope: "col", children: "Ticket" }),
        /* @__PURE__ */ jsx19("th", { scope: "col", children: "Environment" }),
        /* @__PURE__ */ jsx19("th", { scope: "col", children: "Signature" }),
        /* @__PURE__ */ jsx19("th", { scope: "col", children: /* @__PURE__ */ jsx19("span", { className: "hidden-but-read", children: "Way back" }) })
      ] }) }),
      /* @__PURE__ */ jsx19("tbody", { children: versions.map((version) => /* @__PURE__ */ jsxs19("tr", { children: [
        /* @__PURE__ */ jsx19("td", { className: "nowrap", children: moment(version.at) }),
        /* @__PURE__ */ jsx19("td", { children: version.by || "–" }),
        /* @__PURE__ */ jsxs19("td", { children: [
          !version.was_in_force && /* @__PURE__ */ jsx19("span", { className: "quiet", children: "Put aside: " }),
          version.reason || /* @__PURE__ */ jsx19("span", { className: "quiet", children: "no reason was given" })
        ] }),
        /* @__PURE__ */ jsx19("td", { className: "mono", children: version.ticket }),
        /* @__PURE__ */ jsx19("td", { children: version.environment || "–" }),
        /* @__PURE__ */ jsx19("td", { children: /* @__PURE__ */ jsxs19("span", { className: `state ${version.signature === "valid" ? "good" : "bad"}`, children: [
          /* @__PURE__ */ jsx19(Icon, { name: version.signature === "valid" ? "good" : "bad" }),
          " ",
          SIGNED[version.signature]
        ] }) }),
        /* @__PURE__ */ jsx19("td", { children: /* @__PURE__ */ jsx19("div", { className: "buttons end", children: version.is_newest ? /* @__PURE__ */ jsxs19("span", { className: "state good", children: [
          /* @__PURE__ */ jsx19(Icon, { name: "good" }),
          " The newest"
        ] }) : may("apply") && !isLocked && version.signature === "valid" && /* @__PURE__ */ jsx19(Button, { onPress: () => setOpen(version), "aria-label": `Go back to the version of ${moment(version.at)}`, children: "Go back…" }) }) })
      ] }, version.id)) })
    ] }),
    open && /* @__PURE__ */ jsx19(
      PutIntoForce,
      {
        step: { title: `Go back to the version of ${moment(open.at)}`, text: /* @__PURE__ */ jsx19(BackText, { id: open.id }), button: "Go back", run: (why) => goBack(open.id, why) },
        onClose: () => {
          setOpen(void 0);
          again();
        }
      }
    )
  ] });
}

// src/screens/changes/Changes.tsx
import { Fragment as Fragment9, jsx as jsx20, jsxs as jsxs20 } from "./vendor.js";
var SAFE = "Messages that are under way end in the version they began in; new ones take the new version. An interface whose file has a mistake goes on as it is.";
var Safe = ({ plan: plan2 }) => /* @__PURE__ */ jsxs20("p", { children: [
  plan2.environment && /* @__PURE__ */ jsxs20(Fragment9, { children: [
    "In the environment ",
    /* @__PURE__ */ jsx20("strong", { children: plan2.environment }),
    ".",
    " "
  ] }),
  SAFE
] });
function Proposals({ changes, onApply, again }) {
  const may = useMay();
  const { me } = useSession();
  const [problem, setProblem] = useState16();
  const agree = async (change2) => {
    try {
      await approve(change2.id);
      setProblem(void 0);
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
    again();
  };
  return /* @__PURE__ */ jsxs20(Fragment9, { children: [
    problem && /* @__PURE__ */ jsxs20(Notice, { level: "warning", title: "Not approved", children: [
      problem.message,
      " ",
      /* @__PURE__ */ jsx20(ErrorCode, { code: problem.code })
    ] }),
    /* @__PURE__ */ jsxs20("table", { className: "table", children: [
      /* @__PURE__ */ jsx20("thead", { children: /* @__PURE__ */ jsxs20("tr", { children: [
        /* @__PURE__ */ jsx20("th", { scope: "col", children: "State" }),
        /* @__PURE__ */ jsx20("th", { scope: "col", children: "Change" }),
        /* @__PURE__ */ jsx20("th", { scope: "col", children: "Proposed" }),
        /* @__PURE__ */ jsx20("th", { scope: "col", children: "What happens" }),
        /* @__PURE__ */ jsx20("th", { scope: "col", children: /* @__PURE__ */ jsx20("span", { className: "hidden-but-read", children: "What you may do" }) })
      ] }) }),
      /* @__PURE__ */ jsx20("tbody", { children: changes.map((change2) => /* @__PURE__ */ jsxs20("tr", { children: [
        /* @__PURE__ */ jsx20("td", { children: /* @__PURE__ */ jsxs20("span", { className: `state ${change2.applied_by ? "note" : change2.approved_by ? "good" : "warn"}`, children: [
          /* @__PURE__ */ jsx20(Icon, { name: change2.approved_by || change2.applied_by ? "good" : "warn" }),
          change2.applied_by ? `In force, by ${change2.applied_by}` : change2.approved_by ? `Approved by ${change2.approved_by}` : "Waits for approval"
        ] }) }),
        /* @__PURE__ */ jsx20("td", { children: change2.title }),
        /* @__PURE__ */ jsxs20("td", { className: "nowrap", children: [
          moment(change2.made),
          " ",
          /* @__PURE__ */ jsxs20("span", { className: "quiet", children: [
            "by ",
            change2.by
          ] })
        ] }),
        /* @__PURE__ */ jsx20("td", { children: /* @__PURE__ */ jsx20(PlanShort, { plan: change2.plan }) }),
        /* @__PURE__ */ jsx20("td", { children: /* @__PURE__ */ jsxs20("div", { className: "buttons end", children: [
          !change2.approved_by && !change2.applied_by && may("approve") && me?.name !== change2.by && /* @__PURE__ */ jsx20(Button, { "aria-label": `Approve ${change2.title}`, onPress: () => void agree(change2), children: "Approve" }),
          !change2.applied_by && may("apply") && /* @__PURE__ */ jsx20(Button, { "aria-label": `Put ${change2.title} into force`, onPress: () => onApply(change2), children: "Put into force…" })
        ] }) })
      ] }, change2.id)) })
    ] })
  ] });
}
function Changes() {
  const { status, problem } = useLive();
  const may = useMay();
  const plan2 = useAnswer(may("propose") ? "plan" : null, readPlan);
  const changes = useAnswer("changes", readChanges);
  const versions = useAnswer("versions", readVersions);
  const [step2, setStep] = useState16();
  const [isProposing, setProposing] = useState16(false);
  if (!status) return /* @__PURE__ */ jsx20(Page, { title: "Changes", children: problem ? /* @__PURE__ */ jsx20(Trouble, { problem, what: "The engine" }) : /* @__PURE__ */ jsx20(Empty, { title: "Asking the engine…" }) });
  const needsSecond = changes.value?.four_eyes ?? false;
  const again = () => {
    plan2.again();
    changes.again();
    versions.again();
  };
  const close = () => {
    setStep(void 0);
    again();
  };
  const now2 = plan2.value;
  const isSomething = now2 !== void 0 && (now2.interfaces.length > 0 || (now2.files?.length ?? 0) > 0);
  return /* @__PURE__ */ jsxs20(
    Page,
    {
      title: "Changes",
      about: needsSecond ? "two persons: one proposes, another approves" : "what lies in the workspace, and what runs",
      actions: /* @__PURE__ */ jsxs20(Fragment9, { children: [
        /* @__PURE__ */ jsx20(Button, { icon: "again", onPress: again, children: "Look again" }),
        may("propose") && /* @__PURE__ */ jsx20(Button, { kind: needsSecond && isSomething ? "first" : "", isDisabled: !now2, onPress: () => setProposing(true), children: "Propose…" }),
        may("apply") && !needsSecond && now2 && /* @__PURE__ */ jsx20(Button, { kind: isSomething ? "first" : "", onPress: () => setStep({ title: "Put the files of the workspace into force", text: /* @__PURE__ */ jsx20(Safe, { plan: now2 }), button: "Put into force", run: (why) => applyFiles(why, now2.fingerprint) }), children: "Put into force…" })
      ] }),
      children: [
        may("propose") && /* @__PURE__ */ jsx20(Card, { title: "What would change now", more: now2 && /* @__PURE__ */ jsxs20("span", { className: "quiet", children: [
          now2.environment && `environment ${now2.environment} · `,
          /* @__PURE__ */ jsx20("code", { children: now2.fingerprint.slice(0, 16) })
        ] }), children: /* @__PURE__ */ jsx20("div", { className: "inside", children: plan2.problem ? /* @__PURE__ */ jsx20(Trouble, { problem: plan2.problem, what: "The plan", again: plan2.again }) : now2 ? /* @__PURE__ */ jsx20(PlanView, { plan: now2 }) : /* @__PURE__ */ jsx20("p", { children: "Reading the workspace, and running stored messages through both versions…" }) }) }),
        /* @__PURE__ */ jsx20(Versions, { answer: versions, isLocked: needsSecond, again }),
        /* @__PURE__ */ jsx20(Card, { title: "Proposed", more: changes.value && /* @__PURE__ */ jsx20("span", { className: "quiet", children: plural(changes.value.changes.length, "change") }), children: changes.problem ? /* @__PURE__ */ jsx20(Trouble, { problem: changes.problem, what: "Proposed changes", again: changes.again }) : !changes.value ? /* @__PURE__ */ jsx20(Empty, { title: "Reading…" }) : changes.value.changes.length === 0 ? /* @__PURE__ */ jsx20(Empty, { title: "Nothing is proposed" }) : /* @__PURE__ */ jsx20(Proposals, { changes: changes.value.changes, again: changes.again, onApply: (change2) => setStep({ title: `Put “${change2.title}” into force`, text: /* @__PURE__ */ jsx20("p", { children: SAFE }), button: "Put into force", run: (why) => applyChange(change2.id, why) }) }) }),
        /* @__PURE__ */ jsx20(Card, { title: "What runs", more: /* @__PURE__ */ jsx20("span", { className: "quiet", children: "a version is a hash over the interface, its maps, its tables and the environment" }), children: /* @__PURE__ */ jsxs20("table", { className: "table", children: [
          /* @__PURE__ */ jsx20("thead", { children: /* @__PURE__ */ jsxs20("tr", { children: [
            /* @__PURE__ */ jsx20("th", { scope: "col", children: "State" }),
            /* @__PURE__ */ jsx20("th", { scope: "col", children: "Interface" }),
            /* @__PURE__ */ jsx20("th", { scope: "col", children: "Running version" })
          ] }) }),
          /* @__PURE__ */ jsx20("tbody", { children: status.engine.interfaces.map((one) => /* @__PURE__ */ jsxs20("tr", { children: [
            /* @__PURE__ */ jsx20("td", { children: /* @__PURE__ */ jsx20(State, { of: health(one.state) }) }),
            /* @__PURE__ */ jsxs20("td", { children: [
              /* @__PURE__ */ jsx20(Link, { to: interfaceAt(one.name, "text"), "data-row": true, children: one.title }),
              " ",
              /* @__PURE__ */ jsx20("span", { className: "quiet", children: one.name })
            ] }),
            /* @__PURE__ */ jsx20("td", { className: "mono", children: one.version })
          ] }, one.name)) })
        ] }) }),
        step2 && /* @__PURE__ */ jsx20(PutIntoForce, { step: step2, onClose: close }),
        isProposing && /* @__PURE__ */ jsx20(
          AskWhy,
          {
            onClose: () => {
              setProposing(false);
              changes.again();
            },
            act: {
              title: "Propose the workspace as it lies there now",
              text: now2 ? /* @__PURE__ */ jsx20(PlanShort, { plan: now2 }) : "",
              button: "Propose",
              example: "for example: ticket 4711, the new ward W7",
              run: async (reason) => void await propose(reason, reason)
            }
          }
        )
      ]
    }
  );
}

// src/screens/overview/InterfaceTable.tsx
import { memo as memo3 } from "./vendor.js";

// src/ui/seen.ts
import { useCallback as useCallback2, useRef, useState as useState17 } from "./vendor.js";
var NEAR_PX = 200;
function useSeen() {
  const [seen, setSeen] = useState17(/* @__PURE__ */ new Set());
  const observer = useRef(null);
  const hold = useCallback2((element) => {
    if (!element) return void 0;
    observer.current ??= new IntersectionObserver(
      (changes) => setSeen((before) => {
        const next = new Set(before);
        for (const { target, isIntersecting } of changes) {
          const name = target.dataset.name ?? "";
          if (isIntersecting) next.add(name);
          else next.delete(name);
        }
        return next;
      }),
      { rootMargin: `${NEAR_PX}px` }
    );
    observer.current.observe(element);
    return () => {
      observer.current?.unobserve(element);
      setSeen((before) => before.has(element.dataset.name ?? "") ? new Set([...before].filter((name) => name !== element.dataset.name)) : before);
    };
  }, []);
  return [hold, seen];
}

// src/ui/Sparkline.tsx
import { memo as memo2 } from "./vendor.js";
import { Fragment as Fragment10, jsx as jsx21, jsxs as jsxs21 } from "./vendor.js";
var Sparkline = memo2(function Sparkline2({ values, width = 96, height = 26, tone = "" }) {
  const top = Math.max(...values, 0.1);
  const step2 = width / (windowOf(values.length) - 1);
  const left = width - (values.length - 1) * step2;
  const points = values.map((value, at3) => `${(left + at3 * step2).toFixed(1)},${(height - 1 - value / top * (height - 3)).toFixed(1)}`);
  const newest = values.at(-1) ?? 0;
  const label = values.length ? `now ${rate(newest)} a second, most ${rate(Math.max(...values))}` : "no figures yet";
  return /* @__PURE__ */ jsxs21("svg", { className: `spark ${tone}`, width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, children: [
    /* @__PURE__ */ jsx21("line", { className: "floor", x1: "0", x2: width, y1: height - 0.5, y2: height - 0.5 }),
    points.length > 1 && /* @__PURE__ */ jsxs21(Fragment10, { children: [
      /* @__PURE__ */ jsx21("polygon", { className: "area", points: `${left.toFixed(1)},${height - 1} ${points.join(" ")} ${width},${height - 1}` }),
      /* @__PURE__ */ jsx21("polyline", { className: "edge", points: points.join(" ") })
    ] })
  ] });
});

// src/screens/overview/row.ts
var UNSEEN_S = 20;
function isStillTrue(drawn, next) {
  const isSame = drawn.one.state === next.one.state && drawn.one.title === next.one.title && drawn.one.counts.parked === next.one.counts.parked;
  return !next.isSeen && isSame && next.now - drawn.now < UNSEEN_S * 1e6;
}

// src/screens/overview/InterfaceTable.tsx
import { jsx as jsx22, jsxs as jsxs22 } from "./vendor.js";
var ORDER3 = ["failing", "held", "silent", "paused", "retired", "ok"];
function sorted(interfaces) {
  return [...interfaces].sort((a, b) => ORDER3.indexOf(a.state) - ORDER3.indexOf(b.state) || a.critical - b.critical || a.title.localeCompare(b.title));
}
var Row = memo3(function Row2({ one, values, now: now2, hold }) {
  const queued = one.destinations.reduce((sum, to) => sum + to.queued, 0);
  const failed = one.destinations.reduce((sum, to) => sum + to.failed, 0);
  const oldest = Math.min(...one.destinations.map((to) => to.oldest ?? Number.POSITIVE_INFINITY));
  const newest = values.slice(-5);
  const speed = newest.length ? newest.reduce((sum, value) => sum + value, 0) / newest.length : 0;
  return /* @__PURE__ */ jsxs22("tr", { ref: hold, "data-name": one.name, children: [
    /* @__PURE__ */ jsx22("td", { children: /* @__PURE__ */ jsx22(State, { of: health(one.state) }) }),
    /* @__PURE__ */ jsxs22("td", { className: "cut", children: [
      /* @__PURE__ */ jsx22(Link, { to: interfaceAt(one.name), "data-row": true, children: one.title }),
      " ",
      /* @__PURE__ */ jsxs22("span", { className: "quiet", children: [
        one.name,
        " · ",
        one.connector === "interface" ? "fed by interfaces" : `${one.connector} ${one.address?.replace(/^.*:/, "") ?? ""}`
      ] })
    ] }),
    /* @__PURE__ */ jsx22("td", { children: /* @__PURE__ */ jsx22(Sparkline, { values, tone: one.state === "failing" ? "bad" : speed === 0 ? "idle" : "" }) }),
    /* @__PURE__ */ jsx22("td", { className: "right number", children: newest.length ? rate(speed) : /* @__PURE__ */ jsx22("span", { className: "quiet", children: "…" }) }),
    /* @__PURE__ */ jsx22("td", { className: "right number", children: queued > 0 ? /* @__PURE__ */ jsx22(Link, { to: messagesAt(`interface:${one.name} state:in_flight`), title: Number.isFinite(oldest) ? `the oldest since ${utc(oldest)}` : void 0, children: count(queued) }) : "0" }),
    /* @__PURE__ */ jsx22("td", { className: "right number", children: queued > 0 && Number.isFinite(oldest) ? span((now2 - oldest) / 1e6) : /* @__PURE__ */ jsx22("span", { className: "quiet", children: "–" }) }),
    /* @__PURE__ */ jsx22("td", { className: "right number", children: one.counts.parked > 0 ? /* @__PURE__ */ jsx22(Link, { to: messagesAt(`interface:${one.name} state:parked`), className: "bad", children: count(one.counts.parked) }) : /* @__PURE__ */ jsx22("span", { className: "quiet", children: "–" }) }),
    /* @__PURE__ */ jsx22("td", { className: "right number", children: failed > 0 ? count(failed) : /* @__PURE__ */ jsx22("span", { className: "quiet", children: "–" }) }),
    /* @__PURE__ */ jsx22("td", { className: "right number nowrap", children: ago(one.last_received, now2) })
  ] });
}, isStillTrue);
function InterfaceTable({ live: live2, interfaces }) {
  const now2 = live2.status?.engine.at ?? 0;
  const [hold, seen] = useSeen();
  return /* @__PURE__ */ jsx22("div", { className: "scroll-x", children: /* @__PURE__ */ jsxs22("table", { className: "table interfaces", children: [
    /* @__PURE__ */ jsx22("thead", { children: /* @__PURE__ */ jsxs22("tr", { children: [
      /* @__PURE__ */ jsx22("th", { scope: "col", children: "State" }),
      /* @__PURE__ */ jsx22("th", { scope: "col", children: "Interface" }),
      /* @__PURE__ */ jsx22("th", { scope: "col", title: "Messages a second since this page was opened, at most two minutes", children: "Recent rate" }),
      /* @__PURE__ */ jsx22("th", { scope: "col", className: "right", children: "a second" }),
      /* @__PURE__ */ jsx22("th", { scope: "col", className: "right", children: "Waiting" }),
      /* @__PURE__ */ jsx22("th", { scope: "col", className: "right", children: "Oldest" }),
      /* @__PURE__ */ jsx22("th", { scope: "col", className: "right", children: "Parked" }),
      /* @__PURE__ */ jsx22("th", { scope: "col", className: "right", title: "Attempts that failed since the engine started", children: "Failed tries" }),
      /* @__PURE__ */ jsx22("th", { scope: "col", className: "right", children: "Last message" })
    ] }) }),
    /* @__PURE__ */ jsx22("tbody", { children: sorted(interfaces).map((one) => /* @__PURE__ */ jsx22(Row, { one, values: live2.rates.get(one.name) ?? [], now: now2, isSeen: seen.has(one.name), hold }, one.name)) })
  ] }) });
}

// src/screens/interface/InterfaceList.tsx
import { jsx as jsx23 } from "./vendor.js";
function InterfaceList() {
  const live2 = useLive();
  const { words: words3 } = useAddress();
  const wanted2 = (words3.get("find") ?? "").toLowerCase();
  const all = live2.status?.engine.interfaces ?? [];
  const found = all.filter((one) => [one.name, one.title, one.state, one.connector, ...one.destinations.map((to) => to.name)].some((text) => text.toLowerCase().includes(wanted2)));
  return /* @__PURE__ */ jsx23(
    Page,
    {
      title: "Interfaces",
      about: wanted2 ? `${found.length} of ${plural(all.length, "interface")}` : plural(all.length, "interface"),
      actions: /* @__PURE__ */ jsx23("input", { className: "input narrow", "aria-label": "Narrow by name, state, connector or destination", placeholder: "Narrow: name, state, destination", value: words3.get("find") ?? "", onChange: (change2) => setWords({ find: change2.target.value || void 0 }, { replace: true }) }),
      children: /* @__PURE__ */ jsx23(Card, { children: found.length > 0 || !live2.status ? /* @__PURE__ */ jsx23(InterfaceTable, { live: live2, interfaces: found }) : /* @__PURE__ */ jsx23(Empty, { title: "No interface of this name" }) })
    }
  );
}

// src/screens/interface/OneInterface.tsx
import { useState as useState19 } from "./vendor.js";
import { Tab as Tab2, TabList as TabList2, TabPanel as TabPanel2, Tabs as Tabs2 } from "./vendor.js";

// src/ui/Code.tsx
import { useMemo as useMemo4 } from "./vendor.js";

// src/flow/highlight.ts
var PIECE = /(#.*$)|("(?:[^"\\]|\\.)*")|(\b[A-Z][A-Z0-9]{2}(?:\[\d*\])?-\d+(?:\[[^\]]*\])?(?:\.\d+)*)|(\b\d+(?:ms|s|m|h|d|kb|mb|KB|MB)?\b)/g;
var WORD = /^(\s*)([a-z][a-z-]*)/;
function piecesOf(line) {
  const out = [];
  const first = WORD.exec(line);
  let at3 = 0;
  if (first && !line.trimStart().startsWith("#")) {
    if (first[1]) out.push({ text: first[1], tone: "" });
    out.push({ text: first[2] ?? "", tone: "word" });
    at3 = first[0].length;
  }
  PIECE.lastIndex = at3;
  for (let found = PIECE.exec(line); found; found = PIECE.exec(line)) {
    if (found.index > at3) out.push({ text: line.slice(at3, found.index), tone: "" });
    const tone = found[1] ? "comment" : found[2] ? "text" : found[3] ? "path" : "number";
    out.push({ text: found[0], tone });
    at3 = found.index + found[0].length;
  }
  if (at3 < line.length) out.push({ text: line.slice(at3), tone: "" });
  return out;
}

// src/ui/Code.tsx
import { jsx as jsx24, jsxs as jsxs23 } from "./vendor.js";
function Code({ text, label }) {
  const lines = useMemo4(() => text.replace(/\n$/, "").split("\n").map(piecesOf), [text]);
  return /* @__PURE__ */ jsx24("div", { className: "code", tabIndex: 0, role: "group", "aria-label": label, children: lines.map((pieces, at3) => /* @__PURE__ */ jsxs23("div", { className: "code-line", children: [
    /* @__PURE__ */ jsx24("span", { className: "code-number", "aria-hidden": "true", children: at3 + 1 }),
    /* @__PURE__ */ jsx24("span", { children: pieces.length ? pieces.map((piece, part) => piece.tone ? /* @__PURE__ */ jsx24("span", { className: `code-${piece.tone}`, children: piece.text }, part) : piece.text) : " " })
  ] }, at3)) });
}

// src/ui/DrawnMap.tsx
import { useMemo as useMemo5 } from "./vendor.js";

// src/flow/lines.ts
function uncommented(line) {
  let isQuoted = false;
  for (let at3 = 0; at3 < line.length; at3 += 1) {
    if (line[at3] === '"' && line[at3 - 1] !== "\\") isQuoted = !isQuoted;
    else if (line[at3] === "#" && !isQuoted) return [line.slice(0, at3).trim(), line.slice(at3 + 1).trim()];
  }
  return [line.trim(), ""];
}
function parts(text, mark) {
  const out = [""];
  let depth = 0;
  let isQuoted = false;
  for (let at3 = 0; at3 < text.length; at3 += 1) {
    const letter = text[at3] ?? "";
    if (letter === '"' && text[at3 - 1] !== "\\") isQuoted = !isQuoted;
    if (!isQuoted && "([".includes(letter)) depth += 1;
    if (!isQuoted && ")]".includes(letter)) depth -= 1;
    if (!isQuoted && depth === 0 && text.startsWith(mark, at3)) {
      out.push("");
      at3 += mark.length - 1;
    } else out[out.length - 1] += letter;
  }
  return out.map((part) => part.trim());
}
function drawnOf(text) {
  const out = [];
  let depth = 0;
  text.split("\n").forEach((raw, index) => {
    const [code, comment] = uncommented(raw);
    if (!code && !comment) return;
    const base = { line: index + 1, depth, kind: "note", from: "", chips: [], to: "", when: "", text: code, comment };
    if (/^\}/.test(code)) {
      depth = Math.max(depth - 1, 0);
      if (code === "}") return;
    }
    const opens = code.endsWith("{");
    const body = opens ? code.slice(0, -1).trim() : code;
    const [target, ...rest] = parts(body, " = ");
    const isLine = rest.length > 0 && target !== void 0 && /^[A-Za-z]/.test(target) && !/^(when|each|keep|drop|map)\b/.test(target);
    if (isLine) {
      const [value = "", ...conditions] = parts(rest.join(" = "), " when ");
      const [from = "", ...chips] = parts(value, "|");
      out.push({ ...base, kind: "line", from, chips, to: target, when: conditions.join(" when "), text: "" });
    } else if (code) {
      out.push({ ...base, depth, kind: opens ? "block" : "note", text: body });
    } else {
      out.push(base);
    }
    if (opens) depth += 1;
  });
  return out;
}

// src/ui/DrawnMap.tsx
import { jsx as jsx25, jsxs as jsxs24 } from "./vendor.js";
var isFixed = (from) => /^("|[A-Z0-9_]+$)/.test(from) && !/-\d/.test(from);
function Line2({ one }) {
  return /* @__PURE__ */ jsxs24("div", { className: "drawn-line", tabIndex: 0, "data-row": true, role: "group", "aria-label": `line ${one.line}: ${one.to} from ${one.from}${one.chips.length ? ` through ${one.chips.join(", ")}` : ""}${one.when ? ` when ${one.when}` : ""}`, children: [
    /* @__PURE__ */ jsx25("span", { className: `drawn-end mono cut ${isFixed(one.from) ? "fixed" : ""}`, title: one.from, children: one.from }),
    /* @__PURE__ */ jsxs24("span", { className: "drawn-way", children: [
      one.chips.map((chip, at3) => /* @__PURE__ */ jsx25("span", { className: "chip mono", children: chip }, at3)),
      one.when && /* @__PURE__ */ jsxs24("span", { className: "chip condition", children: [
        "when ",
        one.when
      ] })
    ] }),
    /* @__PURE__ */ jsx25("span", { className: "drawn-end mono cut", title: one.to, children: one.to })
  ] });
}
function DrawnMap({ text, label }) {
  const lines = useMemo5(() => drawnOf(text), [text]);
  return /* @__PURE__ */ jsx25("div", { className: "drawn", role: "group", "aria-label": label, children: lines.map((one) => /* @__PURE__ */ jsxs24("div", { className: `drawn-row d${Math.min(one.depth, 4)}`, children: [
    /* @__PURE__ */ jsx25("span", { className: "code-number", "aria-hidden": "true", children: one.line }),
    /* @__PURE__ */ jsxs24("div", { children: [
      one.kind === "line" ? /* @__PURE__ */ jsx25(Line2, { one }) : one.text && /* @__PURE__ */ jsx25("span", { className: `mono ${one.kind === "block" ? "drawn-block" : ""}`, children: one.text }),
      one.comment && /* @__PURE__ */ jsx25("span", { className: "drawn-comment quiet", children: one.comment })
    ] })
  ] }, one.line)) });
}

// src/screens/overview/Attentions.tsx
import { jsx as jsx26, jsxs as jsxs25 } from "./vendor.js";
function ownerText({ owner }) {
  if (!owner) return "";
  const call = [owner.team, owner.oncall && `on call ${owner.oncall}`, owner.contact].filter(Boolean).join(", ");
  return call ? ` Owner: ${call}.` : "";
}
function Attentions({ items }) {
  return /* @__PURE__ */ jsx26("ul", { className: "stack tight", children: items.map((item) => /* @__PURE__ */ jsx26("li", { children: /* @__PURE__ */ jsxs25(
    Notice,
    {
      level: item.level,
      title: item.title,
      actions: item.links.map((link, at3) => /* @__PURE__ */ jsx26(Link, { to: link.to, className: "button", ...at3 === 0 ? { "data-row": true } : {}, children: link.label }, link.to)),
      children: [
        item.text,
        ownerText(item),
        " ",
        item.code && /* @__PURE__ */ jsx26(ErrorCode, { code: item.code })
      ]
    }
  ) }, item.id)) });
}

// src/screens/system/Balance.tsx
import { jsx as jsx27, jsxs as jsxs26 } from "./vendor.js";
var STATES = ["delivered", "filtered", "in_flight", "parked", "expired", "deleted"];
function Balance({ counts, query }) {
  const sum = STATES.reduce((total, state) => total + counts[state], 0);
  const difference = counts.accepted - sum;
  return /* @__PURE__ */ jsx27("table", { className: "balance", children: /* @__PURE__ */ jsxs26("tbody", { children: [
    /* @__PURE__ */ jsxs26("tr", { children: [
      /* @__PURE__ */ jsx27("th", { scope: "row", children: "Accepted" }),
      /* @__PURE__ */ jsx27("td", { className: "right number", children: count(counts.accepted) }),
      /* @__PURE__ */ jsx27("td", {})
    ] }),
    STATES.map((state) => {
      const share = counts.accepted > 0 ? counts[state] / counts.accepted : 0;
      return /* @__PURE__ */ jsxs26("tr", { children: [
        /* @__PURE__ */ jsx27("th", { scope: "row", children: /* @__PURE__ */ jsx27(State, { of: messageState(state) }) }),
        /* @__PURE__ */ jsx27("td", { className: "right number", children: counts[state] > 0 ? /* @__PURE__ */ jsx27(Link, { to: messagesAt(`${query} state:${state}`.trim()), children: count(counts[state]) }) : "0" }),
        /* @__PURE__ */ jsx27("td", { className: "balance-bar", children: /* @__PURE__ */ jsx27("svg", { width: "100%", height: "8", preserveAspectRatio: "none", viewBox: "0 0 100 8", "aria-hidden": "true", children: /* @__PURE__ */ jsx27("rect", { width: Math.max(share * 100, counts[state] > 0 ? 0.6 : 0), height: "8", className: messageState(state).tone }) }) })
      ] }, state);
    }),
    /* @__PURE__ */ jsxs26("tr", { children: [
      /* @__PURE__ */ jsx27("th", { scope: "row", children: "Difference" }),
      /* @__PURE__ */ jsx27("td", { className: `right number ${difference === 0 ? "good" : "bad"}`, children: count(difference) }),
      /* @__PURE__ */ jsx27("td", { className: difference === 0 ? "good" : "bad", children: difference === 0 ? "nothing is lost" : "not accounted for" })
    ] })
  ] }) });
}

// src/screens/interface/acts.ts
async function done(act) {
  await act;
  lookNow();
}
function intakeAct(one) {
  if (one.is_paused) {
    return { title: `Let ${one.title} receive again`, text: "Its source opens again and takes what senders kept.", button: "Resume intake", run: (reason) => done(resume({ interface: one.name, reason })) };
  }
  return {
    title: `Pause the intake of ${one.title}`,
    text: "No new message is taken: senders keep theirs and try again. What was accepted goes on to its destinations, so the queues drain. Nothing is lost.",
    button: "Pause intake",
    isDangerous: true,
    example: "for example: change 1182, the sender moves to a new host",
    run: (reason) => done(pause({ interface: one.name, reason }))
  };
}
function destinationAct(one, to) {
  if (to.is_paused) {
    return {
      title: `Let ${to.name} have messages again`,
      text: to.queued > 0 ? `${plural(to.queued, "message")} that ${to.queued === 1 ? "waits goes" : "wait go"} out in order.` : "Nothing waits.",
      button: "Resume",
      run: (reason) => done(resume({ interface: one.name, destination: to.name, reason }))
    };
  }
  return {
    title: `Pause ${to.name}`,
    text: `Messages for ${to.name} wait safely in order until somebody resumes it. Other destinations go on, and senders are not told.`,
    button: "Pause",
    isDangerous: true,
    example: "for example: maintenance of the receiver until 14:00",
    run: (reason) => done(pause({ interface: one.name, destination: to.name, reason }))
  };
}
function drainAct(one, to) {
  return {
    title: `Drain ${to.name}`,
    text: `What came up to now goes out in its order${to.queued > 0 ? ` (${plural(to.queued, "message")})` : ""}; what comes from now on waits here until somebody resumes it. Senders are not told, nothing is lost.`,
    button: "Drain",
    isDangerous: true,
    example: "for example: the receiver restarts at 14:00",
    run: (reason) => done(drain({ interface: one.name, destination: to.name, reason }))
  };
}
function letGoAct(one, to, count2) {
  return {
    title: `Let ${count2 === 1 ? "the next message" : `the next ${count2} messages`} go to ${to.name}`,
    text: `${count2 === 1 ? "It goes" : "They go"} out in order; the rest stays until somebody lets it go or resumes ${to.name}.`,
    button: "Let go",
    run: (reason) => done(release({ interface: one.name, destination: to.name, count: count2, reason }))
  };
}
function releaseAct(one, to) {
  return {
    title: `Release what is held at ${to.name}`,
    text: `${plural(to.held, "key")} ${to.held === 1 ? "waits" : "wait"} behind a message that was refused. Released, that message is tried again, and those behind it follow in order.`,
    button: "Release",
    run: async (reason) => {
      const answer = await release({ interface: one.name, destination: to.name, reason });
      lookNow();
      return `${plural(answer.released, "key")} released.`;
    }
  };
}

// src/screens/interface/Destinations.tsx
import { useState as useState18 } from "./vendor.js";
import { Menu, MenuItem, MenuTrigger, Popover } from "./vendor.js";

// src/screens/interface/Waiting.tsx
import { jsx as jsx28, jsxs as jsxs27 } from "./vendor.js";
var WORDS4 = {
  ready: { word: "Next", icon: "play", tone: "good" },
  "under way": { word: "Under way", icon: "moving", tone: "note" },
  "tried again": { word: "Tried again", icon: "expired", tone: "warn" },
  held: { word: "Held", icon: "held", tone: "bad" }
};
function Waiting({ one, to, now: now2, onClose }) {
  const { value, problem, again } = useAnswer(`${one.name} ${to.name}`, (signal) => readWaiting(one.name, to.name, signal));
  const query = `interface:${one.name} destination:${to.name} state:in_flight`;
  return /* @__PURE__ */ jsxs27(Window, { title: `What waits for ${to.name}`, onClose, isWide: true, children: [
    /* @__PURE__ */ jsxs27("p", { className: "quiet", children: [
      plural(to.queued, "message"),
      ", order ",
      to.order,
      ". Each line is the next of its key; those behind it follow in order."
    ] }),
    problem ? /* @__PURE__ */ jsx28(Trouble, { problem, what: "The queue", again }) : !value ? /* @__PURE__ */ jsx28(Empty, { title: "Reading…" }) : value.waiting.length === 0 ? /* @__PURE__ */ jsx28(Empty, { title: "Nothing waits any more" }) : /* @__PURE__ */ jsxs27("table", { className: "table", children: [
      /* @__PURE__ */ jsx28("thead", { children: /* @__PURE__ */ jsxs27("tr", { children: [
        /* @__PURE__ */ jsx28("th", { scope: "col", children: "State" }),
        /* @__PURE__ */ jsx28("th", { scope: "col", children: "Message" }),
        /* @__PURE__ */ jsx28("th", { scope: "col", children: "Accepted" }),
        /* @__PURE__ */ jsx28("th", { scope: "col", className: "right", children: "Waits for" }),
        /* @__PURE__ */ jsx28("th", { scope: "col", className: "right", children: "Behind it" })
      ] }) }),
      /* @__PURE__ */ jsx28("tbody", { children: value.waiting.map((row) => /* @__PURE__ */ jsxs27("tr", { children: [
        /* @__PURE__ */ jsx28("td", { children: /* @__PURE__ */ jsx28(State, { of: to.is_paused && row.why === "ready" ? { word: "Paused", icon: "paused", tone: "note" } : WORDS4[row.why] }) }),
        /* @__PURE__ */ jsx28("td", { className: "mono", children: /* @__PURE__ */ jsx28(Link, { to: `${messagesAt(query)}&id=${row.message}`, children: row.message }) }),
        /* @__PURE__ */ jsx28("td", { className: "mono", children: clockMillis(row.accepted) }),
        /* @__PURE__ */ jsx28("td", { className: "right number", children: span((now2 - row.accepted) / 1e6) }),
        /* @__PURE__ */ jsx28("td", { className: "right number", children: row.behind || "–" })
      ] }, `${row.message}/${row.number}`)) })
    ] }),
    /* @__PURE__ */ jsxs27("div", { className: "buttons", children: [
      /* @__PURE__ */ jsx28(Button, { onPress: again, children: "Look again" }),
      /* @__PURE__ */ jsx28(Link, { to: messagesAt(query), className: "button", children: "Find them as messages" }),
      /* @__PURE__ */ jsx28(Button, { onPress: onClose, children: "Close" })
    ] })
  ] });
}

// src/screens/interface/Destinations.tsx
import { jsx as jsx29, jsxs as jsxs28 } from "./vendor.js";
function offers(one, to) {
  const list = [{ id: "drain", label: "Drain…", act: drainAct(one, to) }];
  if (to.is_paused && to.queued > 0) {
    list.push({ id: "one", label: "Let the next one go…", act: letGoAct(one, to, 1) }, { id: "ten", label: "Let the next ten go…", act: letGoAct(one, to, 10) });
  }
  if (to.held > 0) list.push({ id: "release", label: "Release what is held…", act: releaseAct(one, to) });
  return list;
}
function Destinations({ one, now: now2 }) {
  const [act, setAct] = useState18();
  const [queue, setQueue] = useState18();
  const maySteer = useMay()("steer");
  return /* @__PURE__ */ jsxs28("div", { className: "scroll-x", children: [
    /* @__PURE__ */ jsxs28("table", { className: "table destinations", children: [
      /* @__PURE__ */ jsx29("thead", { children: /* @__PURE__ */ jsxs28("tr", { children: [
        /* @__PURE__ */ jsx29("th", { scope: "col", children: "State" }),
        /* @__PURE__ */ jsx29("th", { scope: "col", children: "Destination" }),
        /* @__PURE__ */ jsx29("th", { scope: "col", children: "Order" }),
        /* @__PURE__ */ jsx29("th", { scope: "col", className: "right", children: "Waiting" }),
        /* @__PURE__ */ jsx29("th", { scope: "col", className: "right", children: "Oldest" }),
        /* @__PURE__ */ jsx29("th", { scope: "col", className: "right", children: "Delivered" }),
        /* @__PURE__ */ jsx29("th", { scope: "col", className: "right", children: "Failed tries" }),
        /* @__PURE__ */ jsx29("th", { scope: "col", className: "right", children: "Last delivered" }),
        /* @__PURE__ */ jsx29("th", { scope: "col", children: /* @__PURE__ */ jsx29("span", { className: "hidden-but-read", children: "What you may do" }) })
      ] }) }),
      /* @__PURE__ */ jsx29("tbody", { children: one.destinations.map((to) => /* @__PURE__ */ jsxs28("tr", { children: [
        /* @__PURE__ */ jsx29("td", { children: /* @__PURE__ */ jsx29(State, { of: health(to.state) }) }),
        /* @__PURE__ */ jsxs28("td", { children: [
          to.connector === "interface" ? /* @__PURE__ */ jsx29(Link, { to: interfaceAt(to.address), "data-row": true, children: to.name }) : /* @__PURE__ */ jsx29(Link, { to: messagesAt(`interface:${one.name} destination:${to.name}`), "data-row": true, children: to.name }),
          " ",
          /* @__PURE__ */ jsxs28("span", { className: "quiet", children: [
            to.connector,
            " ",
            to.address
          ] }),
          to.state === "failing" && to.last_trouble && /* @__PURE__ */ jsxs28("div", { className: "bad", children: [
            to.last_trouble.reason.text,
            " ",
            /* @__PURE__ */ jsx29(ErrorCode, { code: to.last_trouble.reason.code }),
            to.probe_in_s !== null && ` · tried again in ${span(to.probe_in_s)}`
          ] }),
          to.state !== "failing" && to.last_trouble && /* @__PURE__ */ jsxs28("div", { className: "quiet", children: [
            "last trouble ",
            moment(to.last_trouble.at),
            ": ",
            to.last_trouble.reason.text
          ] })
        ] }),
        /* @__PURE__ */ jsxs28("td", { className: "quiet", children: [
          to.order,
          to.gives_up && ", gives up"
        ] }),
        /* @__PURE__ */ jsxs28("td", { className: "right number", children: [
          to.queued > 0 ? /* @__PURE__ */ jsx29("button", { type: "button", className: "as-link", onClick: () => setQueue(to), title: "In its order", children: count(to.queued) }) : "0",
          to.draining !== null && to.draining !== void 0 && /* @__PURE__ */ jsx29("div", { className: "quiet", children: to.draining > 0 ? `${count(to.draining)} to drain` : "drained" })
        ] }),
        /* @__PURE__ */ jsx29("td", { className: "right number", children: to.queued > 0 && to.oldest !== null ? span((now2 - to.oldest) / 1e6) : /* @__PURE__ */ jsx29("span", { className: "quiet", children: "–" }) }),
        /* @__PURE__ */ jsx29("td", { className: "right number", children: count(to.delivered) }),
        /* @__PURE__ */ jsx29("td", { className: "right number", children: to.failed ? count(to.failed) : /* @__PURE__ */ jsx29("span", { className: "quiet", children: "–" }) }),
        /* @__PURE__ */ jsx29("td", { className: "right number nowrap", children: ago(to.last_delivered, now2) }),
        /* @__PURE__ */ jsx29("td", { children: /* @__PURE__ */ jsxs28("div", { className: "buttons end", children: [
          maySteer && to.held > 0 && /* @__PURE__ */ jsxs28(Button, { onPress: () => setAct(releaseAct(one, to)), children: [
            "Release ",
            count(to.held),
            "…"
          ] }),
          maySteer && /* @__PURE__ */ jsx29(Button, { icon: to.is_paused ? "play" : "paused", "aria-label": `${to.is_paused ? "Resume" : "Pause"} ${to.name}`, onPress: () => setAct(destinationAct(one, to)), children: to.is_paused ? "Resume…" : "Pause…" }),
          maySteer && /* @__PURE__ */ jsxs28(MenuTrigger, { children: [
            /* @__PURE__ */ jsx29(Button, { kind: "plain square", icon: "down", "aria-label": `More about ${to.name}` }),
            /* @__PURE__ */ jsx29(Popover, { className: "popover", placement: "bottom end", children: /* @__PURE__ */ jsx29(Menu, { className: "menu", items: offers(one, to), onAction: (key) => setAct(offers(one, to).find((offer) => offer.id === key)?.act), children: (offer) => /* @__PURE__ */ jsx29(MenuItem, { className: "menu-item", children: offer.label }) }) })
          ] })
        ] }) })
      ] }, to.name)) })
    ] }),
    act && /* @__PURE__ */ jsx29(AskWhy, { act, onClose: () => setAct(void 0) }),
    queue && /* @__PURE__ */ jsx29(Waiting, { one, to: one.destinations.find((to) => to.name === queue.name) ?? queue, now: now2, onClose: () => setQueue(void 0) })
  ] });
}

// src/screens/interface/runbook.ts
var URGENCY = {
  1: "Somebody is woken for it.",
  2: "It is looked at the same day.",
  3: "It can wait for the next working day."
};
var urgency = (critical) => URGENCY[critical] ?? "";
function reach(connector, address) {
  const place2 = /^([^\s/]+):(\d+)$/.exec(address);
  if (connector === "interface") return [`sinew message --help   # it is inside: look at the interface ${address}`];
  return place2 ? [`nc -vz ${place2[1]} ${place2[2]}`] : [];
}
function checksOf(one, text) {
  const outside = one.destinations.filter((to) => to.connector !== "interface");
  const checks = [
    { question: "Does it run, and does anything wait?", how: "The state of the interface and of each destination; what is not well says why.", commands: ["sinew status", `sinew queues`] },
    {
      question: "Does it receive?",
      how: one.connector === "interface" ? "Other interfaces feed it; look at those first." : `It listens on ${one.address ?? "its source"}. ${one.peers > 0 ? "Senders are connected now." : "No sender is connected now: call who runs the sender."}`,
      commands: [`sinew messages 'interface:${one.name} since:30m'`]
    },
    {
      question: "Do the receivers answer?",
      how: "From the machine of the engine. A receiver that is down holds up only its own queue; messages wait in order.",
      commands: outside.flatMap((to) => reach(to.connector, to.address)).filter((line, at3, all) => all.indexOf(line) === at3)
    },
    {
      question: "Does something wait for a person?",
      how: "Parked messages say why. Mend the cause, then retry; or delete with a reason.",
      commands: [`sinew messages 'interface:${one.name} state:parked'`, "sinew explain ID"]
    },
    {
      question: "Was it changed?",
      how: text ? `The running version is ${text.version}, from ${text.file}.` : `The running version is ${one.version}.`,
      commands: ["git log -5 --stat", `sinew check`, `sinew test`]
    }
  ];
  return checks;
}

// src/screens/interface/Tests.tsx
import { Fragment as Fragment11, jsx as jsx30, jsxs as jsxs29 } from "./vendor.js";
var PASSED = { word: "Passed", icon: "good", tone: "good" };
var FAILED = { word: "Failed", icon: "bad", tone: "bad" };
function Details({ test }) {
  const { differences: differences2, file, state } = test.recorded;
  return /* @__PURE__ */ jsxs29(Fragment11, { children: [
    test.failures.map((failure) => /* @__PURE__ */ jsxs29("p", { children: [
      /* @__PURE__ */ jsxs29("code", { className: "quiet", children: [
        failure.file,
        ":",
        failure.line
      ] }),
      " ",
      "expected ",
      failure.expected,
      "; ",
      /* @__PURE__ */ jsx30("span", { className: "bad", children: failure.found })
    ] }, `${failure.line} ${failure.expected}`)),
    state === "differs" && /* @__PURE__ */ jsxs29("p", { children: [
      /* @__PURE__ */ jsx30("code", { className: "quiet", children: file }),
      " ",
      /* @__PURE__ */ jsxs29("span", { className: "bad", children: [
        plural(differences2.length, "place"),
        " differ from what was recorded:"
      ] }),
      " ",
      differences2.map((one) => one.path).join(", ")
    ] }),
    test.notes.map((note) => /* @__PURE__ */ jsxs29("p", { className: "quiet", children: [
      note.path,
      " ",
      note.message,
      " ",
      /* @__PURE__ */ jsx30("code", { children: note.code })
    ] }, `${note.code} ${note.path}`))
  ] });
}
function Tests2({ name }) {
  const { value, problem, isLoading, again } = useAnswer(`test ${name}`, () => runTests(name));
  if (problem) return /* @__PURE__ */ jsx30(Trouble, { problem, what: "The tests", again });
  if (!value) return /* @__PURE__ */ jsx30(Empty, { title: "Running…" });
  return /* @__PURE__ */ jsx30(
    Card,
    {
      title: value.failed === 0 ? `All ${value.passed} passed` : `${value.failed} failed, ${value.passed} passed`,
      more: /* @__PURE__ */ jsxs29(Fragment11, { children: [
        /* @__PURE__ */ jsx30("span", { className: "quiet", children: "over the files as they are now; nothing is sent" }),
        /* @__PURE__ */ jsx30(Button, { kind: "plain", icon: "again", isDisabled: isLoading, onPress: again, children: "Run again" })
      ] }),
      children: value.tests.length === 0 ? /* @__PURE__ */ jsxs29(Empty, { title: "This interface has no test", children: [
        "Write one beside it: ",
        /* @__PURE__ */ jsx30("code", { children: 'test "what it does" { given … expect … }' })
      ] }) : /* @__PURE__ */ jsxs29("table", { className: "table", children: [
        /* @__PURE__ */ jsx30("thead", { children: /* @__PURE__ */ jsxs29("tr", { children: [
          /* @__PURE__ */ jsx30("th", { scope: "col", children: "Result" }),
          /* @__PURE__ */ jsx30("th", { scope: "col", children: "Test" })
        ] }) }),
        /* @__PURE__ */ jsx30("tbody", { children: value.tests.map((test) => /* @__PURE__ */ jsxs29("tr", { tabIndex: 0, "data-row": true, children: [
          /* @__PURE__ */ jsx30("td", { children: /* @__PURE__ */ jsx30(State, { of: test.passed ? PASSED : FAILED }) }),
          /* @__PURE__ */ jsxs29("td", { children: [
            test.name,
            /* @__PURE__ */ jsx30(Details, { test })
          ] })
        ] }, test.name)) })
      ] })
    }
  );
}

// src/screens/interface/OneInterface.tsx
import { Fragment as Fragment12, jsx as jsx31, jsxs as jsxs30 } from "./vendor.js";
var RECENT = 40;
function StateTab({ one, live: live2 }) {
  const now2 = live2.status?.engine.at ?? 0;
  const values = live2.rates.get(one.name) ?? [];
  const items = live2.status ? attentionOf(live2.status).filter((item) => item.interfaces.includes(one.name)) : [];
  return /* @__PURE__ */ jsxs30("div", { className: "stack", children: [
    items.length > 0 && /* @__PURE__ */ jsx31(Attentions, { items }),
    /* @__PURE__ */ jsxs30("div", { className: "two start", children: [
      /* @__PURE__ */ jsx31(Card, { title: "Receives", children: /* @__PURE__ */ jsx31("div", { className: "inside", children: /* @__PURE__ */ jsxs30("dl", { className: "facts", children: [
        /* @__PURE__ */ jsx31("dt", { children: "From" }),
        /* @__PURE__ */ jsx31("dd", { children: one.connector === "interface" ? "other interfaces" : `${one.connector} ${one.address ?? ""}` }),
        /* @__PURE__ */ jsx31("dt", { children: "Senders connected" }),
        /* @__PURE__ */ jsx31("dd", { children: one.connector === "interface" ? "–" : count(one.peers) }),
        /* @__PURE__ */ jsx31("dt", { children: "Last message" }),
        /* @__PURE__ */ jsx31("dd", { children: ago(one.last_received, now2) }),
        /* @__PURE__ */ jsx31("dt", { children: "Since the start" }),
        /* @__PURE__ */ jsxs30("dd", { children: [
          count(one.received),
          " received, ",
          count(one.duplicates),
          " duplicates, ",
          count(one.refused),
          " refused, ",
          count(one.rejected),
          " rejected"
        ] }),
        /* @__PURE__ */ jsx31("dt", { children: "Now" }),
        /* @__PURE__ */ jsxs30("dd", { className: "with-spark", children: [
          rate(values.at(-1) ?? 0),
          " a second ",
          /* @__PURE__ */ jsx31(Sparkline, { values, width: 220, height: 30 })
        ] }),
        one.last_trouble && /* @__PURE__ */ jsxs30(Fragment12, { children: [
          /* @__PURE__ */ jsx31("dt", { children: "Last trouble" }),
          /* @__PURE__ */ jsxs30("dd", { children: [
            ago(one.last_trouble.at, now2),
            ": ",
            one.last_trouble.reason.text,
            " ",
            /* @__PURE__ */ jsx31(ErrorCode, { code: one.last_trouble.reason.code })
          ] })
        ] })
      ] }) }) }),
      /* @__PURE__ */ jsx31(Card, { title: "Where every message is", more: /* @__PURE__ */ jsx31("span", { className: "quiet", children: "from the log" }), children: /* @__PURE__ */ jsx31("div", { className: "inside", children: /* @__PURE__ */ jsx31(Balance, { counts: one.counts, query: `interface:${one.name}` }) }) })
    ] }),
    /* @__PURE__ */ jsx31(Card, { title: "Destinations", children: /* @__PURE__ */ jsx31(Destinations, { one, now: now2 }) })
  ] });
}
function TextTab({ answer }) {
  const { value, problem, again } = answer;
  const { words: words3 } = useAddress();
  if (problem) return /* @__PURE__ */ jsx31(Trouble, { problem, what: "The configuration", again });
  if (!value) return /* @__PURE__ */ jsx31(Empty, { title: "Reading…" });
  const files = [{ path: value.file, text: value.text }, ...value.files];
  const chosen = files.find((file) => file.path === words3.get("file")) ?? files[0];
  const isMap = chosen?.path.endsWith(".map") ?? false;
  const isDrawn = isMap && words3.get("as") !== "text";
  return /* @__PURE__ */ jsxs30("div", { className: "files", children: [
    /* @__PURE__ */ jsx31("ul", { className: "card file-list", "aria-label": "Files", children: files.map((file) => /* @__PURE__ */ jsx31("li", { children: /* @__PURE__ */ jsx31("button", { type: "button", className: "file", "aria-current": file === chosen, "data-row": true, onClick: () => setWords({ file: file.path }, { replace: true }), children: file.path }) }, file.path)) }),
    /* @__PURE__ */ jsx31(
      Card,
      {
        title: chosen?.path,
        more: /* @__PURE__ */ jsxs30(Fragment12, { children: [
          /* @__PURE__ */ jsxs30("span", { className: "quiet", children: [
            "as it lies in the workspace; version ",
            value.version,
            " runs"
          ] }),
          isMap && /* @__PURE__ */ jsx31(Button, { kind: "plain", onPress: () => setWords({ as: isDrawn ? "text" : void 0 }, { replace: true }), children: isDrawn ? "Show the text" : "Show it drawn" })
        ] }),
        children: isDrawn ? /* @__PURE__ */ jsx31(DrawnMap, { text: chosen?.text ?? "", label: chosen?.path ?? "" }) : /* @__PURE__ */ jsx31(Code, { text: chosen?.text ?? "", label: chosen?.path ?? "" })
      }
    )
  ] });
}
function TrafficTab({ name }) {
  const { value, problem, again } = useAnswer(name, (signal) => searchMessages(`interface:${name}`, RECENT, signal));
  if (problem) return /* @__PURE__ */ jsx31(Trouble, { problem, what: "The messages", again });
  if (!value) return /* @__PURE__ */ jsx31(Empty, { title: "Reading…" });
  return /* @__PURE__ */ jsx31(Card, { title: `The newest ${count(value.messages.length)}`, more: /* @__PURE__ */ jsx31(Link, { to: messagesAt(`interface:${name}`), children: "all messages of this interface" }), children: value.messages.length === 0 ? /* @__PURE__ */ jsx31(Empty, { title: "No message yet" }) : /* @__PURE__ */ jsxs30("table", { className: "table", children: [
    /* @__PURE__ */ jsx31("thead", { children: /* @__PURE__ */ jsxs30("tr", { children: [
      /* @__PURE__ */ jsx31("th", { scope: "col", children: "Received" }),
      /* @__PURE__ */ jsx31("th", { scope: "col", children: "Type" }),
      /* @__PURE__ */ jsx31("th", { scope: "col", children: "Control id" }),
      /* @__PURE__ */ jsx31("th", { scope: "col", children: "Destinations" }),
      /* @__PURE__ */ jsx31("th", { scope: "col", children: "State" })
    ] }) }),
    /* @__PURE__ */ jsx31("tbody", { children: value.messages.map((row) => /* @__PURE__ */ jsxs30("tr", { children: [
      /* @__PURE__ */ jsx31("td", { className: "mono", children: /* @__PURE__ */ jsx31(Link, { to: `/messages#q=${encodeURIComponent(`interface:${name}`)}&id=${row.id}`, "data-row": true, children: clockMillis(row.received) }) }),
      /* @__PURE__ */ jsx31("td", { className: "mono", children: row.type }),
      /* @__PURE__ */ jsx31("td", { className: "mono quiet", children: row.control_id }),
      /* @__PURE__ */ jsx31("td", { className: "quiet", children: row.destinations.join(", ") || "nowhere" }),
      /* @__PURE__ */ jsx31("td", { children: /* @__PURE__ */ jsx31(State, { of: messageState(row.state) }) })
    ] }, row.id)) })
  ] }) });
}
function QualityTab({ name }) {
  const { value, problem, again } = useAnswer(name, (signal) => readQuality({ interface: name }, signal));
  if (problem) return /* @__PURE__ */ jsx31(Trouble, { problem, what: "The quality", again });
  if (!value) return /* @__PURE__ */ jsx31(Empty, { title: "Reading…" });
  const report = value.interfaces[0];
  if (!report) return /* @__PURE__ */ jsx31(Empty, { title: "Nothing was counted yet", children: "It is counted from the messages that come." });
  return /* @__PURE__ */ jsxs30(Card, { title: "What senders send", more: /* @__PURE__ */ jsxs30("span", { className: "quiet", children: [
    plural(report.messages, "message"),
    " counted in seven days"
  ] }), children: [
    /* @__PURE__ */ jsxs30("table", { className: "table", children: [
      /* @__PURE__ */ jsx31("thead", { children: /* @__PURE__ */ jsxs30("tr", { children: [
        /* @__PURE__ */ jsx31("th", { scope: "col", children: "Sender" }),
        /* @__PURE__ */ jsx31("th", { scope: "col", children: "Type" }),
        /* @__PURE__ */ jsx31("th", { scope: "col", className: "right", children: "Messages" }),
        /* @__PURE__ */ jsx31("th", { scope: "col", className: "right", children: "Places with codes the standard does not list" }),
        /* @__PURE__ */ jsx31("th", { scope: "col", className: "right", children: "Places with codes no table has" })
      ] }) }),
      /* @__PURE__ */ jsx31("tbody", { children: report.kinds.map(({ kind, messages, places }) => /* @__PURE__ */ jsxs30("tr", { children: [
        /* @__PURE__ */ jsxs30("td", { children: [
          kind.application,
          " ",
          /* @__PURE__ */ jsx31("span", { className: "quiet", children: kind.facility })
        ] }),
        /* @__PURE__ */ jsx31("td", { className: "mono", children: /* @__PURE__ */ jsxs30(Link, { to: messagesAt(`interface:${name} type:${kind.message_type}^${kind.trigger}`), "data-row": true, children: [
          kind.message_type,
          "^",
          kind.trigger
        ] }) }),
        /* @__PURE__ */ jsx31("td", { className: "right number", children: count(messages) }),
        /* @__PURE__ */ jsx31("td", { className: "right number", children: places.filter((place2) => place2.unlisted > 0).length || "–" }),
        /* @__PURE__ */ jsx31("td", { className: "right number", children: places.filter((place2) => place2.uncovered > 0).length || "–" })
      ] }, `${kind.application} ${kind.facility} ${kind.message_type} ${kind.trigger}`)) })
    ] }),
    report.findings.length > 0 && /* @__PURE__ */ jsx31("ul", { className: "inside stack tight", children: report.findings.map((finding) => /* @__PURE__ */ jsxs30("li", { children: [
      /* @__PURE__ */ jsx31("strong", { className: finding.severity === "warning" ? "warn" : "", children: finding.place }),
      " ",
      finding.message,
      " ",
      /* @__PURE__ */ jsx31(ErrorCode, { code: finding.code })
    ] }, `${finding.code} ${finding.place} ${finding.message}`)) })
  ] });
}
function Incidents2({ name }) {
  const { value } = useAnswer("incidents", readAlerts);
  const rows = [...value?.open ?? [], ...value?.past ?? []].filter((incident) => incident.interfaces.includes(name)).slice(0, 10);
  return /* @__PURE__ */ jsx31(Card, { title: "The last incidents", more: /* @__PURE__ */ jsx31(Link, { to: "/alerts#tab=past", children: "all of them" }), children: rows.length === 0 ? /* @__PURE__ */ jsx31(Empty, { title: value ? "None is kept" : "Reading…" }) : /* @__PURE__ */ jsx31("table", { className: "table", children: /* @__PURE__ */ jsx31("tbody", { children: rows.map((incident) => /* @__PURE__ */ jsxs30("tr", { children: [
    /* @__PURE__ */ jsx31("td", { className: "nowrap", children: moment(incident.since) }),
    /* @__PURE__ */ jsx31("td", { children: capital(incident.headline) }),
    /* @__PURE__ */ jsx31("td", { className: "quiet", children: incident.closed ? `lasted ${span((incident.closed - incident.since) / 1e6)}` : "open" }),
    /* @__PURE__ */ jsx31("td", { className: "quiet", children: incident.notes.at(-1)?.text }),
    /* @__PURE__ */ jsx31("td", { children: /* @__PURE__ */ jsx31(ErrorCode, { code: incident.code }) })
  ] }, incident.id)) }) }) });
}
function RunbookTab({ one, text }) {
  const owner = text?.owner ?? one.owner;
  return /* @__PURE__ */ jsxs30("div", { className: "stack runbook", children: [
    /* @__PURE__ */ jsx31(Card, { title: "Who", children: /* @__PURE__ */ jsx31("div", { className: "inside", children: /* @__PURE__ */ jsxs30("dl", { className: "facts", children: [
      /* @__PURE__ */ jsx31("dt", { children: "Owner" }),
      /* @__PURE__ */ jsx31("dd", { children: owner?.team || "not named in the interface" }),
      /* @__PURE__ */ jsx31("dt", { children: "On call" }),
      /* @__PURE__ */ jsx31("dd", { children: owner?.oncall || "–" }),
      /* @__PURE__ */ jsx31("dt", { children: "Contact" }),
      /* @__PURE__ */ jsx31("dd", { children: owner?.contact || "–" }),
      /* @__PURE__ */ jsx31("dt", { children: "How urgent" }),
      /* @__PURE__ */ jsxs30("dd", { children: [
        one.critical,
        " — ",
        urgency(one.critical)
      ] })
    ] }) }) }),
    /* @__PURE__ */ jsx31(Card, { title: "The first five checks", children: /* @__PURE__ */ jsx31("ol", { className: "inside checks", children: checksOf(one, text).map((check) => /* @__PURE__ */ jsxs30("li", { children: [
      /* @__PURE__ */ jsx31("h3", { children: check.question }),
      /* @__PURE__ */ jsx31("p", { children: check.how }),
      check.commands.length > 0 && /* @__PURE__ */ jsx31("pre", { className: "commands", tabIndex: 0, "aria-label": "Commands", children: check.commands.join("\n") })
    ] }, check.question)) }) }),
    /* @__PURE__ */ jsx31(Incidents2, { name: one.name })
  ] });
}
var TABS2 = [
  { id: "state", name: "State" },
  { id: "text", name: "Configuration" },
  { id: "tests", name: "Tests" },
  { id: "traffic", name: "Traffic" },
  { id: "quality", name: "Quality" },
  { id: "runbook", name: "Runbook" }
];
function OneInterface({ name }) {
  const live2 = useLive();
  const { words: words3 } = useAddress();
  const may = useMay();
  const [act, setAct] = useState19();
  const text = useAnswer(name, (signal) => readInterface(name, signal));
  const one = live2.status?.engine.interfaces.find((known2) => known2.name === name);
  if (!live2.status) return /* @__PURE__ */ jsx31(Page, { title: name, children: live2.problem ? /* @__PURE__ */ jsx31(Trouble, { problem: live2.problem, what: "The engine" }) : /* @__PURE__ */ jsx31(Empty, { title: "Asking the engine…" }) });
  if (!one) {
    return /* @__PURE__ */ jsx31(Page, { title: name, children: /* @__PURE__ */ jsx31(Empty, { title: "This engine runs no interface of this name", children: /* @__PURE__ */ jsx31(Link, { to: "/interfaces", children: "All interfaces" }) }) });
  }
  const tab = words3.get("tab") ?? "state";
  return /* @__PURE__ */ jsxs30(
    Page,
    {
      title: one.title,
      about: /* @__PURE__ */ jsxs30(Fragment12, { children: [
        /* @__PURE__ */ jsx31(State, { of: health(one.state) }),
        " ",
        one.name,
        " · ",
        one.connector === "interface" ? "fed by interfaces" : `${one.connector} ${one.address ?? ""}`,
        " · urgency ",
        one.critical
      ] }),
      actions: /* @__PURE__ */ jsxs30(Fragment12, { children: [
        /* @__PURE__ */ jsx31("a", { className: "button", href: `/api/v1/interfaces/${encodeURIComponent(name)}/document`, target: "_blank", rel: "noreferrer", children: "Specification" }),
        /* @__PURE__ */ jsx31(Link, { to: benchAt(name), className: "button", children: "Bench" }),
        may("steer") && /* @__PURE__ */ jsx31(Button, { icon: one.is_paused ? "play" : "paused", onPress: () => setAct(intakeAct(one)), children: one.is_paused ? "Resume intake…" : "Pause intake…" })
      ] }),
      children: [
        text.value?.description && /* @__PURE__ */ jsx31("p", { className: "quiet", children: text.value.description }),
        /* @__PURE__ */ jsxs30(Tabs2, { className: "tabs", selectedKey: TABS2.some((known2) => known2.id === tab) ? tab : "state", onSelectionChange: (key) => setWords({ tab: String(key) }, { replace: true }), children: [
          /* @__PURE__ */ jsx31(TabList2, { className: "tab-list", "aria-label": "Parts of the interface", items: TABS2, children: (known2) => /* @__PURE__ */ jsx31(Tab2, { className: "tab", children: known2.name }) }),
          /* @__PURE__ */ jsx31(TabPanel2, { id: "state", className: "tab-panel spaced", children: /* @__PURE__ */ jsx31(StateTab, { one, live: live2 }) }),
          /* @__PURE__ */ jsx31(TabPanel2, { id: "text", className: "tab-panel spaced", children: /* @__PURE__ */ jsx31(TextTab, { answer: text }) }),
          /* @__PURE__ */ jsx31(TabPanel2, { id: "tests", className: "tab-panel spaced", children: /* @__PURE__ */ jsx31(Tests2, { name }) }),
          /* @__PURE__ */ jsx31(TabPanel2, { id: "traffic", className: "tab-panel spaced", children: /* @__PURE__ */ jsx31(TrafficTab, { name }) }),
          /* @__PURE__ */ jsx31(TabPanel2, { id: "quality", className: "tab-panel spaced", children: /* @__PURE__ */ jsx31(QualityTab, { name }) }),
          /* @__PURE__ */ jsx31(TabPanel2, { id: "runbook", className: "tab-panel spaced", children: /* @__PURE__ */ jsx31(RunbookTab, { one, text: text.value }) })
        ] }),
        act && /* @__PURE__ */ jsx31(AskWhy, { act, onClose: () => setAct(void 0) })
      ]
    }
  );
}

// src/screens/mapper/Mapper.tsx
import { useCallback as useCallback4, useEffect as useEffect8, useMemo as useMemo7, useRef as useRef5, useState as useState23 } from "./vendor.js";

// src/api/maps.ts
var at2 = (name, rest = "") => `/api/v1/interfaces/${encodeURIComponent(name)}/maps${rest}`;
var readMaps = (name, signal) => get(at2(name), void 0, signal);
var lookAtMap = (name, body, signal) => post(at2(name, "/look"), body, signal);
var drawInMap = (name, body) => post(at2(name, "/draw"), body);
var valuesOfLine = (name, body, signal) => post(at2(name, "/values"), body, signal);
var keepMap = (name, body) => change("PUT", at2(name), body);

// src/ui/width.ts
import { useCallback as useCallback3, useRef as useRef2, useState as useState20 } from "./vendor.js";
function useSize() {
  const [size, setSize] = useState20({ width: 600, height: 0 });
  const observer = useRef2(null);
  const hold = useCallback3((element) => {
    observer.current?.disconnect();
    if (!element) return;
    observer.current = new ResizeObserver((seen) => {
      const box = seen[0]?.contentRect;
      if (box) setSize({ width: Math.floor(box.width), height: Math.floor(box.height) });
    });
    observer.current.observe(element);
  }, []);
  return [hold, size];
}

// src/screens/mapper/Editor.tsx
import { useEffect as useEffect6, useMemo as useMemo6, useRef as useRef3 } from "./vendor.js";
import { jsx as jsx32, jsxs as jsxs31 } from "./vendor.js";
var LINE_PX = 21;
function Editor({ text, line, findings, isFixed: isFixed2, onText, onLine }) {
  const box = useRef3(null);
  const lines = useMemo6(() => text.split("\n").map(piecesOf), [text]);
  const marks = new Map(findings.flatMap((one) => one.line ? [[one.line, one]] : []));
  useEffect6(() => {
    const outside = box.current;
    if (!outside || line === void 0) return;
    const y = (line - 1) * LINE_PX;
    if (y < outside.scrollTop || y > outside.scrollTop + outside.clientHeight - LINE_PX * 2) outside.scrollTop = Math.max(y - outside.clientHeight / 2, 0);
  }, [line]);
  return /* @__PURE__ */ jsx32("div", { className: "editor", ref: box, children: /* @__PURE__ */ jsxs31("div", { className: "editor-inside", style: { height: (lines.length + 1) * LINE_PX }, children: [
    /* @__PURE__ */ jsx32("pre", { className: "editor-lines", "aria-hidden": "true", children: lines.map((pieces, at3) => {
      const mark = marks.get(at3 + 1);
      return /* @__PURE__ */ jsxs31("div", { className: `editor-line ${line === at3 + 1 ? "lit" : ""} ${mark ? mark.is_error ? "wrong" : "doubt" : ""}`, children: [
        /* @__PURE__ */ jsx32("span", { className: "code-number", children: at3 + 1 }),
        /* @__PURE__ */ jsx32("span", { children: pieces.map((piece, part) => piece.tone ? /* @__PURE__ */ jsx32("span", { className: `code-${piece.tone}`, children: piece.text }, part) : piece.text) })
      ] }, at3);
    }) }),
    /* @__PURE__ */ jsx32(
      "textarea",
      {
        className: "editor-text",
        "aria-label": "The text of the map",
        value: text,
        readOnly: isFixed2,
        spellCheck: false,
        autoComplete: "off",
        wrap: "off",
        onChange: (change2) => onText(change2.target.value),
        onSelect: (select) => onLine(select.currentTarget.value.slice(0, select.currentTarget.selectionStart).split("\n").length)
      }
    )
  ] }) });
}

// src/screens/mapper/LinePanel.tsx
import { useEffect as useEffect7, useState as useState21 } from "./vendor.js";
import { Tab as Tab3, TabList as TabList3, TabPanel as TabPanel3, Tabs as Tabs3 } from "./vendor.js";

// src/screens/mapper/trees.ts
var withoutIndexes = (path) => path.replace(/\[[^\]]*\]/g, "");
var groupOf = (key) => /^[^-.]+/.exec(key)?.[0] ?? key;
function wiresOf(look) {
  const isV2 = look.map?.to.form === "Hl7v2";
  return look.sections.flatMap(
    (section) => section.rows.filter((row) => row.target).map((row, at3) => ({
      id: `${section.title} ${row.file}:${row.line} ${row.target} ${at3}`,
      from: row.places.map(withoutIndexes),
      to: isV2 ? withoutIndexes(row.target) : `${section.title}.${withoutIndexes(row.target)}`,
      row,
      resource: section.title
    }))
  );
}
function ofEr7(text, wired) {
  const out = [];
  const seen = /* @__PURE__ */ new Set();
  for (const segment of readEr7(text).segments) {
    for (const row of segment.rows) {
      if (seen.has(row.kind)) continue;
      seen.add(row.kind);
      out.push({ key: row.kind, path: row.kind, group: segment.id, depth: row.depth, name: "", value: row.value, isWired: wired.has(row.kind), isRequired: false, hasRows: row.isOpenable });
    }
  }
  return ghosts(out, wired);
}
function ghosts(rows, wired) {
  const out = [...rows];
  for (const key of [...wired].sort()) {
    if (out.some((row) => row.key === key)) continue;
    const group = groupOf(key);
    const own = out.map((row) => row.group).lastIndexOf(group);
    const parent = out.findIndex((row) => key.startsWith(`${row.key}.`));
    const leaf = { key, path: key.startsWith(`${group}.`) ? key.slice(group.length + 1) : key, group, depth: key.includes(".") ? 2 : 1, name: "", value: "", isWired: true, isRequired: false, hasRows: false };
    out.splice(parent >= 0 ? parent + 1 : own >= 0 ? own + 1 : out.length, 0, leaf);
  }
  return out;
}
var OF_SERVER = /* @__PURE__ */ new Set(["resourceType", "id", "fullUrl"]);
function scalars(value, path, depth, group, wired, out) {
  if (Array.isArray(value)) {
    if (value.length > 0) scalars(value[0] ?? null, path, depth, group, wired, out);
  } else if (value && typeof value === "object") {
    for (const [name, inner] of Object.entries(value)) if (!OF_SERVER.has(name)) scalars(inner, `${path}.${name}`, depth + 1, group, wired, out);
  } else {
    out.push({ key: path, path: path.slice(group.length + 1), group, depth: Math.max(depth - 1, 1), name: "", value: String(value), isWired: wired.has(path), isRequired: false, hasRows: false });
  }
}
var resourcesOf = (text) => {
  try {
    const read4 = JSON.parse(text ?? "null");
    if (!read4?.resourceType) return [];
    return read4.resourceType === "Bundle" ? (read4.entry ?? []).flatMap((one) => one.resource ? [one.resource] : []) : [read4];
  } catch {
    return [];
  }
};
function ofJson(text, wired) {
  const out = [];
  for (const resource of resourcesOf(text)) {
    const group = String(resource["resourceType"]);
    if (!out.some((row) => row.group === group)) scalars(resource, group, 0, group, wired, out);
  }
  return ghosts(out, wired);
}
var treeOf = (text, wired) => isEr7(text) ? ofEr7(text, wired) : ofJson(text, wired);
var sourceTree = (look, wires) => treeOf(look.sample?.raw ?? "", new Set(wires.flatMap((wire) => wire.from)));
function targetTree(look, wires, isAll) {
  const wired = new Set(wires.map((wire) => wire.to));
  const made = look.sample?.made ?? "";
  if (look.map?.to.form === "Hl7v2") {
    const rows = treeOf(made || look.sample?.raw || "", wired);
    return isAll ? rows : rows.filter((row) => row.isWired || rows.some((other) => other.isWired && other.key.startsWith(`${row.key}.`)));
  }
  const filled = ofJson(made, wired);
  const out = [];
  for (const group of [.../* @__PURE__ */ new Set([...look.sections.map((section) => section.title), ...filled.map((row) => row.group)])]) {
    const own = filled.filter((row) => row.group === group);
    const values = new Map(own.map((row) => [row.key, row]));
    const known2 = /* @__PURE__ */ new Set();
    for (const element of look.elements[group] ?? []) {
      const key = `${group}.${element.path}`;
      const isFilled = own.some((row) => row.key === key || row.key.startsWith(`${key}.`));
      const isWired = wired.has(key);
      const isAround = [...wired].some((to) => to.startsWith(`${key}.`));
      known2.add(key);
      if (!isAll && !isFilled && !isWired && !isAround && !element.is_required) continue;
      out.push({ key, path: element.path, group, depth: element.path.split(".").length, name: `${element.type} ${element.card}`, value: values.get(key)?.value ?? "", isWired, isRequired: element.is_required, hasRows: own.some((row) => row.key.startsWith(`${key}.`)) });
    }
    for (const row of own.filter((one) => !known2.has(one.key)).reverse()) {
      const at3 = out.findLastIndex((one) => row.key.startsWith(`${one.key}.`));
      const place2 = at3 >= 0 ? at3 + 1 : out.length;
      out.splice(place2, 0, { ...row, depth: row.path.split(".").length });
    }
  }
  return out;
}
function outOfSight(ends, top, bottom) {
  return { above: ends.filter((end) => end < top).length, below: ends.filter((end) => end > bottom).length };
}
function apart(ys, gap) {
  const order = ys.map((y, at3) => ({ y, at: at3 })).sort((a, b) => a.y - b.y);
  const out = [...ys];
  let last = Number.NEGATIVE_INFINITY;
  for (const { y, at: at3 } of order) {
    last = Math.max(y, last + gap);
    out[at3] = last;
  }
  return out;
}
var stepsOf = (text) => {
  const out = [""];
  let isQuoted = false;
  for (const letter of text) {
    if (letter === '"') isQuoted = !isQuoted;
    if (letter === "|" && !isQuoted) out.push("");
    else out[out.length - 1] += letter;
  }
  return out.map((step2) => step2.trim()).filter(Boolean);
};

// src/screens/mapper/LinePanel.tsx
import { Fragment as Fragment13, jsx as jsx33, jsxs as jsxs32 } from "./vendor.js";
function Change({ label, value, isFixed: isFixed2, onDone }) {
  const [text, setText] = useState21(value);
  useEffect7(() => setText(value), [value]);
  const done2 = () => text.trim() !== value && onDone(text.trim());
  const onKey = (key) => {
    if (key.key === "Enter") done2();
    if (key.key === "Escape") setText(value);
  };
  return /* @__PURE__ */ jsxs32("label", { className: "field", children: [
    /* @__PURE__ */ jsx33("span", { className: "label", children: label }),
    /* @__PURE__ */ jsx33("input", { className: "input mono", value: text, readOnly: isFixed2, spellCheck: false, autoComplete: "off", onChange: (change2) => setText(change2.target.value), onKeyDown: onKey, onBlur: done2 })
  ] });
}
function Values({ name, file, text, wire }) {
  const [found, setFound] = useState21();
  const [said, setSaid] = useState21("");
  useEffect7(() => setFound(void 0), [text, wire.id]);
  const run = async () => {
    setSaid("Running…");
    try {
      setFound(await valuesOfLine(name, { file, text, line: wire.row.line, target: wire.row.target }));
      setSaid("");
    } catch (error) {
      setSaid(error instanceof Problem ? error.message : String(error));
    }
  };
  const most = Math.max(...found?.pairs.map((pair) => pair.count) ?? [], 1);
  return /* @__PURE__ */ jsxs32("div", { className: "stack tight", children: [
    /* @__PURE__ */ jsxs32("div", { className: "buttons", children: [
      /* @__PURE__ */ jsx33(Button, { icon: "play", onPress: () => void run(), children: "Run over 250 messages" }),
      /* @__PURE__ */ jsx33("span", { className: "quiet", role: "status", children: said || found && `${plural(found.messages, "message")}, filled in ${count(found.filled)}, ${plural(found.distinct, "pair of values", "pairs of values")}${found.failed ? `, ${count(found.failed)} failed` : ""}` })
    ] }),
    found && /* @__PURE__ */ jsx33("ul", { className: "histogram", children: found.pairs.slice(0, 12).map((pair) => /* @__PURE__ */ jsxs32("li", { children: [
      /* @__PURE__ */ jsx33("span", { className: "mono cut", children: pair.from || "–" }),
      /* @__PURE__ */ jsx33("span", { "aria-hidden": "true", children: "→" }),
      /* @__PURE__ */ jsx33("span", { className: `mono cut ${pair.to ? "" : "warn"}`, children: pair.to || "nothing" }),
      /* @__PURE__ */ jsx33("meter", { min: 0, max: most, value: pair.count, "aria-label": plural(pair.count, "message") }),
      /* @__PURE__ */ jsx33("span", { className: "number right", children: count(pair.count) })
    ] }, `${pair.from} ${pair.to}`)) })
  ] });
}
function OneLine({ name, look, text, wire, mayEdit, values, onStroke }) {
  const { row } = wire;
  const at3 = { line: row.line, target: row.target };
  const isFixed2 = !mayEdit || !row.is_own;
  return /* @__PURE__ */ jsxs32("div", { className: "stack inside", children: [
    /* @__PURE__ */ jsxs32("p", { children: [
      /* @__PURE__ */ jsx33("code", { children: wire.to }),
      " ",
      /* @__PURE__ */ jsxs32("span", { className: "quiet", children: [
        "line ",
        row.line,
        row.is_own ? "" : ` of ${row.file}, a shared map`
      ] })
    ] }),
    /* @__PURE__ */ jsxs32("dl", { className: "facts", children: [
      /* @__PURE__ */ jsx33("dt", { children: "In this sample" }),
      /* @__PURE__ */ jsxs32("dd", { className: "mono", children: [
        values.from || "–",
        " → ",
        values.to || "–"
      ] }),
      row.condition && /* @__PURE__ */ jsxs32(Fragment13, { children: [
        /* @__PURE__ */ jsx33("dt", { children: "Only" }),
        /* @__PURE__ */ jsx33("dd", { className: "mono", children: row.condition })
      ] }),
      row.note && /* @__PURE__ */ jsxs32(Fragment13, { children: [
        /* @__PURE__ */ jsx33("dt", { children: "Note" }),
        /* @__PURE__ */ jsx33("dd", { children: row.note })
      ] })
    ] }),
    /* @__PURE__ */ jsx33(Change, { label: "From", value: row.source, isFixed: isFixed2, onDone: (source) => onStroke({ act: "source", ...at3, source }) }),
    /* @__PURE__ */ jsx33(Change, { label: "Through, with | between steps", value: row.steps.join(" | "), isFixed: isFixed2, onDone: (steps) => onStroke({ act: "steps", ...at3, steps: stepsOf(steps) }) }),
    !isFixed2 && /* @__PURE__ */ jsx33("div", { className: "buttons", children: /* @__PURE__ */ jsx33(Button, { icon: "deleted", onPress: () => onStroke({ act: "erase", ...at3 }), children: "Erase the line" }) }),
    /* @__PURE__ */ jsx33(Values, { name, file: look.file, text, wire })
  ] });
}
function Findings2({ findings, onLine }) {
  if (findings.length === 0) return /* @__PURE__ */ jsx33(Empty, { title: "Nothing is wrong with the text" });
  return /* @__PURE__ */ jsx33("ul", { className: "map-list", children: findings.map((one, at3) => /* @__PURE__ */ jsx33("li", { children: /* @__PURE__ */ jsxs32("button", { type: "button", className: "file", onClick: () => one.line && onLine(one.line), children: [
    /* @__PURE__ */ jsxs32("strong", { className: one.is_error ? "bad" : "warn", children: [
      one.is_error ? "✕" : "!",
      " ",
      one.line ? `line ${one.line}: ` : "",
      one.message
    ] }),
    " ",
    /* @__PURE__ */ jsx33(ErrorCode, { code: one.code }),
    one.hint && /* @__PURE__ */ jsxs32("span", { className: "quiet", children: [
      " ",
      one.hint
    ] })
  ] }) }, at3)) });
}
function LeftOut({ places, names: names2 }) {
  if (places === null || places === void 0) return /* @__PURE__ */ jsx33(Empty, { title: "A map that starts as a copy leaves nothing out", children: "What no line changes goes on as it came." });
  if (places.length === 0) return /* @__PURE__ */ jsx33(Empty, { title: "Every value of this sample goes somewhere, or is ignored on purpose" });
  return /* @__PURE__ */ jsx33("ul", { className: "map-list inside", children: places.map((place2) => /* @__PURE__ */ jsxs32("li", { children: [
    /* @__PURE__ */ jsx33("code", { children: place2 }),
    " ",
    /* @__PURE__ */ jsx33("span", { className: "quiet", children: names2[withoutIndexes(place2)] ?? "" })
  ] }, place2)) });
}
function Suggestions({ list, mayEdit, onStroke }) {
  if (list.length === 0) return /* @__PURE__ */ jsx33(Empty, { title: "Nothing to propose", children: "Proposals are lines of the maps that come along, for values that this map leaves out." });
  return /* @__PURE__ */ jsx33("ul", { className: "map-list inside", children: list.map((one) => /* @__PURE__ */ jsxs32("li", { className: "suggestion", children: [
    /* @__PURE__ */ jsxs32("span", { children: [
      /* @__PURE__ */ jsxs32("code", { children: [
        one.resource,
        ".",
        one.target,
        " = ",
        one.source,
        one.steps.map((step2) => ` | ${step2}`).join("")
      ] }),
      " ",
      /* @__PURE__ */ jsxs32("span", { className: "quiet", children: [
        "as in ",
        one.from
      ] })
    ] }),
    mayEdit && /* @__PURE__ */ jsx33(Button, { "aria-label": `Accept ${one.resource}.${one.target}`, icon: "check", onPress: () => onStroke({ act: "draw", source: [one.source, ...one.steps].join(" | "), target: one.target, resource: one.resource }), children: "Accept" })
  ] }, `${one.resource} ${one.target}`)) });
}
function LinePanel({ name, look, text, wire, values, names: names2, mayEdit, onStroke, onLine }) {
  const suggestions = look.sample?.suggestions ?? [];
  const left = look.sample?.uncovered;
  const tabs = [
    { id: "line", name: "Line", inside: wire ? /* @__PURE__ */ jsx33(OneLine, { name, look, text, wire, mayEdit, values, onStroke }) : /* @__PURE__ */ jsx33(Empty, { title: "No line is chosen", children: "Choose a chip, a row of a tree, or a line of the text." }) },
    { id: "findings", name: `Findings ${look.findings.length}`, inside: /* @__PURE__ */ jsx33(Findings2, { findings: look.findings, onLine }) },
    { id: "left", name: `Left out${left ? ` ${left.length}` : ""}`, inside: /* @__PURE__ */ jsx33(LeftOut, { places: left, names: names2 }) },
    { id: "suggestions", name: `Suggestions ${suggestions.length}`, inside: /* @__PURE__ */ jsx33(Suggestions, { list: suggestions, mayEdit, onStroke }) }
  ];
  return /* @__PURE__ */ jsx33("section", { className: "card pane map-panel", "aria-label": "About the map", children: /* @__PURE__ */ jsxs32(Tabs3, { className: "tabs", children: [
    /* @__PURE__ */ jsx33(TabList3, { className: "tab-list", "aria-label": "About the map", items: tabs, children: (one) => /* @__PURE__ */ jsx33(Tab3, { className: "tab", children: one.name }) }),
    tabs.map((one) => /* @__PURE__ */ jsx33(TabPanel3, { id: one.id, className: "tab-panel pane-inside", children: one.inside }, one.id))
  ] }) });
}

// src/screens/mapper/TreePane.tsx
import { jsx as jsx34, jsxs as jsxs33 } from "./vendor.js";
var DRAG_PX = 6;
var under = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-side=target] [data-key]")?.dataset["key"];
function TreePane({ side, title, about, rows, names: names2, lit, hand, mayDraw, onLook, onChoose, onScroll, more, box }) {
  const groups = [...new Set(rows.map((row) => row.group))];
  const act = (key) => {
    if (!mayDraw) return onChoose(key);
    if (side === "source") hand.take(hand.held === key ? void 0 : key);
    else if (hand.held) hand.drop(key);
    else onChoose(key);
  };
  const onKey = (event, key) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      act(key);
    }
    if (event.key === "Escape") hand.take(void 0);
  };
  return /* @__PURE__ */ jsxs33("section", { className: "card map-pane", "aria-label": title, "data-side": side, children: [
    /* @__PURE__ */ jsxs33("header", { children: [
      /* @__PURE__ */ jsx34("h2", { children: title }),
      /* @__PURE__ */ jsx34("span", { className: "quiet cut", children: about }),
      more
    ] }),
    /* @__PURE__ */ jsx34("div", { className: "map-rows", ref: box, onScroll, children: groups.map((group) => /* @__PURE__ */ jsxs33("div", { role: "group", "aria-label": group, children: [
      /* @__PURE__ */ jsxs33("div", { className: "map-group", children: [
        /* @__PURE__ */ jsx34("code", { children: group }),
        " ",
        /* @__PURE__ */ jsx34("span", { className: "quiet cut", children: names2[group] ?? "" })
      ] }),
      rows.filter((row) => row.group === group).map((row, at3) => {
        const name = names2[row.key] ?? row.name;
        const what = side === "source" ? hand.held === row.key ? "held: choose where it goes" : "Enter takes it up" : hand.held ? `Enter draws a line from ${hand.held}` : "";
        return /* @__PURE__ */ jsxs33(
          "button",
          {
            type: "button",
            "data-row": true,
            "data-key": row.key,
            tabIndex: at3 === 0 || row.isWired || hand.held !== void 0 ? 0 : -1,
            className: `map-leaf d${Math.min(row.depth, 4)} ${row.isWired ? "wired" : ""} ${lit.has(row.key) ? "lit" : ""} ${hand.held === row.key ? "held" : ""} ${row.isRequired && !row.value && !row.hasRows ? "lacking" : ""}`,
            "aria-pressed": side === "source" ? hand.held === row.key : void 0,
            onClick: (event) => {
              if (event.currentTarget.dataset["moved"]) delete event.currentTarget.dataset["moved"];
              else act(row.key);
            },
            onKeyDown: (event) => onKey(event, row.key),
            onMouseEnter: () => onLook(row.key),
            onMouseLeave: () => onLook(void 0),
            onFocus: () => onLook(row.key),
            onPointerDown: (event) => {
              if (side !== "source" || !mayDraw || event.button !== 0) return;
              delete event.currentTarget.dataset["moved"];
              event.currentTarget.dataset["from"] = `${event.clientX} ${event.clientY}`;
              event.currentTarget.setPointerCapture(event.pointerId);
            },
            onPointerMove: (event) => {
              const from = event.currentTarget.dataset["from"]?.split(" ").map(Number);
              if (!from || event.currentTarget.dataset["moved"] || Math.hypot(event.clientX - (from[0] ?? 0), event.clientY - (from[1] ?? 0)) < DRAG_PX) return;
              event.currentTarget.dataset["moved"] = "yes";
              hand.take(row.key);
            },
            onPointerUp: (event) => {
              delete event.currentTarget.dataset["from"];
              const to = event.currentTarget.dataset["moved"] ? under(event) : void 0;
              if (to) hand.drop(to, row.key);
              else if (event.currentTarget.dataset["moved"]) hand.take(void 0);
            },
            children: [
              /* @__PURE__ */ jsx34("span", { className: "map-end", "aria-hidden": "true" }),
              /* @__PURE__ */ jsx34("code", { className: "cut", title: row.key, children: row.path }),
              /* @__PURE__ */ jsx34("span", { className: "cut quiet", title: name, children: name }),
              /* @__PURE__ */ jsx34("span", { className: "cut mono map-value", title: row.value, children: row.value || (row.isRequired && !row.hasRows ? "required" : "") }),
              /* @__PURE__ */ jsxs33("span", { className: "hidden-but-read", children: [
                row.value ? "" : "no value",
                " ",
                mayDraw ? what : ""
              ] })
            ]
          },
          row.key
        );
      })
    ] }, group)) })
  ] });
}

// src/screens/mapper/Wires.tsx
import { useLayoutEffect, useRef as useRef4, useState as useState22 } from "./vendor.js";
import { jsx as jsx35, jsxs as jsxs34 } from "./vendor.js";
var CHIP_GAP = 27;
var EMPTY = { width: 0, height: 0, top: 0, bottom: 0, drawn: [] };
function placesOf(pane, zero) {
  const out = /* @__PURE__ */ new Map();
  for (const row of pane.querySelectorAll("[data-key]")) {
    const box = row.getBoundingClientRect();
    out.set(row.dataset["key"] ?? "", box.top + box.height / 2 - zero);
  }
  return out;
}
var nearest = (places, key) => {
  for (let at3 = key; at3; at3 = at3.replace(/[.-][^.-]*$/, "")) {
    const y = places.get(at3);
    if (y !== void 0) return y;
    if (!/[.-]/.test(at3)) return void 0;
  }
  return void 0;
};
function Wires({ wires, source, target, round, chosen, lit, onChoose }) {
  const box = useRef4(null);
  const [picture, setPicture] = useState22(EMPTY);
  useLayoutEffect(() => {
    if (!box.current || !source || !target) return;
    const own = box.current.getBoundingClientRect();
    const [left, right] = [placesOf(source, own.top), placesOf(target, own.top)];
    const pane = source.getBoundingClientRect();
    setPicture({
      width: own.width,
      height: own.height,
      top: pane.top - own.top,
      bottom: pane.bottom - own.top,
      drawn: wires.map((wire) => ({ wire, starts: wire.from.flatMap((key) => nearest(left, key) ?? []), end: nearest(right, wire.to) }))
    });
  }, [wires, source, target, round]);
  const { width, top, bottom } = picture;
  const clip = (y) => Math.max(top + 4, Math.min(bottom - 4, y));
  const seen = (y) => y >= top && y <= bottom;
  const shown = picture.drawn.filter((one) => one.end !== void 0 && (seen(one.end) || one.starts.some(seen)));
  const labels = shown.map((one) => {
    const start = one.starts.length ? one.starts.reduce((sum, y) => sum + clip(y), 0) / one.starts.length : clip(one.end ?? 0);
    return one.starts.length ? (start + clip(one.end ?? 0)) / 2 : clip(one.end ?? 0);
  });
  const places = apart(labels, CHIP_GAP);
  const starts = outOfSight(picture.drawn.flatMap((one) => one.starts), top, bottom);
  const ends = outOfSight(picture.drawn.flatMap((one) => one.end ?? []), top, bottom);
  const stubs = [
    { key: "sa", count: starts.above, style: { left: 2, top: top + 2 }, word: "above" },
    { key: "sb", count: starts.below, style: { left: 2, top: bottom - 26 }, word: "below" },
    { key: "ta", count: ends.above, style: { right: 2, top: top + 2 }, word: "above" },
    { key: "tb", count: ends.below, style: { right: 2, top: bottom - 26 }, word: "below" }
  ].filter((stub) => stub.count > 0);
  return /* @__PURE__ */ jsxs34("div", { className: "map-wires", ref: box, children: [
    /* @__PURE__ */ jsx35("svg", { width, height: picture.height, "aria-hidden": "true", children: shown.map(({ wire, starts: from, end }) => {
      const isLit = wire.id === chosen || lit.has(wire.to) || wire.from.some((key) => lit.has(key));
      if (from.length === 0) return /* @__PURE__ */ jsx35("path", { className: `wire fixed ${isLit ? "lit" : ""}`, d: `M${width / 2} ${clip(end ?? 0)}H${width}` }, wire.id);
      return from.map((start, at3) => /* @__PURE__ */ jsx35("path", { className: `wire ${isLit ? "lit" : ""} ${wire.row.is_own ? "" : "shared"} ${seen(start) && seen(end ?? 0) ? "" : "far"}`, d: `M0 ${clip(start)}C${width * 0.45} ${clip(start)} ${width * 0.55} ${clip(end ?? 0)} ${width} ${clip(end ?? 0)}` }, `${wire.id} ${at3}`));
    }) }),
    shown.map(({ wire, starts: from }, at3) => {
      const words3 = wire.row.steps.length ? wire.row.steps.join(" | ") : from.length ? "" : wire.row.source;
      const isLit = wire.id === chosen;
      return /* @__PURE__ */ jsx35(
        "button",
        {
          type: "button",
          className: `chip mono map-chip ${words3 ? "" : "plain"} ${isLit ? "lit" : ""} ${wire.row.is_own ? "" : "shared"}`,
          style: { top: (places[at3] ?? 0) - 12 },
          "aria-pressed": isLit,
          "aria-label": `Line ${wire.row.line}: ${wire.to} from ${wire.row.source}${wire.row.steps.length ? ` through ${wire.row.steps.join(" | ")}` : ""}${wire.row.condition ? `, when ${wire.row.condition}` : ""}`,
          title: `${wire.row.target} = ${wire.row.source}${wire.row.steps.map((step2) => ` | ${step2}`).join("")}`,
          onClick: () => onChoose(wire),
          children: /* @__PURE__ */ jsx35("span", { className: "cut", children: words3 || "=" })
        },
        wire.id
      );
    }),
    stubs.map((stub) => /* @__PURE__ */ jsxs34("span", { className: "map-stub", style: stub.style, children: [
      stub.count,
      " ",
      stub.word
    ] }, stub.key))
  ] });
}

// src/screens/mapper/Mapper.tsx
import { Fragment as Fragment14, jsx as jsx36, jsxs as jsxs35 } from "./vendor.js";
var SAMPLES = 50;
var PAUSE_MS5 = 120;
var UNDO_MAX = 200;
var GROUP_PX = 28;
function useDraft(name, file, message, reason) {
  const [draft, setDraft] = useState23();
  const [look, setLook] = useState23();
  const [problem, setProblem] = useState23();
  const [round, setRound] = useState23(0);
  const [millis, setMillis] = useState23();
  const text = draft?.text;
  const opened = useRef5("");
  useEffect8(() => {
    const stop = new AbortController();
    const key = `${name} ${file} ${message ?? ""} ${reason ?? ""} ${round}`;
    const isFresh = opened.current !== key;
    const timer2 = window.setTimeout(
      () => {
        const begun = performance.now();
        opened.current = key;
        const body = { file, message, reason, text: isFresh && (text === void 0 || text === draft?.base) ? void 0 : text };
        lookAtMap(name, body, stop.signal).then(
          (found) => {
            setMillis(performance.now() - begun);
            setProblem(void 0);
            setLook(found);
            if (body.text === void 0) setDraft((known2) => ({ base: found.text, text: known2 && known2.text !== known2.base ? known2.text : found.text, before: known2?.before ?? [], after: known2?.after ?? [] }));
          },
          (error) => {
            if (!stop.signal.aborted) setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
          }
        );
      },
      isFresh ? 0 : PAUSE_MS5
    );
    return () => {
      window.clearTimeout(timer2);
      stop.abort();
    };
  }, [name, file, message, reason, text, round]);
  const write = useCallback4((next) => setDraft((known2) => known2 && { ...known2, text: next, before: [...known2.before, known2.text].slice(-UNDO_MAX), after: [] }), []);
  const undo = useCallback4(() => setDraft((known2) => known2?.before.length ? { ...known2, text: known2.before.at(-1) ?? known2.text, before: known2.before.slice(0, -1), after: [known2.text, ...known2.after] } : known2), []);
  const redo = useCallback4(() => setDraft((known2) => known2?.after.length ? { ...known2, text: known2.after[0] ?? known2.text, before: [...known2.before, known2.text], after: known2.after.slice(1) } : known2), []);
  const kept = useCallback4(() => setDraft((known2) => known2 && { ...known2, base: known2.text }), []);
  return { draft, look, problem, millis, write, undo, redo, kept, again: () => setRound((known2) => known2 + 1) };
}
function useMapNames(look) {
  const er7 = useMemo7(() => look?.sample && isEr7(look.sample.raw) ? readEr7(look.sample.raw) : void 0, [look?.sample?.raw]);
  const segments = [.../* @__PURE__ */ new Set([...er7?.segments.map((one) => one.id) ?? [], ...look?.sections.flatMap((one) => one.rows.flatMap((row) => [...row.places, row.target].map((place2) => place2.slice(0, 3)))) ?? []])].filter((id) => /^[A-Z][A-Z0-9]{2}$/.test(id)).sort();
  const version = er7?.segments[0]?.leaves.find((leaf) => leaf.kind.startsWith("MSH-12"))?.value ?? "2.5.1";
  const { value } = useAnswer(segments.length ? `${version} ${segments.join(",")}` : null, (signal) => readNames(version, segments, signal));
  return value?.names ?? {};
}
function Result({ look }) {
  const { sample } = look;
  const linked = { path: void 0, value: void 0, look: () => {
  } };
  const er7 = useMemo7(() => sample?.made && isEr7(sample.made) ? readEr7(sample.made) : void 0, [sample?.made]);
  return /* @__PURE__ */ jsxs35("section", { className: "card pane", "aria-label": "Result", children: [
    /* @__PURE__ */ jsxs35("header", { children: [
      /* @__PURE__ */ jsx36("h2", { children: "Result" }),
      /* @__PURE__ */ jsx36("span", { className: "quiet", children: sample ? `of message ${sample.message}, ${sample.is_masked ? "masked" : "as it is"}` : "no sample" })
    ] }),
    /* @__PURE__ */ jsxs35("div", { className: "pane-inside", children: [
      sample?.lookups?.map((one) => /* @__PURE__ */ jsxs35("p", { className: "inside quiet", children: [
        /* @__PURE__ */ jsx36("code", { children: one.lookup }),
        " ",
        one.file ? /* @__PURE__ */ jsxs35(Fragment14, { children: [
          "answers as the test says: ",
          /* @__PURE__ */ jsx36("code", { children: `${one.file}:${one.line}` })
        ] }) : "is not asked here, and no test of the interface says what it answers for this value."
      ] }, `${one.lookup} ${one.file} ${one.line}`)),
      sample?.fault ? /* @__PURE__ */ jsxs35("p", { className: "inside bad", children: [
        "✕ ",
        sample.fault.text,
        " ",
        /* @__PURE__ */ jsx36("code", { children: sample.fault.code })
      ] }) : er7 ? /* @__PURE__ */ jsx36(Raw, { er7, names: {}, linked }) : sample?.made ? /* @__PURE__ */ jsx36(Plain, { text: sample.made, linked }) : /* @__PURE__ */ jsx36(Empty, { title: sample ? "The map makes nothing now" : "There is no message to try it on", children: sample ? "Mend the errors first." : "When this interface receives one, it is tried here." })
    ] })
  ] });
}
function Samples({ ids, at: at3, onChoose }) {
  return /* @__PURE__ */ jsxs35("span", { className: "samples", children: [
    /* @__PURE__ */ jsx36(Button, { kind: "square", icon: "back", "aria-label": "The sample before", isDisabled: at3 <= 0, onPress: () => onChoose(ids[at3 - 1]) }),
    /* @__PURE__ */ jsxs35("span", { className: "nowrap number", children: [
      "Sample ",
      ids.length ? at3 + 1 : 0,
      " of ",
      ids.length
    ] }),
    /* @__PURE__ */ jsx36(Button, { kind: "square", icon: "next", "aria-label": "The next sample", isDisabled: at3 >= ids.length - 1, onPress: () => onChoose(ids[at3 + 1]) })
  ] });
}
function Mapper({ name }) {
  const { words: words3 } = useAddress();
  const file = words3.get("file") ?? "";
  const may = useMay();
  const mayEdit = may("propose");
  const { value: found } = useAnswer(name, (signal) => searchMessages(`interface:${name}`, SAMPLES, signal));
  const ids = useMemo7(() => found?.messages.map((row) => row.id) ?? [], [found]);
  const wanted2 = Number(words3.get("message")) || void 0;
  const message = wanted2 ?? ids[0];
  const [reason, setReason] = useState23();
  const [act, setAct] = useState23();
  const { draft, look, problem, millis, write, undo, redo, kept, again } = useDraft(name, file, found ? message : void 0, reason);
  const names2 = useMapNames(look);
  const [isAll, setAll] = useState23(false);
  const [line, setLine] = useState23();
  const [chosen, setChosen] = useState23();
  const [looked, setLooked] = useState23();
  const [held, setHeld] = useState23();
  const [said, setSaid] = useState23("");
  const [round, setRound] = useState23(0);
  const [source, setSource] = useState23(null);
  const [target, setTarget] = useState23(null);
  const [box, size] = useSize();
  const wires = useMemo7(() => look ? wiresOf(look) : [], [look]);
  const left = useMemo7(() => look ? sourceTree(look, wires) : [], [look, wires]);
  const right = useMemo7(() => look ? targetTree(look, wires, isAll) : [], [look, wires, isAll]);
  useEffect8(() => setRound((known2) => known2 + 1), [left, right, size.width, size.height]);
  const moved = useCallback4(() => requestAnimationFrame(() => setRound((known2) => known2 + 1)), []);
  const wire = wires.find((one) => one.id === chosen) ?? wires.find((one) => one.row.is_own && one.row.line === line);
  useEffect8(() => {
    if (!wire) return;
    for (const [pane, keys] of [[source, wire.from], [target, [wire.to]]]) {
      const row = keys.map((key) => pane?.querySelector(`[data-key="${CSS.escape(key)}"]`)).find(Boolean);
      const [box2, own2] = [pane?.getBoundingClientRect(), row?.getBoundingClientRect()];
      if (pane && box2 && own2 && (own2.top < box2.top + GROUP_PX || own2.bottom > box2.bottom)) pane.scrollTop += own2.top - box2.top - box2.height / 2;
    }
  }, [wire?.id, source, target]);
  const lit = useMemo7(() => /* @__PURE__ */ new Set([...looked ? [looked] : [], ...held ? [held] : [], ...wire ? [wire.to, ...wire.from] : []]), [looked, held, wire]);
  const choose = (one) => {
    setChosen(one?.id);
    setLine(one?.row.is_own ? one.row.line : void 0);
  };
  const stroke = async (made) => {
    if (!draft) return;
    try {
      const answer = await drawInMap(name, { file, text: draft.text, stroke: made });
      write(answer.text);
      setChosen(void 0);
      setLine(answer.line);
      setSaid(made.act === "erase" ? "The line is erased." : `Line ${answer.line} is changed.`);
    } catch (error) {
      setSaid(error instanceof Problem ? error.message : String(error));
    }
  };
  const hand = {
    held,
    take: (key) => {
      setHeld(key);
      setSaid(key ? `${key} is taken up: choose where it goes, or press Escape.` : "");
    },
    drop: (key, dragged) => {
      const from = dragged ?? held;
      setHeld(void 0);
      const isV2 = look?.map?.to.form === "Hl7v2";
      const group = /^[^-.]+/.exec(key)?.[0] ?? "";
      if (from) void stroke({ act: "draw", source: from, target: isV2 ? key : key.slice(group.length + 1), ...isV2 ? {} : { resource: group } });
    }
  };
  if (!file) return /* @__PURE__ */ jsx36(Page, { title: "Mapper", children: /* @__PURE__ */ jsx36(Empty, { title: "No map is named in the address", children: /* @__PURE__ */ jsx36(Link, { to: "/mapper", children: "Choose one" }) }) });
  if (!look || !draft) return /* @__PURE__ */ jsx36(Page, { title: "Mapper", children: problem ? /* @__PURE__ */ jsx36(Trouble, { problem, what: "The map", again }) : /* @__PURE__ */ jsx36(Empty, { title: "Reading…" }) });
  const errors = look.findings.filter((one) => one.is_error).length;
  const own = wires.filter((one) => one.row.is_own).length;
  const isChanged = draft.text !== draft.base;
  const valueOf = (rows, key) => rows.find((row) => row.key === key)?.value ?? "";
  const values = wire ? { from: wire.from.map((key) => valueOf(left, key)).filter(Boolean).join(" "), to: valueOf(right, wire.to) } : { from: "", to: "" };
  const reveal = { title: "Show the sample as it is", text: "You will see who the patient is, in both trees and in the result. That you looked, and why, is written to the audit log.", button: "Show", run: async (why) => setReason(why) };
  const keep = {
    title: "Keep the map",
    text: "It is written to the workspace. What runs now goes on as it is, until the change is applied under Changes.",
    button: "Keep",
    example: "for example: ticket 4711, the pharmacy reads the name in capitals",
    run: async (why) => {
      await keepMap(name, { file, before: draft.base, text: draft.text, reason: why });
      kept();
      return "Kept. Apply it under Changes, when its plan is what you mean.";
    }
  };
  return /* @__PURE__ */ jsxs35("div", { className: "mapper", children: [
    /* @__PURE__ */ jsxs35("header", { className: "page-head", children: [
      /* @__PURE__ */ jsx36("h1", { children: look.map?.name ?? file.split("/").at(-1) }),
      /* @__PURE__ */ jsxs35("span", { className: `state ${errors ? "bad" : "good"}`, children: [
        /* @__PURE__ */ jsx36(Icon, { name: errors ? "bad" : "good" }),
        errors ? plural(errors, "error") : `${plural(own, "line")}, no errors`
      ] }),
      /* @__PURE__ */ jsxs35("span", { className: "quiet about", children: [
        /* @__PURE__ */ jsx36(Link, { to: interfaceAt(name), children: name }),
        " · ",
        file.split("/").at(-1),
        millis !== void 0 && ` · shown in ${Math.round(millis)} ms`
      ] }),
      /* @__PURE__ */ jsxs35("div", { className: "buttons", children: [
        /* @__PURE__ */ jsx36(Samples, { ids, at: Math.max(ids.indexOf(message ?? 0), 0), onChoose: (id) => setWords({ message: id ? String(id) : void 0 }, { replace: true }) }),
        reason ? /* @__PURE__ */ jsx36(Button, { icon: "masked", onPress: () => setReason(void 0), children: "Mask" }) : may("reveal") && /* @__PURE__ */ jsx36(Button, { icon: "eye", onPress: () => setAct(reveal), children: "Reveal…" }),
        mayEdit && /* @__PURE__ */ jsxs35(Fragment14, { children: [
          /* @__PURE__ */ jsx36(Button, { isDisabled: draft.before.length === 0, onPress: undo, children: "Undo" }),
          /* @__PURE__ */ jsx36(Button, { isDisabled: draft.after.length === 0, onPress: redo, children: "Redo" }),
          /* @__PURE__ */ jsx36(Button, { kind: "first", isDisabled: !isChanged || errors > 0, onPress: () => setAct(keep), children: "Keep…" })
        ] })
      ] })
    ] }),
    problem && /* @__PURE__ */ jsx36(Trouble, { problem, what: "The engine", again }),
    /* @__PURE__ */ jsxs35("div", { className: "map-board", ref: box, children: [
      /* @__PURE__ */ jsx36(TreePane, { box: setSource, side: "source", title: "From", about: look.map?.from.form === "Hl7v2" ? "HL7 v2, as the message came" : look.map?.from.form ?? "", rows: left, names: names2, lit, hand, mayDraw: mayEdit, onLook: setLooked, onChoose: (key) => choose(wires.find((one) => one.from.includes(key))), onScroll: moved }),
      /* @__PURE__ */ jsx36(Wires, { wires, source, target, round, chosen: wire?.id, lit, onChoose: choose }),
      /* @__PURE__ */ jsx36(
        TreePane,
        {
          box: setTarget,
          side: "target",
          title: "To",
          about: look.map?.to.form === "Hl7v2" ? "HL7 v2; what no line changes goes on as it came" : "FHIR R4",
          rows: right,
          names: names2,
          lit,
          hand,
          mayDraw: mayEdit,
          onLook: setLooked,
          onChoose: (key) => choose(wires.find((one) => one.to === key)),
          onScroll: moved,
          more: /* @__PURE__ */ jsx36(Button, { kind: "plain", "aria-pressed": isAll, onPress: () => setAll(!isAll), children: isAll ? "Only what is filled" : "All places" })
        }
      )
    ] }),
    /* @__PURE__ */ jsx36("p", { className: "map-said quiet", role: "status", children: said || (mayEdit ? "Drag a place to where it goes, or press Enter on both. Everything drawn is a line of the text below." : "Your role looks at maps and does not change them.") }),
    /* @__PURE__ */ jsxs35("div", { className: "map-below", children: [
      /* @__PURE__ */ jsxs35("section", { className: "card pane", "aria-label": "Text", children: [
        /* @__PURE__ */ jsxs35("header", { children: [
          /* @__PURE__ */ jsx36("h2", { children: "Text" }),
          /* @__PURE__ */ jsx36("span", { className: "quiet cut", children: isChanged ? "changed, not kept" : "as it lies in the workspace" })
        ] }),
        /* @__PURE__ */ jsx36(Editor, { text: draft.text, line: wire?.row.is_own ? wire.row.line : line, findings: look.findings, isFixed: !mayEdit, onText: write, onLine: (at3) => {
          setChosen(void 0);
          setLine(at3);
        } })
      ] }),
      /* @__PURE__ */ jsx36(Result, { look }),
      /* @__PURE__ */ jsx36(LinePanel, { name, look, text: draft.text, wire, values, names: names2, mayEdit, onStroke: (made) => void stroke(made), onLine: (at3) => {
        setChosen(void 0);
        setLine(at3);
      } })
    ] }),
    act && /* @__PURE__ */ jsx36(AskWhy, { act, onClose: () => setAct(void 0) })
  ] });
}

// src/screens/mapper/MapList.tsx
import { useMemo as useMemo8, useState as useState24 } from "./vendor.js";
import { jsx as jsx37, jsxs as jsxs36 } from "./vendor.js";
var ASKED_MAX = 60;
function MapList() {
  const { status } = useLive();
  const [words3, setWords2] = useState24("");
  const small = words3.trim().toLowerCase();
  const all = useMemo8(() => [...status?.engine.interfaces ?? []].sort((a, b) => a.title.localeCompare(b.title)), [status?.engine.interfaces.length]);
  const fits = all.filter((one) => !small || one.name.includes(small) || one.title.toLowerCase().includes(small));
  const asked = fits.slice(0, ASKED_MAX);
  const { value, problem, again } = useAnswer(asked.length ? asked.map((one) => one.name).join(" ") : null, (signal) => Promise.all(asked.map(async (one) => ({ one, files: (await readMaps(one.name, signal)).files }))));
  const rows = value?.flatMap(({ one, files }) => files.map((file) => ({ one, file }))) ?? [];
  return /* @__PURE__ */ jsx37(Page, { title: "Mapper", about: value ? `${rows.length} ${rows.length === 1 ? "map" : "maps"}` : void 0, actions: /* @__PURE__ */ jsx37("input", { className: "input narrow", "aria-label": "Find an interface", placeholder: "Find an interface…", value: words3, onChange: (change2) => setWords2(change2.target.value) }), children: problem ? /* @__PURE__ */ jsx37(Trouble, { problem, what: "The maps", again }) : /* @__PURE__ */ jsxs36(Card, { children: [
    value && rows.length === 0 ? /* @__PURE__ */ jsxs36(Empty, { title: "No interface here has a map", children: [
      "A map is a file in ",
      /* @__PURE__ */ jsx37("code", { children: "interfaces/NAME/maps" }),
      ", named by a line ",
      /* @__PURE__ */ jsx37("code", { children: "map maps/FILE.map" }),
      "."
    ] }) : /* @__PURE__ */ jsxs36("table", { className: "table", children: [
      /* @__PURE__ */ jsx37("thead", { children: /* @__PURE__ */ jsxs36("tr", { children: [
        /* @__PURE__ */ jsx37("th", { scope: "col", children: "Map" }),
        /* @__PURE__ */ jsx37("th", { scope: "col", children: "Interface" }),
        /* @__PURE__ */ jsx37("th", { scope: "col", children: "File" })
      ] }) }),
      /* @__PURE__ */ jsx37("tbody", { children: rows.map(({ one, file }) => /* @__PURE__ */ jsxs36("tr", { children: [
        /* @__PURE__ */ jsx37("td", { children: /* @__PURE__ */ jsx37(Link, { to: mapAt(one.name, file), "data-row": true, children: file.split("/").at(-1)?.replace(/\.map$/, "") }) }),
        /* @__PURE__ */ jsx37("td", { children: /* @__PURE__ */ jsx37(Link, { to: interfaceAt(one.name), children: one.title }) }),
        /* @__PURE__ */ jsx37("td", { className: "mono quiet cut", children: file })
      ] }, file)) })
    ] }),
    fits.length > ASKED_MAX && /* @__PURE__ */ jsxs36("p", { className: "inside quiet", children: [
      "The maps of the first ",
      ASKED_MAX,
      " interfaces; find the others by name."
    ] })
  ] }) });
}

// src/screens/messages/Messages.tsx
import { Menu as Menu3, MenuItem as MenuItem3, MenuTrigger as MenuTrigger3, Popover as Popover3 } from "./vendor.js";

// src/screens/messages/ActOnFound.tsx
import { useRef as useRef6, useState as useState25 } from "./vendor.js";
import { Input as Input5, Label as Label5, TextField as TextField5 } from "./vendor.js";

// src/screens/messages/bulk.ts
function fitting(rows, states) {
  return rows.filter((row) => states.includes(row.state)).sort((a, b) => a.id - b.id);
}
async function eachOf(rows, act, tell4, isStopped) {
  let progress = { done: 0, refused: [], total: rows.length, isOver: false };
  for (const row of rows) {
    if (isStopped()) break;
    try {
      await act(row.id);
      progress = { ...progress, done: progress.done + 1 };
    } catch (error) {
      const why = error instanceof Problem ? `${error.message} ${error.code}`.trim() : String(error);
      progress = { ...progress, refused: [...progress.refused, { id: row.id, why }] };
      if (error instanceof Problem && (error.status === 0 || error.status === 401 || error.status === 403)) break;
    }
    tell4(progress);
  }
  progress = { ...progress, isOver: true };
  tell4(progress);
  return progress;
}

// src/screens/messages/ActOnFound.tsx
import { jsx as jsx38, jsxs as jsxs37 } from "./vendor.js";
var BULK = {
  retry: {
    label: "Retry what is parked…",
    title: (number) => `Retry ${number}`,
    text: "What was parked goes back into its queue, at the end of its key, oldest first. What fails again is parked again. A retry cannot be taken back once the partner has the message; until then, pause the destination.",
    button: "Retry them",
    right: "resend",
    states: ["parked"],
    act: (message, reason) => retry({ message, reason }),
    isDangerous: false
  },
  resend: {
    label: "Send what was delivered again…",
    title: (number) => `Send ${number} again`,
    text: "The same bytes with the same control ids go out again: partners get them a second time. It cannot be taken back.",
    button: "Send them again",
    right: "resend",
    states: ["delivered"],
    act: (message, reason) => resend({ message, reason }),
    isDangerous: true
  },
  delete: {
    label: "Delete what waits or is parked…",
    title: (number) => `Delete ${number}`,
    text: "Their deliveries leave the queues for good. The messages stay in the store, are found as deleted with your name, and can be replayed: that is the way back.",
    button: "Delete them",
    right: "delete",
    states: ["parked", "in_flight"],
    act: (message, reason) => remove({ message, reason }),
    isDangerous: true
  }
};
function ActOnFound({ kind, rows, isFull, onClose }) {
  const bulk = BULK[kind];
  const [wanted2] = useState25(() => fitting(rows, bulk.states));
  const [reason, setReason] = useState25("");
  const [progress, setProgress] = useState25();
  const stop = useRef6(false);
  const number = plural(wanted2.length, "message");
  const run = () => {
    if (!reason.trim() || progress) return;
    setProgress({ done: 0, refused: [], total: wanted2.length, isOver: false });
    void eachOf(wanted2, (id) => bulk.act(id, reason.trim()), setProgress, () => stop.current);
  };
  const close = () => {
    stop.current = true;
    onClose();
  };
  return /* @__PURE__ */ jsxs37(Window, { title: bulk.title(number), onClose: close, children: [
    /* @__PURE__ */ jsx38("p", { children: bulk.text }),
    isFull && !progress && /* @__PURE__ */ jsx38("p", { className: "warn", children: "The search finds more than are in the list: only those in the list are meant." }),
    !progress && wanted2.length === 0 && /* @__PURE__ */ jsxs37("p", { children: [
      "None of the messages in the list is ",
      bulk.states.map((state) => state.replace("_", " ")).join(" or "),
      "."
    ] }),
    !progress && wanted2.length > 0 && /* @__PURE__ */ jsxs37(TextField5, { className: "field", value: reason, onChange: setReason, isRequired: true, autoFocus: true, onKeyDown: (key) => key.key === "Enter" && run(), children: [
      /* @__PURE__ */ jsx38(Label5, { children: "Why? It is kept with your name, for each of them." }),
      /* @__PURE__ */ jsx38(Input5, { className: "input", placeholder: "for example: ticket 4711, the table is complete now" })
    ] }),
    progress && /* @__PURE__ */ jsxs37("div", { className: "stack tight", role: "status", children: [
      /* @__PURE__ */ jsx38("progress", { className: "share", max: progress.total, value: progress.done + progress.refused.length, "aria-label": "Progress" }),
      /* @__PURE__ */ jsxs37("p", { children: [
        /* @__PURE__ */ jsxs37("strong", { children: [
          count(progress.done),
          " of ",
          count(progress.total),
          " done"
        ] }),
        progress.refused.length > 0 && /* @__PURE__ */ jsxs37("span", { className: "warn", children: [
          ", ",
          count(progress.refused.length),
          " refused and as they were"
        ] }),
        progress.isOver && progress.done + progress.refused.length < progress.total && `; stopped, the other ${count(progress.total - progress.done - progress.refused.length)} are as they were`
      ] }),
      progress.refused.slice(0, 5).map((one) => /* @__PURE__ */ jsxs37("p", { className: "quiet", children: [
        /* @__PURE__ */ jsx38(Link, { to: `/messages#id=${one.id}`, children: one.id }),
        " ",
        one.why
      ] }, one.id))
    ] }),
    /* @__PURE__ */ jsxs37("div", { className: "buttons", children: [
      progress && !progress.isOver && /* @__PURE__ */ jsx38(Button, { onPress: () => stop.current = true, children: "Stop" }),
      /* @__PURE__ */ jsx38(Button, { onPress: close, children: progress?.isOver ? "Close" : progress ? "Stop and close" : "Cancel" }),
      !progress && wanted2.length > 0 && /* @__PURE__ */ jsx38(Button, { kind: bulk.isDangerous ? "danger" : "first", isDisabled: !reason.trim(), onPress: run, children: bulk.button })
    ] })
  ] });
}

// src/screens/messages/Messages.tsx
import { useVirtualizer } from "./vendor.js";
import { useEffect as useEffect10, useRef as useRef8, useState as useState31 } from "./vendor.js";

// src/screens/messages/Facets.tsx
import { Checkbox } from "./vendor.js";

// src/screens/messages/query.ts
var words = (query) => query.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
var quoted = (value) => /\s/.test(value) ? `"${value}"` : value;
function valuesOf(query, name) {
  const found = words(query).find((word) => word.startsWith(`${name}:`));
  if (!found) return [];
  const value = found.slice(name.length + 1).replaceAll('"', "");
  return name === "state" ? value.split(",") : [value];
}
function toggled(query, name, value) {
  const before = valuesOf(query, name);
  const others = words(query).filter((word) => !word.startsWith(`${name}:`));
  const isOn = before.includes(value);
  const after = isOn ? before.filter((one) => one !== value) : name === "state" ? [...before, value] : [value];
  return [...others, ...after.length ? [`${name}:${quoted(after.join(","))}`] : []].join(" ");
}
function counted(values) {
  const found = /* @__PURE__ */ new Map();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return [...found].map(([value, count2]) => ({ value, count: count2 })).sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
}
var isKeepable = (query) => query.trim() !== "" && query.split(/\s+/).every((word) => /^(interface|destination|type|event|facility|application|state|since|until):/.test(word));

// src/screens/messages/saved.ts
import { useState as useState26 } from "./vendor.js";
var KEY = "sinew.searches";
var SEARCHES_MAX = 30;
function read3() {
  try {
    const kept = JSON.parse(window.localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}
function useSaved() {
  const [saved, setSaved] = useState26(read3);
  const toggle = (query) => {
    const next = saved.includes(query) ? saved.filter((one) => one !== query) : [query, ...saved].slice(0, SEARCHES_MAX);
    window.localStorage.setItem(KEY, JSON.stringify(next));
    setSaved(next);
  };
  return { saved, toggle };
}

// src/screens/messages/Shared.tsx
import { useState as useState27 } from "./vendor.js";
import { Input as Input6, Label as Label6, TextField as TextField6 } from "./vendor.js";
import { jsx as jsx39, jsxs as jsxs38 } from "./vendor.js";
function Share({ query, onClose }) {
  const [title, setTitle] = useState27("");
  const [problem, setProblem] = useState27();
  const run = async () => {
    if (!title.trim()) return;
    try {
      await shareSearch(title.trim(), query);
      onClose();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
  };
  return /* @__PURE__ */ jsxs38(Window, { title: "Share this search", onClose, children: [
    /* @__PURE__ */ jsxs38("p", { children: [
      "Everybody who may search sees it here, with your name. What it finds, each sees with their own rights: ",
      /* @__PURE__ */ jsx39("code", { children: query })
    ] }),
    /* @__PURE__ */ jsxs38(TextField6, { className: "field", value: title, onChange: setTitle, isRequired: true, autoFocus: true, onKeyDown: (key) => key.key === "Enter" && void run(), children: [
      /* @__PURE__ */ jsx39(Label6, { children: "What it is for" }),
      /* @__PURE__ */ jsx39(Input6, { className: "input", placeholder: "Parked in the laboratory", maxLength: 80 })
    ] }),
    problem && /* @__PURE__ */ jsxs38(Notice, { level: "warning", title: "Not shared", children: [
      problem.message,
      " ",
      /* @__PURE__ */ jsx39(ErrorCode, { code: problem.code })
    ] }),
    /* @__PURE__ */ jsxs38("div", { className: "buttons", children: [
      /* @__PURE__ */ jsx39(Button, { onPress: onClose, children: "Cancel" }),
      /* @__PURE__ */ jsx39(Button, { kind: "first", isDisabled: !title.trim(), onPress: () => void run(), children: "Share" })
    ] })
  ] });
}
function SharedSearches({ query, onQuery }) {
  const { value, again } = useAnswer("searches", readSearches);
  const { me } = useSession();
  const may = useMay();
  const [isSharing, setSharing] = useState27(false);
  const searches = value?.searches ?? [];
  const isOwn = (one) => may("people") || me?.name === one.by;
  const takeBack = async (one) => {
    await takeSearchBack(one.id).catch(() => void 0);
    again();
  };
  return /* @__PURE__ */ jsxs38("fieldset", { className: "facet", children: [
    /* @__PURE__ */ jsx39("legend", { children: "Shared searches" }),
    searches.map((one) => /* @__PURE__ */ jsxs38("div", { className: "shared", children: [
      /* @__PURE__ */ jsx39("button", { type: "button", className: "saved cut", "aria-current": one.query === query, onClick: () => onQuery(one.query), title: `${one.query} · shared by ${one.by}`, children: one.title }),
      isOwn(one) && /* @__PURE__ */ jsx39(Button, { kind: "plain square", icon: "close", "aria-label": `Take back ${one.title}`, onPress: () => void takeBack(one) })
    ] }, one.id)),
    isKeepable(query) && !searches.some((one) => one.query === query) ? /* @__PURE__ */ jsx39(Button, { kind: "plain", onPress: () => setSharing(true), children: "Share this search…" }) : searches.length === 0 && /* @__PURE__ */ jsx39("p", { className: "quiet", children: "None yet. A search that names nobody can be shared." }),
    isSharing && /* @__PURE__ */ jsx39(
      Share,
      {
        query,
        onClose: () => {
          setSharing(false);
          again();
        }
      }
    )
  ] });
}

// src/screens/messages/Facets.tsx
import { jsx as jsx40, jsxs as jsxs39 } from "./vendor.js";
var VALUES_MAX = 12;
function Group({ title, name, values, query, onQuery, wordOf }) {
  const chosen = valuesOf(query, name);
  const missing = chosen.filter((value) => !values.some((one) => one.value === value)).map((value) => ({ value, count: 0 }));
  const shown = [...missing, ...values].slice(0, VALUES_MAX);
  if (shown.length === 0) return null;
  return /* @__PURE__ */ jsxs39("fieldset", { className: "facet", children: [
    /* @__PURE__ */ jsx40("legend", { children: title }),
    shown.map(({ value, count: number }) => /* @__PURE__ */ jsxs39(Checkbox, { className: "check", isSelected: chosen.includes(value), onChange: () => onQuery(toggled(query, name, value)), children: [
      /* @__PURE__ */ jsx40("span", { className: "box", children: /* @__PURE__ */ jsx40(Icon, { name: "check" }) }),
      /* @__PURE__ */ jsx40("span", { className: "cut", children: wordOf ? wordOf(value) : value }),
      /* @__PURE__ */ jsx40("span", { className: "facet-count quiet number", children: count(number) })
    ] }, value))
  ] });
}
function Facets({ query, rows, facets, onQuery }) {
  const { saved, toggle } = useSaved();
  const isSaved = saved.includes(query);
  return /* @__PURE__ */ jsxs39("div", { className: "facets", children: [
    /* @__PURE__ */ jsx40(Group, { title: "State", name: "state", values: facets?.states ?? counted(rows.map((row) => row.state)), query, onQuery, wordOf: (value) => messageState(value).word }),
    /* @__PURE__ */ jsx40(Group, { title: "Interface", name: "interface", values: facets?.interfaces ?? counted(rows.map((row) => row.interface)), query, onQuery }),
    /* @__PURE__ */ jsx40(Group, { title: "Type", name: "type", values: facets?.types ?? counted(rows.map((row) => row.type)), query, onQuery }),
    facets && /* @__PURE__ */ jsx40(Group, { title: "Facility", name: "facility", values: facets.facilities, query, onQuery }),
    /* @__PURE__ */ jsx40(Group, { title: facets ? "Destination (in the list)" : "Destination", name: "destination", values: counted(rows.flatMap((row) => row.destinations)), query, onQuery }),
    /* @__PURE__ */ jsxs39("fieldset", { className: "facet", children: [
      /* @__PURE__ */ jsx40("legend", { children: "Your searches" }),
      saved.map((one) => /* @__PURE__ */ jsx40("button", { type: "button", className: "saved cut", "aria-current": one === query, onClick: () => onQuery(one), title: one, children: one }, one)),
      isKeepable(query) ? /* @__PURE__ */ jsx40(Button, { kind: "plain", onPress: () => toggle(query), children: isSaved ? "Forget this search" : "Keep this search" }) : saved.length === 0 && /* @__PURE__ */ jsx40("p", { className: "quiet", children: "None in this browser. A search that names a person is not kept." })
    ] }),
    /* @__PURE__ */ jsx40(SharedSearches, { query, onQuery })
  ] });
}

// src/screens/messages/OneMessage.tsx
import { useMemo as useMemo9, useState as useState29 } from "./vendor.js";
import { Menu as Menu2, MenuItem as MenuItem2, MenuTrigger as MenuTrigger2, Popover as Popover2, Tab as Tab4, TabList as TabList4, TabPanel as TabPanel4, Tabs as Tabs4 } from "./vendor.js";

// src/flow/maps.ts
function mapsOf(text) {
  const out = [];
  const around = [];
  for (const raw of text.split("\n")) {
    const line = raw.replace(/#.*$/, "").trim();
    const [word = "", name = ""] = line.split(/\s+/);
    if (word === "map" && name) out.push({ destination: around.findLast((one) => one.word === "send")?.name, file: name.replaceAll('"', "") });
    if (/^\}/.test(line)) around.pop();
    if (line.endsWith("{")) around.push({ word, name });
  }
  return out;
}
function mapsTo(text, file, destination) {
  const folder = file.replace(/\/[^/]*$/, "");
  return mapsOf(text).filter((one) => (one.destination === void 0 || one.destination === destination) && !one.file.startsWith("shared/")).map((one) => `${folder}/${one.file}`);
}

// src/screens/messages/Compare.tsx
import { useState as useState28 } from "./vendor.js";
import { jsx as jsx41, jsxs as jsxs40 } from "./vendor.js";
function Compare({ journey, reason, onReveal }) {
  const outputs = journey.deliveries.map((one) => `output:${one.destination}`);
  const [which, setWhich] = useState28(outputs[0] ?? "raw");
  const [number, setNumber] = useState28("");
  const other = Number(number) || void 0;
  const left = useContent(journey.id, "raw", reason);
  const right = useContent(other ?? journey.id, other ? "raw" : which, reason);
  const [before, after] = [useEr7(left.value), useEr7(right.value)];
  const found = before && after ? differences(before, after) : void 0;
  const names2 = useNames(before);
  return /* @__PURE__ */ jsxs40("div", { className: "compare", children: [
    /* @__PURE__ */ jsxs40("div", { className: "compare-head", children: [
      /* @__PURE__ */ jsx41("span", { children: "As received, against" }),
      /* @__PURE__ */ jsxs40("select", { className: "input", "aria-label": "Which content", value: other ? "" : which, onChange: (change2) => (setWhich(change2.target.value), setNumber("")), children: [
        other && /* @__PURE__ */ jsxs40("option", { value: "", children: [
          "message ",
          other
        ] }),
        outputs.map((one) => /* @__PURE__ */ jsxs40("option", { value: one, children: [
          "what went to ",
          one.slice("output:".length)
        ] }, one))
      ] }),
      /* @__PURE__ */ jsx41("span", { children: "or message" }),
      /* @__PURE__ */ jsx41("input", { className: "input", "aria-label": "Id of another message", placeholder: "id", inputMode: "numeric", value: number, onChange: (change2) => setNumber(change2.target.value.replace(/\D/g, "")) })
    ] }),
    right.problem && !right.problem.isMissing ? /* @__PURE__ */ jsx41(Trouble, { problem: right.problem, what: "The other content", again: right.again }) : left.problem?.isMissing && !left.value ? /* @__PURE__ */ jsx41(Empty, { title: "The content is not shown without a reason", children: /* @__PURE__ */ jsx41(Button, { icon: "eye", onPress: onReveal, children: "Reveal…" }) }) : !left.value || !right.value ? /* @__PURE__ */ jsx41("div", { className: "empty", children: "Reading…" }) : !found ? /* @__PURE__ */ jsx41(Empty, { title: "These two have no fields in common", children: "One of them is not HL7 v2; look at both in their tabs." }) : found.length === 0 ? /* @__PURE__ */ jsx41(Empty, { title: "They are the same", children: "No field differs." }) : /* @__PURE__ */ jsxs40("table", { className: "table", children: [
      /* @__PURE__ */ jsxs40("caption", { className: "hidden-but-read", children: [
        plural(found.length, "place"),
        " differ"
      ] }),
      /* @__PURE__ */ jsx41("thead", { children: /* @__PURE__ */ jsxs40("tr", { children: [
        /* @__PURE__ */ jsx41("th", { scope: "col", children: "Place" }),
        /* @__PURE__ */ jsx41("th", { scope: "col", children: "Name" }),
        /* @__PURE__ */ jsx41("th", { scope: "col", children: "Received" }),
        /* @__PURE__ */ jsx41("th", { scope: "col", children: other ? `Message ${other}` : "Sent" })
      ] }) }),
      /* @__PURE__ */ jsx41("tbody", { children: found.map((one) => /* @__PURE__ */ jsxs40("tr", { children: [
        /* @__PURE__ */ jsx41("td", { children: /* @__PURE__ */ jsx41("code", { children: one.path }) }),
        /* @__PURE__ */ jsx41("td", { className: "quiet", children: names2[one.kind] ?? "" }),
        /* @__PURE__ */ jsx41("td", { className: "mono", children: one.left ?? /* @__PURE__ */ jsx41("span", { className: "quiet", children: "nothing" }) }),
        /* @__PURE__ */ jsx41("td", { className: "mono", children: one.right ?? /* @__PURE__ */ jsx41("span", { className: "quiet", children: "nothing" }) })
      ] }, one.path)) })
    ] })
  ] });
}

// src/screens/messages/strip.ts
var NAMES = { 1: "Received", 3: "Duplicate?", 4: "Planned", 5: "Stored", 6: "Answered" };
var GOOD = ["delivered"];
var BAD = ["parked", "held", "expired", "failed"];
function ofStep(step2, stages) {
  const own = stages.filter((stage) => stage.step === step2 && stage.destination === null);
  const last = own.at(-1);
  if (!last) return void 0;
  return { id: `step ${step2}`, name: NAMES[step2] ?? `Step ${step2}`, text: last.text, tone: own.every((stage) => stage.is_good) ? "good" : "bad", at: last.at };
}
function stripOf(journey) {
  const general = [1, 3, 4, 5, 6].map((step2) => ofStep(step2, journey.stages)).filter((tile) => tile !== void 0 && !(tile.id === "step 3" && tile.tone === "good"));
  const deliveries = journey.deliveries.map((delivery) => {
    const own = journey.stages.filter((stage) => stage.destination === delivery.destination);
    const tried = own.filter((stage) => stage.step === 8).at(-1) ?? own.at(-1);
    const tone = GOOD.includes(delivery.state) ? "good" : BAD.includes(delivery.state) ? "bad" : "wait";
    const text = tried?.text.replace(/^attempt \d+: /, "") ?? delivery.state;
    return { id: `to ${delivery.delivery.number}`, name: delivery.destination, text: delivery.attempts > 1 ? `${text} (try ${delivery.attempts})` : text, tone, at: tried?.at ?? null };
  });
  return [...general, ...deliveries];
}
function sinceText(at3, start) {
  if (at3 === null || start === null) return "";
  const millis = (at3 - start) / 1e3;
  if (millis < 1e3) return `+${millis < 10 ? millis.toFixed(1) : Math.round(millis)} ms`;
  return `+${(millis / 1e3).toFixed(1)} s`;
}

// src/screens/messages/OneMessage.tsx
import { Fragment as Fragment15, jsx as jsx42, jsxs as jsxs41 } from "./vendor.js";
function Strip({ journey }) {
  const tiles = stripOf(journey);
  const start = journey.stages.find((stage) => stage.step === 1)?.at ?? null;
  return /* @__PURE__ */ jsx42("ol", { className: "strip", "aria-label": "The life of the message", tabIndex: 0, children: tiles.map((tile) => /* @__PURE__ */ jsxs41("li", { className: tile.tone, title: `${tile.text}${tile.at ? ` · ${utc(tile.at)}` : ""}`, children: [
    /* @__PURE__ */ jsxs41("strong", { className: "cut", children: [
      tile.tone === "bad" ? "✕ " : tile.tone === "wait" ? "… " : "",
      tile.name
    ] }),
    /* @__PURE__ */ jsx42("span", { children: tile.text }),
    /* @__PURE__ */ jsx42("span", { className: "quiet number", children: sinceText(tile.at, start) || " " })
  ] }, tile.id)) });
}
function Stages({ journey }) {
  const start = journey.stages.find((stage) => stage.step === 1)?.at ?? null;
  return /* @__PURE__ */ jsxs41("table", { className: "table stages", children: [
    /* @__PURE__ */ jsx42("thead", { children: /* @__PURE__ */ jsxs41("tr", { children: [
      /* @__PURE__ */ jsx42("th", { scope: "col", children: "Time" }),
      /* @__PURE__ */ jsx42("th", { scope: "col", className: "right", children: "Since" }),
      /* @__PURE__ */ jsx42("th", { scope: "col", children: "Where" }),
      /* @__PURE__ */ jsx42("th", { scope: "col", children: "What happened" })
    ] }) }),
    /* @__PURE__ */ jsx42("tbody", { children: journey.stages.map((stage, at3) => /* @__PURE__ */ jsxs41("tr", { children: [
      /* @__PURE__ */ jsx42("td", { className: "mono nowrap", children: stage.at ? clockMillis(stage.at) : "" }),
      /* @__PURE__ */ jsx42("td", { className: "right number nowrap", children: sinceText(stage.at, start) }),
      /* @__PURE__ */ jsx42("td", { className: "nowrap", children: stage.destination ?? "engine" }),
      /* @__PURE__ */ jsxs41("td", { className: stage.is_good ? "" : "bad", children: [
        stage.is_good ? "" : "✕ ",
        stage.text
      ] })
    ] }, at3)) })
  ] });
}
function actsOf(journey) {
  const { id } = journey;
  const acts = [
    {
      id: "replay",
      label: "Replay…",
      right: "resend",
      act: {
        title: `Replay message ${id}`,
        text: "It is read again from the bytes that came, by the interface as it is now. What is stored does not change; the replay is a message of its own and is marked as one. Receivers that had it get it again.",
        button: "Replay",
        isDangerous: journey.deliveries.some((one) => one.state === "delivered"),
        run: async (reason) => {
          const done2 = await replay(`id:${id}`, reason);
          return done2.refused.length ? "It was refused; the message is as it was." : "Replayed.";
        }
      }
    },
    {
      id: "retry",
      label: "Retry what waits…",
      right: "resend",
      act: { title: "Retry now", text: "Deliveries of this message that wait, are held or parked are tried now, in their order.", button: "Retry", run: async (reason) => void await retry({ message: id, reason }) }
    },
    ...journey.deliveries.map((one) => ({
      id: `resend ${one.delivery.number}`,
      label: `Resend to ${one.destination}…`,
      right: "resend",
      act: {
        title: `Resend to ${one.destination}`,
        text: "The same bytes as before go to this destination once more. It may get the message twice.",
        button: "Resend",
        isDangerous: true,
        run: async (reason) => void await resend({ message: id, number: one.delivery.number, reason })
      }
    })),
    {
      id: "delete",
      label: "Delete what is parked…",
      right: "delete",
      act: { title: "Delete what is parked or held", text: "It is not delivered any more, and counted as deleted by you. The message stays in the store and can be replayed.", button: "Delete", isDangerous: true, run: async (reason) => void await remove({ message: id, reason }) }
    }
  ];
  return acts;
}
var REVEAL = (run) => ({
  title: "Reveal the content",
  text: "You will see who the patient is. That you looked, and why, is written to the audit log.",
  button: "Reveal",
  example: "for example: ticket 4711, the ward asks for a result",
  run
});
function Hidden({ view, onReveal }) {
  if (view.problem?.isMissing || view.problem?.status === 403) {
    return /* @__PURE__ */ jsx42(Empty, { title: "The content is not shown without a reason", children: /* @__PURE__ */ jsx42(Button, { icon: "eye", onPress: onReveal, children: "Reveal…" }) });
  }
  if (view.problem) return /* @__PURE__ */ jsx42(Trouble, { problem: view.problem, what: "The content", again: view.again });
  return /* @__PURE__ */ jsx42("div", { className: "empty", children: "Reading…" });
}
function Content({ view, names: names2, linked, mode, changed: changed2 }) {
  const er7 = useEr7(view);
  if (!er7) return /* @__PURE__ */ jsx42(Plain, { text: view.text, linked });
  return mode === "fields" ? /* @__PURE__ */ jsx42(Fields, { er7, names: names2, linked, changed: changed2 }) : /* @__PURE__ */ jsx42(Raw, { er7, names: names2, linked, changed: changed2 });
}
function MadeBy({ journey, destination }) {
  const { value } = useAnswer(journey.interface, (signal) => readInterface(journey.interface, signal));
  const files = value ? mapsTo(value.text, value.file, destination) : [];
  if (files.length === 0) return null;
  return /* @__PURE__ */ jsxs41(Fragment15, { children: [
    " ",
    "Made by",
    " ",
    files.map((file) => /* @__PURE__ */ jsxs41("span", { children: [
      /* @__PURE__ */ jsx42(Link, { to: mapAt(journey.interface, file, journey.id), children: file.split("/").at(-1) ?? file }),
      " "
    ] }, file)),
    ": see which line made what."
  ] });
}
function Panes({ journey, reason, onReveal }) {
  const { words: words3 } = useAddress();
  const tab = words3.get("tab") ?? "raw";
  const [look, setLook] = useState29({});
  const linked = useMemo9(() => ({ path: look.path, value: look.value, look: (path, value) => setLook({ path, value }) }), [look]);
  const raw = useContent(journey.id, "raw", reason);
  const output = tab.startsWith("output:") ? tab : null;
  const other = useContent(journey.id, output ?? (tab === "acknowledgment" ? tab : null), reason);
  const [left, right] = [useEr7(raw.value), useEr7(other.value)];
  const names2 = useNames(left);
  const changed2 = useMemo9(() => output && left && right ? new Set(differences(left, right).map((one) => one.path)) : void 0, [output, left, right]);
  const tabs = [
    { id: "raw", name: "Raw" },
    ...journey.deliveries.map((one) => ({ id: `output:${one.destination}`, name: `To ${one.destination}` })),
    { id: "acknowledgment", name: "Answer" },
    { id: "compare", name: "Compare" },
    { id: "journey", name: "Journey" }
  ];
  return /* @__PURE__ */ jsxs41("div", { className: "panes", children: [
    /* @__PURE__ */ jsxs41("section", { className: "card pane", "aria-label": "Fields", children: [
      /* @__PURE__ */ jsxs41("header", { children: [
        /* @__PURE__ */ jsx42("h2", { children: "Fields" }),
        raw.value && /* @__PURE__ */ jsxs41("span", { className: "quiet", children: [
          raw.value.isMasked ? "masked" : "revealed",
          " · as received"
        ] })
      ] }),
      /* @__PURE__ */ jsx42("div", { className: "pane-inside", children: raw.value ? /* @__PURE__ */ jsx42(Content, { view: raw.value, names: names2, linked, mode: "fields" }) : /* @__PURE__ */ jsx42(Hidden, { view: raw, onReveal }) })
    ] }),
    /* @__PURE__ */ jsx42("section", { className: "card pane", "aria-label": "Content", children: /* @__PURE__ */ jsxs41(Tabs4, { className: "tabs", selectedKey: tabs.some((one) => one.id === tab) ? tab : "raw", onSelectionChange: (key) => setWords({ tab: String(key) }, { replace: true }), children: [
      /* @__PURE__ */ jsx42(TabList4, { className: "tab-list", "aria-label": "Ways to see it", items: tabs, children: (one) => /* @__PURE__ */ jsx42(Tab4, { className: "tab", children: one.name }) }),
      tabs.map((one) => /* @__PURE__ */ jsx42(TabPanel4, { id: one.id, className: "tab-panel pane-inside", children: one.id === "journey" ? /* @__PURE__ */ jsx42(Stages, { journey }) : one.id === "compare" ? /* @__PURE__ */ jsx42(Compare, { journey, reason, onReveal }) : one.id === "raw" ? raw.value ? /* @__PURE__ */ jsx42(Content, { view: raw.value, names: names2, linked, mode: "raw" }) : /* @__PURE__ */ jsx42(Hidden, { view: raw, onReveal }) : other.value ? /* @__PURE__ */ jsxs41(Fragment15, { children: [
        /* @__PURE__ */ jsxs41("p", { className: "pane-note quiet", children: [
          changed2 && (changed2.size ? `${plural(changed2.size, "place")} changed on the way, underlined.` : "Sent as received."),
          output && /* @__PURE__ */ jsx42(MadeBy, { journey, destination: output.slice("output:".length) })
        ] }),
        /* @__PURE__ */ jsx42(Content, { view: other.value, names: names2, linked, mode: "raw", changed: changed2 })
      ] }) : /* @__PURE__ */ jsx42(Hidden, { view: other, onReveal }) }, one.id))
    ] }) })
  ] });
}
function EditCopy({ id, text, onClose }) {
  const [content, setContent] = useState29(() => text.replaceAll("\r\n", "\n").replaceAll("\r", "\n"));
  return /* @__PURE__ */ jsx42(
    AskWhy,
    {
      onClose,
      act: {
        title: `Send an edited copy of ${id}`,
        text: /* @__PURE__ */ jsxs41("div", { className: "field", children: [
          /* @__PURE__ */ jsxs41("label", { htmlFor: "copy", children: [
            "The copy; ",
            id,
            " stays as it came"
          ] }),
          /* @__PURE__ */ jsx42("textarea", { id: "copy", className: "input mono copy", rows: 12, spellCheck: false, wrap: "off", value: content, onChange: (change2) => setContent(change2.target.value) })
        ] }),
        button: "Send the copy",
        isDangerous: true,
        run: async (reason) => {
          const done2 = await sendEdited(id, content.trimEnd().replaceAll("\n", "\r") + "\r", reason);
          return done2.refused ? `Refused: ${done2.refused.text}` : `Sent as message ${done2.message ?? ""}.`;
        }
      }
    }
  );
}
function OneMessage({ id, onClose }) {
  const { value: journey, problem, again } = useAnswer(String(id), (signal) => readJourney(id, signal));
  const [reason, setReason] = useState29();
  const [act, setAct] = useState29();
  const may = useMay();
  const [isEditing, setEditing] = useState29(false);
  const original = useContent(id, reason && may("edit") ? "raw" : null, reason);
  if (problem) return /* @__PURE__ */ jsx42(Trouble, { problem, what: `Message ${id}`, again });
  if (!journey) return /* @__PURE__ */ jsx42("div", { className: "empty", children: "Reading…" });
  const acts = actsOf(journey).filter((offer) => may(offer.right));
  const first = journey.stages.find((stage) => stage.step === 1);
  const mayReveal = may("reveal");
  const reveal = () => setAct(
    mayReveal ? REVEAL(async (why) => setReason(why)) : {
      ...REVEAL(async (why) => {
        await breakGlass(why);
        setReason(why);
      }),
      title: "Break the glass and reveal",
      text: "Your role does not read content. You break the glass: for one hour you may, and the privacy officer sees that you did and why.",
      isDangerous: true
    }
  );
  const close = () => {
    setAct(void 0);
    again();
  };
  return /* @__PURE__ */ jsxs41("div", { className: "one-message", children: [
    /* @__PURE__ */ jsxs41("header", { className: "one-head", children: [
      /* @__PURE__ */ jsx42("h2", { className: "mono", children: journey.kind }),
      /* @__PURE__ */ jsxs41("span", { children: [
        "on ",
        /* @__PURE__ */ jsx42(Link, { to: interfaceAt(journey.interface), children: journey.interface })
      ] }),
      /* @__PURE__ */ jsxs41("span", { className: "quiet", children: [
        first?.at ? clockMillis(first.at) : "",
        " · ",
        bytes(journey.size),
        " · control id ",
        /* @__PURE__ */ jsx42("code", { children: journey.control_id || "none" }),
        " · id ",
        /* @__PURE__ */ jsx42("code", { children: id })
      ] }),
      /* @__PURE__ */ jsxs41("div", { className: "buttons", children: [
        reason ? /* @__PURE__ */ jsx42(Button, { icon: "masked", onPress: () => setReason(void 0), children: "Mask" }) : (mayReveal || may("break-glass")) && /* @__PURE__ */ jsx42(Button, { icon: "eye", onPress: reveal, children: "Reveal…" }),
        /* @__PURE__ */ jsx42(Link, { to: benchAt(journey.interface, id), className: "button", children: "On the bench" }),
        original.value && !original.value.isMasked && /* @__PURE__ */ jsx42(Button, { icon: "changes", onPress: () => setEditing(true), children: "Edit a copy…" }),
        acts.length > 0 && /* @__PURE__ */ jsxs41(MenuTrigger2, { children: [
          /* @__PURE__ */ jsx42(Button, { icon: "again", children: "Act…" }),
          /* @__PURE__ */ jsx42(Popover2, { className: "popover", placement: "bottom end", children: /* @__PURE__ */ jsx42(Menu2, { className: "menu", items: acts, onAction: (key) => setAct(acts.find((one) => one.id === key)?.act), children: (one) => /* @__PURE__ */ jsx42(MenuItem2, { className: "menu-item", children: one.label }) }) })
        ] }),
        /* @__PURE__ */ jsx42(Button, { kind: "plain square", icon: "close", "aria-label": "Close the message", onPress: onClose })
      ] })
    ] }),
    /* @__PURE__ */ jsx42(Strip, { journey }),
    /* @__PURE__ */ jsx42(Panes, { journey, reason, onReveal: reveal }),
    act && /* @__PURE__ */ jsx42(AskWhy, { act, onClose: close }),
    isEditing && original.value && /* @__PURE__ */ jsx42(EditCopy, { id, text: original.value.text, onClose: () => setEditing(false) })
  ] });
}

// src/screens/messages/Inside.tsx
import { useEffect as useEffect9, useLayoutEffect as useLayoutEffect2, useRef as useRef7, useState as useState30 } from "./vendor.js";
import { Input as Input7, Label as Label7, TextField as TextField7 } from "./vendor.js";
import { jsx as jsx43, jsxs as jsxs42 } from "./vendor.js";
var NOTHING = { rows: [], progress: void 0, end: void 0, problem: void 0, isRunning: false };
var ENDS = {
  all: "to the oldest message",
  rows: "as many as one look finds",
  bytes: "as much as one look reads",
  time: "as long as one look may take",
  "not-allowed": "your roles do not allow it any longer",
  "engine-ends": "the engine ends",
  left: "stopped",
  trouble: "it could not go on"
};
function words2({ rows, progress, end, isRunning }) {
  if (!progress) return "Nothing was looked at yet";
  const share = progress.of ? ` of ${count(progress.of)}` : "";
  const day = progress.day ? `, back to ${progress.day}` : "";
  const so = isRunning ? "Looking" : end ? `Looked, ${ENDS[end.why]}` : "Stopped";
  return `${so}: ${count(Math.max(progress.scanned, rows.length))}${share} opened${day}, ${count(rows.length)} found`;
}
function useScan(query, text) {
  const [held, setHeld] = useState30(NOTHING);
  const running = useRef7(null);
  const stop = () => {
    running.current?.abort();
    running.current = null;
    setHeld((before) => ({ ...before, isRunning: false }));
  };
  useLayoutEffect2(() => {
    setHeld(NOTHING);
    return () => running.current?.abort();
  }, [query, text]);
  const start = (wanted2, reason, before) => {
    stop();
    const own = new AbortController();
    running.current = own;
    const change2 = (act) => !own.signal.aborted && setHeld(act);
    setHeld((held2) => ({ ...NOTHING, rows: before === void 0 ? [] : held2.rows, isRunning: true }));
    const over = (problem) => change2((held2) => ({ ...held2, problem, isRunning: false }));
    scanMessages(
      { text: wanted2, query, reason, before },
      ({ progress, row, end }) => {
        if (progress) change2((held2) => ({ ...held2, progress }));
        if (row) change2((held2) => ({ ...held2, rows: [...held2.rows, row] }));
        if (end) change2((held2) => ({ ...held2, progress: end, end }));
      },
      own.signal
    ).then(
      () => over(),
      (error) => over(error instanceof Problem ? error : new Problem(0, "", "The engine went away."))
    );
  };
  const hint = held.progress ? "Values are compared as a person reads them, without case and accents; documents inside a value are not opened." : "Say what to look for, and why.";
  return { ...held, said: words2(held), hint, start, stop };
}
function Inside({ text, scan }) {
  const [wanted2, setWanted] = useState30(text);
  const [reason, setReason] = useState30("");
  useEffect9(() => setWanted(text), [text]);
  const isReady = wanted2.trim().length >= 2 && reason.trim() !== "";
  const begins = useRef7(false);
  const begin = () => {
    if (!isReady) return;
    if (wanted2.trim() === text) return scan.start(text, reason.trim());
    begins.current = true;
    setWords({ inside: wanted2.trim(), id: void 0, tab: void 0 });
  };
  useEffect9(() => {
    if (!begins.current) return;
    begins.current = false;
    scan.start(text, reason.trim());
  }, [text]);
  const { progress, end, problem } = scan;
  const onEnter = (key) => key.key === "Enter" && begin();
  return /* @__PURE__ */ jsxs42("section", { className: "look-inside", "aria-label": "Look inside messages", children: [
    /* @__PURE__ */ jsxs42(TextField7, { className: "field", value: wanted2, onChange: setWanted, onKeyDown: onEnter, autoFocus: !text, children: [
      /* @__PURE__ */ jsx43(Label7, { children: "Text in a field or value" }),
      /* @__PURE__ */ jsx43(Input7, { className: "input", placeholder: "for example: ward 4 west", spellCheck: false, autoComplete: "off" })
    ] }),
    /* @__PURE__ */ jsxs42(TextField7, { className: "field", value: reason, onChange: setReason, onKeyDown: onEnter, isRequired: true, children: [
      /* @__PURE__ */ jsx43(Label7, { children: "Why? It is kept with your name" }),
      /* @__PURE__ */ jsx43(Input7, { className: "input", placeholder: "for example: ticket 4711" })
    ] }),
    /* @__PURE__ */ jsxs42("div", { className: "buttons", children: [
      scan.isRunning ? /* @__PURE__ */ jsx43(Button, { icon: "paused", onPress: scan.stop, children: "Stop" }) : /* @__PURE__ */ jsx43(Button, { kind: "first", icon: "search", isDisabled: !isReady, onPress: begin, children: "Look" }),
      !scan.isRunning && end?.before && /* @__PURE__ */ jsx43(Button, { isDisabled: !isReady, onPress: () => scan.start(text, reason.trim(), end.before ?? void 0), children: "Go on with older ones" })
    ] }),
    /* @__PURE__ */ jsxs42("div", { className: "look-progress", children: [
      scan.isRunning && (progress?.of ? /* @__PURE__ */ jsx43("progress", { className: "share", max: progress.of, value: progress.scanned, "aria-label": "Messages opened" }) : /* @__PURE__ */ jsx43("progress", { className: "share", "aria-label": "Looking" })),
      /* @__PURE__ */ jsxs42("span", { className: "quiet", children: [
        progress ? `${bytes(progress.bytes)} read behind all other work` : "Opens each message that the search above finds, the newest first.",
        progress && progress.unreadable > 0 && /* @__PURE__ */ jsxs42("strong", { className: "warn", children: [
          " ",
          plural(progress.unreadable, "message"),
          " could not be read."
        ] })
      ] })
    ] }),
    problem && /* @__PURE__ */ jsx43(Trouble, { problem, what: "The look inside" }),
    end?.reason && /* @__PURE__ */ jsx43(Trouble, { problem: new Problem(0, end.reason.code, end.reason.text), what: "The look inside" })
  ] });
}

// src/screens/messages/ReplayFound.tsx
import { jsx as jsx44, jsxs as jsxs43 } from "./vendor.js";
function ReplayFound({ query, onClose }) {
  const { value: plan2, problem } = useAnswer(query, () => planReplay(query));
  if (problem) {
    return /* @__PURE__ */ jsxs43(Window, { title: "Replay", onClose, children: [
      /* @__PURE__ */ jsx44(Trouble, { problem, what: "The plan" }),
      /* @__PURE__ */ jsx44("div", { className: "buttons", children: /* @__PURE__ */ jsx44(Button, { onPress: onClose, children: "Close" }) })
    ] });
  }
  if (!plan2) {
    return /* @__PURE__ */ jsx44(Window, { title: "Replay", onClose, children: /* @__PURE__ */ jsx44("p", { children: "Looking what would be replayed…" }) });
  }
  const text = /* @__PURE__ */ jsxs43("div", { className: "stack tight", children: [
    /* @__PURE__ */ jsx44("p", { children: "They are read again from the bytes that came, by the interface as it is now, oldest first. Nothing that is stored changes; each replay is marked as one." }),
    /* @__PURE__ */ jsxs43("dl", { className: "facts", children: [
      /* @__PURE__ */ jsx44("dt", { children: "Messages" }),
      /* @__PURE__ */ jsxs43("dd", { children: [
        count(plan2.messages),
        plan2.is_limited && /* @__PURE__ */ jsx44("strong", { className: "warn", children: " — the limit; there are more" })
      ] }),
      /* @__PURE__ */ jsx44("dt", { children: "Delivered already" }),
      /* @__PURE__ */ jsx44("dd", { className: plan2.already_delivered > 0 ? "warn" : "", children: plan2.already_delivered > 0 ? `${plural(plan2.already_delivered, "message")}: receivers get ${plan2.already_delivered === 1 ? "it" : "them"} a second time` : "none" }),
      /* @__PURE__ */ jsx44("dt", { children: "Received" }),
      /* @__PURE__ */ jsx44("dd", { children: plan2.oldest && plan2.newest ? `${moment(plan2.oldest)} to ${moment(plan2.newest)}` : "–" }),
      /* @__PURE__ */ jsx44("dt", { children: "Interfaces" }),
      /* @__PURE__ */ jsx44("dd", { children: Object.entries(plan2.interfaces).map(([name, number]) => `${name} ${count(number)}`).join(", ") || "–" })
    ] })
  ] });
  return /* @__PURE__ */ jsx44(
    AskWhy,
    {
      onClose,
      act: {
        title: `Replay ${plural(plan2.messages, "message")}`,
        text,
        button: `Replay ${plural(plan2.messages, "message")}`,
        isDangerous: plan2.already_delivered > 0,
        run: async (reason) => {
          const done2 = await replay(query, reason);
          const refused = done2.refused.length ? ` ${count(done2.refused.length)} were refused; they are as they were.` : "";
          return `${plural(done2.replayed.length, "message")} replayed.${refused}`;
        }
      }
    }
  );
}

// src/screens/messages/Messages.tsx
import { jsx as jsx45, jsxs as jsxs44 } from "./vendor.js";
var LIMITS = [200, 1e3, 5e3, 1e4];
var FOLLOW_MS = 2e3;
var ROW_PX = 34;
var ROW_NARROW_PX = 52;
var addressOf = (query, id) => {
  const words3 = new URLSearchParams(query ? { q: query } : {});
  words3.set("id", String(id));
  return `/messages#${words3}`;
};
function SearchBox({ query, onQuery }) {
  const [text, setText] = useState31(query);
  useEffect10(() => setText(query), [query]);
  const onKey = (key) => {
    if (key.key === "Enter") onQuery(text.trim());
    if (key.key === "Escape") setText(query);
  };
  return /* @__PURE__ */ jsxs44("div", { className: "search-box", role: "search", children: [
    /* @__PURE__ */ jsx45(Icon, { name: "search" }),
    /* @__PURE__ */ jsx45(
      "input",
      {
        className: "input",
        value: text,
        "aria-label": "Search: patient, visit, order, control id, field=value, or words like state:parked since:2h",
        placeholder: "A patient, visit, order or control id — or words: type:ADT^A01 state:parked since:2h",
        spellCheck: false,
        autoComplete: "off",
        onChange: (change2) => setText(change2.target.value),
        onKeyDown: onKey
      }
    ),
    query && /* @__PURE__ */ jsx45(Button, { kind: "plain square", icon: "close", "aria-label": "Clear the search", onPress: () => onQuery("") })
  ] });
}
function Row3({ row, query, isChosen, isNarrow, isStop }) {
  const choose = () => setWords({ id: String(row.id) });
  return /* @__PURE__ */ jsxs44(
    "a",
    {
      href: addressOf(query, row.id),
      "data-row": true,
      tabIndex: isStop ? 0 : -1,
      className: `message-row ${isNarrow ? "narrow" : ""}`,
      "aria-current": isChosen ? "true" : void 0,
      title: `${utc(row.received)} · message ${row.id}`,
      onClick: (click) => {
        if (click.metaKey || click.ctrlKey || click.shiftKey) return;
        click.preventDefault();
        choose();
      },
      children: [
        /* @__PURE__ */ jsx45("span", { className: "mono", children: clockMillis(row.received) }),
        /* @__PURE__ */ jsx45("span", { className: "mono", children: row.type }),
        /* @__PURE__ */ jsx45("span", { className: "cut", children: row.interface }),
        /* @__PURE__ */ jsx45("span", { className: "cut mono quiet control", children: row.control_id || "–" }),
        !isNarrow && /* @__PURE__ */ jsx45("span", { className: "cut quiet", children: (row.places ?? row.destinations).map((place2) => place2.trim()).join(", ") || "nowhere" }),
        /* @__PURE__ */ jsx45(State, { of: messageState(row.state) })
      ]
    }
  );
}
function List({ rows, query, chosen, isNarrow }) {
  const box = useRef8(null);
  const height = isNarrow ? ROW_NARROW_PX : ROW_PX;
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => height, overscan: 12, getItemKey: (at3) => rows[at3]?.id ?? at3 });
  useEffect10(() => virtual.measure(), [height, virtual]);
  const stop = rows.some((row) => row.id === chosen) ? chosen : rows[0]?.id;
  return /* @__PURE__ */ jsx45("div", { className: "message-list", ref: box, role: "list", "aria-label": "Messages, newest first", tabIndex: -1, children: /* @__PURE__ */ jsx45("div", { className: "message-rows", style: { height: virtual.getTotalSize() }, children: virtual.getVirtualItems().map((item) => {
    const row = rows[item.index];
    return row && /* @__PURE__ */ jsx45("div", { role: "listitem", "aria-setsize": rows.length, "aria-posinset": item.index + 1, className: "message-slot", style: { height, transform: `translateY(${item.start}px)` }, children: /* @__PURE__ */ jsx45(Row3, { row, query, isChosen: row.id === chosen, isNarrow, isStop: row.id === stop }) }, item.key);
  }) }) });
}
function Messages() {
  const { words: words3 } = useAddress();
  const query = words3.get("q") ?? "";
  const chosen = Number(words3.get("id")) || void 0;
  const may = useMay();
  const mayResend = may("resend");
  const inside = may("reveal") ? words3.get("inside") ?? void 0 : void 0;
  const scan = useScan(query, inside);
  const kinds = Object.keys(BULK).filter((kind) => may(BULK[kind].right));
  const [bulk, setBulk] = useState31();
  const [limitAt, setLimitAt] = useState31(0);
  const [isFollowing, setFollowing] = useState31(false);
  const [isReplaying, setReplaying] = useState31(false);
  const [areFacetsOpen, setFacetsOpen] = useState31(false);
  const limit = LIMITS[limitAt] ?? 200;
  const { value, problem, isLoading, again } = useAnswer(`${query}
${limit}`, (signal) => searchMessages(query, limit, signal));
  const isScan = inside !== void 0;
  const rows = isScan ? scan.rows : value?.messages ?? [];
  const facets = useAnswer(query, (signal) => readFacets(query, signal)).value?.facets;
  useEffect10(() => {
    if (!isFollowing) return;
    const timer2 = window.setInterval(() => !document.hidden && again(), FOLLOW_MS);
    return () => window.clearInterval(timer2);
  }, [isFollowing, again]);
  const onQuery = (text) => {
    setLimitAt(0);
    setWords({ q: text || void 0, id: void 0, tab: void 0 });
  };
  const isFull = !isScan && rows.length >= limit;
  const oldest = rows.at(-1);
  return /* @__PURE__ */ jsxs44("div", { className: `messages ${chosen ? "with-message" : ""} ${areFacetsOpen ? "facets-open" : ""} ${isScan ? "looks-inside" : ""}`, children: [
    /* @__PURE__ */ jsx45("h1", { className: "hidden-but-read", children: "Messages" }),
    /* @__PURE__ */ jsxs44("div", { className: "messages-head", children: [
      /* @__PURE__ */ jsx45(SearchBox, { query, onQuery }),
      /* @__PURE__ */ jsxs44("div", { className: "buttons", children: [
        /* @__PURE__ */ jsx45("span", { className: "facets-button", children: /* @__PURE__ */ jsx45(Button, { icon: "filtered", "aria-expanded": areFacetsOpen, onPress: () => setFacetsOpen(!areFacetsOpen), children: "Narrow" }) }),
        /* @__PURE__ */ jsx45(Button, { icon: isFollowing ? "paused" : "play", onPress: () => setFollowing(!isFollowing), children: isFollowing ? "Stop following" : "Follow" }),
        may("reveal") && /* @__PURE__ */ jsx45(Button, { icon: "search", "aria-expanded": isScan, onPress: () => setWords({ inside: isScan ? void 0 : " ", id: void 0, tab: void 0 }), children: "Look inside" }),
        kinds.length > 0 && /* @__PURE__ */ jsxs44(MenuTrigger3, { children: [
          /* @__PURE__ */ jsx45(Button, { isDisabled: !query && !isScan || rows.length === 0, children: "Act on found…" }),
          /* @__PURE__ */ jsx45(Popover3, { className: "popover", placement: "bottom end", children: /* @__PURE__ */ jsx45(Menu3, { className: "menu", items: kinds.map((id) => ({ id, label: BULK[id].label })), onAction: (key) => setBulk(kinds.find((kind) => kind === key)), children: (one) => /* @__PURE__ */ jsx45(MenuItem3, { className: "menu-item", children: one.label }) }) })
        ] }),
        mayResend && /* @__PURE__ */ jsx45(Button, { icon: "again", isDisabled: !query || isScan || rows.length === 0, onPress: () => setReplaying(true), children: "Replay found…" })
      ] })
    ] }),
    isScan && /* @__PURE__ */ jsx45(Inside, { text: inside.trim(), scan }),
    /* @__PURE__ */ jsxs44("aside", { className: "messages-facets", "aria-label": "Narrow the search", children: [
      /* @__PURE__ */ jsx45(Facets, { query, rows, facets, onQuery }),
      /* @__PURE__ */ jsx45("p", { className: "quiet facet-foot", children: facets ? "Counts are of all that the search finds." : "Counts are of the messages in the list." })
    ] }),
    /* @__PURE__ */ jsxs44("section", { className: "messages-found", "aria-label": "Found messages", children: [
      /* @__PURE__ */ jsxs44("p", { className: "found-line", role: "status", children: [
        isScan ? scan.said : problem ? "No answer" : isLoading && !value ? "Searching…" : rows.length === 0 ? "Nothing found" : facets && isFull ? `${count(rows.length)} newest of ${count(facets.total)}` : `${count(rows.length)}${isFull ? " newest" : ""} ${rows.length === 1 ? "message" : "messages"}`,
        oldest && isFull && chosen === void 0 && /* @__PURE__ */ jsxs44("span", { className: "quiet", children: [
          " back to ",
          moment(oldest.received)
        ] }),
        isFull && limitAt < LIMITS.length - 1 && /* @__PURE__ */ jsxs44(Button, { kind: "plain", onPress: () => setLimitAt(limitAt + 1), children: [
          "Show ",
          count(LIMITS[limitAt + 1] ?? 0)
        ] })
      ] }),
      isScan ? rows.length > 0 ? /* @__PURE__ */ jsx45(List, { rows, query, chosen, isNarrow: chosen !== void 0 }) : /* @__PURE__ */ jsx45(Empty, { title: scan.isRunning ? "Nothing found yet" : "Nothing found", children: scan.hint }) : problem ? /* @__PURE__ */ jsx45("div", { className: "inside", children: /* @__PURE__ */ jsx45(Trouble, { problem, what: "The search", again }) }) : rows.length === 0 && !isLoading ? /* @__PURE__ */ jsx45(Empty, { title: "No message fits this search", children: query ? "Take a word away, or widen the time: since:7d" : "When the first message comes, it is here." }) : /* @__PURE__ */ jsx45(List, { rows, query, chosen, isNarrow: chosen !== void 0 })
    ] }),
    chosen && /* @__PURE__ */ jsx45("section", { className: "messages-one", "aria-label": "Message", children: /* @__PURE__ */ jsx45(OneMessage, { id: chosen, onClose: () => setWords({ id: void 0, tab: void 0 }) }, chosen) }),
    bulk && /* @__PURE__ */ jsx45(
      ActOnFound,
      {
        kind: bulk,
        rows,
        isFull,
        onClose: () => {
          setBulk(void 0);
          again();
        }
      }
    ),
    isReplaying && /* @__PURE__ */ jsx45(ReplayFound, { query, onClose: () => setReplaying(false) })
  ] });
}

// src/screens/overview/Overview.tsx
import { useMemo as useMemo12 } from "./vendor.js";

// src/ui/Still.tsx
import { useRef as useRef9 } from "./vendor.js";
import { jsx as jsx46 } from "./vendor.js";
var NAME = "inside";
function Still({ className, children }) {
  const [hold, seen] = useSeen();
  const drawn = useRef9(children);
  if (seen.has(NAME)) drawn.current = children;
  return /* @__PURE__ */ jsx46("div", { className, ref: hold, "data-name": NAME, children: drawn.current });
}

// src/screens/overview/Story.tsx
import { Fragment as Fragment16, jsx as jsx47, jsxs as jsxs45 } from "./vendor.js";
var STAGES = {
  coming: { word: "Coming", icon: "expired", tone: "note" },
  under_way: { word: "Now", icon: "warn", tone: "warn" },
  healing: { word: "Healing", icon: "again", tone: "warn" },
  healed: { word: "Healed", icon: "good", tone: "good" }
};
var LOOK = {
  "lab-result": messagesAt("interface:lab-results"),
  "pacs-down": messagesAt("destination:pacs state:in_flight"),
  "clinic-silent": interfaceAt("immunisations"),
  "unknown-ward": messagesAt("state:parked"),
  "duplicate-patient": interfaceAt("south-adt"),
  "pharmacy-rejects": messagesAt("destination:pharmacy state:parked")
};
function told(chapter) {
  const stage = STAGES[chapter.stage];
  return chapter.stage === "coming" ? `in ${chapter.begins_in_s} s` : stage.word;
}
function Story({ status }) {
  const chapters = status.process.story ?? [];
  if (chapters.length === 0) return null;
  const now2 = chapters.find((one) => one.stage === "under_way") ?? chapters.find((one) => one.stage === "healing");
  const next = chapters.find((one) => one.stage === "coming");
  const shown = now2 ?? next;
  return /* @__PURE__ */ jsxs45(Card, { title: "The story", more: /* @__PURE__ */ jsx47("span", { className: "quiet", children: "this hospital is invented: things go wrong on purpose, and heal in front of you" }), children: [
    /* @__PURE__ */ jsx47("ol", { className: "story", children: chapters.map((one) => /* @__PURE__ */ jsxs45("li", { className: `${one.stage} ${STAGES[one.stage].tone}`, "aria-current": one === now2 ? "step" : void 0, children: [
      /* @__PURE__ */ jsx47(Icon, { name: STAGES[one.stage].icon }),
      /* @__PURE__ */ jsx47("strong", { children: one.title }),
      /* @__PURE__ */ jsx47("span", { className: "number", children: told(one) })
    ] }, one.name)) }),
    /* @__PURE__ */ jsx47("p", { className: "story-look", children: shown ? /* @__PURE__ */ jsxs45(Fragment16, { children: [
      /* @__PURE__ */ jsx47("strong", { children: shown === now2 ? "Look now:" : "Next:" }),
      " ",
      shown.look,
      " ",
      LOOK[shown.name] && /* @__PURE__ */ jsx47(Link, { to: LOOK[shown.name] ?? "/", children: "Show me" })
    ] }) : "The story is over, and the hospital goes on. Every message is still there to be looked at." })
  ] });
}

// src/screens/overview/SystemMap.tsx
import { useMemo as useMemo10, useState as useState32 } from "./vendor.js";

// src/screens/overview/map.ts
var DRAWN_MAX = 16;
var BAD2 = ["failing", "held", "silent", "paused"];
function worse(a, b) {
  const order = ["ok", "retired", "paused", "silent", "held", "failing"];
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}
function pictureOf(status, flows) {
  const interfaces = status.engine.interfaces;
  const rateOf2 = (name, to) => flows.get(`${name}/${to}`) ?? 0;
  const busy = (one) => one.destinations.reduce((sum, to) => sum + rateOf2(one.name, to.name), 0);
  const ranked = [...interfaces].sort((a, b) => Number(BAD2.includes(b.state)) - Number(BAD2.includes(a.state)) || busy(b) - busy(a));
  const drawn = interfaces.length <= DRAWN_MAX ? interfaces : ranked.slice(0, DRAWN_MAX).sort((a, b) => a.name.localeCompare(b.name));
  const isDrawn = new Set(drawn.map((one) => one.name));
  const fed = new Set(drawn.flatMap((one) => one.destinations.filter((to) => to.connector === "interface" && isDrawn.has(to.address)).map((to) => to.address)));
  const nodes = /* @__PURE__ */ new Map();
  const lines = [];
  for (const one of drawn) {
    const own = one.destinations.some((to) => to.state === one.state && one.state !== "ok") ? "ok" : one.state;
    nodes.set(`i ${one.name}`, {
      id: `i ${one.name}`,
      label: one.title,
      column: fed.has(one.name) ? 1 : 0,
      state: own,
      to: interfaceAt(one.name),
      rate: busy(one),
      title: `${one.title} (${one.name}), ${one.connector} ${one.address ?? ""}`
    });
  }
  for (const one of drawn) {
    for (const to of one.destinations) {
      const isInside = to.connector === "interface" && isDrawn.has(to.address);
      const id = isInside ? `i ${to.address}` : `d ${to.connector} ${to.address}`;
      const rate2 = rateOf2(one.name, to.name);
      const known2 = nodes.get(id);
      if (!known2) {
        nodes.set(id, { id, label: to.name, column: 2, state: to.state, to: messagesAt(`destination:${to.name}`), rate: rate2, title: `${to.name}, ${to.connector} ${to.address}` });
      } else if (!isInside) {
        nodes.set(id, { ...known2, state: worse(known2.state, to.state), rate: known2.rate + rate2 });
      }
      lines.push({ id: `${one.name}/${to.name}`, from: `i ${one.name}`, to: id, rate: rate2, state: to.state, queued: to.queued });
    }
  }
  return { nodes: [...nodes.values()], lines, left: interfaces.length - drawn.length };
}

// src/screens/overview/SystemMap.tsx
import { jsx as jsx48, jsxs as jsxs46 } from "./vendor.js";
var BOX_HEIGHT = 25;
var STEP = 29;
var PAD = 6;
var LINE_MAX = 9;
function place(nodes, width, boxWidth) {
  const columns = [0, 1, 2].map((column) => nodes.filter((node) => node.column === column));
  const rows = Math.max(...columns.map((column) => column.length), 1);
  const height = rows * STEP + PAD * 2;
  const xs = [PAD, (width - boxWidth) / 2, width - boxWidth - PAD];
  const placed = /* @__PURE__ */ new Map();
  columns.forEach((column, number) => {
    const step2 = Math.max(STEP, (height - PAD * 2) / Math.max(column.length, 1));
    column.forEach((node, at3) => placed.set(node.id, { ...node, x: xs[number] ?? 0, y: PAD + step2 * (at3 + 0.5) }));
  });
  return { placed, height };
}
function SystemMap({ live: live2 }) {
  const [box, { width }] = useSize();
  const [looked, setLooked] = useState32();
  const status = live2.status;
  const picture = useMemo10(() => status ? pictureOf(status, live2.flows) : void 0, [status, live2.flows]);
  if (!picture) return null;
  const boxWidth = Math.min(158, Math.max(96, width * 0.3));
  const { placed, height } = place(picture.nodes, width, boxWidth);
  const most = Math.max(...picture.lines.map((line) => line.rate), 1);
  const letters = Math.floor((boxWidth - 16) / 6.9);
  return /* @__PURE__ */ jsxs46("div", { ref: box, className: "map", children: [
    /* @__PURE__ */ jsxs46("svg", { width, height, role: "group", "aria-label": "Systems and what flows between them", children: [
      picture.lines.map((line) => {
        const from = placed.get(line.from);
        const to = placed.get(line.to);
        if (!from || !to) return null;
        const start = from.x + boxWidth;
        const bend = Math.max((to.x - start) / 2, 20);
        const isQuiet = looked !== void 0 && line.from !== looked && line.to !== looked;
        const tone = line.state === "failing" || line.state === "held" ? "bad" : line.state === "paused" ? "paused" : line.rate < 0.02 ? "idle" : "";
        return /* @__PURE__ */ jsx48("path", { className: `line ${tone} ${isQuiet ? "faint" : ""}`, strokeWidth: 1 + line.rate / most * LINE_MAX, d: `M${start} ${from.y}C${start + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`, children: /* @__PURE__ */ jsx48("title", { children: `${from.label} → ${to.label}: ${rate(line.rate)} a second${line.queued ? `, ${plural(line.queued, "message")} wait` : ""}` }) }, line.id);
      }),
      [...placed.values()].map((node) => {
        const word = health(node.state);
        const isBad = node.state === "failing" || node.state === "held";
        const shown = node.label.length > letters ? `${node.label.slice(0, letters - 1)}…` : node.label;
        const sign = node.state === "ok" ? "" : isBad ? " ✕" : node.state === "paused" ? " ‖" : " !";
        return /* @__PURE__ */ jsxs46(
          "a",
          {
            href: node.to,
            "aria-label": `${shown + sign}, ${node.title}: ${word.word.toLowerCase()}, ${rate(node.rate)} a second`,
            onClick: (click) => {
              click.preventDefault();
              navigate(node.to);
            },
            onMouseEnter: () => setLooked(node.id),
            onMouseLeave: () => setLooked(void 0),
            onFocus: () => setLooked(node.id),
            onBlur: () => setLooked(void 0),
            className: `node ${word.tone} ${node.state}`,
            children: [
              /* @__PURE__ */ jsx48("title", { children: node.title }),
              /* @__PURE__ */ jsx48("rect", { x: node.x, y: node.y - BOX_HEIGHT / 2, width: boxWidth, height: BOX_HEIGHT, rx: "5" }),
              /* @__PURE__ */ jsx48("text", { x: node.x + boxWidth / 2, y: node.y + 4.5, textAnchor: "middle", children: shown + sign })
            ]
          },
          node.id
        );
      })
    ] }),
    picture.left > 0 && /* @__PURE__ */ jsxs46("p", { className: "quiet", children: [
      plural(picture.left, "more interface"),
      " that ",
      picture.left === 1 ? "is" : "are",
      " well and less busy"
    ] })
  ] });
}

// src/screens/overview/Throughput.tsx
import { useMemo as useMemo11 } from "./vendor.js";

// src/screens/overview/scale.ts
function roundUp(value) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 4, 6, 8, 10].map((step2) => step2 * unit).find((step2) => step2 >= value) ?? 10 * unit;
}
function spread(places, step2, top, bottom) {
  const order = places.map((place2, at3) => ({ place: place2, at: at3 })).sort((a, b) => a.place - b.place);
  let last = top - step2;
  for (const one of order) {
    one.place = Math.max(one.place, last + step2);
    last = one.place;
  }
  let next = bottom + step2;
  for (const one of [...order].reverse()) {
    one.place = Math.min(one.place, next - step2);
    next = one.place;
  }
  const out = Array(places.length).fill(0);
  for (const one of order) out[one.at] = one.place;
  return out;
}

// src/screens/overview/Throughput.tsx
import { jsx as jsx49, jsxs as jsxs47 } from "./vendor.js";
var SERIES_MAX = 4;
var HEIGHT_MIN = 190;
var HEIGHT_MAX = 420;
var LEFT = 34;
var RIGHT = 178;
var TOP = 8;
var BOTTOM = 22;
var LABEL_STEP = 17;
function seriesOf(live2) {
  const titles = new Map(live2.status?.engine.interfaces.map((one) => [one.name, one.title]));
  const all = [...live2.rates].map(([name, values2]) => ({ name: titles.get(name) ?? name, values: values2, sum: values2.reduce((sum, value) => sum + value, 0) }));
  all.sort((a, b) => b.sum - a.sum);
  const named = all.slice(0, SERIES_MAX);
  const rest = all.slice(SERIES_MAX);
  if (rest.length === 0) return named;
  const length = Math.max(...rest.map((one) => one.values.length));
  const values = Array.from({ length }, (_, at3) => rest.reduce((sum, one) => sum + (one.values.at(at3 - length) ?? 0), 0));
  return [...named, { name: `${rest.length} others`, values }];
}
function Throughput({ live: live2 }) {
  const [box, size] = useSize();
  const width = size.width;
  const height = Math.max(HEIGHT_MIN, Math.min(size.height, HEIGHT_MAX));
  const series = useMemo11(() => seriesOf(live2), [live2]);
  const length = live2.total.length;
  const inner = Math.max(width - LEFT - RIGHT, 60);
  const top = roundUp(Math.max(...live2.total, 1));
  const x = (at3) => LEFT + inner - (length - 1 - at3) * inner / (windowOf(length) - 1);
  const y = (value) => height - BOTTOM - value / top * (height - TOP - BOTTOM);
  let below = Array(length).fill(0);
  const areas = series.map(({ name, values }) => {
    const lower = below;
    const upper = lower.map((value, at3) => value + (values.at(at3 - length) ?? 0));
    below = upper;
    const line = upper.map((value, at3) => `${x(at3).toFixed(1)},${y(value).toFixed(1)}`);
    const back = lower.map((value, at3) => `${x(at3).toFixed(1)},${y(value).toFixed(1)}`).reverse();
    const middle = ((lower.at(-1) ?? 0) + (upper.at(-1) ?? 0)) / 2;
    return { name, line: line.join(" "), area: [...line, ...back].join(" "), at: y(middle), now: values.at(-1) ?? 0 };
  });
  const labels = spread(areas.map((area) => area.at), LABEL_STEP, TOP + 6, height - BOTTOM - 2);
  const grid = [0, top / 2, top];
  return /* @__PURE__ */ jsx49("div", { ref: box, className: "chart", children: length < 2 ? /* @__PURE__ */ jsx49("div", { className: "empty", children: "Measuring…" }) : /* @__PURE__ */ jsxs47("svg", { width, height, role: "img", "aria-label": `Messages a second: ${areas.map((area) => `${area.name} ${rate(area.now)}`).join(", ")}`, children: [
    grid.map((value) => /* @__PURE__ */ jsxs47("g", { children: [
      /* @__PURE__ */ jsx49("line", { className: "grid", x1: LEFT, x2: LEFT + inner, y1: y(value), y2: y(value) }),
      /* @__PURE__ */ jsx49("text", { className: "tick", x: LEFT - 6, y: y(value) + 4, textAnchor: "end", children: value })
    ] }, value)),
    areas.map((area, at3) => /* @__PURE__ */ jsxs47("g", { className: `series s${at3 + 1}`, children: [
      /* @__PURE__ */ jsx49("polygon", { points: area.area }),
      /* @__PURE__ */ jsx49("polyline", { points: area.line }),
      /* @__PURE__ */ jsx49("line", { className: "lead", x1: LEFT + inner, y1: area.at, x2: LEFT + inner + 8, y2: labels[at3] }),
      /* @__PURE__ */ jsxs47("text", { x: LEFT + inner + 11, y: (labels[at3] ?? 0) + 4, children: [
        area.name.length > 16 ? `${area.name.slice(0, 15)}…` : area.name,
        " ",
        rate(area.now)
      ] })
    ] }, area.name)),
    /* @__PURE__ */ jsx49("text", { className: "tick", x: LEFT + inner, y: height - 6, textAnchor: "end", children: "now" }),
    /* @__PURE__ */ jsxs47("text", { className: "tick", x: LEFT, y: height - 6, children: [
      Math.round(windowOf(length) * live2.pause_s),
      " s ago"
    ] })
  ] }) });
}

// src/screens/overview/Overview.tsx
import { jsx as jsx50, jsxs as jsxs48 } from "./vendor.js";
function Tile({ name, value, unit, children }) {
  return /* @__PURE__ */ jsxs48("div", { className: "tile card", children: [
    /* @__PURE__ */ jsx50("span", { className: "quiet", children: name }),
    /* @__PURE__ */ jsxs48("div", { className: "tile-row", children: [
      /* @__PURE__ */ jsxs48("span", { className: "figure number", children: [
        value,
        unit && /* @__PURE__ */ jsxs48("small", { children: [
          " ",
          unit
        ] })
      ] }),
      /* @__PURE__ */ jsx50("span", { className: "tile-more", children })
    ] })
  ] });
}
function Tiles({ status, total }) {
  const { engine } = status;
  const places = engine.interfaces.flatMap((one) => one.destinations.map((to) => ({ one, to })));
  const waiting = places.reduce((sum, { to }) => sum + to.queued, 0);
  const oldest = places.filter(({ to }) => to.queued > 0 && to.oldest !== null).sort((a, b) => (a.to.oldest ?? 0) - (b.to.oldest ?? 0))[0];
  const age = oldest?.to.oldest ? (engine.at - oldest.to.oldest) / 1e6 : 0;
  const newest = total.slice(-3);
  const speed = newest.length ? newest.reduce((sum, value) => sum + value, 0) / newest.length : 0;
  return /* @__PURE__ */ jsxs48("div", { className: "tiles", children: [
    /* @__PURE__ */ jsx50(Tile, { name: "Messages a second", value: newest.length ? rate(speed) : "…", children: /* @__PURE__ */ jsx50(Sparkline, { values: total, width: 90 }) }),
    /* @__PURE__ */ jsx50(Tile, { name: "Accepted", value: count(engine.counts.accepted), children: engine.lost === 0 ? /* @__PURE__ */ jsxs48("span", { className: "good state", title: balance(status), children: [
      /* @__PURE__ */ jsx50(Icon, { name: "good" }),
      " none lost"
    ] }) : /* @__PURE__ */ jsxs48("span", { className: "bad state", children: [
      /* @__PURE__ */ jsx50(Icon, { name: "bad" }),
      " ",
      plural(Math.abs(engine.lost), "message"),
      " unaccounted for"
    ] }) }),
    /* @__PURE__ */ jsx50(Tile, { name: "Waiting to send", value: count(waiting), children: oldest && age >= 10 ? /* @__PURE__ */ jsxs48(Link, { to: messagesAt(`destination:${oldest.to.name} state:in_flight`), children: [
      "oldest ",
      span(age),
      " · ",
      oldest.to.name
    ] }) : /* @__PURE__ */ jsx50("span", { className: "quiet", children: "nothing is late" }) }),
    /* @__PURE__ */ jsx50(Tile, { name: "Parked for a person", value: count(engine.counts.parked), children: engine.counts.parked > 0 ? /* @__PURE__ */ jsx50(Link, { to: messagesAt("state:parked"), children: "see them" }) : /* @__PURE__ */ jsx50("span", { className: "quiet", children: "none" }) }),
    /* @__PURE__ */ jsx50(Tile, { name: "Disk confirms a write in", value: (engine.stats.fsync_micros_last / 1e3).toFixed(1), unit: "ms", children: /* @__PURE__ */ jsxs48("span", { className: engine.store === "ok" ? "good state" : "bad state", children: [
      /* @__PURE__ */ jsx50(Icon, { name: engine.store === "ok" ? "good" : "bad" }),
      " store ",
      engine.store
    ] }) })
  ] });
}
function Overview() {
  const live2 = useLive();
  const { status, problem } = live2;
  const items = useMemo12(() => status ? attentionOf(status) : [], [status]);
  if (!status) {
    return /* @__PURE__ */ jsx50(Page, { title: "Overview", children: problem ? /* @__PURE__ */ jsx50(Trouble, { problem, what: "The engine" }) : /* @__PURE__ */ jsx50(Empty, { title: "Asking the engine…" }) });
  }
  const { engine } = status;
  const systems = new Set(engine.interfaces.flatMap((one) => one.destinations.filter((to) => to.connector !== "interface").map((to) => to.address))).size;
  return /* @__PURE__ */ jsxs48(Page, { title: "Overview", about: `${plural(engine.interfaces.length, "interface")} · ${plural(systems, "receiver")} · up for ${span(engine.uptime_s)}`, children: [
    /* @__PURE__ */ jsx50(Tiles, { status, total: live2.total }),
    /* @__PURE__ */ jsx50(Story, { status }),
    /* @__PURE__ */ jsxs48("section", { "aria-label": "Needs attention", className: "stack tight", children: [
      /* @__PURE__ */ jsx50("h2", { children: "Needs attention" }),
      items.length > 0 ? /* @__PURE__ */ jsx50(Attentions, { items }) : /* @__PURE__ */ jsxs48("div", { className: "calm", children: [
        /* @__PURE__ */ jsx50(Icon, { name: "good", className: "good" }),
        " Nothing needs you. ",
        balance(status),
        ": nothing is lost."
      ] })
    ] }),
    /* @__PURE__ */ jsxs48(Still, { className: "two", children: [
      /* @__PURE__ */ jsx50(Card, { title: "Throughput", more: /* @__PURE__ */ jsx50("span", { className: "quiet", children: "messages a second, since this page was opened" }), children: /* @__PURE__ */ jsx50(Throughput, { live: live2 }) }),
      /* @__PURE__ */ jsx50(Card, { title: "Flow", more: /* @__PURE__ */ jsx50("span", { className: "quiet", children: "width of a line = messages a second" }), children: /* @__PURE__ */ jsx50(SystemMap, { live: live2 }) })
    ] }),
    /* @__PURE__ */ jsx50(Card, { children: /* @__PURE__ */ jsx50(InterfaceTable, { live: live2, interfaces: engine.interfaces }) })
  ] });
}

// src/screens/signin/SignIn.tsx
import { useEffect as useEffect11, useState as useState33 } from "./vendor.js";

// src/screens/signin/refusals.ts
var KNOWN = {
  stale: [() => "The sign-in took too long, was used already, or began in another browser", "Begin it again, here."],
  declined: [(house) => `${house} says that the sign-in did not take place`, "Try again, or sign in with an account of this engine."],
  answer: [(house) => `What ${house} answered is not what was asked for, so nobody was signed in`, "Try again. If it stays so, tell who runs Sinew: the audit log has the reason."],
  provider: [(house) => `${house} does not answer as it should`, "Messages go on. Try again in a while, or sign in with an account of this engine.", "E7310"],
  role: [(house) => `${house} knows you, but none of your groups has a role here`, "Ask an administrator of Sinew for a role."],
  disabled: [() => "Your account is disabled here", "Ask an administrator of Sinew."],
  name: [(house) => `The name that ${house} gives you cannot be yours here`, "It has letters that no name has, or belongs to an account of this engine. Ask an administrator of Sinew."],
  busy: [() => "Too many sign-ins are under way", "Try again in some minutes.", "E7064"],
  failed: [() => "The sign-in did not work", "Try again, or sign in with an account of this engine."]
};
function refusalOf(word, house) {
  const known2 = word !== null && Object.hasOwn(KNOWN, word) ? KNOWN[word] : void 0;
  if (!known2) return void 0;
  const [title, way, code = "E7311"] = known2;
  return { title: title(house || "The house’s sign-in"), way, code };
}

// src/screens/signin/SignIn.tsx
import { Fragment as Fragment17, jsx as jsx51, jsxs as jsxs49 } from "./vendor.js";
function Field({ label, name, kind = "text", complete, hint, value, onChange, isFirst = false }) {
  return /* @__PURE__ */ jsxs49("div", { className: "field", children: [
    /* @__PURE__ */ jsx51("label", { htmlFor: name, children: label }),
    /* @__PURE__ */ jsx51("input", { className: "input", id: name, name, type: kind, autoComplete: complete, value, required: true, autoFocus: isFirst, spellCheck: false, "aria-describedby": hint ? `${name}-hint` : void 0, onChange: (change2) => onChange(change2.target.value) }),
    hint && /* @__PURE__ */ jsx51("span", { className: "quiet", id: `${name}-hint`, children: hint })
  ] });
}
function Form({ title, button, children, act }) {
  const [problem, setProblem] = useState33();
  const [isRunning, setRunning] = useState33(false);
  const send2 = async (sent) => {
    sent.preventDefault();
    setRunning(true);
    setProblem(void 0);
    try {
      await act();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
    setRunning(false);
  };
  return /* @__PURE__ */ jsxs49("form", { className: "stack", onSubmit: (sent) => void send2(sent), children: [
    /* @__PURE__ */ jsx51("h1", { children: title }),
    children,
    problem && /* @__PURE__ */ jsx51("div", { role: "alert", children: /* @__PURE__ */ jsx51(Notice, { level: "warning", title: problem.message, children: /* @__PURE__ */ jsx51(ErrorCode, { code: problem.code }) }) }),
    /* @__PURE__ */ jsx51(Button, { type: "submit", kind: "first wide", isDisabled: isRunning, children: isRunning ? "A moment…" : button })
  ] });
}
function WithProvider({ way }) {
  return /* @__PURE__ */ jsxs49(Fragment17, { children: [
    /* @__PURE__ */ jsxs49("a", { className: "button first wide", href: way.begin, children: [
      "Sign in with ",
      way.title || "the house’s account"
    ] }),
    /* @__PURE__ */ jsx51("p", { className: "or quiet", children: "or with an account of this engine" })
  ] });
}
function WithPassword({ onToken }) {
  const [name, setName] = useState33("");
  const [password, setPassword] = useState33("");
  const provider = useAnswer("ways", readWays).value?.provider;
  const { words: words3 } = useAddress();
  const refusal = refusalOf(words3.get("sign-in"), provider?.title ?? "");
  const enter = async () => {
    await signIn(name.trim(), password);
    if (refusal) setWords({ "sign-in": void 0 }, { replace: true });
  };
  return /* @__PURE__ */ jsxs49(Fragment17, { children: [
    refusal && /* @__PURE__ */ jsx51("div", { role: "alert", children: /* @__PURE__ */ jsxs49(Notice, { level: "warning", title: refusal.title, children: [
      refusal.way,
      " ",
      /* @__PURE__ */ jsx51(ErrorCode, { code: refusal.code })
    ] }) }),
    provider && /* @__PURE__ */ jsx51(WithProvider, { way: provider }),
    /* @__PURE__ */ jsxs49(Form, { title: "Sign in", button: "Sign in", act: enter, children: [
      /* @__PURE__ */ jsx51(Field, { label: "Name", name: "name", complete: "username", value: name, onChange: setName, isFirst: true }),
      /* @__PURE__ */ jsx51(Field, { label: "Password", name: "password", kind: "password", complete: "current-password", value: password, onChange: setPassword })
    ] }),
    /* @__PURE__ */ jsx51(Button, { kind: "plain", onPress: onToken, children: "I have a one-time token" })
  ] });
}
function WithToken({ given, onPassword }) {
  const [token2, setToken] = useState33(given);
  const [name, setName] = useState33("");
  const [title, setTitle] = useState33("");
  const [password, setPassword] = useState33("");
  return /* @__PURE__ */ jsxs49(Fragment17, { children: [
    /* @__PURE__ */ jsxs49(
      Form,
      {
        title: "Welcome",
        button: "Choose this password",
        act: async () => {
          await signInWithToken({ token: token2.trim(), name: name.trim(), title: title.trim(), password });
          navigate("/", { replace: true });
        },
        children: [
          /* @__PURE__ */ jsx51(Field, { label: "One-time token", name: "token", complete: "off", hint: "From the terminal of the engine, or from your administrator. It works once.", value: token2, onChange: setToken, isFirst: !given }),
          /* @__PURE__ */ jsx51(Field, { label: "Name", name: "name", complete: "username", hint: "Small letters, digits, dot, dash. Invited people use the name they were told.", value: name, onChange: setName, isFirst: Boolean(given) }),
          /* @__PURE__ */ jsx51(Field, { label: "Your name as people write it", name: "title", complete: "name", value: title, onChange: setTitle }),
          /* @__PURE__ */ jsx51(Field, { label: "New password", name: "new-password", kind: "password", complete: "new-password", hint: "12 letters or more; a few words are good.", value: password, onChange: setPassword })
        ]
      }
    ),
    /* @__PURE__ */ jsx51(Button, { kind: "plain", onPress: onPassword, children: "I have a password" })
  ] });
}
function PasskeyButton({ label, act }) {
  const [problem, setProblem] = useState33("");
  const run = async () => {
    setProblem("");
    try {
      await act();
    } catch (error) {
      setProblem(error instanceof Problem ? error.message : "The browser showed no passkey.");
    }
  };
  return /* @__PURE__ */ jsxs49("div", { className: "stack tight", children: [
    /* @__PURE__ */ jsx51(Button, { kind: "wide", icon: "keys", onPress: () => void run(), children: label }),
    problem && /* @__PURE__ */ jsx51("p", { className: "bad", role: "alert", children: problem })
  ] });
}
function SecondFactor({ factors }) {
  const [code, setCode] = useState33("");
  const passkey = factors.includes("passkey") && /* @__PURE__ */ jsx51(PasskeyButton, { label: "Use a passkey", act: signInWithPasskey });
  const form = /* @__PURE__ */ jsx51(Form, { title: "Second factor", button: "Go on", act: () => signInWithCode(code), children: /* @__PURE__ */ jsx51(Field, { label: "Code", name: "code", complete: "one-time-code", hint: "The six digits of your authenticator app, or a recovery code.", value: code, onChange: setCode, isFirst: true }) });
  return /* @__PURE__ */ jsxs49(Fragment17, { children: [
    passkey,
    form
  ] });
}
function Picture({ svg }) {
  const box = /viewBox="([\d ]+)"/.exec(svg)?.[1];
  const path = [...svg.matchAll(/ d="([Mhvz\d -]+)"/g)].at(-1)?.[1];
  if (!box || !path) return null;
  return /* @__PURE__ */ jsx51("svg", { className: "secret-picture", viewBox: box, role: "img", "aria-label": "Picture to scan with the authenticator app", children: /* @__PURE__ */ jsx51("path", { d: path, shapeRendering: "crispEdges" }) });
}
function SetUp() {
  const [begun, setBegun] = useState33();
  const [problem, setProblem] = useState33("");
  const [code, setCode] = useState33("");
  const [recovery, setRecovery] = useState33();
  useEffect11(() => {
    beginCodes().then(setBegun, (error) => setProblem(String(error)));
  }, []);
  if (recovery) {
    return /* @__PURE__ */ jsxs49("div", { className: "stack", children: [
      /* @__PURE__ */ jsx51("h1", { children: "Recovery codes" }),
      /* @__PURE__ */ jsx51("p", { children: "Each works once, when the app is not at hand. They are shown now and never again: print them, or keep them in a password safe." }),
      /* @__PURE__ */ jsx51("pre", { className: "commands", children: recovery.join("\n") }),
      /* @__PURE__ */ jsx51(Button, { kind: "first wide", onPress: () => void askWho(), children: "I have kept them" })
    ] });
  }
  return /* @__PURE__ */ jsxs49(Fragment17, { children: [
    /* @__PURE__ */ jsxs49(Form, { title: "Set up a second factor", button: "Confirm", act: async () => setRecovery(await confirmCodes(code.trim())), children: [
      /* @__PURE__ */ jsx51("p", { children: "Scan the picture with an authenticator app, or type the secret there. Then give the code that it shows." }),
      problem && /* @__PURE__ */ jsx51("p", { className: "bad", children: problem }),
      begun && /* @__PURE__ */ jsxs49(Fragment17, { children: [
        /* @__PURE__ */ jsx51(Picture, { svg: begun.picture }),
        /* @__PURE__ */ jsx51("code", { className: "secret", children: begun.secret })
      ] }),
      /* @__PURE__ */ jsx51(Field, { label: "Code", name: "code", complete: "one-time-code", value: code, onChange: setCode, isFirst: true })
    ] }),
    /* @__PURE__ */ jsx51(
      PasskeyButton,
      {
        label: "Use a passkey instead",
        act: async () => {
          const codes = await enrollPasskey("this device");
          if (codes.length > 0) setRecovery(codes);
          else await askWho();
        }
      }
    )
  ] });
}
function SignIn() {
  const { me } = useSession();
  const { words: words3 } = useAddress();
  const given = words3.get("token") ?? "";
  const [hasToken, setHasToken] = useState33(given !== "");
  return /* @__PURE__ */ jsx51("main", { className: "sign-in", children: /* @__PURE__ */ jsxs49("div", { className: "card sign-in-card", children: [
    /* @__PURE__ */ jsxs49("div", { className: "brand", children: [
      /* @__PURE__ */ jsx51(Mark, {}),
      "Sinew"
    ] }),
    me?.stage === "factor" ? /* @__PURE__ */ jsx51(SecondFactor, { factors: me.factors }) : me?.stage === "enroll" ? /* @__PURE__ */ jsx51(SetUp, {}) : hasToken ? /* @__PURE__ */ jsx51(WithToken, { given, onPassword: () => setHasToken(false) }) : /* @__PURE__ */ jsx51(WithPassword, { onToken: () => setHasToken(true) }),
    me && /* @__PURE__ */ jsxs49(Button, { kind: "plain", onPress: () => void signOut(), children: [
      "Not ",
      me.title || me.name,
      "? Begin anew"
    ] })
  ] }) });
}

// src/screens/system/System.tsx
import { useEffect as useEffect12, useState as useState35 } from "./vendor.js";

// src/screens/system/Secrets.tsx
import { useState as useState34 } from "./vendor.js";
import { jsx as jsx52, jsxs as jsxs50 } from "./vendor.js";
function Asking({ given, names: names2, onClose, onDone }) {
  const [name, setName] = useState34(given);
  const [text, setText] = useState34("");
  const [reason, setReason] = useState34("");
  const [isRunning, setRunning] = useState34(false);
  const [said, setSaid] = useState34("");
  const [problem, setProblem] = useState34();
  const send2 = async (sent) => {
    sent.preventDefault();
    setRunning(true);
    setProblem(void 0);
    try {
      const { needs_reload } = await setSecret(name.trim(), text, reason.trim());
      setText("");
      onDone();
      if (!needs_reload) return onClose();
      setSaid("Kept. Interfaces that name it go on with the text before until the workspace is applied again, under Changes or by sinew reload.");
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
    setRunning(false);
  };
  if (said) {
    return /* @__PURE__ */ jsxs50(Window, { title: `The secret ${name}`, onClose, children: [
      /* @__PURE__ */ jsx52("p", { role: "status", children: said }),
      /* @__PURE__ */ jsx52("div", { className: "buttons", children: /* @__PURE__ */ jsx52(Button, { kind: "first", onPress: onClose, children: "Close" }) })
    ] });
  }
  return /* @__PURE__ */ jsx52(Window, { title: given ? `Another text for ${given}` : "Keep a secret", onClose, children: /* @__PURE__ */ jsxs50("form", { className: "stack", onSubmit: (sent) => void send2(sent), children: [
    /* @__PURE__ */ jsxs50("div", { className: "field", children: [
      /* @__PURE__ */ jsx52("label", { htmlFor: "secret-name", children: "Name" }),
      /* @__PURE__ */ jsx52("input", { className: "input", id: "secret-name", value: name, required: true, readOnly: given !== "", autoFocus: given === "", autoComplete: "off", spellCheck: false, pattern: "[A-Za-z0-9._\\-]{1,64}", "aria-describedby": "secret-hint", onChange: (change2) => setName(change2.target.value) }),
      /* @__PURE__ */ jsx52("span", { className: "quiet", id: "secret-hint", children: !given && names2.includes(name.trim()) ? "There is one of this name: its text is replaced." : `An interface names it as secret:${name.trim() || "lab-password"}.` })
    ] }),
    /* @__PURE__ */ jsxs50("div", { className: "field", children: [
      /* @__PURE__ */ jsx52("label", { htmlFor: "secret-text", children: "Text" }),
      /* @__PURE__ */ jsx52("textarea", { className: "input secret-text", id: "secret-text", value: text, required: true, autoFocus: given !== "", autoComplete: "off", spellCheck: false, rows: 3, "aria-describedby": "secret-text-hint", onChange: (change2) => setText(change2.target.value) }),
      /* @__PURE__ */ jsx52("span", { className: "quiet", id: "secret-text-hint", children: "It is covered while you type, sealed when it is kept, and shown to nobody again." })
    ] }),
    /* @__PURE__ */ jsxs50("div", { className: "field", children: [
      /* @__PURE__ */ jsx52("label", { htmlFor: "secret-why", children: "Why? It is kept with your name." }),
      /* @__PURE__ */ jsx52("input", { className: "input", id: "secret-why", value: reason, placeholder: "for example: renewed by the laboratory", onChange: (change2) => setReason(change2.target.value) })
    ] }),
    problem && /* @__PURE__ */ jsxs50(Notice, { level: "warning", title: "Not kept", children: [
      problem.message,
      " ",
      /* @__PURE__ */ jsx52(ErrorCode, { code: problem.code })
    ] }),
    /* @__PURE__ */ jsxs50("div", { className: "buttons", children: [
      /* @__PURE__ */ jsx52(Button, { onPress: onClose, children: "Cancel" }),
      /* @__PURE__ */ jsx52(Button, { type: "submit", kind: "first", isDisabled: isRunning || !text, children: isRunning ? "A moment…" : "Keep it" })
    ] })
  ] }) });
}
function Row4({ secret, onSet }) {
  const isMissing = secret.place === "missing";
  return /* @__PURE__ */ jsxs50("tr", { children: [
    /* @__PURE__ */ jsx52("th", { scope: "row", className: "mono", children: secret.name }),
    /* @__PURE__ */ jsxs50("td", { className: isMissing ? "bad" : "", children: [
      isMissing && /* @__PURE__ */ jsx52(Icon, { name: "bad" }),
      " ",
      secret.place === "vault" ? secret.set === null ? "kept" : `kept since ${moment(secret.set)}${secret.by ? `, by ${secret.by}` : ""}` : secret.place
    ] }),
    /* @__PURE__ */ jsx52("td", { children: secret.used_by.length > 0 ? secret.used_by.join(", ") : /* @__PURE__ */ jsx52("span", { className: "quiet", children: "nobody" }) }),
    /* @__PURE__ */ jsx52("td", { children: /* @__PURE__ */ jsx52(Button, { kind: "plain", onPress: onSet, children: isMissing ? "Set" : "Set anew" }) })
  ] });
}
function Secrets() {
  const { value, problem, again } = useAnswer("secrets", readSecrets);
  const [asked, setAsked] = useState34();
  if (problem) return /* @__PURE__ */ jsx52(Trouble, { problem, what: "Secrets", again });
  if (!value) return /* @__PURE__ */ jsx52(Empty, { title: "Asking…" });
  return /* @__PURE__ */ jsxs50("div", { className: "inside stack tight", children: [
    value.secrets.length > 0 ? /* @__PURE__ */ jsxs50("table", { className: "table", children: [
      /* @__PURE__ */ jsx52("thead", { children: /* @__PURE__ */ jsxs50("tr", { children: [
        /* @__PURE__ */ jsx52("th", { scope: "col", children: "Name" }),
        /* @__PURE__ */ jsx52("th", { scope: "col", children: "Text" }),
        /* @__PURE__ */ jsx52("th", { scope: "col", children: "Used by" }),
        /* @__PURE__ */ jsx52("th", { scope: "col", children: /* @__PURE__ */ jsx52("span", { className: "hidden-but-read", children: "Act" }) })
      ] }) }),
      /* @__PURE__ */ jsx52("tbody", { children: value.secrets.map((secret) => /* @__PURE__ */ jsx52(Row4, { secret, onSet: () => setAsked(secret.name) }, secret.name)) })
    ] }) : /* @__PURE__ */ jsx52("p", { className: "quiet", children: "None is kept, and no interface names one." }),
    /* @__PURE__ */ jsx52("div", { className: "buttons", children: /* @__PURE__ */ jsx52(Button, { onPress: () => setAsked(""), children: "Keep a secret…" }) }),
    asked !== void 0 && /* @__PURE__ */ jsx52(Asking, { given: asked, names: value.secrets.map((secret) => secret.name), onClose: () => setAsked(void 0), onDone: again })
  ] });
}

// src/screens/system/System.tsx
import { jsx as jsx53, jsxs as jsxs51 } from "./vendor.js";
var LOOK_MS = 2e3;
function Backups() {
  const { value, problem, again } = useAnswer("backup", readBackup);
  useEffect12(() => {
    if (!value?.is_running) return;
    const timer2 = window.setTimeout(again, LOOK_MS);
    return () => window.clearTimeout(timer2);
  }, [value, again]);
  if (problem) return /* @__PURE__ */ jsx53(Trouble, { problem, what: "Backups", again });
  if (!value) return /* @__PURE__ */ jsx53(Empty, { title: "Asking…" });
  const { progress } = value;
  const made = typeof value.made?.at === "number" ? moment(value.made.at) : void 0;
  return /* @__PURE__ */ jsxs51("div", { className: "inside stack tight", children: [
    value.is_running && /* @__PURE__ */ jsxs51("p", { children: [
      "Under way: ",
      bytes(progress.bytes),
      " of ",
      bytes(progress.bytes_all),
      ", ",
      count(progress.pieces),
      " of ",
      plural(progress.pieces_all, "piece")
    ] }),
    value.failed && /* @__PURE__ */ jsxs51("p", { className: "bad", children: [
      /* @__PURE__ */ jsx53(Icon, { name: "bad" }),
      " The last one failed: ",
      value.failed.text,
      " ",
      /* @__PURE__ */ jsx53("code", { children: value.failed.code })
    ] }),
    value.made ? /* @__PURE__ */ jsxs51("p", { children: [
      "The last one since the engine started ",
      made ? `was made ${moment(value.made.at)}` : "is complete",
      "."
    ] }) : !value.is_running && /* @__PURE__ */ jsx53("p", { children: "None was made since the engine started." }),
    /* @__PURE__ */ jsxs51("p", { className: "quiet", children: [
      "Make one with ",
      /* @__PURE__ */ jsx53("code", { children: "sinew backup" }),
      "; prove it with ",
      /* @__PURE__ */ jsx53("code", { children: "sinew drill" }),
      "."
    ] })
  ] });
}
function Examination() {
  const { value, problem, again } = useAnswer("verify", readVerify);
  const [state, setState] = useState35("idle");
  const [said, setSaid] = useState35();
  const [trouble, setTrouble] = useState35();
  const isRunning = state === "running" || value?.is_running;
  useEffect12(() => {
    if (!isRunning) return;
    const timer2 = window.setTimeout(again, LOOK_MS);
    return () => window.clearTimeout(timer2);
  }, [isRunning, value, again]);
  if (problem) return /* @__PURE__ */ jsx53(Trouble, { problem, what: "The examination", again });
  const begin = async () => {
    setState("running");
    setTrouble(void 0);
    try {
      setSaid(await verify());
      setState("done");
    } catch (error) {
      setTrouble(error instanceof Problem ? error : new Problem(0, "", String(error)));
      setState("idle");
    }
  };
  const figures = said ? Object.entries(said).filter(([, figure]) => typeof figure === "number") : [];
  return /* @__PURE__ */ jsxs51("div", { className: "inside stack tight", children: [
    /* @__PURE__ */ jsx53("p", { children: "Reads every record of the log and compares it with its checksum and with the index. Messages go on meanwhile; nothing is changed." }),
    isRunning && value && /* @__PURE__ */ jsxs51("p", { role: "status", children: [
      bytes(value.bytes),
      " of ",
      bytes(value.bytes_total),
      " read, ",
      plural(value.messages, "message")
    ] }),
    said && /* @__PURE__ */ jsxs51("p", { role: "status", children: [
      /* @__PURE__ */ jsx53("strong", { children: "Done." }),
      " ",
      figures.map(([name, figure]) => `${name.replaceAll("_", " ")} ${count(figure)}`).join(" · ")
    ] }),
    trouble && /* @__PURE__ */ jsx53(Notice, { level: "warning", title: "Not examined", children: trouble.message }),
    /* @__PURE__ */ jsx53("div", { className: "buttons", children: /* @__PURE__ */ jsx53(Button, { isDisabled: isRunning ?? false, onPress: () => void begin(), children: isRunning ? "Examining…" : "Examine the store" }) })
  ] });
}
function System() {
  const { status, problem } = useLive();
  const may = useMay();
  const [mayKeep, mayHoldSecrets] = [may("backup"), may("secrets")];
  if (!status) return /* @__PURE__ */ jsx53(Page, { title: "System", children: problem ? /* @__PURE__ */ jsx53(Trouble, { problem, what: "The engine" }) : /* @__PURE__ */ jsx53(Empty, { title: "Asking the engine…" }) });
  const { engine, process } = status;
  const items = attentionOf(status).filter((item) => item.interfaces.length === 0);
  const { stats } = engine;
  return /* @__PURE__ */ jsxs51(Page, { title: "System", about: `Sinew ${process.version ?? ""} · up for ${span(engine.uptime_s)}`, children: [
    items.length > 0 && /* @__PURE__ */ jsx53(Attentions, { items }),
    /* @__PURE__ */ jsxs51("div", { className: "three", children: [
      /* @__PURE__ */ jsx53(Card, { title: "Where every message is", more: /* @__PURE__ */ jsx53("span", { className: "quiet", children: "all interfaces, from the log" }), children: /* @__PURE__ */ jsx53("div", { className: "inside", children: /* @__PURE__ */ jsx53(Balance, { counts: engine.counts, query: "" }) }) }),
      /* @__PURE__ */ jsx53(Card, { title: "Store", children: /* @__PURE__ */ jsx53("div", { className: "inside", children: /* @__PURE__ */ jsxs51("dl", { className: "facts", children: [
        /* @__PURE__ */ jsx53("dt", { children: "State" }),
        /* @__PURE__ */ jsx53("dd", { className: engine.store === "ok" ? "good" : "bad", children: /* @__PURE__ */ jsxs51("span", { className: "state", children: [
          /* @__PURE__ */ jsx53(Icon, { name: engine.store === "ok" ? "good" : "bad" }),
          " ",
          engine.store
        ] }) }),
        /* @__PURE__ */ jsx53("dt", { children: "Last write confirmed in" }),
        /* @__PURE__ */ jsxs51("dd", { children: [
          (stats.fsync_micros_last / 1e3).toFixed(1),
          " ms"
        ] }),
        /* @__PURE__ */ jsx53("dt", { children: "Messages in a confirmed write" }),
        /* @__PURE__ */ jsxs51("dd", { children: [
          stats.fsyncs > 0 ? (stats.messages / stats.fsyncs).toFixed(1) : "–",
          " on average since the start"
        ] }),
        /* @__PURE__ */ jsx53("dt", { children: "Log" }),
        /* @__PURE__ */ jsx53("dd", { children: bytes(stats.log_bytes) }),
        /* @__PURE__ */ jsx53("dt", { children: "Index" }),
        /* @__PURE__ */ jsx53("dd", { children: bytes(stats.index_bytes) }),
        /* @__PURE__ */ jsx53("dt", { children: "Store id" }),
        /* @__PURE__ */ jsx53("dd", { className: "mono", children: engine.store_id || "–" })
      ] }) }) }),
      /* @__PURE__ */ jsx53(Card, { title: "Process", children: /* @__PURE__ */ jsx53("div", { className: "inside", children: /* @__PURE__ */ jsxs51("dl", { className: "facts", children: [
        /* @__PURE__ */ jsx53("dt", { children: "Connections of senders" }),
        /* @__PURE__ */ jsxs51("dd", { children: [
          count(engine.connections.open),
          engine.connections.max !== null && ` of at most ${count(engine.connections.max)}`
        ] }),
        /* @__PURE__ */ jsx53("dt", { children: "Interfaces" }),
        /* @__PURE__ */ jsx53("dd", { children: count(engine.interfaces.length) }),
        /* @__PURE__ */ jsx53("dt", { children: "Workspace" }),
        /* @__PURE__ */ jsx53("dd", { className: "mono", children: process.workspace ?? "not shown to your role" }),
        /* @__PURE__ */ jsx53("dt", { children: "Data folder" }),
        /* @__PURE__ */ jsx53("dd", { className: "mono", children: process.data ?? "not shown to your role" }),
        /* @__PURE__ */ jsx53("dt", { children: "Process" }),
        /* @__PURE__ */ jsx53("dd", { children: process.pid ?? "–" })
      ] }) }) }),
      mayHoldSecrets && /* @__PURE__ */ jsx53(Card, { title: "Secrets of partners", children: /* @__PURE__ */ jsx53(Secrets, {}) }),
      mayKeep && /* @__PURE__ */ jsx53(Card, { title: "Backups", children: /* @__PURE__ */ jsx53(Backups, {}) }),
      mayKeep && /* @__PURE__ */ jsx53(Card, { title: "Examination of the store", children: /* @__PURE__ */ jsx53(Examination, {}) })
    ] })
  ] });
}

// src/screens/tables/CodeTables.tsx
import { jsx as jsx54, jsxs as jsxs52 } from "./vendor.js";
function gapsOf(reports) {
  const found = /* @__PURE__ */ new Map();
  for (const report of reports) {
    for (const { places } of report.kinds) {
      for (const place2 of places) {
        if (place2.uncovered === 0 && place2.unlisted === 0) continue;
        const key = `${report.interface} ${place2.place}`;
        const gap = found.get(key) ?? { interface: report.interface, place: place2.place, name: place2.name, uncovered: 0, unlisted: 0, seen: 0, example: place2.example, codes: [] };
        gap.uncovered += place2.uncovered;
        gap.unlisted += place2.unlisted;
        gap.seen += place2.filled.hits;
        gap.example = Math.max(gap.example, place2.example);
        for (const [code, times] of place2.codes) {
          const known2 = gap.codes.find(([other]) => other === code);
          if (known2) known2[1] += times;
          else gap.codes.push([code, times]);
        }
        found.set(key, gap);
      }
    }
  }
  for (const gap of found.values()) gap.codes.sort((a, b) => b[1] - a[1]);
  return [...found.values()].sort((a, b) => b.uncovered - a.uncovered || b.unlisted - a.unlisted);
}
var CODES_SHOWN = 6;
function Gaps({ gaps }) {
  return /* @__PURE__ */ jsxs52("table", { className: "table", children: [
    /* @__PURE__ */ jsx54("thead", { children: /* @__PURE__ */ jsxs52("tr", { children: [
      /* @__PURE__ */ jsx54("th", { scope: "col", children: "Interface" }),
      /* @__PURE__ */ jsx54("th", { scope: "col", children: "Place" }),
      /* @__PURE__ */ jsx54("th", { scope: "col", children: "Codes seen most" }),
      /* @__PURE__ */ jsx54("th", { scope: "col", className: "right", children: "In no code table" }),
      /* @__PURE__ */ jsx54("th", { scope: "col", className: "right", children: "Not in the standard" }),
      /* @__PURE__ */ jsx54("th", { scope: "col", className: "right", children: "Values" }),
      /* @__PURE__ */ jsx54("th", { scope: "col", children: "Example" })
    ] }) }),
    /* @__PURE__ */ jsx54("tbody", { children: gaps.map((gap) => /* @__PURE__ */ jsxs52("tr", { children: [
      /* @__PURE__ */ jsx54("td", { children: /* @__PURE__ */ jsx54(Link, { to: interfaceAt(gap.interface, "text"), "data-row": true, children: gap.interface }) }),
      /* @__PURE__ */ jsxs52("td", { children: [
        /* @__PURE__ */ jsx54("code", { children: gap.place }),
        " ",
        /* @__PURE__ */ jsx54("span", { className: "quiet", children: gap.name })
      ] }),
      /* @__PURE__ */ jsx54("td", { className: "mono", children: gap.codes.slice(0, CODES_SHOWN).map(([code]) => code).join(" ") }),
      /* @__PURE__ */ jsx54("td", { className: `right number ${gap.uncovered > 0 ? "warn" : "quiet"}`, children: gap.uncovered > 0 ? count(gap.uncovered) : "–" }),
      /* @__PURE__ */ jsx54("td", { className: "right number", children: gap.unlisted > 0 ? count(gap.unlisted) : "–" }),
      /* @__PURE__ */ jsx54("td", { className: "right number", children: count(gap.seen) }),
      /* @__PURE__ */ jsx54("td", { className: "mono", children: gap.example > 0 ? /* @__PURE__ */ jsx54(Link, { to: `/messages#q=id:${gap.example}&id=${gap.example}`, children: gap.example }) : "" })
    ] }, `${gap.interface} ${gap.place}`)) })
  ] });
}
function CodeTables() {
  const { words: words3 } = useAddress();
  const { value, problem, again } = useAnswer("quality", (signal) => readQuality({}, signal));
  const wanted2 = (words3.get("find") ?? "").toLowerCase();
  const gaps = gapsOf(value?.interfaces ?? []).filter((gap) => [gap.interface, gap.place, gap.name].some((text) => text.toLowerCase().includes(wanted2)));
  return /* @__PURE__ */ jsx54(
    Page,
    {
      title: "Code tables",
      about: "codes seen in traffic in the last seven days that a table or the standard does not have",
      actions: /* @__PURE__ */ jsx54("input", { className: "input narrow", "aria-label": "Narrow by interface or place", placeholder: "Narrow: interface, place", value: words3.get("find") ?? "", onChange: (change2) => setWords({ find: change2.target.value || void 0 }, { replace: true }) }),
      children: problem ? /* @__PURE__ */ jsx54(Trouble, { problem, what: "The codes", again }) : /* @__PURE__ */ jsx54(Card, { children: !value ? /* @__PURE__ */ jsx54(Empty, { title: "Reading…" }) : gaps.length === 0 ? /* @__PURE__ */ jsx54(Empty, { title: "Every code has its row", children: value.is_counted ? "" : "Quality is not counted in this workspace." }) : /* @__PURE__ */ jsx54(Gaps, { gaps }) })
    }
  );
}

// src/screens/users/Users.tsx
import { useState as useState36 } from "./vendor.js";
import { jsx as jsx55, jsxs as jsxs53 } from "./vendor.js";
var userAt = (name, act = "") => `/api/v1/users/${encodeURIComponent(name)}${act && `/${act}`}`;
var grantsText = (grants) => grants.map((grant) => {
  const where = [...grant.interfaces ?? [], ...grant.facilities ?? []].join(", ");
  return where ? `${grant.role} (${where})` : grant.role;
}).join(", ") || "no role";
function ToldOnce({ name, told: told2, onClose }) {
  return /* @__PURE__ */ jsxs53(Window, { title: `One-time token for ${name}`, onClose, children: [
    /* @__PURE__ */ jsxs53("p", { children: [
      "Give it to ",
      name,
      " on a way that you trust. With it they choose a password. It is shown now and never again",
      told2.until ? `, and works until ${moment(told2.until)}` : "",
      "."
    ] }),
    /* @__PURE__ */ jsx55("pre", { className: "commands", tabIndex: 0, "aria-label": "The token", children: told2.token }),
    /* @__PURE__ */ jsx55("div", { className: "buttons", children: /* @__PURE__ */ jsx55(Button, { kind: "first", onPress: onClose, children: "Done" }) })
  ] });
}
function NewUser({ roles, onClose, onMade }) {
  const [name, setName] = useState36("");
  const [title, setTitle] = useState36("");
  const [role, setRole] = useState36("viewer");
  const [problem, setProblem] = useState36();
  const make = async () => {
    try {
      onMade(name, await post("/api/v1/users", { name: name.trim(), title: title.trim(), grants: [{ role }] }));
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
  };
  return /* @__PURE__ */ jsxs53(Window, { title: "Invite a person", onClose, children: [
    /* @__PURE__ */ jsxs53("div", { className: "field", children: [
      /* @__PURE__ */ jsx55("label", { htmlFor: "new-name", children: "Name" }),
      /* @__PURE__ */ jsx55("input", { className: "input", id: "new-name", value: name, autoFocus: true, spellCheck: false, onChange: (now2) => setName(now2.target.value), placeholder: "for example ruth.okafor" })
    ] }),
    /* @__PURE__ */ jsxs53("div", { className: "field", children: [
      /* @__PURE__ */ jsx55("label", { htmlFor: "new-title", children: "Name as people write it" }),
      /* @__PURE__ */ jsx55("input", { className: "input", id: "new-title", value: title, onChange: (now2) => setTitle(now2.target.value) })
    ] }),
    /* @__PURE__ */ jsxs53("div", { className: "field", children: [
      /* @__PURE__ */ jsx55("label", { htmlFor: "new-role", children: "Role" }),
      /* @__PURE__ */ jsx55("select", { className: "input", id: "new-role", value: role, onChange: (now2) => setRole(now2.target.value), children: roles.map((one) => /* @__PURE__ */ jsxs53("option", { value: one.name, children: [
        one.name,
        " — ",
        one.title
      ] }, one.name)) })
    ] }),
    problem && /* @__PURE__ */ jsxs53(Notice, { level: "warning", title: "Not made", children: [
      problem.message,
      " ",
      /* @__PURE__ */ jsx55(ErrorCode, { code: problem.code })
    ] }),
    /* @__PURE__ */ jsxs53("div", { className: "buttons", children: [
      /* @__PURE__ */ jsx55(Button, { onPress: onClose, children: "Cancel" }),
      /* @__PURE__ */ jsx55(Button, { kind: "first", isDisabled: !name.trim(), onPress: () => void make(), children: "Make an invitation" })
    ] })
  ] });
}
function People({ users, onAct }) {
  const { me } = useSession();
  const actsOf2 = (user) => [
    user.is_disabled ? { label: "Enable…", act: { title: `Enable ${user.name}`, text: "They may sign in again with what they have.", button: "Enable", run: async () => void await post(userAt(user.name, "enable")) } } : { label: "Disable…", act: { title: `Disable ${user.name}`, text: "Every session and key ends at once. Nothing that they did is changed.", button: "Disable", isDangerous: true, run: async () => void await post(userAt(user.name, "disable")) } }
  ];
  return /* @__PURE__ */ jsx55("div", { className: "scroll-x", children: /* @__PURE__ */ jsxs53("table", { className: "table", children: [
    /* @__PURE__ */ jsx55("thead", { children: /* @__PURE__ */ jsxs53("tr", { children: [
      /* @__PURE__ */ jsx55("th", { scope: "col", children: "State" }),
      /* @__PURE__ */ jsx55("th", { scope: "col", children: "Name" }),
      /* @__PURE__ */ jsx55("th", { scope: "col", children: "Roles" }),
      /* @__PURE__ */ jsx55("th", { scope: "col", children: "Second factor" }),
      /* @__PURE__ */ jsx55("th", { scope: "col", children: "Last signed in" }),
      /* @__PURE__ */ jsx55("th", { scope: "col", children: /* @__PURE__ */ jsx55("span", { className: "hidden-but-read", children: "What you may do" }) })
    ] }) }),
    /* @__PURE__ */ jsx55("tbody", { children: users.map((user) => /* @__PURE__ */ jsxs53("tr", { children: [
      /* @__PURE__ */ jsx55("td", { children: /* @__PURE__ */ jsxs53("span", { className: `state ${user.is_disabled ? "note" : "good"}`, children: [
        /* @__PURE__ */ jsx55(Icon, { name: user.is_disabled ? "paused" : "good" }),
        " ",
        user.is_disabled ? "Disabled" : user.is_service ? "Service" : user.has_password ? "Active" : "Invited"
      ] }) }),
      /* @__PURE__ */ jsxs53("td", { children: [
        user.title || user.name,
        " ",
        /* @__PURE__ */ jsx55("span", { className: "quiet", children: user.name })
      ] }),
      /* @__PURE__ */ jsx55("td", { children: grantsText(user.grants) }),
      /* @__PURE__ */ jsx55("td", { children: user.factors.join(", ") || /* @__PURE__ */ jsx55("span", { className: "warn", children: "none" }) }),
      /* @__PURE__ */ jsx55("td", { className: "nowrap", children: user.last_sign_in ? moment(user.last_sign_in) : "never" }),
      /* @__PURE__ */ jsx55("td", { children: /* @__PURE__ */ jsx55("div", { className: "buttons end", children: user.name !== me?.name && actsOf2(user).map(({ label, act }) => /* @__PURE__ */ jsx55(Button, { "aria-label": `${label.replace("…", "")} ${user.name}`, onPress: () => onAct(act), children: label }, label)) }) })
    ] }, user.name)) })
  ] }) });
}
function Users() {
  const may = useMay();
  const users = useAnswer("users", (signal) => get("/api/v1/users", void 0, signal));
  const roles = useAnswer("roles", (signal) => get("/api/v1/roles", void 0, signal));
  const keys = useAnswer("keys", (signal) => get("/api/v1/keys", void 0, signal));
  const [act, setAct] = useState36();
  const [isInviting, setInviting] = useState36(false);
  const [told2, setTold] = useState36();
  const refresh = () => {
    users.again();
    keys.again();
  };
  return /* @__PURE__ */ jsxs53(
    Page,
    {
      title: "Users",
      about: "people, services, roles and keys",
      actions: may("people") && users.value && /* @__PURE__ */ jsx55(Button, { icon: "users", onPress: () => setInviting(true), children: "Invite a person…" }),
      children: [
        /* @__PURE__ */ jsx55(Card, { title: "People and services", children: users.problem ? /* @__PURE__ */ jsx55(Trouble, { problem: users.problem, what: "Users", again: users.again }) : users.value ? users.value.users.length ? /* @__PURE__ */ jsx55(People, { users: users.value.users, onAct: setAct }) : /* @__PURE__ */ jsx55(Empty, { title: "Nobody yet", children: "The first administrator comes in by a one-time token from the terminal of the engine." }) : /* @__PURE__ */ jsx55(Empty, { title: "Reading…" }) }),
        roles.value && /* @__PURE__ */ jsx55(Card, { title: "Roles", children: /* @__PURE__ */ jsxs53("table", { className: "table", children: [
          /* @__PURE__ */ jsx55("thead", { children: /* @__PURE__ */ jsxs53("tr", { children: [
            /* @__PURE__ */ jsx55("th", { scope: "col", children: "Role" }),
            /* @__PURE__ */ jsx55("th", { scope: "col", children: "What it is for" }),
            /* @__PURE__ */ jsx55("th", { scope: "col", children: "Rights" })
          ] }) }),
          /* @__PURE__ */ jsx55("tbody", { children: roles.value.roles.map((role) => /* @__PURE__ */ jsxs53("tr", { children: [
            /* @__PURE__ */ jsxs53("td", { className: "nowrap", children: [
              /* @__PURE__ */ jsx55("strong", { children: role.name }),
              " ",
              role.is_own && /* @__PURE__ */ jsx55("span", { className: "badge", children: "of this site" })
            ] }),
            /* @__PURE__ */ jsx55("td", { children: role.title }),
            /* @__PURE__ */ jsx55("td", { className: "quiet", children: role.rights.join(", ") })
          ] }, role.name)) })
        ] }) }),
        keys.value && /* @__PURE__ */ jsx55(Card, { title: "Keys of programs", more: /* @__PURE__ */ jsxs53("span", { className: "quiet", children: [
          "made with ",
          /* @__PURE__ */ jsx55("code", { children: "sinew key" })
        ] }), children: keys.value.keys.length === 0 ? /* @__PURE__ */ jsx55(Empty, { title: "No keys" }) : /* @__PURE__ */ jsxs53("table", { className: "table", children: [
          /* @__PURE__ */ jsx55("thead", { children: /* @__PURE__ */ jsxs53("tr", { children: [
            /* @__PURE__ */ jsx55("th", { scope: "col", children: "Key" }),
            /* @__PURE__ */ jsx55("th", { scope: "col", children: "Of" }),
            /* @__PURE__ */ jsx55("th", { scope: "col", children: "Roles" }),
            /* @__PURE__ */ jsx55("th", { scope: "col", children: "Ends" }),
            /* @__PURE__ */ jsx55("th", { scope: "col", children: "Last used" }),
            /* @__PURE__ */ jsx55("th", { scope: "col", children: /* @__PURE__ */ jsx55("span", { className: "hidden-but-read", children: "What you may do" }) })
          ] }) }),
          /* @__PURE__ */ jsx55("tbody", { children: keys.value.keys.map((key) => /* @__PURE__ */ jsxs53("tr", { children: [
            /* @__PURE__ */ jsxs53("td", { children: [
              key.title,
              " ",
              /* @__PURE__ */ jsx55("code", { className: "quiet", children: key.id })
            ] }),
            /* @__PURE__ */ jsx55("td", { children: key.user }),
            /* @__PURE__ */ jsx55("td", { children: grantsText(key.grants) }),
            /* @__PURE__ */ jsx55("td", { className: "nowrap", children: key.until ? moment(key.until) : "never" }),
            /* @__PURE__ */ jsx55("td", { className: "nowrap", children: key.used ? moment(key.used) : "never" }),
            /* @__PURE__ */ jsx55("td", { children: /* @__PURE__ */ jsx55("div", { className: "buttons end", children: /* @__PURE__ */ jsx55(
              Button,
              {
                "aria-label": `Remove the key ${key.title}`,
                onPress: () => setAct({ title: `Remove the key ${key.title}`, text: "Programs that use it are refused at once.", button: "Remove", isDangerous: true, run: async () => void await change("DELETE", `/api/v1/keys/${encodeURIComponent(key.id)}`) }),
                children: "Remove…"
              }
            ) }) })
          ] }, key.id)) })
        ] }) }),
        act && /* @__PURE__ */ jsx55(
          AskWhy,
          {
            act,
            onClose: () => {
              setAct(void 0);
              refresh();
            }
          }
        ),
        isInviting && /* @__PURE__ */ jsx55(
          NewUser,
          {
            roles: roles.value?.roles ?? [],
            onClose: () => setInviting(false),
            onMade: (name, answer) => {
              setInviting(false);
              setTold({ name, told: answer });
              refresh();
            }
          }
        ),
        told2 && /* @__PURE__ */ jsx55(ToldOnce, { ...told2, onClose: () => setTold(void 0) })
      ]
    }
  );
}

// src/shell/Account.tsx
import { useState as useState37 } from "./vendor.js";
import { Menu as Menu4, MenuItem as MenuItem4, MenuTrigger as MenuTrigger4, Popover as Popover4 } from "./vendor.js";
import { Fragment as Fragment18, jsx as jsx56, jsxs as jsxs54 } from "./vendor.js";
function Account() {
  const { me, isOpen } = useSession();
  const may = useMay();
  const [isBreaking, setBreaking] = useState37(false);
  if (isOpen || !me) return null;
  const roles = [...new Set(me.grants.map((grant) => grant.role))].join(", ");
  if (!me.token) return /* @__PURE__ */ jsx56("span", { className: "quiet nowrap account", children: me.name });
  const items = [
    ...may("break-glass") && !me.glass_until ? [{ id: "glass", label: "Break the glass…" }] : [],
    { id: "out", label: "Sign out" }
  ];
  return /* @__PURE__ */ jsxs54(Fragment18, { children: [
    me.glass_until && /* @__PURE__ */ jsxs54("span", { className: "demo", children: [
      "glass broken until ",
      moment(me.glass_until)
    ] }),
    /* @__PURE__ */ jsxs54(MenuTrigger4, { children: [
      /* @__PURE__ */ jsxs54(Button, { kind: "plain", children: [
        me.title || me.name,
        roles && /* @__PURE__ */ jsxs54("span", { className: "quiet", children: [
          "· ",
          roles
        ] })
      ] }),
      /* @__PURE__ */ jsx56(Popover4, { className: "popover", placement: "bottom end", children: /* @__PURE__ */ jsx56(Menu4, { className: "menu", items, onAction: (key) => key === "out" ? void signOut() : setBreaking(true), children: (one) => /* @__PURE__ */ jsx56(MenuItem4, { className: "menu-item", children: one.label }) }) })
    ] }),
    isBreaking && /* @__PURE__ */ jsx56(
      AskWhy,
      {
        onClose: () => setBreaking(false),
        act: {
          title: "Break the glass",
          text: "For one hour you may read the content of messages. The privacy officer sees that you did, what you looked at, and why.",
          button: "Break the glass",
          isDangerous: true,
          example: "for example: incident 88, a result cannot be matched to its patient",
          run: breakGlass
        }
      }
    )
  ] });
}

// src/shell/keys.ts
import { useEffect as useEffect13 } from "./vendor.js";

// src/shell/places.ts
var PLACES = [
  { path: "/", name: "Overview", icon: "overview", key: "o", group: "Look" },
  { path: "/messages", name: "Messages", icon: "messages", key: "m", group: "Look" },
  { path: "/interfaces", name: "Interfaces", icon: "interfaces", key: "i", group: "Look" },
  { path: "/alerts", name: "Alerts", icon: "bell", key: "a", group: "Look" },
  { path: "/mapper", name: "Mapper", icon: "map", key: "d", group: "Build" },
  { path: "/bench", name: "Bench", icon: "bench", key: "b", group: "Build", right: "masked" },
  { path: "/tables", name: "Code tables", icon: "table", key: "t", group: "Build" },
  { path: "/dictionary", name: "Dictionary", icon: "book", key: "y", group: "Build" },
  { path: "/changes", name: "Changes", icon: "changes", key: "c", group: "Build" },
  { path: "/audit", name: "Audit", icon: "audit", key: "u", group: "Guard", right: "audit" },
  { path: "/users", name: "Users", icon: "users", key: "p", group: "Guard", right: "people" },
  { path: "/system", name: "System", icon: "system", key: "s", group: "Guard" }
];
function placeOf(path) {
  return [...PLACES].reverse().find((place2) => place2.path === "/" ? path === "/" : path === place2.path || path.startsWith(`${place2.path}/`));
}

// src/shell/keys.ts
var JUMP_MS = 1500;
function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.closest("[role=dialog]") !== null;
}
function moveAmongRows(by) {
  const rows = [...document.querySelectorAll("main [data-row]")].filter((row) => row.offsetParent !== null);
  if (rows.length === 0) return;
  const at3 = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const next = at3 < 0 ? by > 0 ? 0 : rows.length - 1 : Math.max(0, Math.min(rows.length - 1, at3 + by));
  rows[next]?.focus();
  rows[next]?.scrollIntoView({ block: "nearest" });
}
function useKeys(acts) {
  useEffect13(() => {
    let jumpUntil = 0;
    const onKey = (key) => {
      if (key.key.toLowerCase() === "k" && (key.ctrlKey || key.metaKey) && !key.altKey) {
        key.preventDefault();
        acts.openPalette();
        return;
      }
      if (key.ctrlKey || key.metaKey || key.altKey || isTyping(key.target)) return;
      if (performance.now() < jumpUntil) {
        jumpUntil = 0;
        const place2 = PLACES.find((one) => one.key === key.key);
        if (place2) {
          key.preventDefault();
          navigate(place2.path);
        }
        return;
      }
      switch (key.key) {
        case "g":
          jumpUntil = performance.now() + JUMP_MS;
          break;
        case "/":
          key.preventDefault();
          acts.openPalette();
          break;
        case "?":
          key.preventDefault();
          acts.openKeys();
          break;
        case "j":
          moveAmongRows(1);
          break;
        case "k":
          moveAmongRows(-1);
          break;
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [acts]);
}

// src/shell/Palette.tsx
import { useState as useState38 } from "./vendor.js";
import { Autocomplete, Dialog as Dialog2, Input as Input8, ListBox, ListBoxItem, Modal as Modal2, ModalOverlay as ModalOverlay2, SearchField } from "./vendor.js";
import { jsx as jsx57, jsxs as jsxs55 } from "./vendor.js";
var EXAMPLES2 = ["patient:N0010138", "state:parked since:24h", "type:ADT^A01", "control:MSG00042", "filler=A123"];
var ENTRIES_MAX = 12;
function entriesFor(text, interfaces) {
  const wanted2 = text.trim();
  const small = wanted2.toLowerCase();
  const has = (...words3) => words3.some((word) => word.toLowerCase().includes(small));
  const places = PLACES.filter((place2) => has(place2.name)).map((place2) => ({ to: place2.path, name: place2.name, about: `g ${place2.key}`, icon: place2.icon }));
  const flows = interfaces.filter((one) => has(one.name, one.title)).map((one) => ({ to: interfaceAt(one.name), name: one.title, about: one.name, icon: "interfaces" }));
  if (!wanted2) {
    const examples = EXAMPLES2.map((example) => ({ to: messagesAt(example), name: example, about: "an example search", icon: "search" }));
    return [...places, ...examples];
  }
  const search = { to: messagesAt(wanted2), name: wanted2, about: "find messages", icon: "search" };
  const fits = [...places, ...flows];
  const exact = fits.filter((entry) => entry.name.toLowerCase().startsWith(small) || entry.about.toLowerCase().startsWith(small));
  const rest = fits.filter((entry) => !exact.includes(entry));
  const isQuery = /[:=\d]/.test(wanted2);
  return (isQuery ? [search, ...exact, ...rest] : [...exact, ...rest, search]).slice(0, ENTRIES_MAX);
}
function Palette({ onClose }) {
  const [text, setText] = useState38("");
  const { status } = useLive();
  const entries = entriesFor(text, status?.engine.interfaces ?? []);
  return /* @__PURE__ */ jsx57(ModalOverlay2, { className: "veil", isOpen: true, isDismissable: true, onOpenChange: (isOpen) => !isOpen && onClose(), children: /* @__PURE__ */ jsx57(Modal2, { className: "modal", children: /* @__PURE__ */ jsxs55(Dialog2, { className: "palette", "aria-label": "Find anything", children: [
    /* @__PURE__ */ jsxs55(Autocomplete, { inputValue: text, onInputChange: setText, children: [
      /* @__PURE__ */ jsxs55(SearchField, { className: "palette-field", "aria-label": "Find messages, patients, interfaces, screens", autoFocus: true, children: [
        /* @__PURE__ */ jsx57(Icon, { name: "search" }),
        /* @__PURE__ */ jsx57(
          Input8,
          {
            className: "palette-input",
            placeholder: "Messages, patients, interfaces, screens…",
            onKeyDown: (key) => {
              const first = entries[0];
              const isFree = !key.currentTarget.getAttribute("aria-activedescendant");
              if (key.key === "Enter" && isFree && first && text.trim()) {
                navigate(first.to);
                onClose();
              }
            }
          }
        )
      ] }),
      /* @__PURE__ */ jsx57(
        ListBox,
        {
          className: "palette-list",
          "aria-label": "What was found",
          items: entries,
          selectionMode: "none",
          onAction: (key) => {
            navigate(String(key));
            onClose();
          },
          renderEmptyState: () => /* @__PURE__ */ jsx57("div", { className: "empty", children: "Nothing of this name." }),
          children: (entry) => /* @__PURE__ */ jsxs55(ListBoxItem, { id: entry.to, textValue: entry.name, className: "palette-item", children: [
            /* @__PURE__ */ jsx57(Icon, { name: entry.icon }),
            /* @__PURE__ */ jsx57("span", { className: "cut", children: entry.name }),
            /* @__PURE__ */ jsx57("span", { className: "quiet nowrap", children: entry.about })
          ] })
        }
      )
    ] }),
    /* @__PURE__ */ jsxs55("p", { className: "palette-foot quiet", children: [
      /* @__PURE__ */ jsx57("kbd", { children: "↑" }),
      " ",
      /* @__PURE__ */ jsx57("kbd", { children: "↓" }),
      " choose · ",
      /* @__PURE__ */ jsx57("kbd", { children: "Enter" }),
      " open · ",
      /* @__PURE__ */ jsx57("kbd", { children: "Esc" }),
      " close"
    ] })
  ] }) }) });
}

// src/shell/theme.ts
import { useSyncExternalStore as useSyncExternalStore4 } from "./vendor.js";
var KEY2 = "sinew.theme";
var watchers4 = /* @__PURE__ */ new Set();
function wanted() {
  const kept = window.localStorage.getItem(KEY2);
  if (kept === "light" || kept === "dark") return kept;
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
var theme = wanted();
function applyTheme() {
  document.documentElement.dataset.theme = theme;
}
function switchTheme() {
  theme = theme === "light" ? "dark" : "light";
  window.localStorage.setItem(KEY2, theme);
  applyTheme();
  for (const watcher of watchers4) watcher();
}
function useTheme() {
  return useSyncExternalStore4(
    (watcher) => {
      watchers4.add(watcher);
      return () => watchers4.delete(watcher);
    },
    () => theme
  );
}

// src/shell/App.tsx
import { jsx as jsx58, jsxs as jsxs56 } from "./vendor.js";
function screenOf({ path }) {
  const one = path.match(/^\/interfaces\/([^/]+)$/)?.[1];
  if (one) return /* @__PURE__ */ jsx58(OneInterface, { name: decodeURIComponent(one) }, one);
  const mapped = path.match(/^\/mapper\/([^/]+)$/)?.[1];
  if (mapped) return /* @__PURE__ */ jsx58(Mapper, { name: decodeURIComponent(mapped) }, mapped);
  switch (path) {
    case "/":
      return /* @__PURE__ */ jsx58(Overview, {});
    case "/messages":
      return /* @__PURE__ */ jsx58(Messages, {});
    case "/interfaces":
      return /* @__PURE__ */ jsx58(InterfaceList, {});
    case "/mapper":
      return /* @__PURE__ */ jsx58(MapList, {});
    case "/bench":
      return /* @__PURE__ */ jsx58(Bench, {});
    case "/alerts":
      return /* @__PURE__ */ jsx58(Alerts, {});
    case "/tables":
      return /* @__PURE__ */ jsx58(CodeTables, {});
    case "/dictionary":
      return /* @__PURE__ */ jsx58(Dictionary, {});
    case "/changes":
      return /* @__PURE__ */ jsx58(Changes, {});
    case "/audit":
      return /* @__PURE__ */ jsx58(Audit, {});
    case "/users":
      return /* @__PURE__ */ jsx58(Users, {});
    case "/system":
      return /* @__PURE__ */ jsx58(System, {});
    default:
      return /* @__PURE__ */ jsx58(Page, { title: "Not found", children: /* @__PURE__ */ jsx58(Empty, { title: "There is no such page", children: /* @__PURE__ */ jsx58(Link, { to: "/", children: "Go to the overview" }) }) });
  }
}
function Navigation({ path }) {
  const { status } = useLive();
  const urgent = useMemo13(() => status ? attentionOf(status).filter((item) => item.level !== "note") : [], [status]);
  const isAlarm = urgent.some((item) => item.level === "alarm");
  const may = useMay();
  const here = placeOf(path);
  const places = PLACES.filter((place2) => !place2.right || may(place2.right));
  const groups = ["Look", "Build", "Guard"];
  return /* @__PURE__ */ jsx58("nav", { className: "side", "aria-label": "Screens", children: groups.map((group) => /* @__PURE__ */ jsx58("ul", { "aria-label": group, children: places.filter((place2) => place2.group === group).map((place2) => /* @__PURE__ */ jsx58("li", { children: /* @__PURE__ */ jsxs56(Link, { to: place2.path, className: "place", title: `${place2.name} (g ${place2.key})`, "aria-current": place2 === here ? "page" : void 0, children: [
    /* @__PURE__ */ jsx58(Icon, { name: place2.icon }),
    /* @__PURE__ */ jsx58("span", { className: "place-name", children: place2.name }),
    place2.path === "/alerts" && urgent.length > 0 && /* @__PURE__ */ jsxs56("span", { className: `badge ${isAlarm ? "bad" : "warn"}`, children: [
      urgent.length,
      /* @__PURE__ */ jsx58("span", { className: "hidden-but-read", children: " need attention" })
    ] })
  ] }) }, place2.path)) }, group)) });
}
var KEYS = [
  ["/ or Ctrl K", "find messages, interfaces, screens"],
  ["j  k", "next and previous row"],
  ["Enter", "open the row"],
  ["Esc", "close a window"],
  ["?", "this list"]
];
function KeyList({ onClose }) {
  const jumps = PLACES.map((place2) => [`g ${place2.key}`, place2.name]);
  return /* @__PURE__ */ jsxs56(Window, { title: "Keys", onClose, children: [
    /* @__PURE__ */ jsx58("dl", { className: "facts key-list", children: [...KEYS, ...jumps].map(([key, what]) => /* @__PURE__ */ jsxs56("div", { className: "key-row", children: [
      /* @__PURE__ */ jsx58("dt", { children: /* @__PURE__ */ jsx58("kbd", { children: key }) }),
      /* @__PURE__ */ jsx58("dd", { children: what })
    ] }, key)) }),
    /* @__PURE__ */ jsx58("div", { className: "buttons", children: /* @__PURE__ */ jsx58(Button, { onPress: onClose, children: "Close" }) })
  ] });
}
function Connection() {
  const { problem, status } = useLive();
  if (!problem) return null;
  return /* @__PURE__ */ jsxs56("div", { className: "offline", role: "alert", children: [
    /* @__PURE__ */ jsx58(Icon, { name: "warn" }),
    problem.message,
    " ",
    status ? "What you see is the last thing it said; it is asked again every second." : "It is asked again every second."
  ] });
}
function App() {
  const { state, me } = useSession();
  useEffect14(() => void askWho(), []);
  if (state === "asking") return null;
  return state === "out" || me && me.stage !== "full" ? /* @__PURE__ */ jsx58(SignIn, {}) : /* @__PURE__ */ jsx58(Frame, {});
}
function Frame() {
  const address = useAddress();
  const theme2 = useTheme();
  const { status } = useLive();
  const [open, setOpen] = useState39();
  const acts = useMemo13(() => ({ openPalette: () => setOpen("palette"), openKeys: () => setOpen("keys") }), []);
  useKeys(acts);
  const main = useRef10(null);
  const place2 = placeOf(address.path);
  useEffect14(() => {
    document.title = place2 ? `${place2.name} · Sinew` : "Sinew";
    main.current?.scrollTo(0, 0);
  }, [address.path, place2]);
  return /* @__PURE__ */ jsxs56("div", { className: "frame", children: [
    /* @__PURE__ */ jsx58("button", { type: "button", className: "skip", onClick: () => main.current?.focus(), children: "Skip to the screen" }),
    /* @__PURE__ */ jsxs56("header", { className: "bar", children: [
      /* @__PURE__ */ jsxs56(Link, { to: "/", className: "brand", children: [
        /* @__PURE__ */ jsx58(Mark, {}),
        "Sinew"
      ] }),
      status?.process.is_demo && /* @__PURE__ */ jsx58("span", { className: "demo", children: "Demo · invented people" }),
      /* @__PURE__ */ jsxs56("button", { type: "button", className: "finder", onClick: acts.openPalette, children: [
        /* @__PURE__ */ jsx58(Icon, { name: "search" }),
        /* @__PURE__ */ jsx58("span", { children: "Find messages, patients, interfaces…" }),
        /* @__PURE__ */ jsx58("kbd", { children: "/" })
      ] }),
      /* @__PURE__ */ jsxs56("div", { className: "bar-end", children: [
        /* @__PURE__ */ jsx58("a", { className: "button plain square", href: "/docs", target: "_blank", rel: "noreferrer", "aria-label": "The guide", title: "The guide", children: /* @__PURE__ */ jsx58(Icon, { name: "book" }) }),
        /* @__PURE__ */ jsx58(Button, { kind: "plain square", "aria-label": "Keys", onPress: acts.openKeys, icon: "keys" }),
        /* @__PURE__ */ jsx58(Button, { kind: "plain square", "aria-label": theme2 === "light" ? "Dark colours" : "Light colours", onPress: switchTheme, icon: theme2 === "light" ? "moon" : "sun" }),
        /* @__PURE__ */ jsx58(Account, {})
      ] })
    ] }),
    /* @__PURE__ */ jsx58(Navigation, { path: address.path }),
    /* @__PURE__ */ jsxs56("main", { id: "main", ref: main, tabIndex: -1, children: [
      /* @__PURE__ */ jsx58(Connection, {}),
      screenOf(address)
    ] }),
    open === "palette" && /* @__PURE__ */ jsx58(Palette, { onClose: () => setOpen(void 0) }),
    open === "keys" && /* @__PURE__ */ jsx58(KeyList, { onClose: () => setOpen(void 0) })
  ] });
}

// src/main.tsx
import { jsx as jsx59 } from "./vendor.js";
applyTheme();
var root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    /* @__PURE__ */ jsx59(StrictMode, { children: /* @__PURE__ */ jsx59(App, {}) })
  );
}
