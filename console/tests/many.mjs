// What the overview costs a client with 300 interfaces: the share of a core, and the heap. Figures are made up here, for the measurement
// only; the page is the real one.
//
//   node tests/many.mjs [SECONDS]
import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = join(dirname(fileURLToPath(import.meta.url)), "../dist");
const seconds = Number(process.argv[2] ?? 30);
const INTERFACES = 300;
const begun = Date.now();
const counts = (accepted) => ({ accepted, delivered: accepted, filtered: 0, parked: 0, expired: 0, deleted: 0, in_flight: 0 });

function status() {
  const at = Date.now() * 1000;
  const passed = Math.floor((Date.now() - begun) / 100);
  const interfaces = Array.from({ length: INTERFACES }, (_, number) => {
    const accepted = passed * (1 + (number % 7));
    const name = `site-${number}`;
    const destination = (to) => ({ name: `receiver-${to}`, state: number === 17 ? "failing" : "ok", is_paused: false, connector: "mllp", address: `10.0.0.${to}:2575`, queued: number % 5, busy: 0, held: 0, oldest: at - 1e6, delivered: accepted, failed: 0, last_delivered: at, last_trouble: null, probe_in_s: null, order: "by PID-3.1", gives_up: false });
    return { name, title: `Site ${number}`, state: number === 17 ? "failing" : "ok", is_paused: false, why: "", last_trouble: null, address: `0.0.0.0:${3000 + number}`, connector: "mllp", version: "0", peers: 1, received: accepted, accepted, duplicates: 0, refused: 0, rejected: 0, anomalies: 0, last_received: at, counts: counts(accepted), critical: 2, quality: { messages_counted: 0, messages_left_out: 0, changes_worse: 0, alerts_open: 0, alerts: [] }, destinations: [destination(number % 40), destination((number * 7) % 40)] };
  });
  return { process: { pid: 1, version: "0" }, engine: { at, uptime_s: 9, store_id: "", store: "ok", stats: { messages: 1, groups: 1, fsyncs: 1, fsync_micros_last: 100, log_bytes: 1, index_bytes: 1 }, counts: counts(passed), lost: 0, orphans: 0, connections: { open: 1, max: null }, interfaces } };
}

const server = createServer((asked, answer) => {
  if (asked.url === "/api/v1/status") answer.end(JSON.stringify(status()));
  else if (asked.url.startsWith("/api/")) answer.writeHead(404).end();
  else if (asked.url.startsWith("/assets/")) answer.writeHead(200, { "content-type": asked.url.endsWith("css") ? "text/css" : asked.url.endsWith("svg") ? "image/svg+xml" : "text/javascript" }).end(readFileSync(join(dist, asked.url.slice(8))));
  else answer.writeHead(200, { "content-type": "text/html" }).end(readFileSync(join(dist, "index.html")));
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const browser = await chromium.launch({ executablePath: `/usr/bin/${process.env.SINEW_BROWSER ?? "chromium"}`, args: ["--no-sandbox", "--js-flags=--expose-gc"] });
const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
page.setDefaultTimeout(120_000);
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.locator("table.interfaces tbody tr").nth(INTERFACES - 1).waitFor({ state: "attached" });
const session = await page.context().newCDPSession(page);
await session.send("Performance.enable", { timeDomain: "threadTicks" });
const read = async () => Object.fromEntries((await session.send("Performance.getMetrics")).metrics.map((one) => [one.name, one.value]));
await page.waitForTimeout(10_000);
const before = await read();
const start = Date.now();
await page.waitForTimeout(seconds * 1000);
const after = await read();
const wall = (Date.now() - start) / 1000;
await session.send("HeapProfiler.collectGarbage");
const heap = (await read()).JSHeapUsedSize / 1e6;
const share = ((after.TaskDuration - before.TaskDuration) / wall) * 100;
console.log(`${INTERFACES} interfaces: ${share.toFixed(1)} % of a core of the client's main thread over ${wall.toFixed(0)} s (script ${(((after.ScriptDuration - before.ScriptDuration) / wall) * 100).toFixed(1)}, layout ${(((after.LayoutDuration - before.LayoutDuration) / wall) * 100).toFixed(1)}, styles ${(((after.RecalcStyleDuration - before.RecalcStyleDuration) / wall) * 100).toFixed(1)}), heap ${heap.toFixed(1)} MB`);
await browser.close();
server.close();
