// The console in a real browser over the real demo: every screen in both themes and two widths, by mouse and by keyboard only,
// without a serious finding of axe, a violation of the content security policy, or a request to anybody else.
//
//   node tests/walk.mjs [--quick] [--pictures DIR] [--binary SINEW]
//
// Waits for what it looks for, never for a time. Ends with 0 when everything held.
import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const word = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const pictures = word("--pictures");
const binary = word("--binary") ?? join(process.env.CARGO_TARGET_DIR ?? join(here, "../../target"), "debug/sinew");
const browserName = process.env.SINEW_BROWSER ?? "chromium";
const WAIT_MS = 90_000;
const TARGET_PX = 24;
const TEXT_PX = 13;

const faults = [];
const fault = (where, what) => {
  faults.push(`${where}: ${what}`);
  console.log(`FAULT ${where}: ${what}`);
};

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function until(what, test) {
  const end = Date.now() + WAIT_MS;
  while (Date.now() < end) {
    if (await test()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}

// The engine, and the pages in front of it.
const folder = mkdtempSync(join(tmpdir(), "sinew-walk-"));
const children = [];
async function start() {
  const workspace = join(folder, "hospital");
  const engine = spawn(binary, ["demo", "--headless", "--keep", workspace], { stdio: "ignore" });
  engine.on("error", (error) => fault("start", String(error)));
  const socket = join(workspace, "data/control.sock");
  children.push(engine);
  await until("the engine", () => existsSync(socket));
  const port = await freePort();
  children.push(spawn("node", [join(here, "../dev/serve.mjs"), socket, String(port)], { stdio: "inherit" }));
  const origin = `http://127.0.0.1:${port}`;
  await until("an answer with messages", async () => {
    const answer = await fetch(`${origin}/api/v1/status`).catch(() => undefined);
    return answer?.ok && (await answer.json()).engine.counts.accepted > 20;
  });
  return origin;
}

async function open(browser, origin, { theme, width }) {
  const context = await browser.newContext({ viewport: { width, height: width > 1500 ? 1080 : 900 }, colorScheme: theme, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (one) => window.violations.push(`${one.violatedDirective} ${one.blockedURI} ${one.sourceFile}:${one.lineNumber}`));
  });
  page.setDefaultTimeout(WAIT_MS);
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) fault(page.url(), `a request to ${request.url()}`);
  });
  page.on("pageerror", (error) => fault(page.url(), `an error: ${error.message}`));
  return page;
}

const axe = readFileSync(join(here, "../node_modules/axe-core/axe.min.js"), "utf8");

/** What must hold on every screen. Contrast is the dearest rule, and a wider window has the same colours: it is asked at one width. */
async function judge(page, where, hasContrast = true) {
  for (const one of await page.evaluate(() => window.violations)) fault(where, `against the policy: ${one}`);
  await page.evaluate(axe);
  const found = await page.evaluate(async (hasContrast) => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"], rules: { "color-contrast": { enabled: hasContrast } } });
    return violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary?.split("\n")[1] ?? ""}`).join(" | ")}`);
  }, hasContrast);
  for (const one of found) fault(where, `axe ${one}`);
  const small = await page.evaluate(
    ([target, text]) => {
      const out = [];
      for (const element of document.querySelectorAll("button, input, [role=tab], select")) {
        const box = element.getBoundingClientRect();
        const hidden = box.width === 0 || getComputedStyle(element).clipPath !== "none" || element.closest(".hidden-but-read, label.check, [data-react-aria-prevent-focus]") || box.right < 0;
        if (!hidden && (box.height < target || box.width < target)) out.push(`a target of ${Math.round(box.width)}×${Math.round(box.height)}: ${element.textContent || element.getAttribute("aria-label")}`);
      }
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (walker.currentNode.data.trim() && parent && parseFloat(getComputedStyle(parent).fontSize) < text) out.push(`text of ${getComputedStyle(parent).fontSize}: ${walker.currentNode.data.slice(0, 30)}`);
      }
      if (document.documentElement.scrollWidth > window.innerWidth) out.push("the page scrolls sideways");
      return out.slice(0, 5);
    },
    [TARGET_PX, TEXT_PX],
  );
  for (const one of small) fault(where, one);
}

const SCREENS = [
  { name: "overview", path: "/", shows: "table.interfaces tbody tr" },
  { name: "messages", path: "/messages#q=interface:adt-hub", shows: ".message-row" },
  { name: "message", path: "/messages#q=interface:adt-hub&tab=output:hub", shows: ".message-row", then: async (page) => { await page.locator(".message-row").nth(3).click(); await page.locator(".field-row").first().waitFor(); } },
  { name: "interfaces", path: "/interfaces", shows: "table.interfaces tbody tr" },
  { name: "interface", path: "/interfaces/adt-hub", shows: "table.destinations tbody tr" },
  { name: "configuration", path: "/interfaces/adt-hub#tab=text", shows: ".code, .empty" },
  { name: "map", path: "/interfaces/adt-hub#tab=text&file=interfaces/adt-hub/maps/pharmacy.map", shows: ".drawn-line, .empty" },
  { name: "tests", path: "/interfaces/lab-results#tab=tests", shows: ".table tbody tr, .empty" },
  { name: "traffic", path: "/interfaces/lab-results#tab=traffic", shows: ".table tbody tr" },
  { name: "quality", path: "/interfaces/lab-results#tab=quality", shows: ".table tbody tr, .empty" },
  { name: "runbook", path: "/interfaces/lab-results#tab=runbook", shows: ".commands" },
  { name: "alerts", path: "/alerts", shows: ".card" },
  { name: "tables", path: "/tables", shows: ".table tbody tr, .empty" },
  { name: "changes", path: "/changes", shows: ".table tbody tr" },
  { name: "audit", path: "/audit", shows: ".card" },
  { name: "users", path: "/users", shows: ".card" },
  { name: "system", path: "/system", shows: ".balance" },
];

