// Signing in: a name and a password, or a one-time token; then a second factor, or setting one up.
import { useEffect, useState, type FormEvent, type ReactNode } from "react";
import { Problem } from "../../api/http";
import { askWho, beginCodes, confirmCodes, enrollPasskey, signIn, signInWithCode, signInWithPasskey, signInWithToken, signOut, useSession } from "../../api/session";
import { readWays } from "../../api/routes";
import { useAnswer } from "../../api/use";
import { navigate, setWords, useAddress } from "../../shell/route";
import { Mark } from "../../ui/icons";
import { Button, ErrorCode, Notice } from "../../ui/parts";
import { refusalOf } from "./refusals";

interface FieldProps {
  label: string;
  name: string;
  kind?: "password" | "text";
  complete: string;
  hint?: string;
  value: string;
  onChange: (value: string) => void;
  isFirst?: boolean;
}

function Field({ label, name, kind = "text", complete, hint, value, onChange, isFirst = false }: FieldProps) {
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      <input className="input" id={name} name={name} type={kind} autoComplete={complete} value={value} required autoFocus={isFirst} spellCheck={false} aria-describedby={hint ? `${name}-hint` : undefined} onChange={(change) => onChange(change.target.value)} />
      {hint && (
        <span className="quiet" id={`${name}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

function Form({ title, button, children, act }: { title: string; button: string; children: ReactNode; act: () => Promise<unknown> }) {
  const [problem, setProblem] = useState<Problem>();
  const [isRunning, setRunning] = useState(false);
  const send = async (sent: FormEvent) => {
    sent.preventDefault();
    setRunning(true);
    setProblem(undefined);
    try {
      await act();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
    setRunning(false);
  };
  return (
    <form className="stack" onSubmit={(sent) => void send(sent)}>
      <h1>{title}</h1>
      {children}
      {problem && (
        <div role="alert">
          <Notice level="warning" title={problem.message}>
            <ErrorCode code={problem.code} />
          </Notice>
        </div>
      )}
      <Button type="submit" kind="first wide" isDisabled={isRunning}>
        {isRunning ? "A moment…" : button}
      </Button>
    </form>
  );
}

/** The way over the provider of the house, where there is one. The browser goes there itself: the engine sees no password. */
function WithProvider({ way }: { way: { title: string; begin: string } }) {
  return (
    <>
      <a className="button first wide" href={way.begin}>
        Sign in with {way.title || "the house’s account"}
      </a>
      <p className="or quiet">or with an account of this engine</p>
    </>
  );
}

function WithPassword({ onToken }: { onToken: () => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const provider = useAnswer("ways", readWays).value?.provider;
  const { words } = useAddress();
  const refusal = refusalOf(words.get("sign-in"), provider?.title ?? "");
  const enter = async () => {
    await signIn(name.trim(), password);
    if (refusal) setWords({ "sign-in": undefined }, { replace: true });
  };
  return (
    <>
      {refusal && (
        <div role="alert">
          <Notice level="warning" title={refusal.title}>
            {refusal.way} <ErrorCode code={refusal.code} />
          </Notice>
        </div>
      )}
      {provider && <WithProvider way={provider} />}
      <Form title="Sign in" button="Sign in" act={enter}>
        <Field label="Name" name="name" complete="username" value={name} onChange={setName} isFirst />
        <Field label="Password" name="password" kind="password" complete="current-password" value={password} onChange={setPassword} />
      </Form>
      <Button kind="plain" onPress={onToken}>
        I have a one-time token
      </Button>
    </>
  );
}

function WithToken({ given, onPassword }: { given: string; onPassword: () => void }) {
  const [token, setToken] = useState(given);
  const [name, setName] = useState("");
  const [title, setTitle] = useState("");
  const [password, setPassword] = useState("");
  return (
    <>
      <Form title="Welcome" button="Choose this password" act={async () => {
          await signInWithToken({ token: token.trim(), name: name.trim(), title: title.trim(), password });
          // The token is used; it goes out of the address too.
          navigate("/", { replace: true });
        }}
      >
        <Field label="One-time token" name="token" complete="off" hint="From the terminal of the engine, or from your administrator. It works once." value={token} onChange={setToken} isFirst={!given} />
        <Field label="Name" name="name" complete="username" hint="Small letters, digits, dot, dash. Invited people use the name they were told." value={name} onChange={setName} isFirst={Boolean(given)} />
        <Field label="Your name as people write it" name="title" complete="name" value={title} onChange={setTitle} />
        <Field label="New password" name="new-password" kind="password" complete="new-password" hint="12 letters or more; a few words are good." value={password} onChange={setPassword} />
      </Form>
      <Button kind="plain" onPress={onPassword}>
        I have a password
      </Button>
    </>
  );
}

/** A button that asks the browser for a passkey, and says when that did not work. */
function PasskeyButton({ label, act }: { label: string; act: () => Promise<unknown> }) {
  const [problem, setProblem] = useState("");
  const run = async () => {
    setProblem("");
    try {
      await act();
    } catch (error) {
      setProblem(error instanceof Problem ? error.message : "The browser showed no passkey.");
    }
  };
  return (
    <div className="stack tight">
      <Button kind="wide" icon="keys" onPress={() => void run()}>
        {label}
      </Button>
      {problem && (
        <p className="bad" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function SecondFactor({ factors }: { factors: string[] }) {
  const [code, setCode] = useState("");
  const passkey = factors.includes("passkey") && <PasskeyButton label="Use a passkey" act={signInWithPasskey} />;
  const form = (
    <Form title="Second factor" button="Go on" act={() => signInWithCode(code)}>
      <Field label="Code" name="code" complete="one-time-code" hint="The six digits of your authenticator app, or a recovery code." value={code} onChange={setCode} isFirst />
    </Form>
  );
  return (
    <>
      {passkey}
      {form}
    </>
  );
}

/** The picture of the secret: its path is drawn anew, because a text is never put into the page as markup. */
function Picture({ svg }: { svg: string }) {
  const box = /viewBox="([\d ]+)"/.exec(svg)?.[1];
  const path = [...svg.matchAll(/ d="([Mhvz\d -]+)"/g)].at(-1)?.[1];
  if (!box || !path) return null;
  return (
    <svg className="secret-picture" viewBox={box} role="img" aria-label="Picture to scan with the authenticator app">
      <path d={path} shapeRendering="crispEdges" />
    </svg>
  );
}

function SetUp() {
  const [begun, setBegun] = useState<{ secret: string; picture: string }>();
  const [problem, setProblem] = useState("");
  const [code, setCode] = useState("");
  const [recovery, setRecovery] = useState<string[]>();
  useEffect(() => {
    beginCodes().then(setBegun, (error: unknown) => setProblem(String(error)));
  }, []);
  if (recovery) {
    return (
      <div className="stack">
        <h1>Recovery codes</h1>
        <p>Each works once, when the app is not at hand. They are shown now and never again: print them, or keep them in a password safe.</p>
        <pre className="commands">{recovery.join("\n")}</pre>
        <Button kind="first wide" onPress={() => void askWho()}>
          I have kept them
        </Button>
      </div>
    );
  }
  return (
    <>
    <Form title="Set up a second factor" button="Confirm" act={async () => setRecovery(await confirmCodes(code.trim()))}>
      <p>Scan the picture with an authenticator app, or type the secret there. Then give the code that it shows.</p>
      {problem && <p className="bad">{problem}</p>}
      {begun && (
        <>
          <Picture svg={begun.picture} />
          <code className="secret">{begun.secret}</code>
        </>
      )}
      <Field label="Code" name="code" complete="one-time-code" value={code} onChange={setCode} isFirst />
    </Form>
    <PasskeyButton
      label="Use a passkey instead"
      act={async () => {
        const codes = await enrollPasskey("this device");
        if (codes.length > 0) setRecovery(codes);
        else await askWho();
      }}
    />
    </>
  );
}

export function SignIn() {
  const { me } = useSession();
  const { words } = useAddress();
  const given = words.get("token") ?? "";
  const [hasToken, setHasToken] = useState(given !== "");
  return (
    <main className="sign-in">
      <div className="card sign-in-card">
        <div className="brand">
          <Mark />
          Sinew
        </div>
        {me?.stage === "factor" ? <SecondFactor factors={me.factors} /> : me?.stage === "enroll" ? <SetUp /> : hasToken ? <WithToken given={given} onPassword={() => setHasToken(false)} /> : <WithPassword onToken={() => setHasToken(true)} />}
        {me && (
          <Button kind="plain" onPress={() => void signOut()}>
            Not {me.title || me.name}? Begin anew
          </Button>
        )}
      </div>
    </main>
  );
}
