// What runs, in which version, and reading the workspace again. Plan, approval and rollback come with the engine's routes for them.
import { useState } from "react";
import { useLive, lookNow } from "../../api/live";
import { Problem } from "../../api/http";
import { reload } from "../../api/routes";
import { useMay } from "../../api/session";
import { interfaceAt } from "../../shell/addresses";
import { Window } from "../../ui/dialogs";
import { Button, Card, Empty, health, Link, Notice, Page, State, Trouble } from "../../ui/parts";

interface Finding {
  code?: string;
  severity?: string;
  message?: string;
  hint?: string;
  file?: string;
  line?: number;
}
interface Reloaded {
  findings?: Finding[];
  changes?: Record<string, unknown>;
  [more: string]: unknown;
}

/** What a reload answered, as sentences. */
export function sentencesOf(answer: Reloaded): string[] {
  const parts = { ...answer, ...(answer.changes ?? {}) };
  const lists = Object.entries(parts).filter((entry): entry is [string, string[]] => Array.isArray(entry[1]) && entry[1].every((one) => typeof one === "string"));
  const said = lists.filter(([, names]) => names.length > 0).map(([what, names]) => `${what}: ${names.join(", ")}`);
  return said.length > 0 ? said : ["Nothing changed: the workspace is what runs."];
}

function Reload({ onClose }: { onClose: () => void }) {
  const [answer, setAnswer] = useState<Reloaded>();
  const [problem, setProblem] = useState<Problem>();
  const [isRunning, setRunning] = useState(false);
  const run = async () => {
    setRunning(true);
    try {
      setAnswer((await reload()) as Reloaded);
      lookNow();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
    setRunning(false);
  };
  const findings = answer?.findings ?? [];
  return (
    <Window title="Read the workspace again" onClose={onClose}>
      {!answer && <p>Interfaces whose files changed run on in the new version; messages that are under way finish in the version they began in. If a file has a mistake, everything stays as it is.</p>}
      {answer && findings.length === 0 && (
        <ul role="status">
          {sentencesOf(answer).map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {findings.length > 0 && (
        <ul className="stack tight" role="status">
          {findings.map((finding, at) => (
            <li key={at}>
              <strong className={finding.severity === "error" ? "bad" : "warn"}>{finding.code}</strong> {finding.message} {finding.file && <code>{`${finding.file}${finding.line ? `:${finding.line}` : ""}`}</code>} {finding.hint && <span className="quiet">{finding.hint}</span>}
            </li>
          ))}
        </ul>
      )}
      {problem && (
        <Notice level="warning" title="Not done; what runs is as it was">
          {problem.message} {problem.code && <code>{problem.code}</code>}
        </Notice>
      )}
      <div className="buttons">
        <Button onPress={onClose}>{answer ? "Close" : "Cancel"}</Button>
        {!answer && (
          <Button kind="first" isDisabled={isRunning} onPress={() => void run()}>
            {isRunning ? "Reading…" : "Read it and apply"}
          </Button>
        )}
      </div>
    </Window>
  );
}

export function Changes() {
  const { status, problem } = useLive();
  const [isOpen, setOpen] = useState(false);
  const mayApply = useMay()("apply");
  if (!status) return <Page title="Changes">{problem ? <Trouble problem={problem} what="The engine" /> : <Empty title="Asking the engine…" />}</Page>;
  return (
    <Page title="Changes" about="what runs, and in which version" actions={mayApply && <Button icon="again" onPress={() => setOpen(true)}>Read the workspace again…</Button>}>
      <Notice level="note" title="Plan, approval and rollback: not available in this engine">
        A version is a hash over the text of an interface, its maps, its tables and the environment: equal versions behave the same. The history is in git.
      </Notice>
      <Card>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Interface</th>
              <th scope="col">Running version</th>
            </tr>
          </thead>
          <tbody>
            {status.engine.interfaces.map((one) => (
              <tr key={one.name}>
                <td>
                  <State of={health(one.state)} />
                </td>
                <td>
                  <Link to={interfaceAt(one.name, "text")} data-row>
                    {one.title}
                  </Link>{" "}
                  <span className="quiet">{one.name}</span>
                </td>
                <td className="mono">{one.version}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
      {isOpen && <Reload onClose={() => setOpen(false)} />}
    </Page>
  );
}
