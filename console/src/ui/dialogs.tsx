// Questions before an act: what will happen, whether messages are safe, and why it is done.
import { useState, type ReactNode } from "react";
import { Dialog, Heading, Input, Label, Modal, ModalOverlay, TextField } from "react-aria-components";
import { Problem } from "../api/http";
import { Button, ErrorCode, Notice } from "./parts";

export function Window({ title, onClose, children, isWide = false }: { title: string; onClose: () => void; children: ReactNode; isWide?: boolean }) {
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className={isWide ? "modal wide" : "modal"}>
        <Dialog className="dialog">
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface Act {
  title: string;
  /** What happens, in plain words, and what becomes of the messages. */
  text: ReactNode;
  button: string;
  isDangerous?: boolean;
  example?: string;
  run: (reason: string) => Promise<string | void>;
}

/** Asks for a reason, runs the act, and says how it ended. */
export function AskWhy({ act, onClose }: { act: Act; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const [state, setState] = useState<"asking" | "running" | "done">("asking");
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const run = async () => {
    if (!reason.trim() || state !== "asking") return;
    setState("running");
    setProblem(undefined);
    try {
      const answer = await act.run(reason.trim());
      if (!answer) return onClose();
      setSaid(answer);
      setState("done");
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
      setState("asking");
    }
  };
  return (
    <Window title={act.title} onClose={onClose}>
      <div>{act.text}</div>
      {state === "done" ? (
        <p role="status">
          <strong>{said}</strong>
        </p>
      ) : (
        <TextField className="field" value={reason} onChange={setReason} isRequired autoFocus onKeyDown={(key) => key.key === "Enter" && void run()}>
          <Label>Why? It is kept with your name.</Label>
          <Input className="input" placeholder={act.example ?? "for example: ticket 4711, agreed with the owner"} />
        </TextField>
      )}
      {problem && (
        <Notice level="warning" title="Not done">
          {problem.message} <ErrorCode code={problem.code} />
        </Notice>
      )}
      <div className="buttons">
        <Button onPress={onClose}>{state === "done" ? "Close" : "Cancel"}</Button>
        {state !== "done" && (
          <Button kind={act.isDangerous ? "danger" : "first"} isDisabled={!reason.trim() || state === "running"} onPress={() => void run()}>
            {state === "running" ? "Working…" : act.button}
          </Button>
        )}
      </div>
    </Window>
  );
}
