// Versions that were in force, and the way back to each.
import { useState } from "react";
import { goBack, planBack, type Version } from "../../api/changes";
import { useMay } from "../../api/session";
import { useAnswer, type Answer } from "../../api/use";
import { moment, plural } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, Card, Empty, Trouble } from "../../ui/parts";
import { Files } from "./PlanView";
import { PutIntoForce } from "./PutIntoForce";

const SIGNED: Record<Version["signature"], string> = { valid: "Valid", wrong: "Not as it was signed", missing: "Not signed" };

function BackText({ id }: { id: string }) {
  const { value, problem } = useAnswer(id, (signal) => planBack(id, signal));
  return (
    <div className="stack tight">
      <p>The files become those of that version and are put into force, as a version of its own. Messages that wait are sent by the version in force then; nothing is lost.</p>
      {problem ? <Trouble problem={problem} what="What would differ" /> : !value ? <p className="quiet">Comparing…</p> : value.files.length === 0 ? <p className="quiet">The files are those of that version.</p> : <Files files={value.files} />}
    </div>
  );
}

export function Versions({ answer, isLocked, again }: { answer: Answer<{ versions: Version[] }>; isLocked: boolean; again: () => void }) {
  const may = useMay();
  const [open, setOpen] = useState<Version>();
  const versions = answer.value?.versions ?? [];
  return (
    <Card title="In force before" more={answer.value && <span className="quiet">{plural(versions.length, "version")}, the newest first</span>}>
      {answer.problem ? (
        <Trouble problem={answer.problem} what="The versions" again={answer.again} />
      ) : versions.length === 0 ? (
        <Empty title="No change was put into force yet">What runs now is kept with the first change, so that it can be gone back to.</Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Since</th>
              <th scope="col">By</th>
              <th scope="col">Why</th>
              <th scope="col">Ticket</th>
              <th scope="col">Environment</th>
              <th scope="col">Signature</th>
              <th scope="col">
                <span className="hidden-but-read">Way back</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {versions.map((version) => (
              <tr key={version.id}>
                <td className="nowrap">{moment(version.at)}</td>
                <td>{version.by || "–"}</td>
                <td>{!version.was_in_force && <span className="quiet">Put aside: </span>}{version.reason || <span className="quiet">no reason was given</span>}</td>
                <td className="mono">{version.ticket}</td>
                <td>{version.environment || "–"}</td>
                <td>
                  <span className={`state ${version.signature === "valid" ? "good" : "bad"}`}>
                    <Icon name={version.signature === "valid" ? "good" : "bad"} /> {SIGNED[version.signature]}
                  </span>
                </td>
                <td>
                  <div className="buttons end">
                    {version.is_newest ? (
                      <span className="state good">
                        <Icon name="good" /> The newest
                      </span>
                    ) : (
                      may("apply") &&
                      !isLocked &&
                      version.signature === "valid" && (
                        <Button onPress={() => setOpen(version)} aria-label={`Go back to the version of ${moment(version.at)}`}>
                          Go back…
                        </Button>
                      )
                    )}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {open && (
        <PutIntoForce
          step={{ title: `Go back to the version of ${moment(open.at)}`, text: <BackText id={open.id} />, button: "Go back", run: (why) => goBack(open.id, why) }}
          onClose={() => {
            setOpen(undefined);
            again();
          }}
        />
      )}
    </Card>
  );
}