async function walkScreens(browser, origin) {
  const isQuick = process.argv.includes("--quick");
  for (const theme of isQuick ? ["light"] : ["light", "dark"]) {
    for (const width of isQuick ? [1280] : [1280, 1920]) {
      const page = await open(browser, origin, { theme, width });
      for (const screen of SCREENS) {
        const where = `${screen.name} ${theme} ${width}`;
        try {
          await page.goto(`${origin}/none`);
          await page.goto(origin + screen.path);
          await page.locator(screen.shows).first().waitFor({ timeout: WAIT_MS });
          await screen.then?.(page);
          await judge(page, where, width === 1280);
          if (pictures) await page.screenshot({ path: join(pictures, `${screen.name}-${theme}-${width}.png`) });
        } catch (error) {
          fault(where, String(error).split("\n")[0]);
        }
      }
      await page.context().close();
    }
  }
}

/** By keyboard only: find an interface, jump, choose a message, reveal it with a reason, close, pause and resume. */
async function byKeyboard(browser, origin) {
  const page = await open(browser, origin, { theme: "light", width: 1280 });
  const key = (...keys) => keys.reduce((before, one) => before.then(() => page.keyboard.press(one)), Promise.resolve());
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  const tabTo = async (name) => {
    for (let steps = 0; steps < 120; steps += 1) {
      if ((await focused()).trim().startsWith(name)) return;
      await key("Tab");
    }
    throw new Error(`the key Tab does not reach ${name}`);
  };
  await page.goto(origin);
  await page.locator("table.interfaces tbody tr").first().waitFor();
  await key("/");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("adt-hub");
  await key("Enter");
  await page.getByRole("heading", { name: "Patient hub" }).waitFor();
  await key("g", "m");
  await page.locator(".message-row").first().waitFor();
  await key("j", "j", "Enter");
  await page.locator(".strip li").first().waitFor();
  await tabTo("Reveal");
  await key("Enter");
  await page.keyboard.type("a test of the console");
  await key("Enter");
  await page.getByText("revealed · as received").waitFor();
  if (new URL(page.url()).search) fault("keyboard", "words of a search stand in the address that servers see");
  await key("Control+k");
  await page.keyboard.type("lab-results");
  await key("Enter");
  await page.getByRole("heading", { name: "Laboratory results" }).waitFor();
  await tabTo("Pause intake");
  await key("Enter");
  await page.keyboard.type("a test of the console");
  await key("Enter");
  await page.getByText("a person paused intake").waitFor();
  await tabTo("Resume intake");
  await key("Enter");
  await page.keyboard.type("the test is over");
  await key("Enter");
  await page.getByText("a person paused intake").waitFor({ state: "detached" });
  await key("Shift+?");
  await page.getByRole("heading", { name: "Keys" }).waitFor();
  await judge(page, "keys");
  await key("Escape");
  await page.getByRole("heading", { name: "Keys" }).waitFor({ state: "detached" });
  await page.context().close();
}

/** By mouse only. */
async function byMouse(browser, origin) {
  const page = await open(browser, origin, { theme: "dark", width: 1920 });
  await page.goto(origin);
  await page.locator("table.interfaces a[data-row]").first().click();
  await page.getByRole("tab", { name: "Traffic" }).click();
  await page.locator("td.mono a").first().click();
  await page.locator(".field-row").first().waitFor();
  await page.getByRole("button", { name: "Act…" }).click();
  await page.getByRole("menuitem", { name: "Replay…" }).click();
  await page.getByRole("dialog").waitFor();
  if (!(await page.getByRole("button", { name: "Replay", exact: true }).isDisabled())) fault("mouse", "an act without a reason can be started");
  await judge(page, "the question before a replay");
  if (pictures) await page.screenshot({ path: join(pictures, "replay-dark-1920.png") });
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("tab", { name: "Compare" }).click();
  await page.getByText("As received, against").waitFor();
  await judge(page, "compare");
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("button", { name: "Light colours" }).click();
  await page.locator('html[data-theme="light"]').waitFor();
  await page.context().close();
}

async function run() {
  if (pictures) mkdirSync(pictures, { recursive: true });
  const origin = await start();
  const browser = await chromium.launch({ executablePath: existsSync(browserName) ? browserName : `/usr/bin/${browserName}`, args: ["--no-sandbox"] });
  for (const [name, walk] of [["screens", walkScreens], ["keyboard", byKeyboard], ["mouse", byMouse]]) {
    const begun = Date.now();
    await walk(browser, origin).catch((error) => fault(name, String(error).split("\n")[0]));
    console.log(`${name}: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  }
  await browser.close();
}

try {
  await run();
} catch (error) {
  fault("run", String(error));
} finally {
  for (const child of children) child.kill("SIGINT");
  await new Promise((done) => setTimeout(done, 500));
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
console.log(faults.length ? `${faults.length} faults` : "every screen was walked: no fault");
process.exit(faults.length ? 1 : 0);
