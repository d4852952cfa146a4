// The story of the demo as a strip: what comes, what goes wrong now, what has healed, and where to look.
import type { Chapter, Status } from "../../api/types";
import { interfaceAt, messagesAt } from "../../shell/addresses";
import { Icon, type IconName } from "../../ui/icons";
import { Card, Link } from "../../ui/parts";

const STAGES: Record<Chapter["stage"], { word: string; icon: IconName; tone: string }> = {
  coming: { word: "Coming", icon: "expired", tone: "note" },
  under_way: { word: "Now", icon: "warn", tone: "warn" },
  healing: { word: "Healing", icon: "again", tone: "warn" },
  healed: { word: "Healed", icon: "good", tone: "good" },
};

/** Where a chapter is seen best. */
const LOOK: Record<string, string> = {
  "lab-result": messagesAt("interface:lab-results"),
  "pacs-down": messagesAt("destination:pacs state:in_flight"),
  "clinic-silent": interfaceAt("immunisations"),
  "unknown-ward": messagesAt("state:parked"),
  "duplicate-patient": interfaceAt("south-adt"),
  "pharmacy-rejects": messagesAt("destination:pharmacy state:parked"),
};

function told(chapter: Chapter): string {
  const stage = STAGES[chapter.stage];
  return chapter.stage === "coming" ? `in ${chapter.begins_in_s} s` : stage.word;
}

export function Story({ status }: { status: Status }) {
  const chapters = status.process.story ?? [];
  if (chapters.length === 0) return null;
  const now = chapters.find((one) => one.stage === "under_way") ?? chapters.find((one) => one.stage === "healing");
  const next = chapters.find((one) => one.stage === "coming");
  const shown = now ?? next;
  return (
    <Card title="The story" more={<span className="quiet">this hospital is invented: things go wrong on purpose, and heal in front of you</span>}>
      <ol className="story">
        {chapters.map((one) => (
          <li key={one.name} className={`${one.stage} ${STAGES[one.stage].tone}`} aria-current={one === now ? "step" : undefined}>
            <Icon name={STAGES[one.stage].icon} />
            <strong>{one.title}</strong>
            <span className="number">{told(one)}</span>
          </li>
        ))}
      </ol>
      <p className="story-look">
        {shown ? (
          <>
            <strong>{shown === now ? "Look now:" : "Next:"}</strong> {shown.look} {LOOK[shown.name] && <Link to={LOOK[shown.name] ?? "/"}>Show me</Link>}
          </>
        ) : (
          "The story is over, and the hospital goes on. Every message is still there to be looked at."
        )}
      </p>
    </Card>
  );
}
