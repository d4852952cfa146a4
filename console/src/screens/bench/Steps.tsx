// Steps of a message on the bench: each line with what it said, and the values that it changed.
import type { BenchLine } from "../../api/bench";
import { plural } from "../../ui/format";
import { Icon, type IconName } from "../../ui/icons";
import { verdictOf, type Step } from "./way";

const CHANGES_MAX = 30;

const LOOKS: Partial<Record<BenchLine["verdict"], [IconName, string]>> = {
  "goes-on": ["good", "good"],
  leads: ["good", "good"],
  sent: ["good", "good"],
  ends: ["filtered", "warn"],
  failed: ["bad", "bad"],
};

/** The text of a line of the workspace. */
export type LineText = (file: string, line: number) => string;

function Tests({ line }: { line: BenchLine }) {
  if (line.tests.length === 0) return null;
  return (
    <ul className="bench-tests">
      {line.tests.map((test, at) => (
        <li key={at}>
          <span className={test.holds ? "good" : "quiet"}>
            <Icon name={test.holds ? "check" : "close"} />
            <span className="hidden-but-read">{test.holds ? "holds" : "does not hold"}</span>
          </span>
          <code>{test.text}</code> {test.error ? <span className="bad">{test.error}</span> : <span className="quiet">{test.values.length ? `there: ${test.values.join(", ")}` : "nothing there"}</span>}
        </li>
      ))}
    </ul>
  );
}

function Line({ line }: { line: BenchLine }) {
  const [icon, tone] = LOOKS[line.verdict] ?? ["silent", "quiet"];
  return (
    <>
      <div className="bench-line">
        <Icon name={icon} className={tone} />
        <code>{line.text}</code>
        <span className={tone}>{verdictOf(line)}</span>
      </div>
      <Tests line={line} />
    </>
  );
}

function Made({ step, text, names }: { step: Step; text: LineText; names: Record<string, string> }) {
  const { stage, changes, isOther } = step;
  if (!stage) return null;
  const isMap = stage.file.endsWith(".map");
  return (
    <>
      <div className="bench-line">
        <Icon name={isMap ? "map" : "changes"} className={changes.length || isOther ? "accent" : "quiet"} />
        <code>{isMap ? `map ${stage.file.split("/").at(-1)}` : text(stage.file, stage.line)}</code>
        <span className="quiet">{isOther ? "makes another form of it" : changes.length ? plural(changes.length, "place") : "changes nothing here"}</span>
      </div>
      {changes.length > 0 && (
        <table className="bench-changes">
          <tbody>
            {changes.slice(0, CHANGES_MAX).map((change) => (
              <tr key={change.path}>
                <th scope="row">
                  <code>{change.path}</code>
                </th>
                <td className="quiet">{names[change.kind] ?? ""}</td>
                <td className="mono old">{change.left ?? <span className="quiet">nothing</span>}</td>
                <td aria-hidden="true">→</td>
                <td className="mono new">{change.right ?? <span className="quiet">nothing</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {changes.length > CHANGES_MAX && <p className="quiet">and {changes.length - CHANGES_MAX} more</p>}
    </>
  );
}

export function Steps({ steps, text, names, label }: { steps: Step[]; text: LineText; names: Record<string, string>; label: string }) {
  return (
    <ol className="bench-steps" aria-label={label}>
      {steps.map((step) => (
        <li key={step.key}>{step.line ? <Line line={step.line} /> : <Made step={step} text={text} names={names} />}</li>
      ))}
    </ol>
  );
}
