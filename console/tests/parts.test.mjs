// The parts without a screen: reading messages, what needs attention, the map, the words of a search.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { load } from "./bundle.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const er7 = await load("hl7/er7.ts");
const query = await load("screens/messages/query.ts");
const attention = await load("screens/overview/attention.ts");
const map = await load("screens/overview/map.ts");
const throughput = await load("screens/overview/scale.ts");
const row = await load("screens/overview/row.ts");
const flow = await load("flow/highlight.ts");
const lines = await load("flow/lines.ts");
const named = await load("flow/maps.ts");
const trees = await load("screens/mapper/trees.ts");
const live = await load("api/rates.ts");
const strip = await load("screens/messages/strip.ts");
const bulk = await load("screens/messages/bulk.ts", "api/http.ts");
const bench = await load("screens/bench/way.ts");
const planned = await load("screens/changes/words.ts");
const incidents = await load("screens/alerts/words.ts");

const MESSAGE = "MSH|^~\\&|EPR|NORTH|HUB|HOSPITAL|20260301||ADT^A01|7|P|2.5.1\rPID|1||482113^^^NORTH&1.2.3&ISO^MR~9~||Quist^Ada||19780701\rOBX|1|NM|a||13\rOBX|2|NM|b||14\r";

test("the pieces of a message are its text, in place", () => {
  const read = er7.readEr7(MESSAGE);
  for (const segment of read.segments) {
    for (const leaf of segment.leaves) assert.equal(MESSAGE.slice(leaf.start, leaf.end), leaf.value, leaf.path);
  }
  const at = (path) => read.segments.flatMap((segment) => segment.leaves).find((leaf) => leaf.path === path)?.value;
  assert.equal(at("MSH-1"), "|");
  assert.equal(at("MSH-2"), "^~\\&");
  assert.equal(at("MSH-3"), "EPR");
  assert.equal(at("MSH-9.2"), "A01");
  assert.equal(at("PID-3[1].1"), "482113");
  assert.equal(at("PID-3[1].4.2"), "1.2.3");
  assert.equal(at("PID-3[2]"), "9");
  assert.equal(at("PID-5.2"), "Ada");
  assert.equal(at("OBX[2]-5"), "14");
});

test("any text is read without an error", () => {
  let seed = 7;
  const next = (most) => ((seed = (seed * 48271) % 2147483647), seed % most);
  const letters = "MSHPIDAB|^~\\&\r\n1 é";
  for (let round = 0; round < 3000; round += 1) {
    const text = "MSH|^~\\&|" + Array.from({ length: next(60) }, () => letters[next(letters.length)]).join("");
    const read = er7.readEr7(text);
    for (const segment of read.segments) {
      let last = segment.start;
      for (const leaf of segment.leaves) {
        assert.ok(leaf.start >= last && leaf.end <= segment.end, text);
        last = leaf.end;
      }
    }
  }
});

test("differences by field", () => {
  const [left, right] = [er7.readEr7(MESSAGE), er7.readEr7(MESSAGE.replace("HUB", "PACS").replace("Ada", "").replace("|13", "|13|mg"))];
  const found = er7.differences(left, right).map(({ path, left, right }) => [path, left, right]);
  assert.deepEqual(found, [["MSH-5", "HUB", "PACS"], ["PID-5.1", "Quist", "Quist"], ["PID-5.2", "Ada", undefined], ["OBX-6", undefined, "mg"]].filter(([path]) => path !== "PID-5.1"));
});

test("a place and what is below it", () => {
  assert.ok(er7.isWithin("PID-3[1].1", "PID-3") && er7.isWithin("PID-3.1", "PID-3") && er7.isWithin("PID-3", "PID"));
  assert.ok(!er7.isWithin("PID-31", "PID-3") && !er7.isWithin("PID-3", "PID-3.1"));
});

test("words of a search go in and out", () => {
  const { toggled, valuesOf, counted, isKeepable } = query;
  assert.equal(toggled("", "state", "parked"), "state:parked");
  assert.equal(toggled("state:parked", "state", "held"), "state:parked,held");
  assert.equal(toggled("state:parked,held since:2h", "state", "parked"), "since:2h state:held");
  assert.equal(toggled("interface:a x", "interface", "b"), "x interface:b");
  assert.equal(toggled("interface:a", "interface", "a"), "");
  assert.deepEqual(valuesOf('facility:"A B"', "facility"), ["A B"]);
  assert.deepEqual(counted(["a", "b", "a"]), [{ value: "a", count: 2 }, { value: "b", count: 1 }]);
  assert.ok(isKeepable("state:parked since:2h") && !isKeepable("patient:482113") && !isKeepable("482113") && !isKeepable(""));
});

