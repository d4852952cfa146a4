// The life of a message as one strip: each step once, with the time since it came. Pure.
import type { Journey, Stage } from "../../api/types";

export interface Tile {
  id: string;
  name: string;
  text: string;
  tone: "good" | "bad" | "wait";
  at: number | null;
}

const NAMES: Record<number, string> = { 1: "Received", 3: "Duplicate?", 4: "Planned", 5: "Stored", 6: "Answered" };
const GOOD = ["delivered"];
const BAD = ["parked", "held", "expired", "failed"];

function ofStep(step: number, stages: Stage[]): Tile | undefined {
  const own = stages.filter((stage) => stage.step === step && stage.destination === null);
  const last = own.at(-1);
  if (!last) return undefined;
  return { id: `step ${step}`, name: NAMES[step] ?? `Step ${step}`, text: last.text, tone: own.every((stage) => stage.is_good) ? "good" : "bad", at: last.at };
}

export function stripOf(journey: Journey): Tile[] {
  // That it was not seen before is the rule, and not worth a place on the strip.
  const general = [1, 3, 4, 5, 6].map((step) => ofStep(step, journey.stages)).filter((tile): tile is Tile => tile !== undefined && !(tile.id === "step 3" && tile.tone === "good"));
  const deliveries = journey.deliveries.map((delivery): Tile => {
    const own = journey.stages.filter((stage) => stage.destination === delivery.destination);
    const tried = own.filter((stage) => stage.step === 8).at(-1) ?? own.at(-1);
    const tone = GOOD.includes(delivery.state) ? "good" : BAD.includes(delivery.state) ? "bad" : "wait";
    const text = tried?.text.replace(/^attempt \d+: /, "") ?? delivery.state;
    return { id: `to ${delivery.delivery.number}`, name: delivery.destination, text: delivery.attempts > 1 ? `${text} (try ${delivery.attempts})` : text, tone, at: tried?.at ?? null };
  });
  return [...general, ...deliveries];
}

/** Milliseconds since the message came, as `+1.4 ms`. */
export function sinceText(at: number | null, start: number | null): string {
  if (at === null || start === null) return "";
  const millis = (at - start) / 1000;
  if (millis < 1000) return `+${millis < 10 ? millis.toFixed(1) : Math.round(millis)} ms`;
  return `+${(millis / 1000).toFixed(1)} s`;
}
