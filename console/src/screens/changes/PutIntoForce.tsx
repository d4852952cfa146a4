// Putting a change into force, or going back: what it does, why, the ticket, and how it ended.
import { useState, type ReactNode } from "react";
import { Input, Label, TextField } from "react-aria-components";
import type { InForce, Why } from "../../api/changes";
import { Problem } from "../../api/http";
import { lookNow } from "../../api/live";
import { Window } from "../../ui/dialogs";
import { Button, ErrorCode, Notice } from "../../ui/parts";
import { Findings } from "./PlanView";
import { sentencesOf } from "./words";

export interface Step {
  title: string;
  text: ReactNode;
  button: string;
  run: (why: Why) => Promise<InForce>;
}

export function PutIntoForce({ step, onClose }: { step: Step; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const [ticket, setTicket] = useState("");
  const [answer, setAnswer] = useState<InForce>();
  const [problem, setProblem] = useState<Problem>();
  const [isRunning, setRunning] = useState(false);
  const run = async () => {
    if (!reason.trim() || isRunning) return;
    setRunning(true);
    setProblem(undefined);
    try {
      setAnswer(await step.run({ reason: reason.trim(), ticket: ticket.trim() }));
      lookNow();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
    setRunning(false);
  };
  const findings = answer?.findings ?? [];
  return (
    <Window title={step.title} onClose={onClose} isWide>
      {step.text}
      {answer ? (
        <div role="status" className="stack tight">
          {!findings.some((finding) => finding.severity === "error") && (
            <ul>
              {sentencesOf(answer).map((text) => (
                <li key={text}>
                  <strong>{text}</strong>
                </li>
              ))}
            </ul>
          )}
          <Findings findings={findings} />
        </div>
      ) : (
        <div className="reason-ticket">
          <TextField className="field" value={reason} onChange={setReason} isRequired autoFocus onKeyDown={(key) => key.key === "Enter" && void run()}>
            <Label>Why? It is kept with your name.</Label>
            <Input className="input" placeholder="for example: the laboratory sends units now" />
          </TextField>
          <TextField className="field" value={ticket} onChange={setTicket} onKeyDown={(key) => key.key === "Enter" && void run()}>
            <Label>Ticket</Label>
            <Input className="input" placeholder="LAB-71" />
          </TextField>
        </div>
      )}
      {problem && (
        <Notice level="warning" title="Not done; what runs is as it was">
          {problem.message} <ErrorCode code={problem.code} />
        </Notice>
      )}
      <div className="buttons">
        <Button onPress={onClose}>{answer ? "Close" : "Cancel"}</Button>
        {!answer && (
          <Button kind="first" isDisabled={!reason.trim() || isRunning} onPress={() => void run()}>
            {isRunning ? "Working…" : step.button}
          </Button>
        )}
      </div>
    </Window>
  );
}
