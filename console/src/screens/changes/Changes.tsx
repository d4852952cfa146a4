// Changes: what the files of the workspace would change, putting it into force, the way back, and two persons where they are asked for.
import { useState } from "react";
import { applyChange, applyFiles, approve, propose, readChanges, readPlan, readVersions, type Change, type Plan } from "../../api/changes";
import { Problem } from "../../api/http";
import { useLive } from "../../api/live";
import { useMay, useSession } from "../../api/session";
import { useAnswer } from "../../api/use";
import { interfaceAt } from "../../shell/addresses";
import { AskWhy } from "../../ui/dialogs";
import { moment, plural } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, Card, Empty, ErrorCode, health, Link, Notice, Page, State, Trouble } from "../../ui/parts";
import { PlanShort, PlanView } from "./PlanView";
import { PutIntoForce, type Step } from "./PutIntoForce";
import { Versions } from "./Versions";

const SAFE = "Messages that are under way end in the version they began in; new ones take the new version. An interface whose file has a mistake goes on as it is.";

/** What is safe, and where it is done. */
const Safe = ({ plan }: { plan: Plan }) => (
  <p>
    {plan.environment && (
      <>
        In the environment <strong>{plan.environment}</strong>.{" "}
      </>
    )}
    {SAFE}
  </p>
);

function Proposals({ changes, onApply, again }: { changes: Change[]; onApply: (change: Change) => void; again: () => void }) {
  const may = useMay();
  const { me } = useSession();
  const [problem, setProblem] = useState<Problem>();
  const agree = async (change: Change) => {
    try {
      await approve(change.id);
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
          {problem.message} <ErrorCode code={problem.code} />
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
                <PlanShort plan={change.plan} />
              </td>
              <td>
                <div className="buttons end">
                  {!change.approved_by && !change.applied_by && may("approve") && me?.name !== change.by && (
                    <Button aria-label={`Approve ${change.title}`} onPress={() => void agree(change)}>
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
  const plan = useAnswer(may("propose") ? "plan" : null, readPlan);
  const changes = useAnswer("changes", readChanges);
  const versions = useAnswer("versions", readVersions);
  const [step, setStep] = useState<Step>();
  const [isProposing, setProposing] = useState(false);
  if (!status) return <Page title="Changes">{problem ? <Trouble problem={problem} what="The engine" /> : <Empty title="Asking the engine…" />}</Page>;
  const needsSecond = changes.value?.four_eyes ?? false;
  const again = () => {
    plan.again();
    changes.again();
    versions.again();
  };
  const close = () => {
    setStep(undefined);
    again();
  };
  const now = plan.value;
  const isSomething = now !== undefined && (now.interfaces.length > 0 || (now.files?.length ?? 0) > 0);
  return (
    <Page
      title="Changes"
      about={needsSecond ? "two persons: one proposes, another approves" : "what lies in the workspace, and what runs"}
      actions={
        <>
          <Button icon="again" onPress={again}>
            Look again
          </Button>
          {may("propose") && (
            <Button kind={needsSecond && isSomething ? "first" : ""} isDisabled={!now} onPress={() => setProposing(true)}>
              Propose…
            </Button>
          )}
          {may("apply") && !needsSecond && now && (
            <Button kind={isSomething ? "first" : ""} onPress={() => setStep({ title: "Put the files of the workspace into force", text: <Safe plan={now} />, button: "Put into force", run: (why) => applyFiles(why, now.fingerprint) })}>
              Put into force…
            </Button>
          )}
        </>
      }
    >
      {may("propose") && (
        <Card title="What would change now" more={
            now && (
              <span className="quiet">
                {now.environment && `environment ${now.environment} · `}
                <code>{now.fingerprint.slice(0, 16)}</code>
              </span>
            )
          }>
          <div className="inside">{plan.problem ? <Trouble problem={plan.problem} what="The plan" again={plan.again} /> : now ? <PlanView plan={now} /> : <p>Reading the workspace, and running stored messages through both versions…</p>}</div>
        </Card>
      )}
      <Versions answer={versions} isLocked={needsSecond} again={again} />
      <Card title="Proposed" more={changes.value && <span className="quiet">{plural(changes.value.changes.length, "change")}</span>}>
        {changes.problem ? (
          <Trouble problem={changes.problem} what="Proposed changes" again={changes.again} />
        ) : !changes.value ? (
          <Empty title="Reading…" />
        ) : changes.value.changes.length === 0 ? (
          <Empty title="Nothing is proposed" />
        ) : (
          <Proposals changes={changes.value.changes} again={changes.again} onApply={(change) => setStep({ title: `Put “${change.title}” into force`, text: <p>{SAFE}</p>, button: "Put into force", run: (why) => applyChange(change.id, why) })} />
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
      {step && <PutIntoForce step={step} onClose={close} />}
      {isProposing && (
        <AskWhy
          onClose={() => {
            setProposing(false);
            changes.again();
          }}
          act={{
            title: "Propose the workspace as it lies there now",
            text: now ? <PlanShort plan={now} /> : "",
            button: "Propose",
            example: "for example: ticket 4711, the new ward W7",
            run: async (reason) => void (await propose(reason, reason)),
          }}
        />
      )}
    </Page>
  );
}
