// Looking inside messages: a text, a reason, how far it is, a way to stop and to go on. What is found comes into the list as it comes.
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Input, Label, TextField } from "react-aria-components";
import { Problem } from "../../api/http";
import { scanMessages, type ScanEnd, type ScanProgress } from "../../api/routes";
import type { MessageRow } from "../../api/types";
import { setWords } from "../../shell/route";
import { bytes, count, plural } from "../../ui/format";
import { Button, Trouble } from "../../ui/parts";

export interface Scan {
  rows: MessageRow[];
  progress: ScanProgress | undefined;
  end: ScanEnd | undefined;
  problem: Problem | undefined;
  isRunning: boolean;
  /** How it stands, in words. */
  said: string;
  hint: string;
  start: (text: string, reason: string, before?: number) => void;
  stop: () => void;
}

const NOTHING = { rows: [], progress: undefined, end: undefined, problem: undefined, isRunning: false };
type Held = Pick<Scan, "rows" | "progress" | "end" | "problem" | "isRunning">;

const ENDS: Record<ScanEnd["why"], string> = {
  all: "to the oldest message",
  rows: "as many as one look finds",
  bytes: "as much as one look reads",
  time: "as long as one look may take",
  "not-allowed": "your roles do not allow it any longer",
  "engine-ends": "the engine ends",
  left: "stopped",
  trouble: "it could not go on",
};

function words({ rows, progress, end, isRunning }: Held): string {
  if (!progress) return "Nothing was looked at yet";
  const share = progress.of ? ` of ${count(progress.of)}` : "";
  const day = progress.day ? `, back to ${progress.day}` : "";
  const so = isRunning ? "Looking" : end ? `Looked, ${ENDS[end.why]}` : "Stopped";
  return `${so}: ${count(Math.max(progress.scanned, rows.length))}${share} opened${day}, ${count(rows.length)} found`;
}

/** One look at a time. It ends with the screen, and with another search. */
export function useScan(query: string, text: string | undefined): Scan {
  const [held, setHeld] = useState<Held>(NOTHING);
  const running = useRef<AbortController>(null);
  const stop = () => {
    running.current?.abort();
    running.current = null;
    setHeld((before) => ({ ...before, isRunning: false }));
  };
  // Before the effects of the form, which may begin anew.
  useLayoutEffect(() => {
    setHeld(NOTHING);
    return () => running.current?.abort();
  }, [query, text]);
  const start = (wanted: string, reason: string, before?: number) => {
    stop();
    const own = new AbortController();
    running.current = own;
    const change = (act: (held: Held) => Held) => !own.signal.aborted && setHeld(act);
    setHeld((held) => ({ ...NOTHING, rows: before === undefined ? [] : held.rows, isRunning: true }));
    const over = (problem?: Problem) => change((held) => ({ ...held, problem, isRunning: false }));
    scanMessages(
      { text: wanted, query, reason, before },
      ({ progress, row, end }) => {
        if (progress) change((held) => ({ ...held, progress }));
        if (row) change((held) => ({ ...held, rows: [...held.rows, row] }));
        if (end) change((held) => ({ ...held, progress: end, end }));
      },
      own.signal,
    ).then(
      () => over(),
      (error: unknown) => over(error instanceof Problem ? error : new Problem(0, "", "The engine went away.")),
    );
  };
  const hint = held.progress ? "Values are compared as a person reads them, without case and accents; documents inside a value are not opened." : "Say what to look for, and why.";
  return { ...held, said: words(held), hint, start, stop };
}

export function Inside({ text, scan }: { text: string; scan: Scan }) {
  const [wanted, setWanted] = useState(text);
  const [reason, setReason] = useState("");
  useEffect(() => setWanted(text), [text]);
  const isReady = wanted.trim().length >= 2 && reason.trim() !== "";
  // The address changes first, which forgets what an earlier text found; then it begins.
  const begins = useRef(false);
  const begin = () => {
    if (!isReady) return;
    if (wanted.trim() === text) return scan.start(text, reason.trim());
    begins.current = true;
    setWords({ inside: wanted.trim(), id: undefined, tab: undefined });
  };
  useEffect(() => {
    if (!begins.current) return;
    begins.current = false;
    scan.start(text, reason.trim());
  }, [text]);
  const { progress, end, problem } = scan;
  const onEnter = (key: { key: string }) => key.key === "Enter" && begin();
  return (
    <section className="look-inside" aria-label="Look inside messages">
      <TextField className="field" value={wanted} onChange={setWanted} onKeyDown={onEnter} autoFocus={!text}>
        <Label>Text in a field or value</Label>
        <Input className="input" placeholder="for example: ward 4 west" spellCheck={false} autoComplete="off" />
      </TextField>
      <TextField className="field" value={reason} onChange={setReason} onKeyDown={onEnter} isRequired>
        <Label>Why? It is kept with your name</Label>
        <Input className="input" placeholder="for example: ticket 4711" />
      </TextField>
      <div className="buttons">
        {scan.isRunning ? (
          <Button icon="paused" onPress={scan.stop}>
            Stop
          </Button>
        ) : (
          <Button kind="first" icon="search" isDisabled={!isReady} onPress={begin}>
            Look
          </Button>
        )}
        {!scan.isRunning && end?.before && (
          <Button isDisabled={!isReady} onPress={() => scan.start(text, reason.trim(), end.before ?? undefined)}>
            Go on with older ones
          </Button>
        )}
      </div>
      <div className="look-progress">
        {scan.isRunning && (progress?.of ? <progress className="share" max={progress.of} value={progress.scanned} aria-label="Messages opened" /> : <progress className="share" aria-label="Looking" />)}
        <span className="quiet">
          {progress ? `${bytes(progress.bytes)} read behind all other work` : "Opens each message that the search above finds, the newest first."}
          {progress && progress.unreadable > 0 && <strong className="warn"> {plural(progress.unreadable, "message")} could not be read.</strong>}
        </span>
      </div>
      {problem && <Trouble problem={problem} what="The look inside" />}
      {end?.reason && <Trouble problem={new Problem(0, end.reason.code, end.reason.text)} what="The look inside" />}
    </section>
  );
}
