// Builds console/dist from console/src: vendor.js (minified), app.js (readable), app.css, index.html, LICENSES.txt and
// SOURCE_HASH. The same source gives the same bytes in any folder; `--out DIR` builds elsewhere, to compare.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const at = process.argv.indexOf("--out");
const out = at > 0 ? process.argv[at + 1] : join(here, "dist");

// Style sheets in the order in which they apply.
const SHEETS = ["tokens.css", "base.css", "parts.css", "shell.css", "screens.css"];
const VENDOR = /^(react|react-dom\/client|react\/jsx-runtime|react-aria-components|@tanstack\/react-virtual)$/;

function files(folder, prefix = "") {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? files(join(folder, entry.name), `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`],
    )
    .sort();
}

// One line a file: its path, a blank, the SHA-256 of its bytes. The hash is that of these lines. The test `console_dist` does the same.
function hashOf(root, names) {
  const all = createHash("sha256");
  for (const name of names) {
    const one = createHash("sha256").update(readFileSync(join(root, name))).digest("hex");
    all.update(`${name} ${one}\n`);
  }
  return all.digest("hex");
}

const vendorIsOutside = {
  name: "vendor-is-outside",
  setup(bundle) {
    bundle.onResolve({ filter: VENDOR }, () => ({ path: "./vendor.js", external: true }));
  },
};

const common = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none",
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const vendor = await build({
  ...common,
  entryPoints: ["src/vendor.ts"],
  outfile: join(out, "vendor.js"),
  minify: true,
  metafile: true,
});
await build({
  ...common,
  entryPoints: ["src/main.tsx"],
  outfile: join(out, "app.js"),
  jsx: "automatic",
  plugins: [vendorIsOutside],
});
writeFileSync(join(out, "app.css"), SHEETS.map((name) => readFileSync(join(here, "src", name), "utf8")).join("\n"));
copyFileSync(join(here, "src", "index.html"), join(out, "index.html"));
copyFileSync(join(here, "src", "mark.svg"), join(out, "mark.svg"));

// The licences of what vendor.js holds.
const packages = new Set();
for (const input of Object.keys(vendor.metafile.inputs)) {
  const found = input.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (found) packages.add(found[1]);
}
const licences = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license"].find((file) => existsSync(join(folder, file)));
  return `== ${name} ${about.version} (${about.license})\n\n${file ? readFileSync(join(folder, file), "utf8").trim() : "See the licence named above."}\n`;
});
writeFileSync(join(out, "LICENSES.txt"), licences.join("\n"));

const source = [...files(join(here, "src")).map((name) => `src/${name}`), "build.mjs", "package-lock.json", "package.json"];
const made = files(out);
writeFileSync(join(out, "SOURCE_HASH"), `source ${hashOf(here, source.sort())}\ndist ${hashOf(out, made)}\n`);
