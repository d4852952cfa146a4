// What is wrong now and was lately, who has it, who is told, and what is usual.
import { useEffect } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { readAlerts, type AlertBook } from "../../api/alerts";
import { useAnswer } from "../../api/use";
import { setWords, useAddress } from "../../shell/route";
import { ago, plural } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Card, Empty, Page, Trouble } from "../../ui/parts";
import { Incidents } from "./Incidents";
import { News } from "./News";
import { Past, Usual } from "./Past";
import { Quality } from "./Quality";
import { Told } from "./Told";
import { inOrder, isTaken } from "./words";

/** The engine looks at itself every ten seconds. */
const PAUSE_MS = 5000;

const TABS = [
  { id: "now", name: "Now" },
  { id: "past", name: "Over" },
  { id: "told", name: "Who is told" },
  { id: "usual", name: "What is usual" },
  { id: "senders", name: "Senders" },
  { id: "news", name: "News" },
];

function Now({ book, again }: { book: AlertBook; again: () => void }) {
  const names = [...new Set(Object.values(book.oncall).flatMap(({ now, next }) => [now, next]))].filter((name) => name !== null);
  if (book.open.length === 0) {
    return (
      <div className="calm">
        <Icon name="good" className="good" /> Nothing is wrong. Every source, destination, queue and the engine itself is looked at every ten seconds.
      </div>
    );
  }
  return <Incidents incidents={inOrder(book.open, book.at)} now={book.at} names={names} again={again} />;
}

function summary(book: AlertBook): string {
  if (book.open.length === 0) return "nothing is wrong";
  const free = book.open.filter((incident) => !isTaken(incident)).length;
  return `${plural(book.open.length, "incident")} open, ${free === 0 ? "all taken" : `${free} without anybody`} · looked ${ago(book.looked, book.at)}`;
}

export function Alerts() {
  const { value: book, problem, again } = useAnswer("alerts", readAlerts);
  const { words } = useAddress();
  useEffect(() => {
    const timer = window.setInterval(() => !document.hidden && again(), PAUSE_MS);
    return () => window.clearInterval(timer);
  }, [again]);
  if (!book) return <Page title="Alerts">{problem ? <Trouble problem={problem} what="The alerts" again={again} /> : <Empty title="Asking the engine…" />}</Page>;
  const tab = words.get("tab") ?? "now";
  return (
    <Page title="Alerts" about={summary(book)}>
      <Tabs className="tabs" selectedKey={TABS.some((known) => known.id === tab) ? tab : "now"} onSelectionChange={(key) => setWords({ tab: String(key) }, { replace: true })}>
        <TabList className="tab-list" aria-label="Parts of the alerts" items={TABS}>
          {(known) => <Tab className="tab">{known.name}</Tab>}
        </TabList>
        <TabPanel id="now" className="tab-panel spaced">
          <Now book={book} again={again} />
        </TabPanel>
        <TabPanel id="past" className="tab-panel spaced">
          <Past incidents={book.past} />
        </TabPanel>
        <TabPanel id="told" className="tab-panel spaced">
          <Told book={book} again={again} />
        </TabPanel>
        <TabPanel id="usual" className="tab-panel spaced">
          <Usual habits={book.habits} />
        </TabPanel>
        <TabPanel id="senders" className="tab-panel spaced">
          <Card title="Changes in what senders send">
            <Quality />
          </Card>
        </TabPanel>
        <TabPanel id="news" className="tab-panel spaced">
          <News />
        </TabPanel>
      </Tabs>
    </Page>
  );
}
