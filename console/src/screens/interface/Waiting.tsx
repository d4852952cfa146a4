// What waits for a destination, in the order in which it will go: the next of each key, and how many are behind it.
import { readWaiting, type Waiting as Row } from "../../api/routes";
import type { Destination, Interface } from "../../api/types";
import { useAnswer } from "../../api/use";
import { messagesAt } from "../../shell/addresses";
import { Window } from "../../ui/dialogs";
import { clockMillis, plural, span } from "../../ui/format";
import { Button, Empty, Link, State, Trouble, type Word } from "../../ui/parts";

const WORDS: Record<Row["why"], Word> = {
  ready: { word: "Next", icon: "play", tone: "good" },
  "under way": { word: "Under way", icon: "moving", tone: "note" },
  "tried again": { word: "Tried again", icon: "expired", tone: "warn" },
  held: { word: "Held", icon: "held", tone: "bad" },
};

export function Waiting({ one, to, now, onClose }: { one: Interface; to: Destination; now: number; onClose: () => void }) {
  const { value, problem, again } = useAnswer(`${one.name} ${to.name}`, (signal) => readWaiting(one.name, to.name, signal));
  const query = `interface:${one.name} destination:${to.name} state:in_flight`;
  return (
    <Window title={`What waits for ${to.name}`} onClose={onClose} isWide>
      <p className="quiet">
        {plural(to.queued, "message")}, order {to.order}. Each line is the next of its key; those behind it follow in order.
      </p>
      {problem ? (
        <Trouble problem={problem} what="The queue" again={again} />
      ) : !value ? (
        <Empty title="Reading…" />
      ) : value.waiting.length === 0 ? (
        <Empty title="Nothing waits any more" />
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Message</th>
              <th scope="col">Accepted</th>
              <th scope="col" className="right">
                Waits for
              </th>
              <th scope="col" className="right">
                Behind it
              </th>
            </tr>
          </thead>
          <tbody>
            {value.waiting.map((row) => (
              <tr key={`${row.message}/${row.number}`}>
                <td>
                  <State of={to.is_paused && row.why === "ready" ? { word: "Paused", icon: "paused", tone: "note" } : WORDS[row.why]} />
                </td>
                <td className="mono">
                  <Link to={`${messagesAt(query)}&id=${row.message}`}>{row.message}</Link>
                </td>
                <td className="mono">{clockMillis(row.accepted)}</td>
                <td className="right number">{span((now - row.accepted) / 1e6)}</td>
                <td className="right number">{row.behind || "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="buttons">
        <Button onPress={again}>Look again</Button>
        <Link to={messagesAt(query)} className="button">
          Find them as messages
        </Link>
        <Button onPress={onClose}>Close</Button>
      </div>
    </Window>
  );
}
