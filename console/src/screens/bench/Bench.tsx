// The bench: a sample, a pasted text or a stored message through the lines of an interface, without sending anything, and kept as a test.
import { useEffect, useMemo, useState } from "react";
import { Input, Label, TextField } from "react-aria-components";
import { keepTest, readSamples, tryMessage, type Benched, type Partner } from "../../api/bench";
import { Problem } from "../../api/http";
import { useLive } from "../../api/live";
import { readInterface, searchMessages } from "../../api/routes";
import { useMay } from "../../api/session";
import { useAnswer } from "../../api/use";
import { interfaceAt } from "../../shell/addresses";
import { setWords, useAddress } from "../../shell/route";
import { AskWhy } from "../../ui/dialogs";
import { clock, plural } from "../../ui/format";
import { Button, Card, Empty, Link, Page, Trouble } from "../../ui/parts";
import { Outcome } from "./Outcome";

const PAUSE_MS = 200;
const MESSAGES = 20;

const asLines = (text: string) => text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").trimEnd();

/** The message on the bench, tried anew after a pause in typing. A slow answer never goes over a newer one. */
function useTried(name: string, content: string, message: number | undefined, partners: Partner[]) {
  const [found, setFound] = useState<Benched>();
  const [problem, setProblem] = useState<Problem>();
  const key = JSON.stringify(partners);
  useEffect(() => {
    if (!name || (!message && !content.trim())) {
      setFound(undefined);
      setProblem(undefined);
      return;
    }
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      tryMessage(name, { ...(message ? { message } : { content }), partners }, stop.signal).then(
        (answer) => {
          setFound(answer);
          setProblem(undefined);
        },
        (error: unknown) => {
          if (stop.signal.aborted) return;
          setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
        },
      );
    }, PAUSE_MS);
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
  }, [name, content, message, key]);
  return { found, problem };
}

function KeepTest({ name, content, partners, claims, onClose }: { name: string; content: string; partners: Partner[]; claims: { destination: string; path: string }[]; onClose: () => void }) {
  const [sentence, setSentence] = useState("");
  return (
    <AskWhy
      onClose={onClose}
      act={{
        title: "Keep it as a test",
        text: (
          <div className="stack">
            <p>
              The message becomes a file of the workspace, beside the interface, and a test that expects what happens now: who gets it, who does not
              {claims.length > 0 && `, and ${plural(claims.length, "value")}`}. Only messages of invented people belong there.
            </p>
            <TextField className="field" value={sentence} onChange={setSentence} isRequired>
              <Label>What it shows, as a sentence</Label>
              <Input className="input" placeholder="an outpatient is nothing for the pharmacy" />
            </TextField>
          </div>
        ),
        button: "Keep it",
        run: async (reason) => `Kept as ${(await keepTest(name, { name: sentence.trim(), content, partners, claims, reason })).file}. It runs with the others under Tests.`,
      }}
    />
  );
}

