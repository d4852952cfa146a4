// What a shift in front of the console costs the client: 300 interfaces, eight hours, every screen again and again.
//
//   node tests/shift.mjs [--hours 8] [--binary SINEW]
//
// The page is the real one, and so is the demo that answers it. Between them stands a server of this test, which fills the status up
// to 300 interfaces that all change with every look, and makes the news of a busy day. First the share of a core is measured by the
// clock on the wall, on the overview. Then time is compressed: timers of the page run by a clock that this test moves on by two seconds
// whenever everything that was asked has been answered and drawn, so each poll and each timer comes as often as in eight hours.
//
// Ends with 0 when the gates hold: the share of a core, the heap at every mark, and its growth, with that of nodes and listeners.
import { chromium } from "playwright-core";
import { createServer, request } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { becomeAdministrator, BROWSER, end, here, startDemo, WAIT_MS, word } from "./engine.mjs";
import { SCREENS } from "./screens.mjs";

const HOURS = Number(word("--hours") ?? 8);
const INTERFACES = 300;
/** What is measured by the clock on the wall, and of which the least counts. */
const SLICES = 5;
const LOOKS_A_SLICE = 6;
const NEWS_EACH_LOOK = 2;
/** What the page waits between two looks at 300 interfaces. */
const LOOK_S = 2;
const LOOKS_A_MINUTE = 60 / LOOK_S;
const MARKS = 8;

const CORE_PERCENT_MAX = 5;
const HEAP_MB_MAX = 60;
/** From here to the end of the shift: what grows by more an hour would be over the gate in a week. */
const HEAP_MB_AN_HOUR_MAX = 0.25;
const NODES_AN_HOUR_MAX = 250;
const LISTENERS_AN_HOUR_MAX = 25;

let looks = 0;
let news = 0;
const streams = new Set();

/** The engine's own status with as many interfaces as a large house has; counters move with every look, and so does its clock. */
function enlarged(real) {
  const shift = looks * LOOK_S * 1e6;
  const at = real.engine.at + shift;
  const interfaces = Array.from({ length: INTERFACES }, (_, number) => {
    const base = real.engine.interfaces[number % real.engine.interfaces.length];
    const copy = Math.floor(number / real.engine.interfaces.length);
    const more = looks * (1 + (number % 7)) * LOOK_S;
    const counts = { ...base.counts, accepted: base.counts.accepted + more, delivered: base.counts.delivered + more };
    const moved = base.destinations.map((to) => ({ ...to, queued: (looks + number) % 5, oldest: at - 1e6, delivered: to.delivered + more, last_delivered: at }));
    const one = { ...base, received: base.received + more, accepted: base.accepted + more, counts, last_received: at, destinations: moved };
    // What the story of the demo breaks, is broken once: copies are well.
    if (copy === 0) return one;
    const well = { state: "ok", is_paused: false, why: "", last_trouble: null };
    const quality = { ...base.quality, changes_worse: 0, alerts_open: 0, alerts: [] };
    const destinations = moved.map((to) => ({ ...to, ...well, held: 0, probe_in_s: null }));
    return { ...one, ...well, name: `${base.name}-${copy}`, title: `${base.title} ${copy}`, counts: { ...counts, parked: 0, expired: 0 }, quality, destinations };
  });
  return { ...real, engine: { ...real.engine, at, interfaces } };
}

function tellNews(at) {
  for (let one = 0; one < NEWS_EACH_LOOK; one += 1) {
    news += 1;
    const kind = ["parked", "down", "up", "held"][news % 4];
    const said = { kind, at, interface: "adt-hub", destination: "pharmacy", message: news, reason: { code: "E5304", text: "the partner does not answer" } };
    for (const stream of streams) stream.write(`event: ${kind}\ndata: ${JSON.stringify(said)}\n\n`);
  }
}

