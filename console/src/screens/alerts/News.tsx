// What happened since the page was opened.
import { useNews } from "../../api/stream";
import { interfaceAt } from "../../shell/addresses";
import { clock, utc } from "../../ui/format";
import { Icon, type IconName } from "../../ui/icons";
import { Card, Empty, Link } from "../../ui/parts";

const KINDS = ["parked", "held", "expired", "rejected", "down", "up", "reloaded"];
const NEWS_MAX = 200;

const WORDS: Record<string, { text: string; icon: IconName; tone: string }> = {
  parked: { text: "parked, waits for a person", icon: "held", tone: "bad" },
  held: { text: "held, with those behind it", icon: "held", tone: "warn" },
  expired: { text: "given up by policy", icon: "expired", tone: "warn" },
  rejected: { text: "rejected, the sender was told", icon: "warn", tone: "warn" },
  down: { text: "does not answer", icon: "bad", tone: "bad" },
  up: { text: "answers again", icon: "good", tone: "good" },
  reloaded: { text: "changed by a reload", icon: "changes", tone: "note" },
};

export function News() {
  const { news, state } = useNews(KINDS, NEWS_MAX);
  return (
    <Card title="What happened" more={<span className="quiet">since this page was opened · {state === "open" ? "live" : state === "lost" ? "the stream is lost, trying again" : "connecting"}</span>}>
      {news.length === 0 ? (
        <Empty title="Nothing yet">Destinations that go down and come back, messages that are parked, held or rejected.</Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Interface</th>
              <th scope="col">Destination</th>
              <th scope="col">What</th>
              <th scope="col">Message</th>
            </tr>
          </thead>
          <tbody>
            {news.map((one, at) => {
              const word = WORDS[one.kind];
              return (
                <tr key={`${one.at} ${at}`}>
                  <td className="mono" title={utc(one.at)}>
                    {clock(one.at)}
                  </td>
                  <td>
                    <Link to={interfaceAt(one.interface)} data-row>
                      {one.interface}
                    </Link>
                  </td>
                  <td>{one.destination ?? ""}</td>
                  <td>
                    <span className={`state ${word?.tone ?? ""}`}>
                      <Icon name={word?.icon ?? "warn"} /> {word?.text ?? one.kind}
                    </span>{" "}
                    <span className="quiet">{one.reason?.text}</span>
                  </td>
                  <td className="mono">{one.message ? <Link to={`/messages#id=${one.message}`}>{one.message}</Link> : ""}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Card>
  );
}
