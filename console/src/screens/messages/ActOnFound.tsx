// One act on everything that a search found and that it fits: a reason, progress, a way to stop, and what was refused.
import { useRef, useState } from "react";
import { Input, Label, TextField } from "react-aria-components";
import { remove, resend, retry } from "../../api/routes";
import type { Right } from "../../api/session";
import type { MessageRow } from "../../api/types";
import { Window } from "../../ui/dialogs";
import { count, plural } from "../../ui/format";
import { Button, Link } from "../../ui/parts";
import { eachOf, fitting, type Progress } from "./bulk";

export type BulkKind = "retry" | "resend" | "delete";

interface Bulk {
  label: string;
  title: (number: string) => string;
  text: string;
  button: string;
  right: Right;
  states: MessageRow["state"][];
  act: (message: number, reason: string) => Promise<unknown>;
  isDangerous: boolean;
}

export const BULK: Record<BulkKind, Bulk> = {
  retry: {
    label: "Retry what is parked…",
    title: (number) => `Retry ${number}`,
    text: "What was parked goes back into its queue, at the end of its key, oldest first. What fails again is parked again. A retry cannot be taken back once the partner has the message; until then, pause the destination.",
    button: "Retry them",
    right: "resend",
    states: ["parked"],
    act: (message, reason) => retry({ message, reason }),
    isDangerous: false,
  },
  resend: {
    label: "Send what was delivered again…",
    title: (number) => `Send ${number} again`,
    text: "The same bytes with the same control ids go out again: partners get them a second time. It cannot be taken back.",
    button: "Send them again",
    right: "resend",
    states: ["delivered"],
    act: (message, reason) => resend({ message, reason }),
    isDangerous: true,
  },
  delete: {
    label: "Delete what waits or is parked…",
    title: (number) => `Delete ${number}`,
    text: "Their deliveries leave the queues for good. The messages stay in the store, are found as deleted with your name, and can be replayed: that is the way back.",
    button: "Delete them",
    right: "delete",
    states: ["parked", "in_flight"],
    act: (message, reason) => remove({ message, reason }),
    isDangerous: true,
  },
};

export function ActOnFound({ kind, rows, isFull, onClose }: { kind: BulkKind; rows: MessageRow[]; isFull: boolean; onClose: () => void }) {
  const bulk = BULK[kind];
  // What was found when the question was asked: rows change while the act runs.
  const [wanted] = useState(() => fitting(rows, bulk.states));
  const [reason, setReason] = useState("");
  const [progress, setProgress] = useState<Progress>();
  const stop = useRef(false);
  const number = plural(wanted.length, "message");
  const run = () => {
    if (!reason.trim() || progress) return;
    setProgress({ done: 0, refused: [], total: wanted.length, isOver: false });
    void eachOf(wanted, (id) => bulk.act(id, reason.trim()), setProgress, () => stop.current);
  };
  const close = () => {
    stop.current = true;
    onClose();
  };
  return (
    <Window title={bulk.title(number)} onClose={close}>
      <p>{bulk.text}</p>
      {isFull && !progress && <p className="warn">The search finds more than are in the list: only those in the list are meant.</p>}
      {!progress && wanted.length === 0 && <p>None of the messages in the list is {bulk.states.map((state) => state.replace("_", " ")).join(" or ")}.</p>}
      {!progress && wanted.length > 0 && (
        <TextField className="field" value={reason} onChange={setReason} isRequired autoFocus onKeyDown={(key) => key.key === "Enter" && run()}>
          <Label>Why? It is kept with your name, for each of them.</Label>
          <Input className="input" placeholder="for example: ticket 4711, the table is complete now" />
        </TextField>
      )}
      {progress && (
        <div className="stack tight" role="status">
          <progress className="share" max={progress.total} value={progress.done + progress.refused.length} aria-label="Progress" />
          <p>
            <strong>
              {count(progress.done)} of {count(progress.total)} done
            </strong>
            {progress.refused.length > 0 && <span className="warn">, {count(progress.refused.length)} refused and as they were</span>}
            {progress.isOver && progress.done + progress.refused.length < progress.total && `; stopped, the other ${count(progress.total - progress.done - progress.refused.length)} are as they were`}
          </p>
          {progress.refused.slice(0, 5).map((one) => (
            <p key={one.id} className="quiet">
              <Link to={`/messages#id=${one.id}`}>{one.id}</Link> {one.why}
            </p>
          ))}
        </div>
      )}
      <div className="buttons">
        {progress && !progress.isOver && <Button onPress={() => (stop.current = true)}>Stop</Button>}
        <Button onPress={close}>{progress?.isOver ? "Close" : progress ? "Stop and close" : "Cancel"}</Button>
        {!progress && wanted.length > 0 && (
          <Button kind={bulk.isDangerous ? "danger" : "first"} isDisabled={!reason.trim()} onPress={run}>
            {bulk.button}
          </Button>
        )}
      </div>
    </Window>
  );
}
