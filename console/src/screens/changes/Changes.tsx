// Changes: what a reading of the workspace would change, proposing it, approving what somebody else proposed, putting it into force.
import { useState } from "react";
import { lookNow, useLive } from "../../api/live";
import { get, post, Problem } from "../../api/http";
import { useMay, useSession } from "../../api/session";
import { useAnswer } from "../../api/use";
import { interfaceAt } from "../../shell/addresses";
import { AskWhy, Window } from "../../ui/dialogs";
import { moment, plural } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, Card, Empty, health, Link, Notice, Page, State, Trouble } from "../../ui/parts";

interface Finding {
  code?: string;
  severity?: string;
  message?: string;
  hint?: string | null;
  file?: string;
  line?: number;
}
interface Plan {
  fingerprint: string;
  interfaces: { interface: string; change: "start" | "change" | "stop" }[];
  findings: Finding[];
}
interface Change {
  id: string;
  title: string;
  by: string;
  made: number;
  until: number;
  fingerprint: string;
  plan: Plan;
  approved_by: string | null;
  applied_by: string | null;
}

const WORDS = { start: "begins", change: "goes on in a new version", stop: "ends, its queues are emptied" } as const;

function Findings({ findings }: { findings: Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul className="stack tight">
      {findings.map((finding, at) => (
        <li key={at}>
          <strong className={finding.severity === "error" ? "bad" : "warn"}>
            {finding.severity === "error" ? "✕ " : ""}
            {finding.code}
          </strong>{" "}
          {finding.message} {finding.file && <code>{`${finding.file}${finding.line ? `:${finding.line}` : ""}`}</code>} {finding.hint && <span className="quiet">{finding.hint}</span>}
        </li>
      ))}
    </ul>
  );
}

function PlanList({ plan }: { plan: Plan }) {
  return (
    <div className="stack tight">
      {plan.interfaces.length === 0 ? (
        <p className="quiet">No interface changes: what lies in the workspace is what runs.</p>
      ) : (
        <ul>
          {plan.interfaces.map((row) => (
            <li key={row.interface}>
              <strong>{row.interface}</strong> {WORDS[row.change] ?? row.change}
            </li>
          ))}
        </ul>
      )}
      <Findings findings={plan.findings} />
    </div>
  );
}

/** What was answered when a change went into force, as sentences. */
export function sentencesOf(answer: { changes?: Record<string, unknown> } & Record<string, unknown>): string[] {
  const parts = { ...answer, ...(answer.changes ?? {}) };
  const lists = Object.entries(parts).filter((entry): entry is [string, string[]] => Array.isArray(entry[1]) && entry[1].every((one) => typeof one === "string"));
  const said = lists.filter(([, names]) => names.length > 0).map(([what, names]) => `${what}: ${names.join(", ")}`);
  return said.length > 0 ? said : ["Nothing changed: the workspace is what runs."];
}