const to = (more) => ({ name: "pacs", state: "ok", is_paused: false, connector: "mllp", address: "10.0.0.5:2700", queued: 0, busy: 0, held: 0, oldest: null, delivered: 5, failed: 0, last_delivered: null, last_trouble: null, probe_in_s: null, order: "strict", gives_up: false, ...more });
const counts = (more) => ({ accepted: 10, delivered: 10, filtered: 0, parked: 0, expired: 0, deleted: 0, in_flight: 0, ...more });
const one = (name, more) => ({ name, title: name.toUpperCase(), state: "ok", is_paused: false, why: "", last_trouble: null, address: "0.0.0.0:2575", connector: "mllp", version: "1", peers: 1, received: 10, accepted: 10, duplicates: 0, refused: 0, rejected: 0, anomalies: 0, last_received: null, counts: counts(), critical: 2, quality: { alerts_open: 0, alerts: [] }, destinations: [to()], ...more });
const status = (interfaces, more) => ({ process: { pid: 1 }, engine: { at: 1e15, uptime_s: 9, store: "ok", stats: {}, counts: counts(), lost: 0, orphans: 0, connections: { open: 1, max: null }, interfaces, ...more } });

test("one dead partner under many interfaces is one alarm, and says that nothing is lost", () => {
  const trouble = { at: 5, reason: { code: "E6003", text: "10.0.0.5:2700 cannot be reached" } };
  const down = to({ state: "failing", queued: 3, oldest: 1e15 - 60e6, last_trouble: trouble, probe_in_s: 4 });
  const items = attention.attentionOf(status(Array.from({ length: 40 }, (_, at) => one(`i${at}`, { state: "failing", destinations: [down] }))));
  assert.equal(items.length, 1);
  assert.equal(items[0].level, "alarm");
  assert.match(items[0].text, /120 messages wait safely in order, the oldest for 1 min; nothing is lost/);
  assert.match(items[0].text, /and 37 more/);
});

test("what is worst comes first, and a quiet engine needs nobody", () => {
  assert.deepEqual(attention.attentionOf(status([one("a")])), []);
  const items = attention.attentionOf(status([one("a", { is_paused: true }), one("b", { counts: counts({ parked: 1 }) }), one("c", { state: "silent", critical: 1 })], { lost: 2 }));
  assert.deepEqual(items.map((item) => item.level), ["alarm", "warning", "warning", "note"]);
  assert.match(items[0].title, /2 messages not accounted for/);
  assert.match(items[1].title, /no message since the start/);
});

test("a destination that gives up is not called safe for ever", () => {
  const items = attention.attentionOf(status([one("a", { state: "failing", destinations: [to({ state: "failing", queued: 1, oldest: 1e15, gives_up: true })] })]));
  assert.match(items[0].text, /gives up after a time/);
});

test("the map joins destinations of one address and keeps its size", () => {
  const many = Array.from({ length: 300 }, (_, at) => one(`i${at}`, at === 299 ? { state: "failing", destinations: [to({ state: "failing" })] } : {}));
  const picture = map.pictureOf(status(many), new Map());
  assert.ok(picture.nodes.length <= 17 && picture.left === 284);
  assert.ok(picture.lines.some((line) => line.state === "failing"), "what fails is drawn");
});

test("rates: a counter that fell belongs to another engine", () => {
  assert.equal(live.rateOf(10, 30, 2), 10);
  assert.equal(live.rateOf(30, 10, 2), 0);
  assert.equal(live.rateOf(1, 2, 0), 0);
});

test("labels do not cover each other", () => {
  const placed = throughput.spread([50, 51, 52, 100], 17, 10, 180);
  for (let at = 1; at < placed.length; at += 1) assert.ok(placed[at] - placed[at - 1] >= 16.9, String(placed));
  assert.equal(throughput.roundUp(0), 1);
  assert.equal(throughput.roundUp(37), 40);
});

