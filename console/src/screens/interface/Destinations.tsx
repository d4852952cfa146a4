// The destinations of an interface: state, queue, trouble, and what a person may do.
import { useState } from "react";
import { useMay } from "../../api/session";
import type { Destination, Interface } from "../../api/types";
import { interfaceAt, messagesAt } from "../../shell/addresses";
import { AskWhy, type Act } from "../../ui/dialogs";
import { ago, count, moment, span } from "../../ui/format";
import { Button, ErrorCode, health, Link, State } from "../../ui/parts";
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { destinationAct, drainAct, letGoAct, releaseAct } from "./acts";
import { Waiting } from "./Waiting";

function offers(one: Interface, to: Destination): { id: string; label: string; act: Act }[] {
  const list = [{ id: "drain", label: "Drain…", act: drainAct(one, to) }];
  if (to.is_paused && to.queued > 0) {
    list.push({ id: "one", label: "Let the next one go…", act: letGoAct(one, to, 1) }, { id: "ten", label: "Let the next ten go…", act: letGoAct(one, to, 10) });
  }
  if (to.held > 0) list.push({ id: "release", label: "Release what is held…", act: releaseAct(one, to) });
  return list;
}

export function Destinations({ one, now }: { one: Interface; now: number }) {
  const [act, setAct] = useState<Act>();
  const [queue, setQueue] = useState<Destination>();
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
                    {to.last_trouble.reason.text} <ErrorCode code={to.last_trouble.reason.code} />
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
              <td className="right number">
                {to.queued > 0 ? (
                  <button type="button" className="as-link" onClick={() => setQueue(to)} title="In its order">
                    {count(to.queued)}
                  </button>
                ) : (
                  "0"
                )}
                {to.draining !== null && to.draining !== undefined && <div className="quiet">{to.draining > 0 ? `${count(to.draining)} to drain` : "drained"}</div>}
              </td>
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
                  {maySteer && <MenuTrigger>
                    <Button kind="plain square" icon="down" aria-label={`More about ${to.name}`} />
                    <Popover className="popover" placement="bottom end">
                      <Menu className="menu" items={offers(one, to)} onAction={(key) => setAct(offers(one, to).find((offer) => offer.id === key)?.act)}>
                        {(offer) => <MenuItem className="menu-item">{offer.label}</MenuItem>}
                      </Menu>
                    </Popover>
                  </MenuTrigger>}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {act && <AskWhy act={act} onClose={() => setAct(undefined)} />}
      {queue && <Waiting one={one} to={one.destinations.find((to) => to.name === queue.name) ?? queue} now={now} onClose={() => setQueue(undefined)} />}
    </div>
  );
}