function InForce({ title, path, onClose }: { title: string; path: string; onClose: () => void }) {
  const [answer, setAnswer] = useState<{ findings?: Finding[]; changes?: Record<string, unknown> } & Record<string, unknown>>();
  const [problem, setProblem] = useState<Problem>();
  const [isRunning, setRunning] = useState(false);
  const run = async () => {
    setRunning(true);
    setProblem(undefined);
    try {
      setAnswer(await post(path));
      lookNow();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
    setRunning(false);
  };
  const errors = (answer?.findings ?? []).filter((finding) => finding.severity === "error");
  return (
    <Window title={title} onClose={onClose}>
      {!answer && <p>Messages that are under way end in the version they began in; new ones take the new version. An interface whose file has a mistake goes on as it is.</p>}
      {answer && (
        <div role="status" className="stack tight">
          {errors.length === 0 && (
            <ul>
              {sentencesOf(answer).map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          )}
          <Findings findings={answer.findings ?? []} />
        </div>
      )}
      {problem && (
        <Notice level="warning" title="Not done; what runs is as it was">
          {problem.message} {problem.code && <code>{problem.code}</code>}
        </Notice>
      )}
      <div className="buttons">
        <Button onPress={onClose}>{answer ? "Close" : "Cancel"}</Button>
        {!answer && (
          <Button kind="first" isDisabled={isRunning} onPress={() => void run()}>
            {isRunning ? "Reading…" : "Put it into force"}
          </Button>
        )}
      </div>
    </Window>
  );
}

function Proposals({ changes, onApply, again }: { changes: Change[]; onApply: (change: Change) => void; again: () => void }) {
  const may = useMay();
  const { me } = useSession();
  const [problem, setProblem] = useState<Problem>();
  const approve = async (change: Change) => {
    try {
      await post(`/api/v1/changes/${encodeURIComponent(change.id)}/approve`);
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, "", String(error)));
    }
    again();
  };
  return (
    <>
      {problem && (
        <Notice level="warning" title="Not approved">
          {problem.message} {problem.code && <code>{problem.code}</code>}
        </Notice>
      )}
      <table className="table">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Change</th>
            <th scope="col">Proposed</th>
            <th scope="col">What happens</th>
            <th scope="col">
              <span className="hidden-but-read">What you may do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <tr key={change.id}>
              <td>
                <span className={`state ${change.applied_by ? "note" : change.approved_by ? "good" : "warn"}`}>
                  <Icon name={change.approved_by || change.applied_by ? "good" : "warn"} />
                  {change.applied_by ? `In force, by ${change.applied_by}` : change.approved_by ? `Approved by ${change.approved_by}` : "Waits for approval"}
                </span>
              </td>
              <td>{change.title}</td>
              <td className="nowrap">
                {moment(change.made)} <span className="quiet">by {change.by}</span>
              </td>
              <td>
                <PlanList plan={change.plan} />
              </td>
              <td>
                <div className="buttons end">
                  {!change.approved_by && !change.applied_by && may("approve") && me?.name !== change.by && (
                    <Button aria-label={`Approve ${change.title}`} onPress={() => void approve(change)}>
                      Approve
                    </Button>
                  )}
                  {!change.applied_by && may("apply") && (
                    <Button aria-label={`Put ${change.title} into force`} onPress={() => onApply(change)}>
                      Put into force…
                    </Button>
                  )}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

export function Changes() {
  const { status, problem } = useLive();
  const may = useMay();
  const plan = useAnswer(may("propose") ? "plan" : null, (signal) => get<Plan>("/api/v1/plan", undefined, signal));
  const changes = useAnswer("changes", (signal) => get<{ four_eyes: boolean; changes: Change[] }>("/api/v1/changes", undefined, signal));
  const [open, setOpen] = useState<{ title: string; path: string }>();
  const [isProposing, setProposing] = useState(false);
  if (!status) return <Page title="Changes">{problem ? <Trouble problem={problem} what="The engine" /> : <Empty title="Asking the engine…" />}</Page>;
  const needsSecond = changes.value?.four_eyes ?? false;
  const close = () => {
    setOpen(undefined);
    plan.again();
    changes.again();
  };
  return (
    <Page
      title="Changes"
      about={needsSecond ? "two persons: one proposes, another approves" : "what lies in the workspace, and what runs"}
      actions={
        <>
          {may("propose") && (
            <Button icon="changes" isDisabled={!plan.value} onPress={() => setProposing(true)}>
              Propose…
            </Button>
          )}
          {may("apply") && !needsSecond && (
            <Button icon="again" onPress={() => setOpen({ title: "Read the workspace and put it into force", path: "/api/v1/reload" })}>
              Read and put into force…
            </Button>
          )}
        </>
      }
    >
      {may("propose") && (
        <Card title="What would change now" more={plan.value && <code className="quiet">{plan.value.fingerprint.slice(0, 16)}</code>}>
          <div className="inside">{plan.problem ? <Trouble problem={plan.problem} what="The plan" again={plan.again} /> : plan.value ? <PlanList plan={plan.value} /> : <p>Reading the workspace…</p>}</div>
        </Card>
      )}
      <Card title="Proposed" more={changes.value && <span className="quiet">{plural(changes.value.changes.length, "change")}</span>}>
        {changes.problem ? (
          <Trouble problem={changes.problem} what="Proposed changes" again={changes.again} />
        ) : !changes.value ? (
          <Empty title="Reading…" />
        ) : changes.value.changes.length === 0 ? (
          <Empty title="Nothing is proposed" />
        ) : (
          <Proposals changes={changes.value.changes} again={changes.again} onApply={(change) => setOpen({ title: `Put “${change.title}” into force`, path: `/api/v1/changes/${encodeURIComponent(change.id)}/apply` })} />
        )}
      </Card>
      <Card title="What runs" more={<span className="quiet">a version is a hash over the interface, its maps, its tables and the environment</span>}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Interface</th>
              <th scope="col">Running version</th>
            </tr>
          </thead>
          <tbody>
            {status.engine.interfaces.map((one) => (
              <tr key={one.name}>
                <td>
                  <State of={health(one.state)} />
                </td>
                <td>
                  <Link to={interfaceAt(one.name, "text")} data-row>
                    {one.title}
                  </Link>{" "}
                  <span className="quiet">{one.name}</span>
                </td>
                <td className="mono">{one.version}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
      {open && <InForce {...open} onClose={close} />}
      {isProposing && (
        <AskWhy
          onClose={() => {
            setProposing(false);
            changes.again();
          }}
          act={{
            title: "Propose the workspace as it lies there now",
            text: plan.value ? <PlanList plan={plan.value} /> : "",
            button: "Propose",
            example: "for example: ticket 4711, the new ward W7",
            run: async (reason) => void (await post("/api/v1/changes", { title: reason, reason })),
          }}
        />
      )}
    </Page>
  );
}
