// For development only: serves dist/ with the headers of the engine and hands /api to the control socket of a running engine.
//   node dev/serve.mjs SOCKET [PORT]
import { createServer, request } from "node:http";
import { readFileSync, existsSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join, extname } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "..", "dist");
const [socketPath, port = "7700"] = process.argv.slice(2);
const KINDS = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain" };

export function headers(nonce) {
  return {
    "content-security-policy":
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self'; font-src 'self'; ` +
      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  };
}

createServer((asked, answer) => {
  if (asked.url.startsWith("/api/")) {
    const way = request({ socketPath, path: asked.url, method: asked.method, headers: { ...asked.headers, host: "local" } }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    way.on("error", () => answer.writeHead(503).end());
    asked.pipe(way);
    answer.on("close", () => way.destroy());
    return;
  }
  const nonce = randomBytes(16).toString("base64");
  const name = new URL(asked.url, "http://x").pathname;
  const file = join(dist, name.replace(/^\/assets\//, ""));
  if (name.startsWith("/assets/") && existsSync(file)) {
    answer.writeHead(200, { ...headers(nonce), "content-type": KINDS[extname(file)] ?? "application/octet-stream" });
    answer.end(readFileSync(file));
  } else {
    answer.writeHead(200, { ...headers(nonce), "content-type": "text/html; charset=utf-8" });
    answer.end(readFileSync(join(dist, "index.html"), "utf8").replace("SINEW_NONCE", nonce));
  }
}).listen(Number(port), "127.0.0.1");
