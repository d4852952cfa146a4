// Plans and answers in words. Pure.
import type { Behaviour, InForce, Plan } from "../../api/changes";
import { count, plural } from "../../ui/format";

/** 99.8 % stay the same. */
export function shareOf(of: Behaviour): string {
  if (of.messages === 0) return "";
  const share = (100 * of.same) / of.messages;
  // What differs is never rounded away.
  const told = of.differ > 0 ? Math.min(share, 99.9) : 100;
  return `${told.toFixed(told === 100 ? 0 : 1)} % stay the same`;
}

const VERBS = { start: "begins", change: "changes", stop: "ends" } as const;

export function textOf(plan: Plan): string[] {
  const rows = plan.interfaces.map((row) => {
    const of = row.behaviour;
    const more = of && of.messages > 0 ? `: ${count(of.same)} same, ${count(of.differ)} differ` : "";
    return `${row.interface} ${VERBS[row.change] ?? row.change}${more}`;
  });
  const errors = plan.findings.filter((finding) => finding.severity === "error").length;
  if (errors > 0) rows.push(plural(errors, "error"));
  return rows.length > 0 ? rows : ["no interface changes"];
}

/** What was answered when a change went into force, as sentences. */
export function sentencesOf(answer: InForce): string[] {
  const parts = { ...answer, ...(answer.changes ?? {}) };
  const lists = Object.entries(parts).filter((entry): entry is [string, string[]] => Array.isArray(entry[1]) && entry[1].every((one) => typeof one === "string"));
  const said = lists.filter(([, names]) => names.length > 0).map(([what, names]) => `${what}: ${names.join(", ")}`);
  return said.length > 0 ? said : ["Nothing changed: the workspace is what runs."];
}
