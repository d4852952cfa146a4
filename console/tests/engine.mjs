// The real binary behind a browser, for the tests in this folder: where it is, how it starts, its first administrator, its end.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));
export const WAIT_MS = 90_000;
export const PASSWORD = "four quiet wards at dawn";

/** What stands behind a word of the command line. */
export const word = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
export const binary = word("--binary") ?? join(process.env.CARGO_TARGET_DIR ?? join(here, "../../target"), "debug/sinew");

const browserName = process.env.SINEW_BROWSER ?? "chromium";
/** How the browser is started. */
export const BROWSER = { executablePath: existsSync(browserName) ? browserName : `/usr/bin/${browserName}`, args: ["--no-sandbox"] };

/** A folder of this run; `end` removes it. */
export const folder = mkdtempSync(join(tmpdir(), "sinew-console-"));
const children = [];

export async function until(what, test) {
  const end = Date.now() + WAIT_MS;
  while (Date.now() < end) {
    if (await test()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Starts the binary and gives the address that it prints. */
export async function start(words, address) {
  const engine = spawn(binary, words, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  engine.on("error", (error) => (said += String(error)));
  children.push(engine);
  engine.stderr.on("data", (piece) => (said += piece));
  await until(`the address that ${words[0]} prints`, () => address.test(said) || engine.exitCode !== null || engine.pid === undefined);
  const found = address.exec(said)?.[1];
  if (!found) throw new Error(`${words[0]} ended: ${said}`);
  return found;
}

/** Starts the demo in a workspace of this run: where it is, and where its console is. */
export async function startDemo() {
  const workspace = join(folder, "hospital");
  const origin = (await start(["demo", "--headless", "--keep", workspace], /the console: (http:\S+)\//)).replace(/\/$/, "");
  return { workspace, origin };
}

/** The one-time link: a terminal is shown it at the start; whoever owns the control socket may ask for it. */
function token(workspace) {
  const { stdout, stderr } = spawnSync(binary, ["user", "setup", "--workspace", workspace], { encoding: "utf8" });
  const found = /^[\w-]{20,}$/m.exec(stdout.trim())?.[0];
  if (!found) throw new Error(`no one-time token: ${stderr}`);
  return found;
}

/** The first administrator, as the printed link begins it: the token, a name, a password. `look` sees the filled page. */
export async function becomeAdministrator(page, origin, workspace, look = async () => {}) {
  await page.goto(`${origin}/#token=${token(workspace)}`);
  await page.getByLabel("Name", { exact: true }).fill("iris.hale");
  await page.getByLabel("Your name as people write it").fill("Iris Hale");
  await page.getByLabel("New password").fill(PASSWORD);
  await look();
  await page.keyboard.press("Enter");
}

/** Ends what was started, and removes the folder. */
export async function end() {
  const ended = children.filter((child) => child.exitCode === null).map((child) => new Promise((done) => child.on("exit", done)));
  for (const child of children) child.kill("SIGINT");
  const late = new Promise((done) => setTimeout(done, 5000));
  await Promise.race([Promise.all(ended), late]);
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
