// What a person may do with an interface and its destinations, each with what becomes of the messages.
import { lookNow } from "../../api/live";
import { drain, pause, release, resume } from "../../api/routes";
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

export function drainAct(one: Interface, to: Destination): Act {
  return {
    title: `Drain ${to.name}`,
    text: `What came up to now goes out in its order${to.queued > 0 ? ` (${plural(to.queued, "message")})` : ""}; what comes from now on waits here until somebody resumes it. Senders are not told, nothing is lost.`,
    button: "Drain",
    isDangerous: true,
    example: "for example: the receiver restarts at 14:00",
    run: (reason) => done(drain({ interface: one.name, destination: to.name, reason })),
  };
}

/** Of a destination that is paused: the first one, to see whether it passes. */
export function letGoAct(one: Interface, to: Destination, count: number): Act {
  return {
    title: `Let ${count === 1 ? "the next message" : `the next ${count} messages`} go to ${to.name}`,
    text: `${count === 1 ? "It goes" : "They go"} out in order; the rest stays until somebody lets it go or resumes ${to.name}.`,
    button: "Let go",
    run: (reason) => done(release({ interface: one.name, destination: to.name, count, reason })),
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
