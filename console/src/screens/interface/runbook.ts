// The runbook of an interface, made from what it is: what to look at first, which commands, whom to call. Pure.
import type { Interface, InterfaceText } from "../../api/types";

export interface Check {
  question: string;
  how: string;
  commands: string[];
}

const URGENCY: Record<number, string> = {
  1: "Somebody is woken for it.",
  2: "It is looked at the same day.",
  3: "It can wait for the next working day.",
};

export const urgency = (critical: number): string => URGENCY[critical] ?? "";

function reach(connector: string, address: string): string[] {
  const place = /^([^\s/]+):(\d+)$/.exec(address);
  if (connector === "interface") return [`sinew message --help   # it is inside: look at the interface ${address}`];
  return place ? [`nc -vz ${place[1]} ${place[2]}`] : [];
}

export function checksOf(one: Interface, text: InterfaceText | undefined): Check[] {
  const outside = one.destinations.filter((to) => to.connector !== "interface");
  const checks: Check[] = [
    { question: "Does it run, and does anything wait?", how: "The state of the interface and of each destination; what is not well says why.", commands: ["sinew status", `sinew queues`] },
    {
      question: "Does it receive?",
      how: one.connector === "interface" ? "Other interfaces feed it; look at those first." : `It listens on ${one.address ?? "its source"}. ${one.peers > 0 ? "Senders are connected now." : "No sender is connected now: call who runs the sender."}`,
      commands: [`sinew messages 'interface:${one.name} since:30m'`],
    },
    {
      question: "Do the receivers answer?",
      how: "From the machine of the engine. A receiver that is down holds up only its own queue; messages wait in order.",
      commands: outside.flatMap((to) => reach(to.connector, to.address)).filter((line, at, all) => all.indexOf(line) === at),
    },
    {
      question: "Does something wait for a person?",
      how: "Parked messages say why. Mend the cause, then retry; or delete with a reason.",
      commands: [`sinew messages 'interface:${one.name} state:parked'`, "sinew explain ID"],
    },
    {
      question: "Was it changed?",
      how: text ? `The running version is ${text.version}, from ${text.file}.` : `The running version is ${one.version}.`,
      commands: ["git log -5 --stat", `sinew check`, `sinew test`],
    },
  ];
  return checks;
}
