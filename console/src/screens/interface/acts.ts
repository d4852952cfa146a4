// What a person may do with an interface and its destinations, each with what becomes of the messages.
import { lookNow } from "../../api/live";
import { pause, release, resume } from "../../api/routes";
import type { Destination, Interface } from "../../api/types";
import type { Act } from "../../ui/dialogs";
import { plural } from "../../ui/format";

async function done(act: Promise<unknown>): Promise<void> {
  await act;
  lookNow();
}

export function intakeAct(one: Interface): Act {
  if (one.is_paused) {
    return { title: `Let ${one.title} receive again`, text: "Its source opens again and takes what senders kept.", button: "Resume intake", run: (reason) => done(resume({ interface: one.name, reason })) };
  }
  return {
    title: `Pause the intake of ${one.title}`,
    text: "No new message is taken: senders keep theirs and try again. What was accepted goes on to its destinations, so the queues drain. Nothing is lost.",
    button: "Pause intake",
    isDangerous: true,
    example: "for example: change 1182, the sender moves to a new host",
    run: (reason) => done(pause({ interface: one.name, reason })),
  };
}

export function destinationAct(one: Interface, to: Destination): Act {
  if (to.is_paused) {
    return {
      title: `Let ${to.name} have messages again`,
      text: to.queued > 0 ? `${plural(to.queued, "message")} that ${to.queued === 1 ? "waits goes" : "wait go"} out in order.` : "Nothing waits.",
      button: "Resume",
      run: (reason) => done(resume({ interface: one.name, destination: to.name, reason })),
    };
  }
  return {
    title: `Pause ${to.name}`,
    text: `Messages for ${to.name} wait safely in order until somebody resumes it. Other destinations go on, and senders are not told.`,
    button: "Pause",
    isDangerous: true,
    example: "for example: maintenance of the receiver until 14:00",
    run: (reason) => done(pause({ interface: one.name, destination: to.name, reason })),
  };
}

export function releaseAct(one: Interface, to: Destination): Act {
  return {
    title: `Release what is held at ${to.name}`,
    text: `${plural(to.held, "key")} ${to.held === 1 ? "waits" : "wait"} behind a message that was refused. Released, that message is tried again, and those behind it follow in order.`,
    button: "Release",
    run: async (reason) => {
      const answer = await release({ interface: one.name, destination: to.name, reason });
      lookNow();
      return `${plural(answer.released, "key")} released.`;
    },
  };
}
