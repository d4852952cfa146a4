// The chosen line: its parts to be changed, its value now, its values over many messages. And what the map leaves out.
import { useEffect, useState, type KeyboardEvent, type ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { valuesOfLine, type MapFinding, type MapLook, type MapSuggestion, type MapValues, type Stroke } from "../../api/maps";
import { Problem } from "../../api/http";
import { count, plural } from "../../ui/format";
import { Button, Empty, ErrorCode } from "../../ui/parts";
import { stepsOf, withoutIndexes, type Wire } from "./trees";

function Change({ label, value, isFixed, onDone }: { label: string; value: string; isFixed: boolean; onDone: (value: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const done = () => text.trim() !== value && onDone(text.trim());
  const onKey = (key: KeyboardEvent) => {
    if (key.key === "Enter") done();
    if (key.key === "Escape") setText(value);
  };
  return (
    <label className="field">
      <span className="label">{label}</span>
      <input className="input mono" value={text} readOnly={isFixed} spellCheck={false} autoComplete="off" onChange={(change) => setText(change.target.value)} onKeyDown={onKey} onBlur={done} />
    </label>
  );
}

function Values({ name, file, text, wire }: { name: string; file: string; text: string; wire: Wire }) {
  const [found, setFound] = useState<MapValues>();
  const [said, setSaid] = useState("");
  useEffect(() => setFound(undefined), [text, wire.id]);
  const run = async () => {
    setSaid("Running…");
    try {
      setFound(await valuesOfLine(name, { file, text, line: wire.row.line, target: wire.row.target }));
      setSaid("");
    } catch (error) {
      setSaid(error instanceof Problem ? error.message : String(error));
    }
  };
  const most = Math.max(...(found?.pairs.map((pair) => pair.count) ?? []), 1);
  return (
    <div className="stack tight">
      <div className="buttons">
        <Button icon="play" onPress={() => void run()}>
          Run over 250 messages
        </Button>
        <span className="quiet" role="status">
          {said || (found && `${plural(found.messages, "message")}, filled in ${count(found.filled)}, ${plural(found.distinct, "pair of values", "pairs of values")}${found.failed ? `, ${count(found.failed)} failed` : ""}`)}
        </span>
      </div>
      {found && (
        <ul className="histogram">
          {found.pairs.slice(0, 12).map((pair) => (
            <li key={`${pair.from} ${pair.to}`}>
              <span className="mono cut">{pair.from || "–"}</span>
              <span aria-hidden="true">→</span>
              <span className={`mono cut ${pair.to ? "" : "warn"}`}>{pair.to || "nothing"}</span>
              <meter min={0} max={most} value={pair.count} aria-label={plural(pair.count, "message")} />
              <span className="number right">{count(pair.count)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function OneLine({ name, look, text, wire, mayEdit, values, onStroke }: { name: string; look: MapLook; text: string; wire: Wire; mayEdit: boolean; values: { from: string; to: string }; onStroke: (stroke: Stroke) => void }) {
  const { row } = wire;
  const at = { line: row.line, target: row.target };
  const isFixed = !mayEdit || !row.is_own;
  return (
    <div className="stack inside">
      <p>
        <code>{wire.to}</code> <span className="quiet">line {row.line}{row.is_own ? "" : ` of ${row.file}, a shared map`}</span>
      </p>
      <dl className="facts">
        <dt>In this sample</dt>
        <dd className="mono">
          {values.from || "–"} → {values.to || "–"}
        </dd>
        {row.condition && (
          <>
            <dt>Only</dt>
            <dd className="mono">{row.condition}</dd>
          </>
        )}
        {row.note && (
          <>
            <dt>Note</dt>
            <dd>{row.note}</dd>
          </>
        )}
      </dl>
      <Change label="From" value={row.source} isFixed={isFixed} onDone={(source) => onStroke({ act: "source", ...at, source })} />
      <Change label="Through, with | between steps" value={row.steps.join(" | ")} isFixed={isFixed} onDone={(steps) => onStroke({ act: "steps", ...at, steps: stepsOf(steps) })} />
      {!isFixed && (
        <div className="buttons">
          <Button icon="deleted" onPress={() => onStroke({ act: "erase", ...at })}>
            Erase the line
          </Button>
        </div>
      )}
      <Values name={name} file={look.file} text={text} wire={wire} />
    </div>
  );
}

function Findings({ findings, onLine }: { findings: MapFinding[]; onLine: (line: number) => void }) {
  if (findings.length === 0) return <Empty title="Nothing is wrong with the text" />;
  return (
    <ul className="map-list">
      {findings.map((one, at) => (
        <li key={at}>
          <button type="button" className="file" onClick={() => one.line && onLine(one.line)}>
            <strong className={one.is_error ? "bad" : "warn"}>
              {one.is_error ? "✕" : "!"} {one.line ? `line ${one.line}: ` : ""}
              {one.message}
            </strong>{" "}
            <ErrorCode code={one.code} />
            {one.hint && <span className="quiet"> {one.hint}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}

function LeftOut({ places, names }: { places: string[] | null | undefined; names: Record<string, string> }) {
  if (places === null || places === undefined) return <Empty title="A map that starts as a copy leaves nothing out">What no line changes goes on as it came.</Empty>;
  if (places.length === 0) return <Empty title="Every value of this sample goes somewhere, or is ignored on purpose" />;
  return (
    <ul className="map-list inside">
      {places.map((place) => (
        <li key={place}>
          <code>{place}</code> <span className="quiet">{names[withoutIndexes(place)] ?? ""}</span>
        </li>
      ))}
    </ul>
  );
}

function Suggestions({ list, mayEdit, onStroke }: { list: MapSuggestion[]; mayEdit: boolean; onStroke: (stroke: Stroke) => void }) {
  if (list.length === 0) return <Empty title="Nothing to propose">Proposals are lines of the maps that come along, for values that this map leaves out.</Empty>;
  return (
    <ul className="map-list inside">
      {list.map((one) => (
        <li key={`${one.resource} ${one.target}`} className="suggestion">
          <span>
            <code>
              {one.resource}.{one.target} = {one.source}
              {one.steps.map((step) => ` | ${step}`).join("")}
            </code>{" "}
            <span className="quiet">as in {one.from}</span>
          </span>
          {mayEdit && (
            <Button aria-label={`Accept ${one.resource}.${one.target}`} icon="check" onPress={() => onStroke({ act: "draw", source: [one.source, ...one.steps].join(" | "), target: one.target, resource: one.resource })}>
              Accept
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

interface Props {
  name: string;
  look: MapLook;
  text: string;
  wire: Wire | undefined;
  values: { from: string; to: string };
  names: Record<string, string>;
  mayEdit: boolean;
  onStroke: (stroke: Stroke) => void;
  onLine: (line: number) => void;
}

export function LinePanel({ name, look, text, wire, values, names, mayEdit, onStroke, onLine }: Props) {
  const suggestions = look.sample?.suggestions ?? [];
  const left = look.sample?.uncovered;
  const tabs: { id: string; name: string; inside: ReactNode }[] = [
    { id: "line", name: "Line", inside: wire ? <OneLine name={name} look={look} text={text} wire={wire} mayEdit={mayEdit} values={values} onStroke={onStroke} /> : <Empty title="No line is chosen">Choose a chip, a row of a tree, or a line of the text.</Empty> },
    { id: "findings", name: `Findings ${look.findings.length}`, inside: <Findings findings={look.findings} onLine={onLine} /> },
    { id: "left", name: `Left out${left ? ` ${left.length}` : ""}`, inside: <LeftOut places={left} names={names} /> },
    { id: "suggestions", name: `Suggestions ${suggestions.length}`, inside: <Suggestions list={suggestions} mayEdit={mayEdit} onStroke={onStroke} /> },
  ];
  return (
    <section className="card pane map-panel" aria-label="About the map">
      <Tabs className="tabs">
        <TabList className="tab-list" aria-label="About the map" items={tabs}>
          {(one) => <Tab className="tab">{one.name}</Tab>}
        </TabList>
        {tabs.map((one) => (
          <TabPanel key={one.id} id={one.id} className="tab-panel pane-inside">
            {one.inside}
          </TabPanel>
        ))}
      </Tabs>
    </section>
  );
}
