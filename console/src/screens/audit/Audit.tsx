// Who did what, to what, why, and how it ended. Reading it is an entry of its own.
import { useState } from "react";
import { get } from "../../api/http";
import { useAnswer } from "../../api/use";
import { setWords, useAddress } from "../../shell/route";
import { clock, moment, utc } from "../../ui/format";
import { Button, Card, Empty, Page, Trouble } from "../../ui/parts";

interface Row {
  number: number;
  at: number;
  who: string;
  act: string;
  object: string;
  origin?: string;
  is_refused?: boolean;
  reason: string;
}

const LIMIT = 100;

/** Asks when Enter is pressed, not with every letter: each question is an entry of its own. */
function Narrow({ label, value, onValue }: { label: string; value: string; onValue: (value: string) => void }) {
  const [text, setText] = useState(value);
  return <input className="input narrow" aria-label={label} placeholder={label} value={text} onChange={(change) => setText(change.target.value)} onKeyDown={(key) => key.key === "Enter" && onValue(text.trim())} onBlur={() => text.trim() !== value && onValue(text.trim())} />;
}

/** The second counts here; the day only where it is not today. */
function When({ at }: { at: number }) {
  const [day, seconds] = [moment(at), clock(at)];
  return seconds.startsWith(day) ? (
    <>{seconds}</>
  ) : (
    <>
      {day} <span className="quiet">{seconds}</span>
    </>
  );
}

export function Audit() {
  const { words } = useAddress();
  const [before, setBefore] = useState<number[]>([]);
  const [who, act] = [words.get("who") ?? "", words.get("act") ?? ""];
  const last = before.at(-1);
  const { value, problem, again } = useAnswer(`${who}\n${act}\n${last ?? ""}`, (signal) => get<{ rows: Row[] }>("/api/v1/audit", { who: who || undefined, act: act || undefined, before: last, limit: LIMIT }, signal));
  const rows = value?.rows ?? [];
  const narrow = (name: string, text: string) => {
    setBefore([]);
    setWords({ [name]: text || undefined }, { replace: true });
  };
  return (
    <Page
      title="Audit"
      about="every act of a person and every look at a patient, with its reason"
      actions={
        <>
          <Narrow label="By whom" value={who} onValue={(text) => narrow("who", text)} />
          <Narrow label="Which act, for example read" value={act} onValue={(text) => narrow("act", text)} />
        </>
      }
    >
      {problem ? (
        <Card>
          <Trouble problem={problem} what="The audit log" again={again} />
        </Card>
      ) : !value ? (
        <Empty title="Reading…" />
      ) : (
        <Card>
          {rows.length === 0 ? (
            <Empty title="No entry fits" />
          ) : (
            <div className="scroll-x">
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col" className="right">
                      No.
                    </th>
                    <th scope="col">When</th>
                    <th scope="col">Who</th>
                    <th scope="col">Act</th>
                    <th scope="col">On what</th>
                    <th scope="col">Why</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row) => (
                    <tr key={row.number} tabIndex={0} data-row>
                      <td className="right number quiet">{row.number}</td>
                      <td className="nowrap" title={utc(row.at)}>
                        <When at={row.at} />
                      </td>
                      <td className="nowrap">
                        {row.who} <span className="quiet">{row.origin}</span>
                      </td>
                      <td className="nowrap">
                        {row.act} {row.is_refused && <strong className="bad">✕ refused</strong>}
                      </td>
                      <td>{row.object}</td>
                      <td>{row.reason || <span className="quiet">–</span>}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </Card>
      )}
      <div className="buttons">
        {before.length > 0 && <Button onPress={() => setBefore(before.slice(0, -1))}>Newer</Button>}
        {rows.length === LIMIT && <Button onPress={() => setBefore([...before, rows.at(-1)?.number ?? 0])}>Older</Button>}
      </div>
    </Page>
  );
}
