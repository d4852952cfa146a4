// What is wrong now, what changed in what senders send, and what happened since the page was opened.
import { useLive } from "../../api/live";
import { readQuality } from "../../api/routes";
import { useNews } from "../../api/stream";
import { useAnswer } from "../../api/use";
import { interfaceAt } from "../../shell/addresses";
import { clock, moment, plural, utc } from "../../ui/format";
import { Icon, type IconName } from "../../ui/icons";
import { Card, Empty, Link, Page, Trouble } from "../../ui/parts";
import { attentionOf } from "../overview/attention";
import { Attentions } from "../overview/Attentions";

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

function Quality() {
  const { value, problem, again } = useAnswer("quality", (signal) => readQuality({ since_s: 7 * 86400 }, signal));
  if (problem) return <Trouble problem={problem} what="The quality of messages" again={again} />;
  if (!value) return <Empty title="Reading…" />;
  const rows = value.interfaces.flatMap((report) => [
    ...report.alerts.map((alert) => ({ ...alert, interface: report.interface, when: moment(alert.since), tone: alert.is_page ? "bad" : "warn" })),
    ...report.findings.map((finding) => ({ ...finding, interface: report.interface, when: "", tone: finding.severity === "warning" ? "warn" : "note" })),
  ]);
  if (rows.length === 0) return <Empty title="No sender changed what it sends">Every place is compared with its own history of the last seven days.</Empty>;
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Interface</th>
          <th scope="col">What changed</th>
          <th scope="col">Since</th>
          <th scope="col">Code</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={`${row.interface} ${row.code} ${row.message}`}>
            <td>
              <Link to={interfaceAt(row.interface, "quality")} data-row>
                {row.interface}
              </Link>
            </td>
            <td className={row.tone}>{row.message}</td>
            <td className="nowrap">{row.when}</td>
            <td>
              <code className="quiet">{row.code}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function News() {
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

export function Alerts() {
  const { status, problem } = useLive();
  if (!status) return <Page title="Alerts">{problem ? <Trouble problem={problem} what="The engine" /> : <Empty title="Asking the engine…" />}</Page>;
  const items = attentionOf(status);
  return (
    <Page title="Alerts" about={items.length ? plural(items.length, "thing needs", "things need") + " attention" : "nothing needs attention"}>
      {items.length > 0 ? (
        <Attentions items={items} />
      ) : (
        <div className="calm">
          <Icon name="good" className="good" /> Nothing needs you.
        </div>
      )}
      <News />
      <Card title="Changes in what senders send">
        <Quality />
      </Card>
    </Page>
  );
}
