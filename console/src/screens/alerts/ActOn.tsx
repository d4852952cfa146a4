// What a person does about an incident: take it, give it away, let it rest, wake it, write something down.
import { useState } from "react";
import { Input, Label, TextArea, TextField } from "react-aria-components";
import { actOnIncident, type Deed, type Incident } from "../../api/alerts";
import { Problem } from "../../api/http";
import { Window } from "../../ui/dialogs";
import { Button, ErrorCode, Notice } from "../../ui/parts";

const HOUR_S = 3600;
const REST: [string, number][] = [
  ["30 minutes", HOUR_S / 2],
  ["1 hour", HOUR_S],
  ["2 hours", 2 * HOUR_S],
  ["8 hours", 8 * HOUR_S],
  ["1 day", 24 * HOUR_S],
  ["7 days", 168 * HOUR_S],
];

const WORDS: Record<Deed["act"], { title: string; text: string; button: string; needsNote: boolean; example: string }> = {
  acknowledge: { title: "Take it", text: "You have it: nobody is told again until it gets worse or is over.", button: "I have it", needsNote: false, example: "for example: calling the pharmacy" },
  assign: { title: "Give it to somebody", text: "They are called instead of who is on call, until it is over.", button: "Give it", needsNote: false, example: "for example: she knows their network" },
  snooze: { title: "Let it rest", text: "Nobody is told for that time, unless somebody wakes it. Messages go on as they do.", button: "Let it rest", needsNote: true, example: "for example: they patch until four" },
  wake: { title: "Wake it", text: "Takes an acknowledgment and a rest back: people are told again.", button: "Wake it", needsNote: false, example: "" },
  note: { title: "Write something down", text: "For whoever looks at this incident. It stays in this system: no alert carries it.", button: "Keep it", needsNote: true, example: "for example: their vendor has a ticket" },
};

export function ActOn({ incident, act, names, onClose }: { incident: Incident; act: Deed["act"]; names: string[]; onClose: () => void }) {
  const words = WORDS[act];
  const [note, setNote] = useState("");
  const [to, setTo] = useState("");
  const [rest, setRest] = useState(2 * HOUR_S);
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const isReady = (!words.needsNote || note.trim() !== "") && (act !== "assign" || to.trim() !== "") && !isRunning;
  const run = async () => {
    if (!isReady) return;
    setRunning(true);
    try {
      await actOnIncident({ incident: incident.id, act, note: note.trim(), ...(act === "assign" ? { to: to.trim() } : {}), ...(act === "snooze" ? { for_s: rest } : {}) });
      onClose();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
      setRunning(false);
    }
  };
  return (
    <Window title={`${words.title}: ${incident.headline}`} onClose={onClose}>
      <p>{words.text}</p>
      {act === "assign" && (
        <>
          <TextField className="field" value={to} onChange={setTo} isRequired autoFocus>
            <Label>To whom</Label>
            <Input className="input" autoComplete="off" />
          </TextField>
          {names.length > 0 && (
            <div className="buttons start">
              <span className="quiet">On call:</span>
              {names.map((name) => (
                <Button key={name} onPress={() => setTo(name)}>
                  {name}
                </Button>
              ))}
            </div>
          )}
        </>
      )}
      {act === "snooze" && (
        <label className="field">
          <span className="label">For</span>
          <select className="input" value={rest} onChange={(change) => setRest(Number(change.target.value))}>
            {REST.map(([word, seconds]) => (
              <option key={seconds} value={seconds}>
                {word}
              </option>
            ))}
          </select>
        </label>
      )}
      <TextField className="field" value={note} onChange={setNote} isRequired={words.needsNote} autoFocus={act !== "assign"} onKeyDown={(key) => key.key === "Enter" && (key.ctrlKey || key.metaKey) && void run()}>
        <Label>{words.needsNote ? "Note" : "Note, if it helps others"}</Label>
        <TextArea className="input" placeholder={words.example} />
      </TextField>
      <p className="quiet">Never name a patient in a note.</p>
      {problem && (
        <Notice level="warning" title="Not done">
          {problem.message} <ErrorCode code={problem.code} />
        </Notice>
      )}
      <div className="buttons">
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="first" isDisabled={!isReady} onPress={() => void run()}>
          {isRunning ? "Working…" : words.button}
        </Button>
      </div>
    </Window>
  );
}