/** Between the page and the engine: everything is passed on, the status is enlarged, the news are of this test. */
async function serveBetween(origin) {
  const engine = new URL(origin);
  let kept = { at: 0, status: undefined };
  // What is asked of a copy is answered by what it is a copy of.
  const original = (url) => {
    const [, before, name, after] = /^(\/api\/v1\/interfaces\/)([^/?]+)(.*)$/.exec(url) ?? [];
    const copied = name && /^(.+)-\d+$/.exec(name)?.[1];
    return copied && kept.status?.engine.interfaces.some((one) => one.name === copied) ? before + copied + after : url;
  };
  const pass = (asked, onAnswer) => {
    const headers = { ...asked.headers, host: engine.host };
    if (headers.origin) headers.origin = origin;
    if (headers.referer) headers.referer = `${origin}/`;
    const further = request({ host: engine.hostname, port: engine.port, method: asked.method, path: original(asked.url), headers }, onAnswer);
    further.on("error", () => asked.destroy());
    asked.pipe(further);
  };
  const server = createServer((asked, answer) => {
    if (asked.url === "/api/v1/status") {
      const tell = () => {
        looks += 1;
        const status = enlarged(kept.status);
        answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(status));
        tellNews(status.engine.at);
      };
      // The engine is asked once a second, however fast time goes here.
      if (Date.now() - kept.at < 1000) return tell();
      return pass(asked, async (told) => {
        const pieces = [];
        for await (const piece of told) pieces.push(piece);
        if (told.statusCode !== 200) return answer.writeHead(told.statusCode, told.headers).end(Buffer.concat(pieces));
        kept = { at: Date.now(), status: JSON.parse(Buffer.concat(pieces).toString()) };
        tell();
      });
    }
    // The console of this folder, also where the binary was built before it.
    if (asked.url.startsWith("/assets/")) {
      const name = asked.url.slice("/assets/".length);
      const kind = { css: "text/css", svg: "image/svg+xml", js: "text/javascript" }[name.split(".").at(-1)];
      return answer.writeHead(200, { "content-type": kind }).end(readFileSync(join(here, "../dist", name)));
    }
    if (asked.url.startsWith("/api/v1/news")) {
      answer.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      streams.add(answer);
      answer.on("close", () => streams.delete(answer));
      return undefined;
    }
    return pass(asked, (told) => {
      answer.writeHead(told.statusCode, told.headers);
      told.pipe(answer);
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { server, between: `http://127.0.0.1:${server.address().port}` };
}

/** In the page, before anything else: a clock that stands until `passTime` moves it. What is shorter than a tenth of a second waits as ever. */
function takeTheClock() {
  const SHORT_MS = 100;
  const real = { setTimeout: window.setTimeout, clearTimeout: window.clearTimeout };
  const timers = new Map();
  let now = Date.now();
  let number = 1e9;
  let underWay = 0;
  const add = (act, ms, words, every) => {
    number += 1;
    timers.set(number, { at: now + ms, act, words, every });
    return number;
  };
  window.setTimeout = (act, ms = 0, ...words) => (ms < SHORT_MS ? real.setTimeout.call(window, act, ms, ...words) : add(act, ms, words));
  window.setInterval = (act, ms = 0, ...words) => add(act, ms, words, Math.max(ms, 1));
  window.clearTimeout = window.clearInterval = (which) => void (timers.delete(which) || real.clearTimeout.call(window, which));
  Date.now = () => now;
  const counted = (act) =>
    async function (...words) {
      underWay += 1;
      try {
        return await act.apply(this ?? window, words);
      } finally {
        underWay -= 1;
      }
    };
  window.fetch = counted(window.fetch);
  for (const read of ["json", "text"]) Response.prototype[read] = counted(Response.prototype[read]);
  const drawn = () => new Promise((done) => window.requestAnimationFrame(() => real.setTimeout.call(window, done, 0)));
  const moment = () => new Promise((done) => real.setTimeout.call(window, done, 0));
  window.passTime = async (steps, ms) => {
    for (let step = 0; step < steps; step += 1) {
      const end = now + ms;
      for (;;) {
        const [which, due] = [...timers].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
        if (!due) break;
        now = due.at;
        if (due.every) due.at += due.every;
        else timers.delete(which);
        due.act(...due.words);
      }
      now = end;
      do await moment();
      while (underWay > 0);
      await drawn();
    }
  };
}

const metrics = async (session) => Object.fromEntries((await session.send("Performance.getMetrics")).metrics.map((one) => [one.name, one.value]));

async function openOverview(context, between, isCompressed) {
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  if (isCompressed) await page.addInitScript(takeTheClock);
  await page.goto(`${between}/`);
  await page.locator("table.interfaces tbody tr").nth(INTERFACES - 1).waitFor({ state: "attached" });
  const session = await context.newCDPSession(page);
  return { page, session };
}

/** Seconds of processor time of the pages' processes, all threads. */
async function pagesTime(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter((one) => one.type === "renderer").reduce((sum, one) => sum + one.cpuTime, 0);
}

/** The share of a core of the page's main thread, in percent, by the clock on the wall. */
async function shareOfCore(context, between, what, place) {
  const { page, session } = await openOverview(context, between, false);
  if (place) await page.locator(place).scrollIntoViewIfNeeded();
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.waitForTimeout(10_000);
  const slices = [];
  for (let slice = 0; slice < SLICES; slice += 1) {
    const [before, begun, atFirst, timeBefore] = [await metrics(session), performance.now(), looks, await pagesTime(context.browser())];
    while (looks - atFirst < LOOKS_A_SLICE) await page.waitForTimeout(50);
    const [after, wall, time] = [await metrics(session), (performance.now() - begun) / 1000, (await pagesTime(context.browser())) - timeBefore];
    const share = (name) => ((after[name] - before[name]) / wall) * 100;
    slices.push({ all: share("TaskDuration"), script: share("ScriptDuration"), layout: share("LayoutDuration"), styles: share("RecalcStyleDuration"), threads: (time / wall) * 100 });
  }
  // A core that others share, and its caches, make the same work dearer: the least of the slices says most.
  const [least] = slices.sort((a, b) => a.all - b.all);
  const figure = (name) => least[name].toFixed(1);
  console.log(`${INTERFACES} interfaces, ${what}: ${figure("all")} % of a core (script ${figure("script")}, layout ${figure("layout")}, styles ${figure("styles")}; the process with all its threads ${figure("threads")} %), the least of ${SLICES} slices of ${LOOKS_A_SLICE} looks; the most ${slices.at(-1).all.toFixed(1)} %`);
  await page.close();
  return least.all;
}

/** What is left when everything that nobody holds is gone. */
async function weigh(session) {
  for (let round = 0; round < 3; round += 1) await session.send("HeapProfiler.collectGarbage");
  const now = await metrics(session);
  return { heap: now.JSHeapUsedSize / 1e6, nodes: now.Nodes, listeners: now.JSEventListeners, documents: now.Documents };
}

/** Goes where a link would lead: a step of the history, as the console makes it. */
const go = (page, path) =>
  page.evaluate((path) => {
    window.history.pushState(null, "", path);
    window.dispatchEvent(new PopStateEvent("popstate"));
  }, path);

const pass = (page, minutes = 1) => page.evaluate(([steps, ms]) => window.passTime(steps, ms), [minutes * LOOKS_A_MINUTE, LOOK_S * 1000]);

/** What a person does in a minute, besides looking at the overview: every screen in its turn, the palette, the list of keys, the colours. */
function* deeds() {
  for (;;) {
    for (const screen of SCREENS) {
      yield {
        name: screen.name,
        act: async (page) => {
          await go(page, screen.path);
          await pass(page);
          await page.locator(screen.shows).first().waitFor();
          await screen.then?.(page);
          await page.keyboard.press("j");
        },
      };
    }
    yield {
      name: "palette",
      act: async (page) => {
        await page.keyboard.press("Control+k");
        await page.keyboard.type("adt-hub");
        await pass(page);
        await page.getByRole("dialog").getByText("Patient hub").first().waitFor();
        // The first empties the field.
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
      },
    };
    yield {
      name: "keys and colours",
      act: async (page) => {
        await page.keyboard.press("Shift+?");
        await page.getByRole("heading", { name: "Keys" }).waitFor();
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
        await page.getByRole("button", { name: /^(Light|Dark) colours$/ }).click();
      },
    };
  }
}

/** Growth an hour: the line through the marks with the least squares. The first mark is left out: code is compiled and rooms are filled. */
function growth(marks, name) {
  const rows = marks.slice(1);
  const mean = (of) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const [hour, value] = [mean((row) => row.hour), mean((row) => row[name])];
  const [up, over] = rows.reduce(([up, over], row) => [up + (row.hour - hour) * (row[name] - value), over + (row.hour - hour) ** 2], [0, 0]);
  return over > 0 ? up / over : 0;
}

async function stand(context, between) {
  const { page, session } = await openOverview(context, between, true);
  await session.send("Performance.enable");
  const minutes = HOURS * 60;
  const marks = [];
  const begun = performance.now();
  const atFirst = looks;
  const turn = deeds();
  let done = 0;
  for (let minute = 0; minute < minutes; minute += 2) {
    const deed = turn.next().value;
    try {
      await deed.act(page);
      done += 1;
    } catch (error) {
      throw new Error(`minute ${minute}, ${deed.name}: ${error}`);
    }
    await go(page, "/");
    await pass(page);
    await page.locator("table.interfaces tbody tr").nth(INTERFACES - 1).waitFor({ state: "attached" });
    if (Math.floor(((minute + 2) / minutes) * MARKS) > marks.length) {
      const mark = { hour: (minute + 2) / 60, ...(await weigh(session)) };
      marks.push(mark);
      const wall = ((performance.now() - begun) / 60_000).toFixed(1);
      console.log(`after ${mark.hour.toFixed(1)} h (${looks - atFirst} looks, ${news} news, ${done} screens and deeds; ${wall} min by the wall): heap ${mark.heap.toFixed(1)} MB, ${mark.nodes} nodes, ${mark.listeners} listeners, ${mark.documents} documents`);
    }
  }
  return marks;
}

const faults = [];
const gate = (what, value, most, unit) => {
  const isKept = value <= most;
  if (!isKept) faults.push(what);
  console.log(`${isKept ? "kept" : "MISSED"} ${what}: ${value.toFixed(2)} ${unit}, at most ${most}`);
};

try {
  const { workspace, origin } = await startDemo();
  const { server, between } = await serveBetween(origin);
  const browser = await chromium.launch(BROWSER);
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  const first = await context.newPage();
  first.setDefaultTimeout(WAIT_MS);
  await becomeAdministrator(first, between, workspace);
  await first.locator("table.interfaces tbody tr").first().waitFor();
  await first.close();
  const share = await shareOfCore(context, between, "the overview as it opens");
  const among = await shareOfCore(context, between, "scrolled among the rows", "table.interfaces tbody tr:nth-child(150)");
  const marks = await stand(context, between);
  gate("share of a core", share, CORE_PERCENT_MAX, "%");
  gate("share of a core among the rows", among, CORE_PERCENT_MAX, "%");
  // `--hours 0` asks for the share of a core alone.
  if (marks.length > 0) {
    gate("heap", Math.max(...marks.map((mark) => mark.heap)), HEAP_MB_MAX, "MB");
    gate("growth of the heap", growth(marks, "heap"), HEAP_MB_AN_HOUR_MAX, "MB an hour");
    gate("growth of nodes", growth(marks, "nodes"), NODES_AN_HOUR_MAX, "an hour");
    gate("growth of listeners", growth(marks, "listeners"), LISTENERS_AN_HOUR_MAX, "an hour");
  }
  await browser.close();
  server.closeAllConnections();
  server.close();
} catch (error) {
  faults.push("run");
  console.log(`FAULT ${error}`);
} finally {
  await end();
}
process.exit(faults.length ? 1 : 0);
