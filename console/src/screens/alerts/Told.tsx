// Who is told: rotas, channels with a trial, maintenance, and what went out lately.
import { useState } from "react";
import { tryChannel, type AlertBook } from "../../api/alerts";
import { Problem } from "../../api/http";
import { useMay } from "../../api/session";
import { clock, moment, plural, utc } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, Card, Empty, ErrorCode, Notice } from "../../ui/parts";

const WHAT: Record<string, string> = {
  opened: "it began",
  raised: "it got worse",
  again: "nobody had it, told again",
  acknowledged: "somebody took it",
  closed: "it is over",
  trial: "a trial",
};

function OnCall({ book }: { book: AlertBook }) {
  const teams = Object.entries(book.oncall);
  return (
    <Card title="On call now">
      {teams.length === 0 ? (
        <Empty title="No rota">
          <code>[alerts.rotas]</code> in sinew.toml says who is called, in turn.
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Team</th>
              <th scope="col">Now</th>
              <th scope="col">If nobody answers</th>
            </tr>
          </thead>
          <tbody>
            {teams.map(([team, { now, next }]) => (
              <tr key={team}>
                <td>{team}</td>
                <td>
                  <strong>{now ?? "nobody at this hour"}</strong>
                </td>
                <td className="quiet">{next ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function Channels({ book, again }: { book: AlertBook; again: () => void }) {
  const may = useMay();
  const [said, setSaid] = useState<{ name: string; problem?: Problem }>();
  const [running, setRunning] = useState("");
  const attempt = async (name: string) => {
    setRunning(name);
    try {
      await tryChannel(name);
      setSaid({ name });
    } catch (error) {
      setSaid({ name, problem: error instanceof Problem ? error : new Problem(0, "", String(error)) });
    }
    setRunning("");
    again();
  };
  return (
    <Card title="Channels" more={<span className="quiet">connectors that carry alerts out</span>}>
      {said && (
        <div className="inside" role="status">
          {said.problem ? (
            <Notice level="warning" title={`${said.name} did not take the trial`}>
              {said.problem.message} {said.problem.code && <ErrorCode code={said.problem.code} />}
            </Notice>
          ) : (
            <span className="state good">
              <Icon name="good" /> {said.name} took the trial
            </span>
          )}
        </div>
      )}
      {book.channels.length === 0 ? (
        <Empty title="Nobody outside of this page is told">
          Name channels in sinew.toml: <code>[alerts] tell</code>, <code>page</code>, <code>escalate</code>.
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Channel</th>
              <th scope="col">By</th>
              <th scope="col">For</th>
              <th scope="col" className="right">
                Waiting
              </th>
              <th scope="col">
                <span className="hidden-but-read">Trial</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {book.channels.map((channel) => (
              <tr key={channel.name}>
                <td>{channel.name}</td>
                <td className="quiet">{channel.connector}</td>
                <td>{[channel.is_page && "alarms", channel.is_escalation && "escalation"].filter(Boolean).join(", ") || "everything, or a person"}</td>
                <td className="right number">{channel.waiting || "–"}</td>
                <td>
                  <div className="buttons end">
                    {may("steer") && (
                      <Button isDisabled={running !== ""} onPress={() => void attempt(channel.name)} aria-label={running === channel.name ? `Sending… through ${channel.name}` : `Try it: ${channel.name}`}>
                        {running === channel.name ? "Sending…" : "Try it"}
                      </Button>
                    )}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function Maintenance({ book }: { book: AlertBook }) {
  return (
    <Card title="Maintenance" more={<span className="quiet">messages are queued as always, nobody is called</span>}>
      {book.maintenance.length === 0 ? (
        <Empty title="No window">
          <code>[alerts.maintenance]</code> in sinew.toml names hours in which nobody is told.
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Window</th>
              <th scope="col">Hours</th>
            </tr>
          </thead>
          <tbody>
            {book.maintenance.map((window) => (
              <tr key={window.name}>
                <td>
                  <span className={`state ${window.is_on ? "warn" : "note"}`}>
                    <Icon name={window.is_on ? "silent" : "expired"} /> {window.is_on ? "On now" : "Later"}
                  </span>
                </td>
                <td>{window.name}</td>
                <td className="mono">{window.hours}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function Sent({ book }: { book: AlertBook }) {
  return (
    <Card title="What went out" more={<span className="quiet">since the engine started, {plural(book.told.length, "message")}</span>}>
      {book.told.length === 0 ? (
        <Empty title="Nothing yet" />
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Incident</th>
              <th scope="col">Why</th>
              <th scope="col">Channel</th>
              <th scope="col">How it went</th>
            </tr>
          </thead>
          <tbody>
            {[...book.told].reverse().map((one, at) => (
              <tr key={at}>
                <td className="mono" title={utc(one.at)}>
                  {moment(one.at).length > 5 ? moment(one.at) : clock(one.at)}
                </td>
                <td>{one.incident ? `No. ${one.incident}` : "–"}</td>
                <td>{WHAT[one.what] ?? one.what}</td>
                <td>{one.channel}</td>
                <td>
                  <span className={`state ${one.trouble ? "bad" : "good"}`}>
                    <Icon name={one.trouble ? "bad" : "good"} /> {one.trouble ? "not taken" : "taken"}
                  </span>{" "}
                  {one.trouble && (
                    <span className="quiet">
                      {one.trouble.text} <ErrorCode code={one.trouble.code} />
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

export function Told({ book, again }: { book: AlertBook; again: () => void }) {
  return (
    <div className="stack">
      <div className="two start">
        <OnCall book={book} />
        <Maintenance book={book} />
      </div>
      <Channels book={book} again={again} />
      <Sent book={book} />
    </div>
  );
}
