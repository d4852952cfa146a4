// What becomes of the message on the bench: step by step, and for each destination.
import { useMemo, useState } from "react";
import type { Behaviour, Benched, BenchDelivery, Partner, Stands } from "../../api/bench";
import { isEr7, readEr7 } from "../../hl7/er7";
import { Icon } from "../../ui/icons";
import { Button, Card, Empty, ErrorCode, State, type Word } from "../../ui/parts";
import { useNames } from "../messages/content";
import { Plain, Raw, type Linked } from "../messages/Panes";
import { Steps, type LineText } from "./Steps";
import { lineOf, sentenceOf, verdictOf, wayOf } from "./way";

const STANDS: Record<Stands, Word> = {
  sent: { word: "Taken", icon: "good", tone: "good" },
  queued: { word: "Tried again", icon: "expired", tone: "warn" },
  parked: { word: "Parked", icon: "held", tone: "bad" },
};

const BEHAVIOURS: [Behaviour, string][] = [
  ["takes", "takes it"],
  ["refuses-connections", "is down"],
  ["replies-ae", "answers AE"],
  ["replies-ar", "answers AR"],
];

function Text({ text, label, linked }: { text: string; label: string; linked: Linked }) {
  const er7 = useMemo(() => (isEr7(text) ? readEr7(text) : undefined), [text]);
  const names = useNames(er7);
  return (
    <div className="bench-text" role="group" aria-label={label} tabIndex={0}>
      {er7 ? <Raw er7={er7} names={names} linked={linked} /> : <Plain text={text} linked={linked} />}
    </div>
  );
}

interface Props {
  found: Benched;
  text: LineText;
  partners: Partner[];
  onPartners: (partners: Partner[]) => void;
  onClaim?: (destination: string, path: string) => void;
  claims: { destination: string; path: string }[];
}

function Destination({ found, name, delivery, text, partners, onPartners, onClaim, claims, steps, names }: Omit<Props, "found"> & { found: Benched; name: string; delivery: BenchDelivery | undefined; steps: ReturnType<typeof wayOf>["shared"]; names: Record<string, string> }) {
  const [isOpen, setOpen] = useState(false);
  const [look, setLook] = useState<{ path?: string; value?: string }>({});
  const linked: Linked = { path: look.path, value: look.value, look: (path, value) => setLook({ path, value }) };
  const does = partners.find((partner) => partner.destination === name)?.does ?? "takes";
  const line = lineOf(found, name);
  return (
    <li className={`bench-to${delivery ? "" : " idle"}`}>
      <div className="bench-to-head">
        {delivery ? <State of={STANDS[delivery.stands]} /> : <State of={{ word: "Nothing", icon: "silent", tone: "note" }} />}
        <strong>{name}</strong>
        <span className="quiet">
          {delivery ? `${delivery.connector} ${delivery.address}` : line ? verdictOf(line) : ""}
          {delivery?.is_urgent && ", ahead of others"}
          {delivery && !delivery.is_changed && ", as received"}
        </span>
        {delivery && (
          <span className="bench-to-acts">
            <select className="input" aria-label={`What ${name} does`} value={does} onChange={(change) => onPartners([...partners.filter((partner) => partner.destination !== name), ...(change.target.value === "takes" ? [] : [{ destination: name, does: change.target.value as Behaviour }])])}>
              {BEHAVIOURS.map(([value, word]) => (
                <option key={value} value={value}>
                  {word}
                </option>
              ))}
            </select>
            <Button kind="plain" aria-expanded={isOpen} onPress={() => setOpen(!isOpen)}>
              {isOpen ? "Hide it" : "What it gets"}
            </Button>
          </span>
        )}
      </div>
      {line && line.tests.length > 0 && <Steps steps={[{ key: "when", line, changes: [], isOther: false }]} text={text} names={names} label={`Whether ${name} gets it`} />}
      {steps.length > 0 && <Steps steps={steps} text={text} names={names} label={`Lines of ${name}`} />}
      {isOpen && delivery && (
        <>
          <Text text={delivery.text} label={`What ${name} gets`} linked={linked} />
          {onClaim && look.path && isEr7(delivery.text) && (
            <p className="buttons">
              <Button onPress={() => onClaim(name, look.path ?? "")} isDisabled={claims.some((claim) => claim.destination === name && claim.path === look.path)}>
                Expect {look.path} = {look.value || "nothing"} in the test
              </Button>
            </p>
          )}
        </>
      )}
    </li>
  );
}

export function Outcome(props: Props) {
  const { found } = props;
  const way = useMemo(() => wayOf(found), [found]);
  const er7 = useMemo(() => (isEr7(found.received) ? readEr7(found.received) : undefined), [found.received]);
  const names = useNames(er7);
  const said = sentenceOf(found);
  const answer = found.acknowledgment ? /(?:^|\r)MSA.([A-Z]{2})/.exec(found.acknowledgment)?.[1] : undefined;
  return (
    <div className="stack">
      <p className={`bench-end ${said.tone}`} role="status">
        <Icon name={said.tone === "good" ? "good" : said.tone === "bad" ? "bad" : "filtered"} />
        <strong>{said.text}</strong>
        {found.reason?.code && <ErrorCode code={found.reason.code} />}
        {answer && <span className="quiet">the sender is answered {answer}</span>}
        {found.is_masked && <span className="quiet">values are masked</span>}
      </p>
      {found.needs_a_lookup && <p className="warn">A line asks outside. The bench asks nobody, so the way ends there; a test can say what the lookup answers.</p>}
      {way.shared.length > 0 && (
        <Card title="Step by step" more={<span className="quiet">lines of the interface that decide or change, with the values of this message</span>}>
          <div className="inside">
            <Steps steps={way.shared} text={props.text} names={names} label="Lines of the interface" />
          </div>
        </Card>
      )}
      {(found.destinations ?? []).length > 0 && (
        <Card title="Destinations" more={<span className="quiet">nothing is sent; choose how a partner behaves to see what follows</span>}>
          <ul className="bench-destinations">
            {(found.destinations ?? []).map((name) => (
              <Destination key={name} {...props} name={name} delivery={(found.deliveries ?? []).find((one) => one.destination === name)} steps={way.own.get(name) ?? []} names={names} />
            ))}
          </ul>
        </Card>
      )}
      {(found.notes ?? []).length + (found.issues ?? []).length > 0 && (
        <Card title="Noted on the way">
          <ul className="inside stack tight">
            {[...(found.issues ?? []), ...(found.notes ?? [])].map((note, at) => (
              <li key={at}>
                <ErrorCode code={note.code} /> <strong>{note.path}</strong> {note.message}
              </li>
            ))}
          </ul>
        </Card>
      )}
      {(found.lines ?? []).length === 0 && (found.destinations ?? []).length === 0 && <Empty title="No line was reached" />}
    </div>
  );
}
