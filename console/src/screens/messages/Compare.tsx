// What differs, by field: what came in against what went out, or this message against another one.
import { useState } from "react";
import type { Journey } from "../../api/types";
import { differences } from "../../hl7/er7";
import { plural } from "../../ui/format";
import { Button, Empty, Trouble } from "../../ui/parts";
import { useContent, useNames } from "./content";
import { useEr7 } from "./Panes";

export function Compare({ journey, reason, onReveal }: { journey: Journey; reason: string | undefined; onReveal: () => void }) {
  const outputs = journey.deliveries.map((one) => `output:${one.destination}`);
  const [which, setWhich] = useState(outputs[0] ?? "raw");
  const [number, setNumber] = useState("");
  const other = Number(number) || undefined;
  const left = useContent(journey.id, "raw", reason);
  const right = useContent(other ?? journey.id, other ? "raw" : which, reason);
  const [before, after] = [useEr7(left.value), useEr7(right.value)];
  const found = before && after ? differences(before, after) : undefined;
  const names = useNames(before);
  return (
    <div className="compare">
      <div className="compare-head">
        <span>As received, against</span>
        <select className="input" aria-label="Which content" value={other ? "" : which} onChange={(change) => (setWhich(change.target.value), setNumber(""))}>
          {other && <option value="">message {other}</option>}
          {outputs.map((one) => (
            <option key={one} value={one}>
              what went to {one.slice("output:".length)}
            </option>
          ))}
        </select>
        <span>or message</span>
        <input className="input" aria-label="Id of another message" placeholder="id" inputMode="numeric" value={number} onChange={(change) => setNumber(change.target.value.replace(/\D/g, ""))} />
      </div>
      {right.problem && !right.problem.isMissing ? (
        <Trouble problem={right.problem} what="The other content" again={right.again} />
      ) : left.problem?.isMissing && !left.value ? (
        <Empty title="The content is not shown without a reason">
          <Button icon="eye" onPress={onReveal}>
            Reveal…
          </Button>
        </Empty>
      ) : !left.value || !right.value ? (
        <div className="empty">Reading…</div>
      ) : !found ? (
        <Empty title="These two have no fields in common">One of them is not HL7 v2; look at both in their tabs.</Empty>
      ) : found.length === 0 ? (
        <Empty title="They are the same">No field differs.</Empty>
      ) : (
        <table className="table">
          <caption className="hidden-but-read">{plural(found.length, "place")} differ</caption>
          <thead>
            <tr>
              <th scope="col">Place</th>
              <th scope="col">Name</th>
              <th scope="col">Received</th>
              <th scope="col">{other ? `Message ${other}` : "Sent"}</th>
            </tr>
          </thead>
          <tbody>
            {found.map((one) => (
              <tr key={one.path}>
                <td>
                  <code>{one.path}</code>
                </td>
                <td className="quiet">{names[one.kind] ?? ""}</td>
                <td className="mono">{one.left ?? <span className="quiet">nothing</span>}</td>
                <td className="mono">{one.right ?? <span className="quiet">nothing</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
