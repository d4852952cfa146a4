// What a change does: to interfaces, to stored messages, to the lines of files.
import { useState } from "react";
import type { Behaviour, FileChange, Finding, Plan } from "../../api/changes";
import { interfaceAt } from "../../shell/addresses";
import { count, moment, plural } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, Link } from "../../ui/parts";
import { shareOf, textOf } from "./words";

const WORDS = { start: "begins", change: "goes on in a new version", stop: "ends; what waits in its queues is kept" } as const;
const ROWS_FIRST = 8;
const FILE = { added: "new", removed: "removed", changed: "changed" } as const;

export function Findings({ findings }: { findings: Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul className="stack tight">
      {findings.map((finding, at) => (
        <li key={at}>
          <strong className={finding.severity === "error" ? "bad" : "warn"}>
            {finding.severity === "error" ? "✕ " : ""}
            {finding.code}
          </strong>{" "}
          {finding.message} {finding.file && <code>{`${finding.file}${finding.line ? `:${finding.line}` : ""}`}</code>} {finding.hint && <span className="quiet">{finding.hint}</span>}
        </li>
      ))}
    </ul>
  );
}

function BehaviourView({ of, name }: { of: Behaviour; name: string }) {
  const [isAll, setAll] = useState(false);
  if (of.messages === 0) return <p className="quiet">No stored message to compare.</p>;
  const rows = isAll ? of.changes : of.changes.slice(0, ROWS_FIRST);
  return (
    <div className="behaviour">
      <p>
        <span className={`state ${of.differ === 0 ? "good" : "warn"}`}>
          <Icon name={of.differ === 0 ? "good" : "warn"} />
          {of.differ === 0 ? "All the same" : `${count(of.differ)} differ`}
        </span>{" "}
        <span className="quiet">
          {of.differ > 0 && `${count(of.same)} same, `}
          over {plural(of.messages, "stored message")}
          {of.is_cut && ", the newest"}
          {of.since !== null && `, since ${moment(of.since)}`}
        </span>
      </p>
      <meter className="share" min={0} max={of.messages} value={of.same} aria-label={`${of.same} of ${of.messages} messages stay the same`} title={shareOf(of)} />
      {rows.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col" className="right">
                Messages
              </th>
              <th scope="col">To</th>
              <th scope="col">Place</th>
              <th scope="col">How</th>
              <th scope="col">Example</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.destination} ${row.path} ${row.how}`}>
                <td className="right number">{count(row.messages)}</td>
                <td>{row.destination || <span className="quiet">how it ends</span>}</td>
                <td className="mono">{row.path}</td>
                <td>{row.how}</td>
                <td>
                  <Link to={`/messages#q=${encodeURIComponent(`interface:${name}`)}&id=${row.example}`}>look at one</Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {of.changes.length > ROWS_FIRST && (
        <Button kind="plain" onPress={() => setAll(!isAll)}>
          {isAll ? "Show fewer" : `Show all ${of.changes.length}`}
        </Button>
      )}
    </div>
  );
}

export function Files({ files }: { files: FileChange[] }) {
  return (
    <div className="stack tight">
      {files.map((file) => (
        <details key={file.path} className="diff" open={files.length <= 3}>
          <summary>
            <code>{file.path}</code> <span className="quiet">{FILE[file.change]}</span> {file.added > 0 && <span className="good">+{file.added}</span>} {file.removed > 0 && <span className="bad">−{file.removed}</span>}
          </summary>
          {file.parts.length === 0 && <p className="quiet inside">The lines of samples and data are not shown here.</p>}
          {file.parts.map((lines, at) => (
            <div key={at} className="diff-part" tabIndex={0} role="group" aria-label={`Lines of ${file.path}`}>
              {lines.map((line, place) => (
                <div key={place} className={`diff-line ${line.is}`}>
                  <span className="code-number" aria-hidden="true">
                    {line.old ?? ""}
                  </span>
                  <span className="code-number" aria-hidden="true">
                    {line.new ?? ""}
                  </span>
                  <span className="diff-mark">{line.is === "added" ? "+" : line.is === "removed" ? "−" : " "}</span>
                  <span>{line.text}</span>
                </div>
              ))}
            </div>
          ))}
          {file.is_cut && <p className="quiet inside">There are more lines.</p>}
        </details>
      ))}
    </div>
  );
}

export function PlanView({ plan }: { plan: Plan }) {
  const files = plan.files ?? [];
  return (
    <div className="stack">
      {plan.interfaces.length === 0 && <p className="quiet">{files.length === 0 ? "Nothing changes: what lies in the workspace is what runs." : "No interface changes what it does."}</p>}
      {plan.interfaces.map((row) => (
        <section key={row.interface} className="planned" aria-label={row.interface}>
          <h3>
            {row.change === "start" ? row.interface : <Link to={interfaceAt(row.interface)}>{row.interface}</Link>} <span className="quiet">{WORDS[row.change] ?? row.change}</span>
          </h3>
          {row.behaviour && <BehaviourView of={row.behaviour} name={row.interface} />}
        </section>
      ))}
      <Findings findings={plan.findings} />
      {files.length > 0 && (
        <section className="stack tight" aria-label="Lines of files">
          <h3>
            {plural(files.length, "file")} <span className="quiet">against what was put into force last</span>
          </h3>
          <Files files={files} />
        </section>
      )}
    </div>
  );
}

/** A plan in a line or two, for lists. */
export function PlanShort({ plan }: { plan: Plan }) {
  return (
    <ul>
      {textOf(plan).map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}
