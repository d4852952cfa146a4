// Counters become rates. Pure.

/** How much a counter grew in a second; a counter that fell belongs to an engine that started anew. */
export function rateOf(before: number, after: number, seconds: number): number {
  return seconds > 0 && after >= before ? (after - before) / seconds : 0;
}