test("colours of a line are the line", () => {
  for (const line of ['  send pharmacy { # why', 'set PV1-3.1 = "a # b" | upper', "  retry from 2s to 5m give-up never", "", "# all"]) {
    assert.equal(flow.piecesOf(line).map((piece) => piece.text).join(""), line);
  }
  assert.deepEqual(flow.piecesOf('  when PID-3[2].1 = "I"').map((piece) => piece.tone).filter(Boolean), ["word", "path", "text"]);
});

test("a drawn map leaves nothing of its text out", () => {
  const text = [
    "# Names",
    "map a from hl7v2 ADT to fhir r4 Bundle {",
    '  gender = PID-8 | code admin-gender | required  # table 1',
    '  name = "a = b # c" when PID-5 = "x"',
    "  each PID-3 as id when id.5 in [MR, PI] {",
    "    identifier.value = id.1",
    "  }",
    "  ignore PID-19",
    "}",
  ].join("\n");
  const drawn = lines.drawnOf(text);
  assert.deepEqual(drawn.map((one) => [one.line, one.depth, one.kind]), [[1, 0, "note"], [2, 0, "block"], [3, 1, "line"], [4, 1, "line"], [5, 1, "block"], [6, 2, "line"], [8, 1, "note"]]);
  assert.deepEqual([drawn[2].from, drawn[2].chips, drawn[2].to, drawn[2].comment], ["PID-8", ["code admin-gender", "required"], "gender", "table 1"]);
  assert.deepEqual([drawn[3].from, drawn[3].when], ['"a = b # c"', 'PID-5 = "x"']);
});

test("the strip says what went wrong", () => {
  const stage = (step, text, more) => ({ step, at: 1000 * step, destination: null, text, is_good: true, ...more });
  const journey = {
    deliveries: [{ delivery: { message: 1, number: 0 }, destination: "lab", state: "parked", attempts: 3 }],
    stages: [stage(1, "came"), stage(3, "its control id was not seen before"), stage(5, "stored"), stage(8, "attempt 3: refused", { destination: "lab", is_good: false })],
  };
  assert.deepEqual(strip.stripOf(journey).map((tile) => [tile.name, tile.tone, tile.text]), [["Received", "good", "came"], ["Stored", "good", "stored"], ["lab", "bad", "refused (try 3)"]]);
});

