// Bundles pure parts of the source for tests in Node.
import { build } from "esbuild";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

export async function load(...paths) {
  const contents = paths.map((path) => `export * from "./${path}";`).join("\n");
  const made = await build({
    stdin: { contents, resolveDir: join(here, "..", "src"), loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "browser",
    external: ["react"],
    logLevel: "error",
    banner: { js: "globalThis.window ??= { location: { pathname: '/', hash: '' }, addEventListener() {} };" },
  });
  return import(`data:text/javascript;base64,${Buffer.from(made.outputFiles[0].contents).toString("base64")}`);
}
