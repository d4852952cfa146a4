// Figures of the chart: a round top, and labels that stand apart. Pure.

/** A round figure at or above the value. */
export function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 4, 6, 8, 10].map((step) => step * unit).find((step) => step >= value) ?? 10 * unit;
}

/** Places of labels, moved apart so that none covers another. */
export function spread(places: number[], step: number, top: number, bottom: number): number[] {
  const order = places.map((place, at) => ({ place, at })).sort((a, b) => a.place - b.place);
  let last = top - step;
  for (const one of order) {
    one.place = Math.max(one.place, last + step);
    last = one.place;
  }
  let next = bottom + step;
  for (const one of [...order].reverse()) {
    one.place = Math.min(one.place, next - step);
    next = one.place;
  }
  const out = Array<number>(places.length).fill(0);
  for (const one of order) out[one.at] = one.place;
  return out;
}