test("the same source makes the same bytes in another folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "sinew-console-"));
  try {
    execFileSync("node", ["build.mjs", "--out", folder], { cwd: join(here, "..") });
    assert.equal(readFileSync(join(folder, "SOURCE_HASH"), "utf8"), readFileSync(join(here, "..", "dist", "SOURCE_HASH"), "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the maps that an interface names, and for whom", () => {
  const text = 'interface a "A" {\n  map maps/first.map\n  send pharmacy {\n    when PV1-2 = I { }\n    map maps/pharmacy.map # theirs\n    mllp rx:1 {\n      timeout 5s\n    }\n  }\n  send lab {\n    map shared/maps/lab.map\n  }\n}\n';
  assert.deepEqual(named.mapsOf(text).map((one) => [one.destination, one.file]), [[undefined, "maps/first.map"], ["pharmacy", "maps/pharmacy.map"], ["lab", "shared/maps/lab.map"]]);
  assert.deepEqual(named.mapsTo(text, "interfaces/a/interface.flow", "pharmacy"), ["interfaces/a/maps/first.map", "interfaces/a/maps/pharmacy.map"]);
  assert.deepEqual(named.mapsTo(text, "interfaces/a/interface.flow", "lab"), ["interfaces/a/maps/first.map"]);
});

test("both trees of a map and the wires between them", () => {
  const row = (target, source, places, more = {}) => ({ line: 4, file: "m.map", is_own: true, target, source, steps: [], places, condition: "", note: "", is_fallback: false, ...more });
  const look = {
    map: { name: "m", from: { form: "Hl7v2" }, to: { form: "Fhir" } },
    sections: [{ title: "Patient", about: "", condition: "", rows: [row("gender", "PID-8", ["PID-8"]), row("birthDate", "PID-7[1]", ["PID-7[1]"]), row("active", "true", [])] }],
    elements: { Patient: [{ path: "active", type: "boolean", card: "0..1", is_required: false, short: "" }, { path: "name", type: "HumanName", card: "1..*", is_required: true, short: "" }, { path: "gender", type: "code", card: "0..1", is_required: false, short: "" }, { path: "photo", type: "Attachment", card: "0..*", is_required: false, short: "" }, { path: "birthDate", type: "date", card: "0..1", is_required: false, short: "" }] },
    sample: { raw: MESSAGE, made: JSON.stringify({ resourceType: "Bundle", entry: [{ resource: { resourceType: "Patient", id: "1", gender: "female", name: [{ family: "Quist" }] } }] }) },
  };
  const wires = trees.wiresOf(look);
  assert.deepEqual(wires.map((wire) => [wire.from.join(), wire.to]), [["PID-8", "Patient.gender"], ["PID-7", "Patient.birthDate"], ["", "Patient.active"]]);
  const source = trees.sourceTree(look, wires);
  assert.deepEqual(source.filter((leaf) => leaf.isWired).map((leaf) => [leaf.key, leaf.value]), [["PID-7", "19780701"], ["PID-8", ""]]);
  const target = trees.targetTree(look, wires, false);
  assert.deepEqual(target.map((leaf) => [leaf.path, leaf.value, leaf.isWired]), [["active", "", true], ["name", "", false], ["name.family", "Quist", false], ["gender", "female", true], ["birthDate", "", true]]);
  assert.ok(trees.targetTree(look, wires, true).some((leaf) => leaf.path === "photo"));
  assert.deepEqual(trees.outOfSight([10, 50, 90, 95], 20, 80), { above: 1, below: 2 });
  assert.deepEqual(trees.apart([50, 40, 52], 20), [60, 40, 80]);
  assert.deepEqual(trees.stepsOf('trim | split "|" | code sex'), ["trim", 'split "|"', "code sex"]);
});

test("who has an incident, and which stands first", () => {
  const one = (more) => ({ id: 1, cause: { of: "partner", name: "rx01" }, level: "alarm", since: 5, opened: 5, alarmed: null, healed: null, closed: null, acknowledged: null, assigned: null, snoozed_until: null, quiet_by: null, told: null, times_told: 0, notes: [], ...more });
  const now = 3_600_000_000;
  assert.equal(incidents.whoHas(one({}), now), "Nobody has it yet");
  assert.match(incidents.whoHas(one({ acknowledged: { by: "anna", at: 1 }, assigned: "bela" }), now), /^anna has it/);
  assert.match(incidents.whoHas(one({ quiet_by: "patches" }), now), /maintenance “patches”/);
  assert.equal(incidents.whoHas(one({ snoozed_until: now + 120e6 }), now), "Snoozed for 2 min more");
  assert.equal(incidents.whoHas(one({ snoozed_until: now - 1 }), now), "Nobody has it yet", "a rest that is over is none");
  assert.match(incidents.whoHas(one({ assigned: "bela" }), now), /bela, who has not taken it/);
  const mine = one({ id: 1, level: "escalated", acknowledged: { by: "anna", at: 1 } });
  const free = [one({ id: 2, level: "warning", since: 1 }), one({ id: 3, since: 9 }), one({ id: 4, since: 2 }), one({ id: 5, snoozed_until: now + 1 })];
  assert.deepEqual(incidents.inOrder([mine, ...free], now).map((incident) => incident.id), [4, 3, 2, 1, 5], "what nobody has stands first, the worst and oldest");
  assert.equal(incidents.causeOf(one({ cause: { of: "interface", name: ["adt-main", "silent"] } })), "Interface adt-main");
  const events = incidents.historyOf(one({ opened: 7, acknowledged: { by: "anna", at: 8 }, notes: [{ by: "bela", at: 6, text: "on it" }], closed: 9 }));
  assert.deepEqual(events.map((event) => event.text), ["began", "on it", "was noticed", "was taken", "was over"]);
});

test("a plan in words never rounds away what differs", () => {
  const behaviour = { messages: 2000, same: 1999, differ: 1, since: 1, is_cut: false, changes: [] };
  assert.equal(planned.shareOf(behaviour), "99.9 % stay the same");
  assert.equal(planned.shareOf({ ...behaviour, messages: 1e6, same: 999_999 }), "99.9 % stay the same");
  assert.equal(planned.shareOf({ ...behaviour, same: 2000, differ: 0 }), "100 % stay the same");
  const plan = { fingerprint: "", interfaces: [{ interface: "adt", change: "change", behaviour }, { interface: "lab", change: "start" }], findings: [{ severity: "error" }, { severity: "warning" }] };
  assert.deepEqual(planned.textOf(plan), ["adt changes: 1,999 same, 1 differ", "lab begins", "1 error"]);
  assert.deepEqual(planned.textOf({ fingerprint: "", interfaces: [], findings: [] }), ["no interface changes"]);
  assert.deepEqual(planned.sentencesOf({ text: "x", changes: { changed: ["adt"], started: [] } }), ["changed: adt"]);
});

test("the steps of the bench stand in the order of the work, each with what it changed", () => {
  const message = (sender, ward) => `MSH|^~\\&|${sender}|N|HUB|H|1||ADT^A01|7|P|2.5\rPV1|1|I|${ward}\r`;
  const line = (kind, text, verdict = "goes-on") => ({ kind, text, file: "i.flow", line: 1, verdict, to: null, tests: [] });
  const stage = (destination, looked, text) => ({ destination, file: "i.flow", line: 2, looked, text });
  const found = {
    end: "routed",
    reason: null,
    is_masked: false,
    received: message("A", "4W"),
    lines: [line("keep", "keep when event = A01"), line("case", "case x"), line("send", "send lab", "sent"), line("send", "send rx", "not-meant")],
    stages: [stage(null, 0, message("B", "4W")), stage(null, 1, message("B", "4w")), stage("lab", 3, message("C", "4w")), stage("lab", 3, '{"resourceType":"Bundle"}')],
    deliveries: [{ destination: "lab" }],
    destinations: ["lab", "rx"],
  };
  const way = bench.wayOf(found);
  assert.deepEqual(way.shared.map((step) => step.line?.kind ?? step.changes.map((one) => `${one.path} ${one.left} ${one.right}`).join()), ["MSH-3 A B", "keep", "PV1-3 4W 4w", "case"]);
  assert.deepEqual(way.own.get("lab").map((step) => [step.changes.length, step.isOther]), [[1, false], [0, true]]);
  assert.equal(bench.lineOf(found, "rx").verdict, "not-meant");
  assert.deepEqual(bench.sentenceOf(found), { tone: "good", text: "It goes to 1 of 2 destinations" });
  assert.equal(bench.verdictOf({ ...line("case", ""), verdict: "leads", to: [] }), "leads nowhere");
});

test("an act on many goes oldest first, counts what was refused, and stops", async () => {
  const row = (id, state) => ({ id, state, received: 0, interface: "a", type: "", control_id: "", destinations: [] });
  const rows = bulk.fitting([row(3, "parked"), row(2, "delivered"), row(1, "parked"), row(4, "parked")], ["parked"]);
  assert.deepEqual(rows.map((one) => one.id), [1, 3, 4]);
  const seen = [];
  const act = async (id) => {
    seen.push(id);
    if (id === 3) throw new bulk.Problem(409, "E5202", "in the queue");
  };
  const told = [];
  const end = await bulk.eachOf(rows, act, (progress) => told.push(progress.done), () => false);
  assert.deepEqual([seen, end.done, end.refused, end.isOver], [[1, 3, 4], 2, [{ id: 3, why: "in the queue E5202" }], true]);
  seen.length = 0;
  const stopped = await bulk.eachOf(rows, act, () => {}, () => seen.length === 1);
  assert.deepEqual([seen, stopped.done], [[1], 1], "stopped after the first");
  const gone = await bulk.eachOf(rows, async () => { throw new bulk.Problem(0, "", "away"); }, () => {}, () => false);
  assert.equal(gone.refused.length, 1, "an engine that is away is not asked again and again");
});

test("a row out of view is drawn anew when something of weight changes, and seldom otherwise", () => {
  const of = (change = {}, now = 0, isSeen = false) => ({ one: { title: "Hub", state: "ok", counts: { parked: 0 }, accepted: now, ...change }, values: [], now, isSeen });
  const drawn = of();
  assert.ok(row.isStillTrue(drawn, of({}, 19e6)), "counters alone wait");
  assert.ok(!row.isStillTrue(drawn, of({}, 20e6)), "not for ever");
  assert.ok(!row.isStillTrue(drawn, of({}, 1, true)), "a row in view follows every look");
  assert.ok(!row.isStillTrue(drawn, of({ state: "failing" }, 1)));
  assert.ok(!row.isStillTrue(drawn, of({ counts: { parked: 1 } }, 1)));
});
