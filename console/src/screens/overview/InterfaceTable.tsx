// The table of interfaces: what is not well first.
import { memo, type RefCallback } from "react";
import type { Live } from "../../api/live";
import type { Health, Interface } from "../../api/types";
import { interfaceAt, messagesAt } from "../../shell/addresses";
import { ago, count, rate, span, utc } from "../../ui/format";
import { health, Link, State } from "../../ui/parts";
import { useSeen } from "../../ui/seen";
import { Sparkline } from "../../ui/Sparkline";
import { isStillTrue, type RowProps } from "./row";

const ORDER: Health[] = ["failing", "held", "silent", "paused", "retired", "ok"];

export function sorted(interfaces: Interface[]): Interface[] {
  return [...interfaces].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.critical - b.critical || a.title.localeCompare(b.title));
}

const Row = memo(function Row({ one, values, now, hold }: RowProps & { hold: RefCallback<HTMLElement> }) {
  const queued = one.destinations.reduce((sum, to) => sum + to.queued, 0);
  const failed = one.destinations.reduce((sum, to) => sum + to.failed, 0);
  const oldest = Math.min(...one.destinations.map((to) => to.oldest ?? Number.POSITIVE_INFINITY));
  const newest = values.slice(-5);
  const speed = newest.length ? newest.reduce((sum, value) => sum + value, 0) / newest.length : 0;
  return (
    <tr ref={hold} data-name={one.name}>
      <td>
        <State of={health(one.state)} />
      </td>
      <td className="cut">
        <Link to={interfaceAt(one.name)} data-row>
          {one.title}
        </Link>{" "}
        <span className="quiet">
          {one.name} · {one.connector === "interface" ? "fed by interfaces" : `${one.connector} ${one.address?.replace(/^.*:/, "") ?? ""}`}
        </span>
      </td>
      <td>
        <Sparkline values={values} tone={one.state === "failing" ? "bad" : speed === 0 ? "idle" : ""} />
      </td>
      <td className="right number">{newest.length ? rate(speed) : <span className="quiet">…</span>}</td>
      <td className="right number">
        {queued > 0 ? (
          <Link to={messagesAt(`interface:${one.name} state:in_flight`)} title={Number.isFinite(oldest) ? `the oldest since ${utc(oldest)}` : undefined}>
            {count(queued)}
          </Link>
        ) : (
          "0"
        )}
      </td>
      <td className="right number">{queued > 0 && Number.isFinite(oldest) ? span((now - oldest) / 1e6) : <span className="quiet">–</span>}</td>
      <td className="right number">
        {one.counts.parked > 0 ? (
          <Link to={messagesAt(`interface:${one.name} state:parked`)} className="bad">
            {count(one.counts.parked)}
          </Link>
        ) : (
          <span className="quiet">–</span>
        )}
      </td>
      <td className="right number">{failed > 0 ? count(failed) : <span className="quiet">–</span>}</td>
      <td className="right number nowrap">{ago(one.last_received, now)}</td>
    </tr>
  );
}, isStillTrue);

export function InterfaceTable({ live, interfaces }: { live: Live; interfaces: Interface[] }) {
  const now = live.status?.engine.at ?? 0;
  const [hold, seen] = useSeen();
  return (
    <div className="scroll-x">
      <table className="table interfaces">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Interface</th>
            <th scope="col" title="Messages a second since this page was opened, at most two minutes">
              Recent rate
            </th>
            <th scope="col" className="right">
              a second
            </th>
            <th scope="col" className="right">
              Waiting
            </th>
            <th scope="col" className="right">
              Oldest
            </th>
            <th scope="col" className="right">
              Parked
            </th>
            <th scope="col" className="right" title="Attempts that failed since the engine started">
              Failed tries
            </th>
            <th scope="col" className="right">
              Last message
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted(interfaces).map((one) => (
            <Row key={one.name} one={one} values={live.rates.get(one.name) ?? []} now={now} isSeen={seen.has(one.name)} hold={hold} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
