// The equation that must hold (R5), as bars: every accepted message is in exactly one place.
import type { Counts, MessageState } from "../../api/types";
import { messagesAt } from "../../shell/addresses";
import { count } from "../../ui/format";
import { Link, messageState, State } from "../../ui/parts";

const STATES: MessageState[] = ["delivered", "filtered", "in_flight", "parked", "expired", "deleted"];

export function Balance({ counts, query }: { counts: Counts; query: string }) {
  const sum = STATES.reduce((total, state) => total + counts[state], 0);
  const difference = counts.accepted - sum;
  return (
    <table className="balance">
      <tbody>
        <tr>
          <th scope="row">Accepted</th>
          <td className="right number">{count(counts.accepted)}</td>
          <td />
        </tr>
        {STATES.map((state) => {
          const share = counts.accepted > 0 ? counts[state] / counts.accepted : 0;
          return (
            <tr key={state}>
              <th scope="row">
                <State of={messageState(state)} />
              </th>
              <td className="right number">{counts[state] > 0 ? <Link to={messagesAt(`${query} state:${state}`.trim())}>{count(counts[state])}</Link> : "0"}</td>
              <td className="balance-bar">
                <svg width="100%" height="8" preserveAspectRatio="none" viewBox="0 0 100 8" aria-hidden="true">
                  <rect width={Math.max(share * 100, counts[state] > 0 ? 0.6 : 0)} height="8" className={messageState(state).tone} />
                </svg>
              </td>
            </tr>
          );
        })}
        <tr>
          <th scope="row">Difference</th>
          <td className={`right number ${difference === 0 ? "good" : "bad"}`}>{count(difference)}</td>
          <td className={difference === 0 ? "good" : "bad"}>{difference === 0 ? "nothing is lost" : "not accounted for"}</td>
        </tr>
      </tbody>
    </table>
  );
}
