// Incidents as cards: what broke, since when, whether data is safe, what to do, who has it.
import { useState } from "react";
import type { Deed, Incident } from "../../api/alerts";
import { useMay } from "../../api/session";
import { interfaceAt } from "../../shell/addresses";
import { setWords, useAddress } from "../../shell/route";
import { capital, clock, moment, plural, span, utc } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, ErrorCode, Link, State, WithCode } from "../../ui/parts";
import { ActOn } from "./ActOn";
import { causeOf, historyOf, isTaken, levelOf, whoHas } from "./words";

const NAMES_MAX = 6;

export function Symptoms({ incident, now }: { incident: Incident; now: number }) {
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Interface</th>
            <th scope="col">Destination</th>
            <th scope="col">What shows</th>
            <th scope="col">For</th>
          </tr>
        </thead>
        <tbody>
          {incident.symptoms.map((symptom, at) => (
            <tr key={at}>
              <td>{symptom.interface ? <Link to={interfaceAt(symptom.interface)}>{symptom.interface}</Link> : "the engine"}</td>
              <td>{symptom.destination ?? ""}</td>
              <td>{symptom.sentence}</td>
              <td className="nowrap">{span((now - symptom.since) / 1e6)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {incident.symptoms_now > incident.symptoms.length && <p className="quiet inside">and {incident.symptoms_now - incident.symptoms.length} more</p>}
    </div>
  );
}

export function History({ incident }: { incident: Incident }) {
  return (
    <ol className="history" aria-label="What happened to it">
      {historyOf(incident).map((event, at) => (
        <li key={at}>
          <time className="mono quiet" title={utc(event.at)}>
            {moment(event.at)}
          </time>
          <span>
            {event.by && <strong>{event.by}: </strong>}
            {event.text}
          </span>
        </li>
      ))}
    </ol>
  );
}

function Interfaces({ names }: { names: string[] }) {
  const first = names.slice(0, NAMES_MAX);
  return (
    <>
      {first.map((name, at) => (
        <span key={name}>
          {at > 0 && ", "}
          <Link to={interfaceAt(name)}>{name}</Link>
        </span>
      ))}
      {names.length > NAMES_MAX && ` and ${names.length - NAMES_MAX} more`}
    </>
  );
}

interface CardProps {
  incident: Incident;
  now: number;
  onAct: (act: Deed["act"]) => void;
}

function IncidentCard({ incident, now, onAct }: CardProps) {
  const may = useMay();
  const { words } = useAddress();
  const isOpen = words.get("incident") === String(incident.id);
  const level = levelOf(incident);
  const isTold = !isTaken(incident) && !incident.quiet_by;
  const isResting = (incident.snoozed_until ?? 0) > now;
  const more = [incident.symptoms_now > 0 ? plural(incident.symptoms_now, "symptom") : "What happened", incident.notes.length > 0 && plural(incident.notes.length, "note")].filter(Boolean).join(", ");
  return (
    <article className={`card incident ${incident.level === "warning" ? "warning" : "alarm"}${isTold ? "" : " rests"}`} aria-label={incident.headline}>
      <header>
        <State of={level} />
        <h3>{capital(incident.headline)}</h3>
        {incident.healed !== null && (
          <span className="state good" title={utc(incident.healed)}>
            <Icon name="good" /> shows no more
          </span>
        )}
        <span className="quiet nowrap" title={utc(incident.since)}>
          since {clock(incident.since)}, {span((now - incident.since) / 1e6)}
        </span>
        <span className="quiet incident-number">
          No. {incident.id} · <ErrorCode code={incident.code} />
        </span>
      </header>
      <dl className="facts">
        <dt>Is data safe?</dt>
        <dd>
          <strong>{incident.safe}</strong>
        </dd>
        <dt>What to do</dt>
        <dd>
          <WithCode text={incident.advice} />{" "}
          {incident.runbook && (
            <a href={incident.runbook} target="_blank" rel="noreferrer">
              Runbook
            </a>
          )}
        </dd>
        <dt>What broke</dt>
        <dd>
          {causeOf(incident)}
          {incident.interfaces.length > 0 && incident.cause.of !== "interface" && (
            <>
              , under {plural(incident.interfaces.length, "interface")}: <Interfaces names={incident.interfaces} />
            </>
          )}
          {incident.cause.of === "interface" && incident.interfaces[0] && (
            <>
              {" "}
              · <Link to={interfaceAt(incident.interfaces[0], "runbook")}>its first five checks</Link>
            </>
          )}
        </dd>
        <dt>Who has it</dt>
        <dd>
          <span className={isTold && !isResting ? "bad" : ""}>{whoHas(incident, now)}</span>
          <span className="quiet">
            {incident.team && ` · team ${incident.team}`}
            {incident.told ? ` · told ${plural(incident.times_told, "time")}, last ${moment(incident.told)}` : " · nobody was told"}
          </span>
        </dd>
      </dl>
      <footer className="buttons">
        {may("steer") && (
          <>
            {!isTaken(incident) && (
              <Button kind="first" icon="check" onPress={() => onAct("acknowledge")}>
                I have it…
              </Button>
            )}
            <Button onPress={() => onAct("assign")}>Give to…</Button>
            {isResting || isTaken(incident) ? <Button onPress={() => onAct("wake")}>Wake…</Button> : <Button onPress={() => onAct("snooze")}>Let rest…</Button>}
            <Button onPress={() => onAct("note")}>Note…</Button>
          </>
        )}
        <button type="button" className="button plain" data-row aria-expanded={isOpen} onClick={() => setWords({ incident: isOpen ? undefined : String(incident.id) }, { replace: true })}>
          <Icon name={isOpen ? "down" : "next"} />
          {more}
        </button>
      </footer>
      {isOpen && (
        <div className="incident-more">
          {incident.symptoms_now > 0 ? <Symptoms incident={incident} now={now} /> : <p className="inside quiet">Nothing shows it now. It is over if it stays away.</p>}
          <History incident={incident} />
        </div>
      )}
    </article>
  );
}

export function Incidents({ incidents, now, names, again }: { incidents: Incident[]; now: number; names: string[]; again: () => void }) {
  const [open, setOpen] = useState<{ incident: Incident; act: Deed["act"] }>();
  return (
    <div className="stack">
      {incidents.map((incident) => (
        <IncidentCard key={incident.id} incident={incident} now={now} onAct={(act) => setOpen({ incident, act })} />
      ))}
      {open && (
        <ActOn
          {...open}
          names={names}
          onClose={() => {
            setOpen(undefined);
            again();
          }}
        />
      )}
    </div>
  );
}
