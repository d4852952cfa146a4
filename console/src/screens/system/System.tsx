// The engine itself: the store, the balance of messages, connections, backups, and an examination of the store.
import { useEffect, useState } from "react";
import { useLive } from "../../api/live";
import { Problem } from "../../api/http";
import { readBackup, readVerify, verify } from "../../api/routes";
import { useMay } from "../../api/session";
import { useAnswer } from "../../api/use";
import { bytes, count, moment, plural, span } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, Card, Empty, Notice, Page, Trouble } from "../../ui/parts";
import { attentionOf } from "../overview/attention";
import { Attentions } from "../overview/Attentions";
import { Balance } from "./Balance";
import { Secrets } from "./Secrets";

const LOOK_MS = 2000;

function Backups() {
  const { value, problem, again } = useAnswer("backup", readBackup);
  useEffect(() => {
    if (!value?.is_running) return;
    const timer = window.setTimeout(again, LOOK_MS);
    return () => window.clearTimeout(timer);
  }, [value, again]);
  if (problem) return <Trouble problem={problem} what="Backups" again={again} />;
  if (!value) return <Empty title="Asking…" />;
  const { progress } = value;
  const made = typeof value.made?.at === "number" ? moment(value.made.at) : undefined;
  return (
    <div className="inside stack tight">
      {value.is_running && (
        <p>
          Under way: {bytes(progress.bytes)} of {bytes(progress.bytes_all)}, {count(progress.pieces)} of {plural(progress.pieces_all, "piece")}
        </p>
      )}
      {value.failed && (
        <p className="bad">
          <Icon name="bad" /> The last one failed: {value.failed.text} <code>{value.failed.code}</code>
        </p>
      )}
      {value.made ? <p>The last one since the engine started {made ? `was made ${moment(value.made.at as number)}` : "is complete"}.</p> : !value.is_running && <p>None was made since the engine started.</p>}
      <p className="quiet">
        Make one with <code>sinew backup</code>; prove it with <code>sinew drill</code>.
      </p>
    </div>
  );
}

function Examination() {
  const { value, problem, again } = useAnswer("verify", readVerify);
  const [state, setState] = useState<"idle" | "running" | "done">("idle");
  const [said, setSaid] = useState<Record<string, unknown>>();
  const [trouble, setTrouble] = useState<Problem>();
  const isRunning = state === "running" || value?.is_running;
  useEffect(() => {
    if (!isRunning) return;
    const timer = window.setTimeout(again, LOOK_MS);
    return () => window.clearTimeout(timer);
  }, [isRunning, value, again]);
  if (problem) return <Trouble problem={problem} what="The examination" again={again} />;
  const begin = async () => {
    setState("running");
    setTrouble(undefined);
    try {
      setSaid(await verify());
      setState("done");
    } catch (error) {
      setTrouble(error instanceof Problem ? error : new Problem(0, "", String(error)));
      setState("idle");
    }
  };
  const figures = said ? Object.entries(said).filter(([, figure]) => typeof figure === "number") : [];
  return (
    <div className="inside stack tight">
      <p>Reads every record of the log and compares it with its checksum and with the index. Messages go on meanwhile; nothing is changed.</p>
      {isRunning && value && (
        <p role="status">
          {bytes(value.bytes)} of {bytes(value.bytes_total)} read, {plural(value.messages, "message")}
        </p>
      )}
      {said && (
        <p role="status">
          <strong>Done.</strong> {figures.map(([name, figure]) => `${name.replaceAll("_", " ")} ${count(figure as number)}`).join(" · ")}
        </p>
      )}
      {trouble && (
        <Notice level="warning" title="Not examined">
          {trouble.message}
        </Notice>
      )}
      <div className="buttons">
        <Button isDisabled={isRunning ?? false} onPress={() => void begin()}>
          {isRunning ? "Examining…" : "Examine the store"}
        </Button>
      </div>
    </div>
  );
}

export function System() {
  const { status, problem } = useLive();
  const may = useMay();
  const [mayKeep, mayHoldSecrets] = [may("backup"), may("secrets")];
  if (!status) return <Page title="System">{problem ? <Trouble problem={problem} what="The engine" /> : <Empty title="Asking the engine…" />}</Page>;
  const { engine, process } = status;
  const items = attentionOf(status).filter((item) => item.interfaces.length === 0);
  const { stats } = engine;
  return (
    <Page title="System" about={`Sinew ${process.version ?? ""} · up for ${span(engine.uptime_s)}`}>
      {items.length > 0 && <Attentions items={items} />}
      <div className="three">
        <Card title="Where every message is" more={<span className="quiet">all interfaces, from the log</span>}>
          <div className="inside">
            <Balance counts={engine.counts} query="" />
          </div>
        </Card>
        <Card title="Store">
          <div className="inside">
            <dl className="facts">
              <dt>State</dt>
              <dd className={engine.store === "ok" ? "good" : "bad"}>
                <span className="state">
                  <Icon name={engine.store === "ok" ? "good" : "bad"} /> {engine.store}
                </span>
              </dd>
              <dt>Last write confirmed in</dt>
              <dd>{(stats.fsync_micros_last / 1000).toFixed(1)} ms</dd>
              <dt>Messages in a confirmed write</dt>
              <dd>{stats.fsyncs > 0 ? (stats.messages / stats.fsyncs).toFixed(1) : "–"} on average since the start</dd>
              <dt>Log</dt>
              <dd>{bytes(stats.log_bytes)}</dd>
              <dt>Index</dt>
              <dd>{bytes(stats.index_bytes)}</dd>
              <dt>Store id</dt>
              <dd className="mono">{engine.store_id || "–"}</dd>
            </dl>
          </div>
        </Card>
        <Card title="Process">
          <div className="inside">
            <dl className="facts">
              <dt>Connections of senders</dt>
              <dd>
                {count(engine.connections.open)}
                {engine.connections.max !== null && ` of at most ${count(engine.connections.max)}`}
              </dd>
              <dt>Interfaces</dt>
              <dd>{count(engine.interfaces.length)}</dd>
              <dt>Workspace</dt>
              <dd className="mono">{process.workspace ?? "not shown to your role"}</dd>
              <dt>Data folder</dt>
              <dd className="mono">{process.data ?? "not shown to your role"}</dd>
              <dt>Process</dt>
              <dd>{process.pid ?? "–"}</dd>
            </dl>
          </div>
        </Card>
        {mayHoldSecrets && (
          <Card title="Secrets of partners">
            <Secrets />
          </Card>
        )}
        {mayKeep && (
          <Card title="Backups">
            <Backups />
          </Card>
        )}
        {mayKeep && (
          <Card title="Examination of the store">
            <Examination />
          </Card>
        )}
      </div>
    </Page>
  );
}
