// When a row of the table of interfaces has to be drawn anew: three hundred rows with every look would cost more than all else. Pure.
import type { Interface } from "../../api/types";

export interface RowProps {
  one: Interface;
  /** Messages a second, oldest first. */
  values: number[];
  /** The engine's time of the look, in microseconds. */
  now: number;
  isSeen: boolean;
}

/** A row out of view follows this slowly, so that readers by ear and the search of the browser find it nearly true. */
const UNSEEN_S = 20;

/** What is drawn may stay: nobody sees the row, nothing of weight changed, and it is not too old. */
export function isStillTrue(drawn: RowProps, next: RowProps): boolean {
  const isSame = drawn.one.state === next.one.state && drawn.one.title === next.one.title && drawn.one.counts.parked === next.one.counts.parked;
  return !next.isSeen && isSame && next.now - drawn.now < UNSEEN_S * 1e6;
}
