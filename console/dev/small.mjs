// For development only: makes pictures of screens small, by a palette: flat colours need no more.
//   node dev/small.mjs FROM.png TO.png [COLOURS]
import { readFileSync, writeFileSync } from "node:fs";
import { crc32, deflateSync, inflateSync } from "node:zlib";

const [from, to, wanted = "200"] = process.argv.slice(2);
const png = readFileSync(from);
const parts = [];
let head;
for (let at = 8; at < png.length; ) {
  const length = png.readUInt32BE(at);
  const kind = png.toString("latin1", at + 4, at + 8);
  const data = png.subarray(at + 8, at + 8 + length);
  if (kind === "IHDR") head = { width: data.readUInt32BE(0), height: data.readUInt32BE(4), bytes: data[9] === 6 ? 4 : 3 };
  if (kind === "IDAT") parts.push(data);
  at += 12 + length;
}
const { width, height, bytes } = head;
const raw = inflateSync(Buffer.concat(parts));
const line = width * bytes;
const rows = Buffer.alloc(line * height);
const paeth = (a, b, c) => {
  const [x, y, z] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return x <= y && x <= z ? a : y <= z ? b : c;
};
for (let y = 0; y < height; y += 1) {
  const filter = raw[y * (line + 1)];
  for (let x = 0; x < line; x += 1) {
    const a = x >= bytes ? rows[y * line + x - bytes] : 0;
    const b = y > 0 ? rows[(y - 1) * line + x] : 0;
    const c = x >= bytes && y > 0 ? rows[(y - 1) * line + x - bytes] : 0;
    const more = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter];
    rows[y * line + x] = raw[y * (line + 1) + 1 + x] + more;
  }
}
// The colours that are seen most; every other becomes the nearest of them.
const seen = new Map();
for (let at = 0; at < rows.length; at += bytes) {
  const colour = (rows[at] << 16) | (rows[at + 1] << 8) | rows[at + 2];
  seen.set(colour, (seen.get(colour) ?? 0) + 1);
}
const palette = [...seen].sort((a, b) => b[1] - a[1]).slice(0, Math.min(Number(wanted), 256)).map(([colour]) => colour);
const places = new Map(palette.map((colour, at) => [colour, at]));
const nearest = (colour) => {
  let [best, far] = [0, Infinity];
  palette.forEach((one, at) => {
    const away = ((one >> 16) - (colour >> 16)) ** 2 + (((one >> 8) & 255) - ((colour >> 8) & 255)) ** 2 + ((one & 255) - (colour & 255)) ** 2;
    if (away < far) [best, far] = [at, away];
  });
  places.set(colour, best);
  return best;
};
const out = Buffer.alloc((width + 1) * height);
for (let y = 0; y < height; y += 1) {
  for (let x = 0; x < width; x += 1) {
    const at = y * line + x * bytes;
    const colour = (rows[at] << 16) | (rows[at + 1] << 8) | rows[at + 2];
    out[y * (width + 1) + 1 + x] = places.get(colour) ?? nearest(colour);
  }
}
const chunk = (kind, data) => {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
};
const about = Buffer.alloc(13);
about.writeUInt32BE(width, 0);
about.writeUInt32BE(height, 4);
about.set([8, 3, 0, 0, 0], 8);
const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
const made = Buffer.concat([png.subarray(0, 8), chunk("IHDR", about), chunk("PLTE", colours), chunk("IDAT", deflateSync(out, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
writeFileSync(to, made);
console.log(`${to}: ${made.length} bytes`);
