// Passwords and keys of partners: names, since when, by whom, who uses them. A text goes in and never comes out.
import { useState, type FormEvent } from "react";
import { Problem } from "../../api/http";
import { readSecrets, setSecret, type Secret } from "../../api/routes";
import { useAnswer } from "../../api/use";
import { Window } from "../../ui/dialogs";
import { moment } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, Empty, ErrorCode, Notice, Trouble } from "../../ui/parts";

interface AskingProps {
  given: string;
  names: string[];
  onClose: () => void;
  onDone: () => void;
}

/** Asks for a text. It stays in this field until it is sent, and nowhere else. */
function Asking({ given, names, onClose, onDone }: AskingProps) {
  const [name, setName] = useState(given);
  const [text, setText] = useState("");
  const [reason, setReason] = useState("");
  const [isRunning, setRunning] = useState(false);
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const send = async (sent: FormEvent) => {
    sent.preventDefault();
    setRunning(true);
    setProblem(undefined);
    try {
      const { needs_reload } = await setSecret(name.trim(), text, reason.trim());
      setText("");
      onDone();
      if (!needs_reload) return onClose();
      setSaid("Kept. Interfaces that name it go on with the text before until the workspace is applied again, under Changes or by sinew reload.");
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
    setRunning(false);
  };
  if (said) {
    return (
      <Window title={`The secret ${name}`} onClose={onClose}>
        <p role="status">{said}</p>
        <div className="buttons">
          <Button kind="first" onPress={onClose}>
            Close
          </Button>
        </div>
      </Window>
    );
  }
  return (
    <Window title={given ? `Another text for ${given}` : "Keep a secret"} onClose={onClose}>
      <form className="stack" onSubmit={(sent) => void send(sent)}>
        <div className="field">
          <label htmlFor="secret-name">Name</label>
          <input className="input" id="secret-name" value={name} required readOnly={given !== ""} autoFocus={given === ""} autoComplete="off" spellCheck={false} pattern="[A-Za-z0-9._\-]{1,64}" aria-describedby="secret-hint" onChange={(change) => setName(change.target.value)} />
          <span className="quiet" id="secret-hint">
            {!given && names.includes(name.trim()) ? "There is one of this name: its text is replaced." : `An interface names it as secret:${name.trim() || "lab-password"}.`}
          </span>
        </div>
        <div className="field">
          <label htmlFor="secret-text">Text</label>
          <textarea className="input secret-text" id="secret-text" value={text} required autoFocus={given !== ""} autoComplete="off" spellCheck={false} rows={3} aria-describedby="secret-text-hint" onChange={(change) => setText(change.target.value)} />
          <span className="quiet" id="secret-text-hint">
            It is covered while you type, sealed when it is kept, and shown to nobody again.
          </span>
        </div>
        <div className="field">
          <label htmlFor="secret-why">Why? It is kept with your name.</label>
          <input className="input" id="secret-why" value={reason} placeholder="for example: renewed by the laboratory" onChange={(change) => setReason(change.target.value)} />
        </div>
        {problem && (
          <Notice level="warning" title="Not kept">
            {problem.message} <ErrorCode code={problem.code} />
          </Notice>
        )}
        <div className="buttons">
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" kind="first" isDisabled={isRunning || !text}>
            {isRunning ? "A moment…" : "Keep it"}
          </Button>
        </div>
      </form>
    </Window>
  );
}

function Row({ secret, onSet }: { secret: Secret; onSet: () => void }) {
  const isMissing = secret.place === "missing";
  return (
    <tr>
      <th scope="row" className="mono">
        {secret.name}
      </th>
      <td className={isMissing ? "bad" : ""}>
        {isMissing && <Icon name="bad" />} {secret.place === "vault" ? (secret.set === null ? "kept" : `kept since ${moment(secret.set)}${secret.by ? `, by ${secret.by}` : ""}`) : secret.place}
      </td>
      <td>{secret.used_by.length > 0 ? secret.used_by.join(", ") : <span className="quiet">nobody</span>}</td>
      <td>
        <Button kind="plain" onPress={onSet}>
          {isMissing ? "Set" : "Set anew"}
        </Button>
      </td>
    </tr>
  );
}

export function Secrets() {
  const { value, problem, again } = useAnswer("secrets", readSecrets);
  const [asked, setAsked] = useState<string>();
  if (problem) return <Trouble problem={problem} what="Secrets" again={again} />;
  if (!value) return <Empty title="Asking…" />;
  return (
    <div className="inside stack tight">
      {value.secrets.length > 0 ? (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Text</th>
              <th scope="col">Used by</th>
              <th scope="col">
                <span className="hidden-but-read">Act</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {value.secrets.map((secret) => (
              <Row key={secret.name} secret={secret} onSet={() => setAsked(secret.name)} />
            ))}
          </tbody>
        </table>
      ) : (
        <p className="quiet">None is kept, and no interface names one.</p>
      )}
      <div className="buttons">
        <Button onPress={() => setAsked("")}>Keep a secret…</Button>
      </div>
      {asked !== undefined && <Asking given={asked} names={value.secrets.map((secret) => secret.name)} onClose={() => setAsked(undefined)} onDone={again} />}
    </div>
  );
}
