// The destinations of an interface: state, queue, trouble, and what a person may do.
import { useState } from "react";
import { useMay } from "../../api/session";
import type { Interface } from "../../api/types";
import { interfaceAt, messagesAt } from "../../shell/addresses";
import { AskWhy, type Act } from "../../ui/dialogs";
import { ago, count, moment, span } from "../../ui/format";
import { Button, health, Link, State } from "../../ui/parts";
import { destinationAct, releaseAct } from "./acts";

export function Destinations({ one, now }: { one: Interface; now: number }) {
  const [act, setAct] = useState<Act>();
  const maySteer = useMay()("steer");
  return (
    <div className="scroll-x">
      <table className="table destinations">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Destination</th>
            <th scope="col">Order</th>
            <th scope="col" className="right">
              Waiting
            </th>
            <th scope="col" className="right">
              Oldest
            </th>
            <th scope="col" className="right">
              Delivered
            </th>
            <th scope="col" className="right">
              Failed tries
            </th>
            <th scope="col" className="right">
              Last delivered
            </th>
            <th scope="col">
              <span className="hidden-but-read">What you may do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {one.destinations.map((to) => (
            <tr key={to.name}>
              <td>
                <State of={health(to.state)} />
              </td>
              <td>
                {to.connector === "interface" ? (
                  <Link to={interfaceAt(to.address)} data-row>
                    {to.name}
                  </Link>
                ) : (
                  <Link to={messagesAt(`interface:${one.name} destination:${to.name}`)} data-row>
                    {to.name}
                  </Link>
                )}{" "}
                <span className="quiet">
                  {to.connector} {to.address}
                </span>
                {to.state === "failing" && to.last_trouble && (
                  <div className="bad">
                    {to.last_trouble.reason.text} <code>{to.last_trouble.reason.code}</code>
                    {to.probe_in_s !== null && ` · tried again in ${span(to.probe_in_s)}`}
                  </div>
                )}
                {to.state !== "failing" && to.last_trouble && (
                  <div className="quiet">
                    last trouble {moment(to.last_trouble.at)}: {to.last_trouble.reason.text}
                  </div>
                )}
              </td>
              <td className="quiet">
                {to.order}
                {to.gives_up && ", gives up"}
              </td>
              <td className="right number">{to.queued > 0 ? <Link to={messagesAt(`interface:${one.name} destination:${to.name} state:in_flight`)}>{count(to.queued)}</Link> : "0"}</td>
              <td className="right number">{to.queued > 0 && to.oldest !== null ? span((now - to.oldest) / 1e6) : <span className="quiet">–</span>}</td>
              <td className="right number">{count(to.delivered)}</td>
              <td className="right number">{to.failed ? count(to.failed) : <span className="quiet">–</span>}</td>
              <td className="right number nowrap">{ago(to.last_delivered, now)}</td>
              <td>
                <div className="buttons end">
                  {maySteer && to.held > 0 && <Button onPress={() => setAct(releaseAct(one, to))}>Release {count(to.held)}…</Button>}
                  {maySteer && <Button icon={to.is_paused ? "play" : "paused"} aria-label={`${to.is_paused ? "Resume" : "Pause"} ${to.name}`} onPress={() => setAct(destinationAct(one, to))}>
                    {to.is_paused ? "Resume…" : "Pause…"}
                  </Button>}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {act && <AskWhy act={act} onClose={() => setAct(undefined)} />}
    </div>
  );
}
