// The first screen: what needs a person, then what runs.
import { useMemo, type ReactNode } from "react";
import { useLive } from "../../api/live";
import type { Status } from "../../api/types";
import { messagesAt } from "../../shell/addresses";
import { count, plural, rate, span } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Card, Empty, Link, Page, Trouble } from "../../ui/parts";
import { Sparkline } from "../../ui/Sparkline";
import { Still } from "../../ui/Still";
import { attentionOf, balance } from "./attention";
import { Attentions } from "./Attentions";
import { InterfaceTable } from "./InterfaceTable";
import { Story } from "./Story";
import { SystemMap } from "./SystemMap";
import { Throughput } from "./Throughput";

function Tile({ name, value, unit, children }: { name: string; value: string; unit?: string; children?: ReactNode }) {
  return (
    <div className="tile card">
      <span className="quiet">{name}</span>
      <div className="tile-row">
        <span className="figure number">
          {value}
          {unit && <small> {unit}</small>}
        </span>
        <span className="tile-more">{children}</span>
      </div>
    </div>
  );
}

function Tiles({ status, total }: { status: Status; total: number[] }) {
  const { engine } = status;
  const places = engine.interfaces.flatMap((one) => one.destinations.map((to) => ({ one, to })));
  const waiting = places.reduce((sum, { to }) => sum + to.queued, 0);
  const oldest = places.filter(({ to }) => to.queued > 0 && to.oldest !== null).sort((a, b) => (a.to.oldest ?? 0) - (b.to.oldest ?? 0))[0];
  const age = oldest?.to.oldest ? (engine.at - oldest.to.oldest) / 1e6 : 0;
  const newest = total.slice(-3);
  const speed = newest.length ? newest.reduce((sum, value) => sum + value, 0) / newest.length : 0;
  return (
    <div className="tiles">
      <Tile name="Messages a second" value={newest.length ? rate(speed) : "…"}>
        <Sparkline values={total} width={90} />
      </Tile>
      <Tile name="Accepted" value={count(engine.counts.accepted)}>
        {engine.lost === 0 ? (
          <span className="good state" title={balance(status)}>
            <Icon name="good" /> none lost
          </span>
        ) : (
          <span className="bad state">
            <Icon name="bad" /> {plural(Math.abs(engine.lost), "message")} unaccounted for
          </span>
        )}
      </Tile>
      <Tile name="Waiting to send" value={count(waiting)}>
        {oldest && age >= 10 ? (
          <Link to={messagesAt(`destination:${oldest.to.name} state:in_flight`)}>
            oldest {span(age)} · {oldest.to.name}
          </Link>
        ) : (
          <span className="quiet">nothing is late</span>
        )}
      </Tile>
      <Tile name="Parked for a person" value={count(engine.counts.parked)}>
        {engine.counts.parked > 0 ? <Link to={messagesAt("state:parked")}>see them</Link> : <span className="quiet">none</span>}
      </Tile>
      <Tile name="Disk confirms a write in" value={(engine.stats.fsync_micros_last / 1000).toFixed(1)} unit="ms">
        <span className={engine.store === "ok" ? "good state" : "bad state"}>
          <Icon name={engine.store === "ok" ? "good" : "bad"} /> store {engine.store}
        </span>
      </Tile>
    </div>
  );
}

export function Overview() {
  const live = useLive();
  const { status, problem } = live;
  const items = useMemo(() => (status ? attentionOf(status) : []), [status]);
  if (!status) {
    return <Page title="Overview">{problem ? <Trouble problem={problem} what="The engine" /> : <Empty title="Asking the engine…" />}</Page>;
  }
  const { engine } = status;
  const systems = new Set(engine.interfaces.flatMap((one) => one.destinations.filter((to) => to.connector !== "interface").map((to) => to.address))).size;
  return (
    <Page title="Overview" about={`${plural(engine.interfaces.length, "interface")} · ${plural(systems, "receiver")} · up for ${span(engine.uptime_s)}`}>
      <Tiles status={status} total={live.total} />
      <Story status={status} />
      <section aria-label="Needs attention" className="stack tight">
        <h2>Needs attention</h2>
        {items.length > 0 ? (
          <Attentions items={items} />
        ) : (
          <div className="calm">
            <Icon name="good" className="good" /> Nothing needs you. {balance(status)}: nothing is lost.
          </div>
        )}
      </section>
      <Still className="two">
        <Card title="Throughput" more={<span className="quiet">messages a second, since this page was opened</span>}>
          <Throughput live={live} />
        </Card>
        <Card title="Flow" more={<span className="quiet">width of a line = messages a second</span>}>
          <SystemMap live={live} />
        </Card>
      </Still>
      <Card>
        <InterfaceTable live={live} interfaces={engine.interfaces} />
      </Card>
    </Page>
  );
}
