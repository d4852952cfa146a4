// Replay with a preview: how many, from when, what was delivered already, and why it is done.
import { planReplay, replay } from "../../api/routes";
import { useAnswer } from "../../api/use";
import { AskWhy, Window } from "../../ui/dialogs";
import { count, moment, plural } from "../../ui/format";
import { Button, Trouble } from "../../ui/parts";

export function ReplayFound({ query, onClose }: { query: string; onClose: () => void }) {
  const { value: plan, problem } = useAnswer(query, () => planReplay(query));
  if (problem) {
    return (
      <Window title="Replay" onClose={onClose}>
        <Trouble problem={problem} what="The plan" />
        <div className="buttons">
          <Button onPress={onClose}>Close</Button>
        </div>
      </Window>
    );
  }
  if (!plan) {
    return (
      <Window title="Replay" onClose={onClose}>
        <p>Looking what would be replayed…</p>
      </Window>
    );
  }
  const text = (
    <div className="stack tight">
      <p>
        They are read again from the bytes that came, by the interface as it is now, oldest first. Nothing that is stored changes; each replay is marked as one.
      </p>
      <dl className="facts">
        <dt>Messages</dt>
        <dd>
          {count(plan.messages)}
          {plan.is_limited && <strong className="warn"> — the limit; there are more</strong>}
        </dd>
        <dt>Delivered already</dt>
        <dd className={plan.already_delivered > 0 ? "warn" : ""}>{plan.already_delivered > 0 ? `${plural(plan.already_delivered, "message")}: receivers get ${plan.already_delivered === 1 ? "it" : "them"} a second time` : "none"}</dd>
        <dt>Received</dt>
        <dd>{plan.oldest && plan.newest ? `${moment(plan.oldest)} to ${moment(plan.newest)}` : "–"}</dd>
        <dt>Interfaces</dt>
        <dd>
          {Object.entries(plan.interfaces)
            .map(([name, number]) => `${name} ${count(number)}`)
            .join(", ") || "–"}
        </dd>
      </dl>
    </div>
  );
  return (
    <AskWhy
      onClose={onClose}
      act={{
        title: `Replay ${plural(plan.messages, "message")}`,
        text,
        button: `Replay ${plural(plan.messages, "message")}`,
        isDangerous: plan.already_delivered > 0,
        run: async (reason) => {
          const done = await replay(query, reason);
          const refused = done.refused.length ? ` ${count(done.refused.length)} were refused; they are as they were.` : "";
          return `${plural(done.replayed.length, "message")} replayed.${refused}`;
        },
      }}
    />
  );
}
