// The console in a real browser over the real demo: every screen in both themes and two widths, by mouse and by keyboard only,
// without a serious finding of axe, a violation of the content security policy, or a request to anybody else.
//
//   node tests/walk.mjs [--quick] [--pictures DIR] [--binary SINEW]
//
// Waits for what it looks for, never for a time. Ends with 0 when everything held.
import { chromium } from "playwright-core";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { becomeAdministrator, binary, BROWSER, end, folder, here, PASSWORD, start, startDemo, until, WAIT_MS, word } from "./engine.mjs";
import { PHARMACY, SCREENS } from "./screens.mjs";

const pictures = word("--pictures");
const heightOf = (width) => (width > 1500 ? 1080 : 900);
const TARGET_PX = 24;
const TEXT_PX = 13;

const faults = [];
const fault = (where, what) => {
  faults.push(`${where}: ${what}`);
  console.log(`FAULT ${where}: ${what}`);
};

/** The first administrator, by the printed link. */
const begin = (page, origin, workspace) =>
  becomeAdministrator(page, origin, workspace, async () => {
    await judge(page, "the welcome");
    if (pictures) await page.screenshot({ path: join(pictures, "welcome-light-1280.png") });
  });

async function open(browser, origin, { theme, width, session }) {
  const context = await browser.newContext({ viewport: { width, height: heightOf(width) }, colorScheme: theme, reducedMotion: "reduce", storageState: session });
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
      // What only readers by ear are told is no target of a pointer.
      const isOnlyRead = (element) => element && (getComputedStyle(element).clipPath !== "none" || isOnlyRead(element.parentElement));
      for (const element of document.querySelectorAll("button, input, [role=tab], select")) {
        const box = element.getBoundingClientRect();
        const hidden = box.width === 0 || isOnlyRead(element) || element.closest(".hidden-but-read, label.check, [data-react-aria-prevent-focus]") || box.right < 0;
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

/** Each screen is opened once for a theme, and judged in both widths: a wider window has the same colours. */
async function walkScreens(browser, origin, session) {
  const isQuick = process.argv.includes("--quick");
  for (const theme of isQuick ? ["light"] : ["light", "dark"]) {
    const page = await open(browser, origin, { theme, width: 1280, session });
    for (const screen of SCREENS) {
      try {
        await page.goto("about:blank");
        await page.goto(origin + screen.path);
        await page.locator(screen.shows).first().waitFor({ timeout: WAIT_MS });
        await screen.then?.(page);
        for (const width of isQuick ? [1280] : [1280, 1920]) {
          await page.setViewportSize({ width, height: heightOf(width) });
          await judge(page, `${screen.name} ${theme} ${width}`, width === 1280);
          if (pictures) await page.screenshot({ path: join(pictures, `${screen.name}-${theme}-${width}.png`) });
        }
      } catch (error) {
        fault(`${screen.name} ${theme}`, String(error).split("\n")[0]);
      }
      await page.setViewportSize({ width: 1280, height: heightOf(1280) });
    }
    await page.context().close();
  }
}

/** A secret of a partner goes in, and does not come out. */
async function keepSecret(page, origin) {
  await page.goto(`${origin}/system`);
  await page.getByRole("button", { name: "Keep a secret…" }).click();
  await page.getByLabel("Name", { exact: true }).fill("lab-password");
  await page.getByLabel("Text", { exact: true }).fill("hunter2hunter2");
  await judge(page, "keeping a secret");
  if (pictures) await page.screenshot({ path: join(pictures, "secret-light-1280.png") });
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("row", { name: /lab-password/ }).getByText(/kept since .* by iris\.hale/).waitFor();
  await judge(page, "secrets");
  // The whole row is lit under the pointer, its first cell too.
  await page.getByRole("row", { name: /lab-password/ }).hover();
  const lit = await page.getByRole("row", { name: /lab-password/ }).evaluate((row) => [row, ...row.children].map((one) => getComputedStyle(one).backgroundColor));
  if (lit[0] === "rgba(0, 0, 0, 0)" || lit.slice(1).some((colour) => colour !== "rgba(0, 0, 0, 0)")) fault("secrets", `a row under the pointer is lit in part: ${lit}`);
  if (pictures) await page.screenshot({ path: join(pictures, "secrets-light-1280.png") });
  if ((await page.content()).includes("hunter2")) fault("secrets", "a text is shown");
}

/** Signing in as a hospital does: the link, a password, a passkey; and again with the passkey as second factor. */
async function signIn(browser) {
  const workspace = join(folder, "clinic");
  const made = spawnSync(binary, ["init", workspace], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
  const address = await start(["run", workspace, "--listen=127.0.0.1:0"], /the API +http 127\.0\.0\.1:(\d+)/);
  // A passkey belongs to a name, and an address of digits is none.
  const origin = `http://localhost:${address}`;
  const page = await open(browser, origin, { theme: "light", width: 1280 });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  await begin(page, origin, workspace);
  await page.getByRole("heading", { name: "Set up a second factor" }).waitFor();
  await page.locator(".secret-picture").waitFor();
  await judge(page, "the second factor");
  if (pictures) await page.screenshot({ path: join(pictures, "second-factor-light-1280.png") });
  await page.getByRole("button", { name: "Use a passkey instead" }).click();
  await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
  await page.getByRole("button", { name: "I have kept them" }).click();
  await keepSecret(page, origin);
  await page.getByRole("button", { name: /Iris Hale/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.goto("about:blank");
  // Who the provider of the house sends away lands here, with a word that the page has a sentence for; other words say nothing.
  await page.goto(`${origin}/#sign-in=role`);
  await page.getByText("none of your groups has a role here").waitFor();
  await judge(page, "a refused sign-in");
  if (pictures) await page.screenshot({ path: join(pictures, "sign-in-refused-light-1280.png") });
  await page.goto("about:blank");
  await page.goto(`${origin}/#sign-in=%3Cb%3Eprovider%3C%2Fb%3E`);
  await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  if ((await page.locator(".notice").count()) !== 0) fault("a word that is none of ours", "is shown");
  await page.getByLabel("Name", { exact: true }).fill("iris.hale");
  await page.getByLabel("Password").fill(PASSWORD);
  await judge(page, "the way in");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByRole("button", { name: /Iris Hale/ }).waitFor();
  await page.context().close();
}

/** By keyboard only: find an interface, jump, choose a message, reveal it with a reason, close, pause and resume. */
async function byKeyboard(browser, origin, session) {
  const page = await open(browser, origin, { theme: "light", width: 1280, session });
  const key = (...keys) => keys.reduce((before, one) => before.then(() => page.keyboard.press(one)), Promise.resolve());
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  const tabTo = async (name) => {
    for (let steps = 0; steps < 60; steps += 1) {
      if ((await focused()).trim().startsWith(name)) return;
      await key("Tab");
    }
    throw new Error(`the key Tab does not reach ${name}; it ends at ${(await focused()).slice(0, 60)}`);
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

/** A line of a map by keyboard only, and by dragging: both write the same text. */
async function byDrawing(browser, origin, session) {
  const page = await open(browser, origin, { theme: "light", width: 1280, session });
  const text = () => page.getByLabel("The text of the map").inputValue();
  const leaf = (side, key) => page.locator(`[data-side="${side}"] [data-key="${key}"]`);
  const move = async (side, key) => {
    for (let steps = 0; steps < 400; steps += 1) {
      if (await leaf(side, key).evaluate((row) => row === document.activeElement)) return;
      await page.keyboard.press("j");
    }
    throw new Error(`the key j does not reach ${side} ${key}`);
  };
  await page.goto(`${origin}/mapper/adt-hub#file=${PHARMACY}`);
  await page.locator(".map-chip").first().waitFor();
  const before = await text();
  await page.getByRole("button", { name: "All places" }).press("Enter");
  await leaf("source", "MSH-3").focus();
  await move("source", "PID-8");
  await page.keyboard.press("Enter");
  await move("target", "MSH-6");
  await page.keyboard.press("Enter");
  await until("the drawn line", async () => (await text()).includes("  MSH-6 = PID-8\n"));
  const drawn = await text();
  await page.getByRole("button", { name: "Undo" }).click();
  if ((await text()) !== before) fault("drawing", "undo does not give the text that was there");
  await leaf("source", "PID-8").dragTo(leaf("target", "MSH-6"));
  await until("the dragged line", async () => (await text()) === drawn);
  await page.locator(".map-chip.lit").waitFor();
  await page.getByLabel("Through, with | between steps").fill("lower");
  await page.keyboard.press("Enter");
  await until("the step", async () => (await text()).includes("  MSH-6 = PID-8 | lower\n"));
  await page.getByRole("button", { name: "Keep…" }).click();
  await page.keyboard.type("a test of the console");
  await page.keyboard.press("Enter");
  await page.getByText("Kept. Apply it under Changes").waitFor();
  await page.getByRole("button", { name: "Close", exact: true }).click();
  const wrong = (await text()).replace("PID-8 | lower", "PID-8 | lowr");
  await page.getByLabel("The text of the map").fill(wrong);
  await page.locator(".editor-line.wrong").waitFor();
  await page.context().close();
}

/** By mouse only. */
async function byMouse(browser, origin, session) {
  const page = await open(browser, origin, { theme: "dark", width: 1920, session });
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

/** Pages to read: the guide, for everybody, and the specification of an interface. */
async function readPages(browser, origin, session) {
  for (const theme of ["light", "dark"]) {
    const page = await open(browser, origin, { theme, width: 1280, session });
    for (const [name, path] of [["guide", "/docs"], ["guide-page", "/docs/how-to/use-the-console.md"], ["guide-search", "/docs/search?q=resend+day"], ["specification", "/api/v1/interfaces/adt-hub/document"]]) {
      await page.goto(origin + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await judge(page, `${name} ${theme}`);
      if (pictures) await page.screenshot({ path: join(pictures, `${name}-${theme}-1280.png`) });
    }
    await page.context().close();
  }
  const stranger = await open(browser, origin, { theme: "light", width: 1280 });
  await stranger.goto(`${origin}/docs/errors/E5304.md`);
  await stranger.getByRole("heading", { level: 1 }).waitFor();
  await stranger.getByRole("searchbox", { name: "Search the guide" }).fill("E7431");
  await stranger.keyboard.press("Enter");
  await stranger.getByRole("link", { name: /^E7431/ }).click();
  await stranger.getByRole("heading", { name: /^E7431/, level: 1 }).waitFor();
  const { status } = await stranger.evaluate(async () => ({ status: (await fetch("/api/v1/interfaces/adt-hub/document")).status })).catch(() => ({ status: 401 }));
  if (status !== 401) fault("pages", `a stranger is answered ${status} for a specification`);
  await stranger.context().close();
}

/** Drain a destination and look at its queue; a message on the bench is kept as a test; a search is shared. */
async function byActing(browser, origin, session) {
  const page = await open(browser, origin, { theme: "light", width: 1280, session });
  const why = async (button) => {
    await page.getByLabel(/^Why\?/).fill("a test of the console");
    await page.getByRole("button", { name: button, exact: true }).click();
  };
  await page.goto(`${origin}/interfaces/adt-hub`);
  await page.getByRole("button", { name: "More about warehouse" }).click();
  await page.getByRole("menuitem", { name: "Drain…" }).click();
  await why("Drain");
  await page.getByText("drained").first().waitFor();
  await page.getByTitle("In its order").last().click();
  await page.getByRole("heading", { name: "What waits for warehouse" }).waitFor();
  await page.getByRole("dialog").locator("tbody tr").first().waitFor();
  await judge(page, "the queue in its order");
  if (pictures) await page.screenshot({ path: join(pictures, "queue-light-1280.png") });
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByRole("button", { name: "Resume warehouse" }).click();
  await why("Resume");
  await page.getByRole("button", { name: "Pause warehouse" }).waitFor();
  await page.goto(`${origin}/bench#interface=adt-hub`);
  await page.getByLabel("What pharmacy does").selectOption("refuses-connections");
  await page.getByText("Tried again").waitFor();
  await page.getByRole("button", { name: "Keep as a test…" }).click();
  await page.getByLabel("What it shows, as a sentence").fill("a pharmacy that is down gets it later");
  await judge(page, "keeping a test");
  await why("Keep it");
  await page.getByText("interfaces/adt-hub/tests/a-pharmacy-that-is-down-gets-it-later.flow").waitFor();
  await page.goto(`${origin}/interfaces/adt-hub#tab=tests`);
  await page.getByText("a pharmacy that is down gets it later", { exact: true }).waitFor();
  await page.getByText(/^All \d+ passed/).waitFor();
  await page.goto(`${origin}/messages#q=interface:adt-hub`);
  await page.getByRole("button", { name: "Narrow" }).click();
  await page.getByRole("button", { name: "Share this search…" }).click();
  await page.getByLabel("What it is for").fill("The hub");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByRole("button", { name: "The hub", exact: true }).waitFor();
  await page.getByRole("button", { name: "Act on found…" }).click();
  await page.getByRole("menuitem", { name: "Delete what waits or is parked…" }).click();
  await page.getByRole("heading", { name: /^Delete/ }).waitFor();
  await judge(page, "an act on many");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.context().close();
}

/** Look inside messages: the glass is broken where it has to be, what is found comes into the list, the address keeps it. */
async function byLooking(browser, origin, session) {
  const page = await open(browser, origin, { theme: "light", width: 1280, session });
  await page.goto(`${origin}/messages#q=interface:adt-hub`);
  await page.locator(".message-row").first().waitFor();
  const button = page.getByRole("button", { name: "Look inside" });
  if ((await button.count()) === 0) {
    await page.getByRole("button", { name: /Iris Hale/ }).click();
    await page.getByRole("menuitem", { name: "Break the glass…" }).click();
    await page.getByLabel(/^Why\?/).fill("a test of the console");
    await page.getByRole("button", { name: "Break the glass", exact: true }).click();
  }
  await button.click();
  await page.getByLabel("Text in a field or value").fill("ADT^A0");
  await page.getByLabel(/^Why\?/).fill("a test of the console");
  await page.keyboard.press("Enter");
  await page.getByText(/raw MSH-9/).first().waitFor();
  await page.getByText(/opened.*found/).first().waitFor();
  await judge(page, "looking inside");
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    if (pictures) await page.screenshot({ path: join(pictures, `look-inside-${scheme}-1280.png`) });
  }
  const stop = page.getByRole("button", { name: "Stop", exact: true });
  if (await stop.isVisible()) await stop.click({ timeout: 1000 }).catch(() => {});
  await page.getByText(/^(Looked|Stopped)/).first().waitFor();
  if (!page.url().includes("inside=ADT%5EA0")) fault("looking inside", `the address does not keep it: ${page.url()}`);
  await page.reload();
  await page.getByLabel("Text in a field or value").waitFor();
  if ((await page.getByLabel("Text in a field or value").inputValue()) !== "ADT^A0") fault("looking inside", "the text is not in the field again");
  if ((await page.getByLabel(/^Why\?/).inputValue()) !== "") fault("looking inside", "a reason is kept");
  await page.context().close();
}

/** From the first line of the demo to live figures. */
async function goLive(browser) {
  const begun = Date.now();
  const { workspace, origin } = await startDemo();
  const page = await open(browser, origin, { theme: "light", width: 1280 });
  await begin(page, origin, workspace);
  await page.locator("table.interfaces tbody tr").first().waitFor();
  await page.locator(".story li").first().waitFor();
  console.log(`live after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  const session = await page.context().storageState();
  await page.context().close();
  return { origin, session };
}

async function run() {
  if (pictures) mkdirSync(pictures, { recursive: true });
  const browser = await chromium.launch(BROWSER);
  const { origin, session } = await goLive(browser);
  for (const [name, walk] of [["keyboard", byKeyboard], ["mouse", byMouse], ["drawing", byDrawing], ["acting", byActing], ["looking inside", byLooking], ["pages", readPages], ["screens", walkScreens], ["sign-in", signIn]]) {
    const begun = Date.now();
    await walk(browser, origin, session).catch((error) => fault(name, String(error).split("\n").slice(0, 2).join(" ")));
    console.log(`${name}: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  }
  await browser.close();
}

try {
  await run();
} catch (error) {
  fault("run", String(error));
} finally {
  await end();
}
console.log(faults.length ? `${faults.length} faults` : "every screen was walked: no fault");
process.exit(faults.length ? 1 : 0);
