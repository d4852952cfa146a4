// The way of a message on the bench as a list of steps: lines that decide and lines that change, in the order of the work. Pure.
import type { Benched, BenchLine, BenchStage } from "../../api/bench";
import { differences, isEr7, readEr7, type Difference } from "../../hl7/er7";

export interface Step {
  key: string;
  line?: BenchLine;
  stage?: BenchStage;
  /** What the line changed, by field; empty: nothing. */
  changes: Difference[];
  /** It made something that has no fields in common with what was there. */
  isOther: boolean;
}

export interface Way {
  /** For all destinations. */
  shared: Step[];
  /** For one, in the order of the work. */
  own: Map<string, Step[]>;
}

function changed(before: string, after: string): { changes: Difference[]; isOther: boolean } {
  if (before === after) return { changes: [], isOther: false };
  if (isEr7(before) && isEr7(after)) return { changes: differences(readEr7(before), readEr7(after)), isOther: false };
  return { changes: [], isOther: true };
}

const SENDS = ["send", "publish", "receive"];

export function wayOf(found: Benched): Way {
  const shared: Step[] = [];
  const own = new Map<string, Step[]>();
  const stages = found.stages ?? [];
  let now = found.received;
  const before = new Map<string, string>();
  const put = (stage: BenchStage, at: number) => {
    if (stage.destination === null) {
      shared.push({ key: `s${at}`, stage, ...changed(now, stage.text) });
      now = stage.text;
      return;
    }
    const steps = own.get(stage.destination) ?? [];
    steps.push({ key: `s${at}`, stage, ...changed(before.get(stage.destination) ?? now, stage.text) });
    own.set(stage.destination, steps);
    before.set(stage.destination, stage.text);
  };
  let next = 0;
  (found.lines ?? []).forEach((line, at) => {
    while (next < stages.length && (stages[next]?.looked ?? 0) <= at) {
      put(stages[next]!, next);
      next += 1;
    }
    if (!SENDS.includes(line.kind)) shared.push({ key: `l${at}`, line, changes: [], isOther: false });
  });
  for (; next < stages.length; next += 1) put(stages[next]!, next);
  return { shared, own };
}

/** Why a destination gets it or does not: the line of its `send` block. */
export function lineOf(found: Benched, destination: string): BenchLine | undefined {
  return (found.lines ?? []).find((line) => line.kind === "send" && line.text.split(" ")[1] === destination);
}

const VERDICTS: Record<BenchLine["verdict"], string> = {
  "goes-on": "goes on",
  ends: "ends here",
  no: "does not hold",
  "not-asked": "not asked",
  leads: "leads on",
  sent: "gets it",
  "not-chosen": "no route chose it",
  "not-meant": "its condition does not hold",
  failed: "cannot be told",
};

export function verdictOf(line: BenchLine): string {
  if (line.verdict === "leads" && line.to) return line.to.length ? `leads to ${line.to.join(", ")}` : "leads nowhere";
  return VERDICTS[line.verdict] ?? line.verdict;
}

export function sentenceOf(found: Benched): { tone: "good" | "warn" | "bad" | "note"; text: string } {
  const why = found.reason?.text ?? "";
  switch (found.end) {
    case "routed":
      return { tone: "good", text: `It goes to ${(found.deliveries ?? []).length} of ${(found.destinations ?? []).length} destinations` };
    case "filtered":
      return { tone: "note", text: `It goes nowhere: ${why}` };
    case "parked":
      return { tone: "bad", text: `It would wait for a person: ${why}` };
    case "rejected":
      return { tone: "bad", text: `The sender would be told no: ${why}` };
    case "refused":
      return { tone: "bad", text: `The interface would not take it: ${why}` };
  }
}
