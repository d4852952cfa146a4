// Counters become rates. Pure.

/** How much a counter grew in a second; a counter that fell belongs to an engine that started anew. */
export function rateOf(before: number, after: number, seconds: number): number {
  return seconds > 0 && after >= before ? (after - before) / seconds : 0;
}

/** Samples that are kept, and those that a chart has room for at least: a page that was just opened fills it soon. */
export const SAMPLES_MAX = 120;
const SAMPLES_MIN = 30;

/** Samples from edge to edge of a chart. */
export const windowOf = (samples: number): number => Math.min(Math.max(samples, SAMPLES_MIN), SAMPLES_MAX);
