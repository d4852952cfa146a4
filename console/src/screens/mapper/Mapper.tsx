// A map as it is drawn and as it is written, tried on a real message: both are the same text, and each change shows at once what it does.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Problem } from "../../api/http";
import { drawInMap, keepMap, lookAtMap, type MapLook, type Stroke } from "../../api/maps";
import { readNames, searchMessages } from "../../api/routes";
import { useMay } from "../../api/session";
import { useAnswer } from "../../api/use";
import { isEr7, readEr7 } from "../../hl7/er7";
import { interfaceAt } from "../../shell/addresses";
import { setWords, useAddress } from "../../shell/route";
import { AskWhy, type Act } from "../../ui/dialogs";
import { plural } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, Empty, Link, Page, Trouble } from "../../ui/parts";
import { useSize } from "../../ui/width";
import { Plain, Raw } from "../messages/Panes";
import { Editor } from "./Editor";
import { LinePanel } from "./LinePanel";
import { TreePane, type Hand } from "./TreePane";
import { sourceTree, targetTree, wiresOf, type Wire } from "./trees";
import { Wires } from "./Wires";

const SAMPLES = 50;
/** A pause in typing after which the engine is asked. */
const PAUSE_MS = 120;
const UNDO_MAX = 200;
/** The head of a group, which stays over its rows. */
const GROUP_PX = 28;

interface Draft {
  /** As it lies in the workspace. */
  base: string;
  text: string;
  before: string[];
  after: string[];
}

/** The text with its past, and what the engine says of it. A slow answer never goes over a newer one. */
function useDraft(name: string, file: string, message: number | undefined, reason: string | undefined) {
  const [draft, setDraft] = useState<Draft>();
  const [look, setLook] = useState<MapLook>();
  const [problem, setProblem] = useState<Problem>();
  const [round, setRound] = useState(0);
  const [millis, setMillis] = useState<number>();
  const text = draft?.text;
  const opened = useRef("");
  useEffect(() => {
    const stop = new AbortController();
    const key = `${name} ${file} ${message ?? ""} ${reason ?? ""} ${round}`;
    const isFresh = opened.current !== key;
    const timer = window.setTimeout(
      () => {
        const begun = performance.now();
        opened.current = key;
        // The first look at a sample says that it was opened; those that follow are letters being typed.
        const body = { file, message, reason, text: isFresh && (text === undefined || text === draft?.base) ? undefined : text };
        lookAtMap(name, body, stop.signal).then(
          (found) => {
            setMillis(performance.now() - begun);
            setProblem(undefined);
            setLook(found);
            if (body.text === undefined) setDraft((known) => ({ base: found.text, text: known && known.text !== known.base ? known.text : found.text, before: known?.before ?? [], after: known?.after ?? [] }));
          },
          (error: unknown) => {
            if (!stop.signal.aborted) setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
          },
        );
      },
      isFresh ? 0 : PAUSE_MS,
    );
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
    // The base is what the first answer brought; it does not ask again.
  }, [name, file, message, reason, text, round]);
  const write = useCallback((next: string) => setDraft((known) => known && { ...known, text: next, before: [...known.before, known.text].slice(-UNDO_MAX), after: [] }), []);
  const undo = useCallback(() => setDraft((known) => (known?.before.length ? { ...known, text: known.before.at(-1) ?? known.text, before: known.before.slice(0, -1), after: [known.text, ...known.after] } : known)), []);
  const redo = useCallback(() => setDraft((known) => (known?.after.length ? { ...known, text: known.after[0] ?? known.text, before: [...known.before, known.text], after: known.after.slice(1) } : known)), []);
  const kept = useCallback(() => setDraft((known) => known && { ...known, base: known.text }), []);
  return { draft, look, problem, millis, write, undo, redo, kept, again: () => setRound((known) => known + 1) };
}

