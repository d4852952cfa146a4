// One interface: how it fares, what it is, what passes, and what to do when it fails.
import { useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { readAlerts } from "../../api/alerts";
import { useLive, type Live } from "../../api/live";
import { readInterface, readQuality, searchMessages } from "../../api/routes";
import { useMay } from "../../api/session";
import type { Interface, InterfaceText } from "../../api/types";
import { useAnswer, type Answer } from "../../api/use";
import { benchAt, messagesAt } from "../../shell/addresses";
import { setWords, useAddress } from "../../shell/route";
import { Code } from "../../ui/Code";
import { DrawnMap } from "../../ui/DrawnMap";
import { AskWhy, type Act } from "../../ui/dialogs";
import { ago, capital, clockMillis, count, moment, plural, rate, span } from "../../ui/format";
import { Button, Card, Empty, ErrorCode, health, Link, messageState, Page, State, Trouble } from "../../ui/parts";
import { Sparkline } from "../../ui/Sparkline";
import { attentionOf } from "../overview/attention";
import { Attentions } from "../overview/Attentions";
import { Balance } from "../system/Balance";
import { intakeAct } from "./acts";
import { Destinations } from "./Destinations";
import { checksOf, urgency } from "./runbook";
import { Tests } from "./Tests";

const RECENT = 40;

function StateTab({ one, live }: { one: Interface; live: Live }) {
  const now = live.status?.engine.at ?? 0;
  const values = live.rates.get(one.name) ?? [];
  const items = live.status ? attentionOf(live.status).filter((item) => item.interfaces.includes(one.name)) : [];
  return (
    <div className="stack">
      {items.length > 0 && <Attentions items={items} />}
      <div className="two start">
        <Card title="Receives">
          <div className="inside">
            <dl className="facts">
              <dt>From</dt>
              <dd>{one.connector === "interface" ? "other interfaces" : `${one.connector} ${one.address ?? ""}`}</dd>
              <dt>Senders connected</dt>
              <dd>{one.connector === "interface" ? "–" : count(one.peers)}</dd>
              <dt>Last message</dt>
              <dd>{ago(one.last_received, now)}</dd>
              <dt>Since the start</dt>
              <dd>
                {count(one.received)} received, {count(one.duplicates)} duplicates, {count(one.refused)} refused, {count(one.rejected)} rejected
              </dd>
              <dt>Now</dt>
              <dd className="with-spark">
                {rate(values.at(-1) ?? 0)} a second <Sparkline values={values} width={220} height={30} />
              </dd>
              {one.last_trouble && (
                <>
                  <dt>Last trouble</dt>
                  <dd>
                    {ago(one.last_trouble.at, now)}: {one.last_trouble.reason.text} <ErrorCode code={one.last_trouble.reason.code} />
                  </dd>
                </>
              )}
            </dl>
          </div>
        </Card>
        <Card title="Where every message is" more={<span className="quiet">from the log</span>}>
          <div className="inside">
            <Balance counts={one.counts} query={`interface:${one.name}`} />
          </div>
        </Card>
      </div>
      <Card title="Destinations">
        <Destinations one={one} now={now} />
      </Card>
    </div>
  );
}

function TextTab({ answer }: { answer: Answer<InterfaceText> }) {
  const { value, problem, again } = answer;
  const { words } = useAddress();
  if (problem) return <Trouble problem={problem} what="The configuration" again={again} />;
  if (!value) return <Empty title="Reading…" />;
  const files = [{ path: value.file, text: value.text }, ...value.files];
  const chosen = files.find((file) => file.path === words.get("file")) ?? files[0];
  const isMap = chosen?.path.endsWith(".map") ?? false;
  const isDrawn = isMap && words.get("as") !== "text";
  return (
    <div className="files">
      <ul className="card file-list" aria-label="Files">
        {files.map((file) => (
          <li key={file.path}>
            <button type="button" className="file" aria-current={file === chosen} data-row onClick={() => setWords({ file: file.path }, { replace: true })}>
              {file.path}
            </button>
          </li>
        ))}
      </ul>
      <Card
        title={chosen?.path}
        more={
          <>
            <span className="quiet">as it lies in the workspace; version {value.version} runs</span>
            {isMap && (
              <Button kind="plain" onPress={() => setWords({ as: isDrawn ? "text" : undefined }, { replace: true })}>
                {isDrawn ? "Show the text" : "Show it drawn"}
              </Button>
            )}
          </>
        }
      >
        {isDrawn ? <DrawnMap text={chosen?.text ?? ""} label={chosen?.path ?? ""} /> : <Code text={chosen?.text ?? ""} label={chosen?.path ?? ""} />}
      </Card>
    </div>
  );
}

function TrafficTab({ name }: { name: string }) {
  const { value, problem, again } = useAnswer(name, (signal) => searchMessages(`interface:${name}`, RECENT, signal));
  if (problem) return <Trouble problem={problem} what="The messages" again={again} />;
  if (!value) return <Empty title="Reading…" />;
  return (
    <Card title={`The newest ${count(value.messages.length)}`} more={<Link to={messagesAt(`interface:${name}`)}>all messages of this interface</Link>}>
      {value.messages.length === 0 ? (
        <Empty title="No message yet" />
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Received</th>
              <th scope="col">Type</th>
              <th scope="col">Control id</th>
              <th scope="col">Destinations</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {value.messages.map((row) => (
              <tr key={row.id}>
                <td className="mono">
                  <Link to={`/messages#q=${encodeURIComponent(`interface:${name}`)}&id=${row.id}`} data-row>
                    {clockMillis(row.received)}
                  </Link>
                </td>
                <td className="mono">{row.type}</td>
                <td className="mono quiet">{row.control_id}</td>
                <td className="quiet">{row.destinations.join(", ") || "nowhere"}</td>
                <td>
                  <State of={messageState(row.state)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function QualityTab({ name }: { name: string }) {
  const { value, problem, again } = useAnswer(name, (signal) => readQuality({ interface: name }, signal));
  if (problem) return <Trouble problem={problem} what="The quality" again={again} />;
  if (!value) return <Empty title="Reading…" />;
  const report = value.interfaces[0];
  if (!report) return <Empty title="Nothing was counted yet">It is counted from the messages that come.</Empty>;
  return (
    <Card title="What senders send" more={<span className="quiet">{plural(report.messages, "message")} counted in seven days</span>}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Sender</th>
            <th scope="col">Type</th>
            <th scope="col" className="right">
              Messages
            </th>
            <th scope="col" className="right">
              Places with codes the standard does not list
            </th>
            <th scope="col" className="right">
              Places with codes no table has
            </th>
          </tr>
        </thead>
        <tbody>
          {report.kinds.map(({ kind, messages, places }) => (
            <tr key={`${kind.application} ${kind.facility} ${kind.message_type} ${kind.trigger}`}>
              <td>
                {kind.application} <span className="quiet">{kind.facility}</span>
              </td>
              <td className="mono">
                <Link to={messagesAt(`interface:${name} type:${kind.message_type}^${kind.trigger}`)} data-row>
                  {kind.message_type}^{kind.trigger}
                </Link>
              </td>
              <td className="right number">{count(messages)}</td>
              <td className="right number">{places.filter((place) => place.unlisted > 0).length || "–"}</td>
              <td className="right number">{places.filter((place) => place.uncovered > 0).length || "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {report.findings.length > 0 && (
        <ul className="inside stack tight">
          {report.findings.map((finding) => (
            <li key={`${finding.code} ${finding.place} ${finding.message}`}>
              <strong className={finding.severity === "warning" ? "warn" : ""}>{finding.place}</strong> {finding.message} <ErrorCode code={finding.code} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Incidents({ name }: { name: string }) {
  const { value } = useAnswer("incidents", readAlerts);
  const rows = [...(value?.open ?? []), ...(value?.past ?? [])].filter((incident) => incident.interfaces.includes(name)).slice(0, 10);
  return (
    <Card title="The last incidents" more={<Link to="/alerts#tab=past">all of them</Link>}>
      {rows.length === 0 ? (
        <Empty title={value ? "None is kept" : "Reading…"} />
      ) : (
        <table className="table">
          <tbody>
            {rows.map((incident) => (
              <tr key={incident.id}>
                <td className="nowrap">{moment(incident.since)}</td>
                <td>{capital(incident.headline)}</td>
                <td className="quiet">{incident.closed ? `lasted ${span((incident.closed - incident.since) / 1e6)}` : "open"}</td>
                <td className="quiet">{incident.notes.at(-1)?.text}</td>
                <td>
                  <ErrorCode code={incident.code} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function RunbookTab({ one, text }: { one: Interface; text: InterfaceText | undefined }) {
  const owner = text?.owner ?? one.owner;
  return (
    <div className="stack runbook">
      <Card title="Who">
        <div className="inside">
          <dl className="facts">
            <dt>Owner</dt>
            <dd>{owner?.team || "not named in the interface"}</dd>
            <dt>On call</dt>
            <dd>{owner?.oncall || "–"}</dd>
            <dt>Contact</dt>
            <dd>{owner?.contact || "–"}</dd>
            <dt>How urgent</dt>
            <dd>
              {one.critical} — {urgency(one.critical)}
            </dd>
          </dl>
        </div>
      </Card>
      <Card title="The first five checks">
        <ol className="inside checks">
          {checksOf(one, text).map((check) => (
            <li key={check.question}>
              <h3>{check.question}</h3>
              <p>{check.how}</p>
              {check.commands.length > 0 && (
                <pre className="commands" tabIndex={0} aria-label="Commands">
                  {check.commands.join("\n")}
                </pre>
              )}
            </li>
          ))}
        </ol>
      </Card>
      <Incidents name={one.name} />
    </div>
  );
}

const TABS = [
  { id: "state", name: "State" },
  { id: "text", name: "Configuration" },
  { id: "tests", name: "Tests" },
  { id: "traffic", name: "Traffic" },
  { id: "quality", name: "Quality" },
  { id: "runbook", name: "Runbook" },
];

export function OneInterface({ name }: { name: string }) {
  const live = useLive();
  const { words } = useAddress();
  const may = useMay();
  const [act, setAct] = useState<Act>();
  const text = useAnswer(name, (signal) => readInterface(name, signal));
  const one = live.status?.engine.interfaces.find((known) => known.name === name);
  if (!live.status) return <Page title={name}>{live.problem ? <Trouble problem={live.problem} what="The engine" /> : <Empty title="Asking the engine…" />}</Page>;
  if (!one) {
    return (
      <Page title={name}>
        <Empty title="This engine runs no interface of this name">
          <Link to="/interfaces">All interfaces</Link>
        </Empty>
      </Page>
    );
  }
  const tab = words.get("tab") ?? "state";
  return (
    <Page
      title={one.title}
      about={
        <>
          <State of={health(one.state)} /> {one.name} · {one.connector === "interface" ? "fed by interfaces" : `${one.connector} ${one.address ?? ""}`} · urgency {one.critical}
        </>
      }
      actions={
        <>
          <a className="button" href={`/api/v1/interfaces/${encodeURIComponent(name)}/document`} target="_blank" rel="noreferrer">
            Specification
          </a>
          <Link to={benchAt(name)} className="button">
            Bench
          </Link>
          {may("steer") && <Button icon={one.is_paused ? "play" : "paused"} onPress={() => setAct(intakeAct(one))}>
          {one.is_paused ? "Resume intake…" : "Pause intake…"}
        </Button>}
        </>
      }
    >
      {text.value?.description && <p className="quiet">{text.value.description}</p>}
      <Tabs className="tabs" selectedKey={TABS.some((known) => known.id === tab) ? tab : "state"} onSelectionChange={(key) => setWords({ tab: String(key) }, { replace: true })}>
        <TabList className="tab-list" aria-label="Parts of the interface" items={TABS}>
          {(known) => <Tab className="tab">{known.name}</Tab>}
        </TabList>
        <TabPanel id="state" className="tab-panel spaced">
          <StateTab one={one} live={live} />
        </TabPanel>
        <TabPanel id="text" className="tab-panel spaced">
          <TextTab answer={text} />
        </TabPanel>
        <TabPanel id="tests" className="tab-panel spaced">
          <Tests name={name} />
        </TabPanel>
        <TabPanel id="traffic" className="tab-panel spaced">
          <TrafficTab name={name} />
        </TabPanel>
        <TabPanel id="quality" className="tab-panel spaced">
          <QualityTab name={name} />
        </TabPanel>
        <TabPanel id="runbook" className="tab-panel spaced">
          <RunbookTab one={one} text={text.value} />
        </TabPanel>
      </Tabs>
      {act && <AskWhy act={act} onClose={() => setAct(undefined)} />}
    </Page>
  );
}
