// Incidents that are over, and what silence is usual for whom.
import { useState } from "react";
import type { Habit, Incident } from "../../api/alerts";
import { interfaceAt } from "../../shell/addresses";
import { Window } from "../../ui/dialogs";
import { capital, moment, plural, span } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, Card, Empty, ErrorCode, Link } from "../../ui/parts";
import { History } from "./Incidents";
import { causeOf } from "./words";

/** Days of traffic that are needed before a silence can be unusual. */
const LEARNING_DAYS = 14;

export function Past({ incidents }: { incidents: Incident[] }) {
  const [open, setOpen] = useState<Incident>();
  return (
    <Card title="Over" more={<span className="quiet">{plural(incidents.length, "incident")}, the newest first</span>}>
      {incidents.length === 0 ? (
        <Empty title="Nothing was wrong yet" />
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Ended</th>
              <th scope="col" className="right">
                Lasted
              </th>
              <th scope="col">What</th>
              <th scope="col">What broke</th>
              <th scope="col">Who had it</th>
              <th scope="col" className="right">
                Told
              </th>
              <th scope="col">Code</th>
            </tr>
          </thead>
          <tbody>
            {incidents.map((incident) => (
              <tr key={incident.id}>
                <td className="nowrap">{moment(incident.closed ?? incident.opened)}</td>
                <td className="right nowrap">{span(((incident.closed ?? incident.opened) - incident.since) / 1e6)}</td>
                <td>
                  <button type="button" className="as-link" data-row onClick={() => setOpen(incident)}>
                    {capital(incident.headline)}
                  </button>
                </td>
                <td className="quiet">{causeOf(incident)}</td>
                <td>{incident.acknowledged?.by ?? incident.assigned ?? "–"}</td>
                <td className="right number">{incident.times_told || "–"}</td>
                <td>
                  <ErrorCode code={incident.code} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {open && (
        <Window title={`No. ${open.id}: ${open.headline}`} onClose={() => setOpen(undefined)}>
          <p>{open.safe}</p>
          <History incident={open} />
          <div className="buttons">
            <Button onPress={() => setOpen(undefined)}>Close</Button>
          </div>
        </Window>
      )}
    </Card>
  );
}

export function Usual({ habits }: { habits: Habit[] }) {
  return (
    <Card title="Which silence is unusual now" more={<span className="quiet">learned from the traffic of the last eight weeks, for each hour of the week</span>}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Interface</th>
            <th scope="col">Learned</th>
            <th scope="col" className="right">
              Days seen
            </th>
            <th scope="col" className="right">
              Told after a silence of
            </th>
          </tr>
        </thead>
        <tbody>
          {habits.map((habit) => (
            <tr key={habit.interface}>
              <td>
                <Link to={interfaceAt(habit.interface)} data-row>
                  {habit.interface}
                </Link>
              </td>
              <td>
                <span className={`state ${habit.is_learned ? "good" : "note"}`}>
                  <Icon name={habit.is_learned ? "good" : "expired"} /> {habit.is_learned ? "Learned" : `Learning, ${plural(Math.max(0, Math.ceil(LEARNING_DAYS - habit.days_watched)), "day")} more`}
                </span>
              </td>
              <td className="right number">{Math.floor(habit.days_watched)}</td>
              <td className="right number">{habit.silence_limit_s === null ? <span className="quiet">{habit.is_learned ? "none is unusual now" : "only lines in the interface speak"}</span> : span(habit.silence_limit_s)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