function useMapNames(look: MapLook | undefined): Record<string, string> {
  const er7 = useMemo(() => (look?.sample && isEr7(look.sample.raw) ? readEr7(look.sample.raw) : undefined), [look?.sample?.raw]);
  const segments = [...new Set([...(er7?.segments.map((one) => one.id) ?? []), ...(look?.sections.flatMap((one) => one.rows.flatMap((row) => [...row.places, row.target].map((place) => place.slice(0, 3)))) ?? [])])].filter((id) => /^[A-Z][A-Z0-9]{2}$/.test(id)).sort();
  const version = er7?.segments[0]?.leaves.find((leaf) => leaf.kind.startsWith("MSH-12"))?.value ?? "2.5.1";
  const { value } = useAnswer(segments.length ? `${version} ${segments.join(",")}` : null, (signal) => readNames(version, segments, signal));
  return value?.names ?? {};
}

function Result({ look }: { look: MapLook }) {
  const { sample } = look;
  const linked = { path: undefined, value: undefined, look: () => {} };
  const er7 = useMemo(() => (sample?.made && isEr7(sample.made) ? readEr7(sample.made) : undefined), [sample?.made]);
  return (
    <section className="card pane" aria-label="Result">
      <header>
        <h2>Result</h2>
        <span className="quiet">{sample ? `of message ${sample.message}, ${sample.is_masked ? "masked" : "as it is"}` : "no sample"}</span>
      </header>
      <div className="pane-inside">
        {sample?.lookups?.map((one) => (
          <p key={`${one.lookup} ${one.file} ${one.line}`} className="inside quiet">
            <code>{one.lookup}</code> {one.file ? <>answers as the test says: <code>{`${one.file}:${one.line}`}</code></> : "is not asked here, and no test of the interface says what it answers for this value."}
          </p>
        ))}
        {sample?.fault ? (
          <p className="inside bad">
            ✕ {sample.fault.text} <code>{sample.fault.code}</code>
          </p>
        ) : er7 ? (
          <Raw er7={er7} names={{}} linked={linked} />
        ) : sample?.made ? (
          <Plain text={sample.made} linked={linked} />
        ) : (
          <Empty title={sample ? "The map makes nothing now" : "There is no message to try it on"}>{sample ? "Mend the errors first." : "When this interface receives one, it is tried here."}</Empty>
        )}
      </div>
    </section>
  );
}

function Samples({ ids, at, onChoose }: { ids: number[]; at: number; onChoose: (id: number | undefined) => void }) {
  return (
    <span className="samples">
      <Button kind="square" icon="back" aria-label="The sample before" isDisabled={at <= 0} onPress={() => onChoose(ids[at - 1])} />
      <span className="nowrap number">
        Sample {ids.length ? at + 1 : 0} of {ids.length}
      </span>
      <Button kind="square" icon="next" aria-label="The next sample" isDisabled={at >= ids.length - 1} onPress={() => onChoose(ids[at + 1])} />
    </span>
  );
}