export function Bench() {
  const { status, problem } = useLive();
  const { words } = useAddress();
  const may = useMay();
  const interfaces = useMemo(() => [...(status?.engine.interfaces ?? [])].sort((a, b) => a.title.localeCompare(b.title)), [status?.engine.interfaces.length]);
  const asked = words.get("interface") ?? "";
  const name = interfaces.some((one) => one.name === asked) ? asked : (interfaces[0]?.name ?? "");
  const message = Number(words.get("message")) || undefined;
  const [content, setContent] = useState("");
  const [partners, setPartners] = useState<Partner[]>([]);
  const [claims, setClaims] = useState<{ destination: string; path: string }[]>([]);
  const [isKeeping, setKeeping] = useState(false);
  const samples = useAnswer(name && may("propose") ? `samples ${name}` : null, (signal) => readSamples(name, signal));
  const newest = useAnswer(name ? `newest ${name}` : null, (signal) => searchMessages(`interface:${name}`, MESSAGES, signal));
  const text = useAnswer(name || null, (signal) => readInterface(name, signal));
  const { found, problem: trouble } = useTried(name, content, message, partners);
  const files = useMemo(() => new Map([...(text.value ? [{ path: text.value.file, text: text.value.text }, ...text.value.files] : [])].map((file) => [file.path, file.text.split("\n")])), [text.value]);
  const lineText = (file: string, line: number) => files.get(file)?.[line - 1]?.trim() ?? `${file}:${line}`;
  // The first sample is put on the bench, so that it is never empty where there is one.
  const first = samples.value?.samples[0]?.text;
  useEffect(() => {
    if (first !== undefined && !message) setContent(asLines(first));
    setPartners([]);
    setClaims([]);
  }, [name, first]);
  if (!status) return <Page title="Bench">{problem ? <Trouble problem={problem} what="The engine" /> : <Empty title="Asking the engine…" />}</Page>;
  const choose = (chosen: string) => {
    setClaims([]);
    if (chosen.startsWith("message:")) return setWords({ message: chosen.slice("message:".length) }, { replace: true });
    setWords({ message: undefined }, { replace: true });
    const sample = samples.value?.samples.find((one) => one.path === chosen);
    if (sample) setContent(asLines(sample.text));
    else setContent("");
  };
  const chosen = message ? `message:${message}` : (samples.value?.samples.find((one) => asLines(one.text) === content)?.path ?? "");
  return (
    <Page
      title="Bench"
      about="a message through the lines of an interface; nothing is stored or sent"
      actions={
        may("propose") && !message && found && (
          <Button kind="first" icon="check" onPress={() => setKeeping(true)}>
            Keep as a test…
          </Button>
        )
      }
    >
      <div className="bench">
        <Card className="bench-in">
          <div className="inside stack tight">
            <label className="field">
              <span className="label">Interface</span>
              <select className="input" value={name} onChange={(change) => setWords({ interface: change.target.value, message: undefined }, { replace: true })}>
                {interfaces.map((one) => (
                  <option key={one.name} value={one.name}>
                    {one.title} ({one.name})
                  </option>
                ))}
              </select>
            </label>
            <label className="field">
              <span className="label">Message</span>
              <select className="input" value={chosen} onChange={(change) => choose(change.target.value)}>
                <option value="">your own text</option>
                {(samples.value?.samples.length ?? 0) > 0 && (
                  <optgroup label="Samples of the workspace">
                    {samples.value?.samples.map((one) => (
                      <option key={one.path} value={one.path}>
                        {one.path.split("/").at(-1)}
                      </option>
                    ))}
                  </optgroup>
                )}
                {message && !newest.value?.messages.some((row) => row.id === message) && <option value={`message:${message}`}>message {message}</option>}
                {(newest.value?.messages.length ?? 0) > 0 && (
                  <optgroup label="The newest that came, masked">
                    {newest.value?.messages.map((row) => (
                      <option key={row.id} value={`message:${row.id}`}>
                        {clock(row.received)} {row.type} {row.control_id}
                      </option>
                    ))}
                  </optgroup>
                )}
              </select>
            </label>
            {message ? (
              <div className="field">
                <span className="label">Message {message}, as you may see it</span>
                <textarea className="input mono bench-editor" aria-label="The message" readOnly wrap="off" spellCheck={false} value={asLines(found?.received ?? "")} />
              </div>
            ) : (
              <label className="field">
                <span className="label">Text, a segment a line; each change is tried at once</span>
                <textarea className="input mono bench-editor" wrap="off" spellCheck={false} value={content} placeholder={"MSH|^~\\&|…"} onChange={(change) => setContent(change.target.value)} />
              </label>
            )}
            {claims.length > 0 && (
              <div className="field">
                <span className="label">Expected in the test</span>
                <ul className="buttons">
                  {claims.map((claim) => (
                    <li key={`${claim.destination} ${claim.path}`}>
                      <Button icon="close" aria-label={`Do not expect ${claim.path} of ${claim.destination}`} onPress={() => setClaims(claims.filter((one) => one !== claim))}>
                        {claim.destination} {claim.path}
                      </Button>
                    </li>
                  ))}
                </ul>
              </div>
            )}
            {name && (
              <p className="quiet">
                Version {status.engine.interfaces.find((one) => one.name === name)?.version} runs · <Link to={interfaceAt(name, "text")}>its lines</Link> · <Link to={interfaceAt(name, "tests")}>its tests</Link>
              </p>
            )}
          </div>
        </Card>
        <div>{trouble ? <Trouble problem={trouble} what="The bench" /> : found ? <Outcome found={found} text={lineText} partners={partners} onPartners={setPartners} claims={claims} onClaim={message ? undefined : (destination, path) => setClaims([...claims, { destination, path }])} /> : <Empty title="Put a message on the bench">Choose a sample or a message, or paste a text.</Empty>}</div>
      </div>
      {isKeeping && <KeepTest name={name} content={content} partners={partners} claims={claims} onClose={() => setKeeping(false)} />}
    </Page>
  );
}