export function Mapper({ name }: { name: string }) {
  const { words } = useAddress();
  const file = words.get("file") ?? "";
  const may = useMay();
  const mayEdit = may("propose");
  const { value: found } = useAnswer(name, (signal) => searchMessages(`interface:${name}`, SAMPLES, signal));
  const ids = useMemo(() => found?.messages.map((row) => row.id) ?? [], [found]);
  const wanted = Number(words.get("message")) || undefined;
  const message = wanted ?? ids[0];
  const [reason, setReason] = useState<string>();
  const [act, setAct] = useState<Act>();
  const { draft, look, problem, millis, write, undo, redo, kept, again } = useDraft(name, file, found ? message : undefined, reason);
  const names = useMapNames(look);
  const [isAll, setAll] = useState(false);
  const [line, setLine] = useState<number>();
  const [chosen, setChosen] = useState<string>();
  const [looked, setLooked] = useState<string>();
  const [held, setHeld] = useState<string>();
  const [said, setSaid] = useState("");
  const [round, setRound] = useState(0);
  const [source, setSource] = useState<HTMLDivElement | null>(null);
  const [target, setTarget] = useState<HTMLDivElement | null>(null);
  const [box, size] = useSize();
  const wires = useMemo(() => (look ? wiresOf(look) : []), [look]);
  const left = useMemo(() => (look ? sourceTree(look, wires) : []), [look, wires]);
  const right = useMemo(() => (look ? targetTree(look, wires, isAll) : []), [look, wires, isAll]);
  // After the rows have their places, the wires take theirs.
  useEffect(() => setRound((known) => known + 1), [left, right, size.width, size.height]);
  const moved = useCallback(() => requestAnimationFrame(() => setRound((known) => known + 1)), []);
  const wire = wires.find((one) => one.id === chosen) ?? wires.find((one) => one.row.is_own && one.row.line === line);
  // What is chosen is seen on both sides.
  useEffect(() => {
    if (!wire) return;
    for (const [pane, keys] of [[source, wire.from], [target, [wire.to]]] as const) {
      const row = keys.map((key) => pane?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)).find(Boolean);
      const [box, own] = [pane?.getBoundingClientRect(), row?.getBoundingClientRect()];
      if (pane && box && own && (own.top < box.top + GROUP_PX || own.bottom > box.bottom)) pane.scrollTop += own.top - box.top - box.height / 2;
    }
  }, [wire?.id, source, target]);
  const lit = useMemo(() => new Set([...(looked ? [looked] : []), ...(held ? [held] : []), ...(wire ? [wire.to, ...wire.from] : [])]), [looked, held, wire]);
  const choose = (one: Wire | undefined) => {
    setChosen(one?.id);
    setLine(one?.row.is_own ? one.row.line : undefined);
  };
  const stroke = async (made: Stroke) => {
    if (!draft) return;
    try {
      const answer = await drawInMap(name, { file, text: draft.text, stroke: made });
      write(answer.text);
      setChosen(undefined);
      setLine(answer.line);
      setSaid(made.act === "erase" ? "The line is erased." : `Line ${answer.line} is changed.`);
    } catch (error) {
      setSaid(error instanceof Problem ? error.message : String(error));
    }
  };
  const hand: Hand = {
    held,
    take: (key) => {
      setHeld(key);
      setSaid(key ? `${key} is taken up: choose where it goes, or press Escape.` : "");
    },
    drop: (key, dragged) => {
      const from = dragged ?? held;
      setHeld(undefined);
      const isV2 = look?.map?.to.form === "Hl7v2";
      const group = /^[^-.]+/.exec(key)?.[0] ?? "";
      if (from) void stroke({ act: "draw", source: from, target: isV2 ? key : key.slice(group.length + 1), ...(isV2 ? {} : { resource: group }) });
    },
  };
  if (!file) return <Page title="Mapper"><Empty title="No map is named in the address"><Link to="/mapper">Choose one</Link></Empty></Page>;
  if (!look || !draft) return <Page title="Mapper">{problem ? <Trouble problem={problem} what="The map" again={again} /> : <Empty title="Reading…" />}</Page>;
  const errors = look.findings.filter((one) => one.is_error).length;
  const own = wires.filter((one) => one.row.is_own).length;
  const isChanged = draft.text !== draft.base;
  const valueOf = (rows: typeof left, key: string) => rows.find((row) => row.key === key)?.value ?? "";
  const values = wire ? { from: wire.from.map((key) => valueOf(left, key)).filter(Boolean).join(" "), to: valueOf(right, wire.to) } : { from: "", to: "" };
  const reveal: Act = { title: "Show the sample as it is", text: "You will see who the patient is, in both trees and in the result. That you looked, and why, is written to the audit log.", button: "Show", run: async (why) => setReason(why) };
  const keep: Act = {
    title: "Keep the map",
    text: "It is written to the workspace. What runs now goes on as it is, until the change is applied under Changes.",
    button: "Keep",
    example: "for example: ticket 4711, the pharmacy reads the name in capitals",
    run: async (why) => {
      await keepMap(name, { file, before: draft.base, text: draft.text, reason: why });
      kept();
      return "Kept. Apply it under Changes, when its plan is what you mean.";
    },
  };
  return (
    <div className="mapper">
      <header className="page-head">
        <h1>{look.map?.name ?? file.split("/").at(-1)}</h1>
        <span className={`state ${errors ? "bad" : "good"}`}>
          <Icon name={errors ? "bad" : "good"} />
          {errors ? plural(errors, "error") : `${plural(own, "line")}, no errors`}
        </span>
        <span className="quiet about">
          <Link to={interfaceAt(name)}>{name}</Link> · {file.split("/").at(-1)}
          {millis !== undefined && ` · shown in ${Math.round(millis)} ms`}
        </span>
        <div className="buttons">
          <Samples ids={ids} at={Math.max(ids.indexOf(message ?? 0), 0)} onChoose={(id) => setWords({ message: id ? String(id) : undefined }, { replace: true })} />
          {reason ? (
            <Button icon="masked" onPress={() => setReason(undefined)}>Mask</Button>
          ) : (
            may("reveal") && <Button icon="eye" onPress={() => setAct(reveal)}>Reveal…</Button>
          )}
          {mayEdit && (
            <>
              <Button isDisabled={draft.before.length === 0} onPress={undo}>Undo</Button>
              <Button isDisabled={draft.after.length === 0} onPress={redo}>Redo</Button>
              <Button kind="first" isDisabled={!isChanged || errors > 0} onPress={() => setAct(keep)}>Keep…</Button>
            </>
          )}
        </div>
      </header>
      {problem && <Trouble problem={problem} what="The engine" again={again} />}
      <div className="map-board" ref={box}>
        <TreePane box={setSource} side="source" title="From" about={look.map?.from.form === "Hl7v2" ? "HL7 v2, as the message came" : (look.map?.from.form ?? "")} rows={left} names={names} lit={lit} hand={hand} mayDraw={mayEdit} onLook={setLooked} onChoose={(key) => choose(wires.find((one) => one.from.includes(key)))} onScroll={moved} />
        <Wires wires={wires} source={source} target={target} round={round} chosen={wire?.id} lit={lit} onChoose={choose} />
        <TreePane box={setTarget} side="target" title="To" about={look.map?.to.form === "Hl7v2" ? "HL7 v2; what no line changes goes on as it came" : "FHIR R4"} rows={right} names={names} lit={lit} hand={hand} mayDraw={mayEdit} onLook={setLooked} onChoose={(key) => choose(wires.find((one) => one.to === key))} onScroll={moved}
          more={<Button kind="plain" aria-pressed={isAll} onPress={() => setAll(!isAll)}>{isAll ? "Only what is filled" : "All places"}</Button>}
        />
      </div>
      <p className="map-said quiet" role="status">
        {said || (mayEdit ? "Drag a place to where it goes, or press Enter on both. Everything drawn is a line of the text below." : "Your role looks at maps and does not change them.")}
      </p>
      <div className="map-below">
        <section className="card pane" aria-label="Text">
          <header>
            <h2>Text</h2>
            <span className="quiet cut">{isChanged ? "changed, not kept" : "as it lies in the workspace"}</span>
          </header>
          <Editor text={draft.text} line={wire?.row.is_own ? wire.row.line : line} findings={look.findings} isFixed={!mayEdit} onText={write} onLine={(at) => { setChosen(undefined); setLine(at); }} />
        </section>
        <Result look={look} />
        <LinePanel name={name} look={look} text={draft.text} wire={wire} values={values} names={names} mayEdit={mayEdit} onStroke={(made) => void stroke(made)} onLine={(at) => { setChosen(undefined); setLine(at); }} />
      </div>
      {act && <AskWhy act={act} onClose={() => setAct(undefined)} />}
    </div>
  );
}
