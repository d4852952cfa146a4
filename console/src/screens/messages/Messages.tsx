// Finding messages, and one message beside the list. The address holds the search, the chosen message and the tab.
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { ActOnFound, BULK, type BulkKind } from "./ActOnFound";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { readFacets, searchMessages } from "../../api/routes";
import { useMay } from "../../api/session";
import type { MessageRow } from "../../api/types";
import { useAnswer } from "../../api/use";
import { setWords, useAddress } from "../../shell/route";
import { clockMillis, count, moment, utc } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, Empty, messageState, State, Trouble } from "../../ui/parts";
import { Facets } from "./Facets";
import { OneMessage } from "./OneMessage";
import { Inside, useScan } from "./Inside";
import { ReplayFound } from "./ReplayFound";

const LIMITS = [200, 1000, 5000, 10000];
const FOLLOW_MS = 2000;
const ROW_PX = 34;
const ROW_NARROW_PX = 52;

const addressOf = (query: string, id: number): string => {
  const words = new URLSearchParams(query ? { q: query } : {});
  words.set("id", String(id));
  return `/messages#${words}`;
};

function SearchBox({ query, onQuery }: { query: string; onQuery: (query: string) => void }) {
  const [text, setText] = useState(query);
  useEffect(() => setText(query), [query]);
  const onKey = (key: KeyboardEvent) => {
    if (key.key === "Enter") onQuery(text.trim());
    if (key.key === "Escape") setText(query);
  };
  return (
    <div className="search-box" role="search">
      <Icon name="search" />
      <input
        className="input"
        value={text}
        aria-label="Search: patient, visit, order, control id, field=value, or words like state:parked since:2h"
        placeholder="A patient, visit, order or control id — or words: type:ADT^A01 state:parked since:2h"
        spellCheck={false}
        autoComplete="off"
        onChange={(change) => setText(change.target.value)}
        onKeyDown={onKey}
      />
      {query && <Button kind="plain square" icon="close" aria-label="Clear the search" onPress={() => onQuery("")} />}
    </div>
  );
}

function Row({ row, query, isChosen, isNarrow, isStop }: { row: MessageRow; query: string; isChosen: boolean; isNarrow: boolean; isStop: boolean }) {
  const choose = () => setWords({ id: String(row.id) });
  return (
    <a
      href={addressOf(query, row.id)}
      data-row
      tabIndex={isStop ? 0 : -1}
      className={`message-row ${isNarrow ? "narrow" : ""}`}
      aria-current={isChosen ? "true" : undefined}
      title={`${utc(row.received)} · message ${row.id}`}
      onClick={(click) => {
        if (click.metaKey || click.ctrlKey || click.shiftKey) return;
        click.preventDefault();
        choose();
      }}
    >
      <span className="mono">{clockMillis(row.received)}</span>
      <span className="mono">{row.type}</span>
      <span className="cut">{row.interface}</span>
      <span className="cut mono quiet control">{row.control_id || "–"}</span>
      {!isNarrow && <span className="cut quiet">{(row.places ?? row.destinations).map((place) => place.trim()).join(", ") || "nowhere"}</span>}
      <State of={messageState(row.state)} />
    </a>
  );
}

function List({ rows, query, chosen, isNarrow }: { rows: MessageRow[]; query: string; chosen: number | undefined; isNarrow: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const height = isNarrow ? ROW_NARROW_PX : ROW_PX;
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => height, overscan: 12, getItemKey: (at) => rows[at]?.id ?? at });
  useEffect(() => virtual.measure(), [height, virtual]);
  // One stop for the key Tab: the chosen row, else the first; j and k move among the others.
  const stop = rows.some((row) => row.id === chosen) ? chosen : rows[0]?.id;
  return (
    <div className="message-list" ref={box} role="list" aria-label="Messages, newest first" tabIndex={-1}>
      <div className="message-rows" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return (
            row && (
              <div key={item.key} role="listitem" aria-setsize={rows.length} aria-posinset={item.index + 1} className="message-slot" style={{ height, transform: `translateY(${item.start}px)` }}>
                <Row row={row} query={query} isChosen={row.id === chosen} isNarrow={isNarrow} isStop={row.id === stop} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

export function Messages() {
  const { words } = useAddress();
  const query = words.get("q") ?? "";
  const chosen = Number(words.get("id")) || undefined;
  const may = useMay();
  const mayResend = may("resend");
  // A text inside messages stands in the address as the search does; why it is looked for does not.
  const inside = may("reveal") ? (words.get("inside") ?? undefined) : undefined;
  const scan = useScan(query, inside);
  const kinds = (Object.keys(BULK) as BulkKind[]).filter((kind) => may(BULK[kind].right));
  const [bulk, setBulk] = useState<BulkKind>();
  const [limitAt, setLimitAt] = useState(0);
  const [isFollowing, setFollowing] = useState(false);
  const [isReplaying, setReplaying] = useState(false);
  const [areFacetsOpen, setFacetsOpen] = useState(false);
  const limit = LIMITS[limitAt] ?? 200;
  const { value, problem, isLoading, again } = useAnswer(`${query}\n${limit}`, (signal) => searchMessages(query, limit, signal));
  const isScan = inside !== undefined;
  const rows = isScan ? scan.rows : (value?.messages ?? []);
  // Counts over all that is found cost the index more than a page of rows, so that following does not ask for them again.
  const facets = useAnswer(query, (signal) => readFacets(query, signal)).value?.facets;
  useEffect(() => {
    if (!isFollowing) return;
    const timer = window.setInterval(() => !document.hidden && again(), FOLLOW_MS);
    return () => window.clearInterval(timer);
  }, [isFollowing, again]);
  const onQuery = (text: string) => {
    setLimitAt(0);
    setWords({ q: text || undefined, id: undefined, tab: undefined });
  };
  const isFull = !isScan && rows.length >= limit;
  const oldest = rows.at(-1);
  return (
    <div className={`messages ${chosen ? "with-message" : ""} ${areFacetsOpen ? "facets-open" : ""} ${isScan ? "looks-inside" : ""}`}>
      <h1 className="hidden-but-read">Messages</h1>
      <div className="messages-head">
        <SearchBox query={query} onQuery={onQuery} />
        <div className="buttons">
          <span className="facets-button">
            <Button icon="filtered" aria-expanded={areFacetsOpen} onPress={() => setFacetsOpen(!areFacetsOpen)}>
              Narrow
            </Button>
          </span>
          <Button icon={isFollowing ? "paused" : "play"} onPress={() => setFollowing(!isFollowing)}>
            {isFollowing ? "Stop following" : "Follow"}
          </Button>
          {may("reveal") && (
            <Button icon="search" aria-expanded={isScan} onPress={() => setWords({ inside: isScan ? undefined : " ", id: undefined, tab: undefined })}>
              Look inside
            </Button>
          )}
          {kinds.length > 0 && (
            <MenuTrigger>
              <Button isDisabled={(!query && !isScan) || rows.length === 0}>Act on found…</Button>
              <Popover className="popover" placement="bottom end">
                <Menu className="menu" items={kinds.map((id) => ({ id, label: BULK[id].label }))} onAction={(key) => setBulk(kinds.find((kind) => kind === key))}>
                  {(one) => <MenuItem className="menu-item">{one.label}</MenuItem>}
                </Menu>
              </Popover>
            </MenuTrigger>
          )}
          {mayResend && <Button icon="again" isDisabled={!query || isScan || rows.length === 0} onPress={() => setReplaying(true)}>
            Replay found…
          </Button>}
        </div>
      </div>
      {isScan && <Inside text={inside.trim()} scan={scan} />}
      <aside className="messages-facets" aria-label="Narrow the search">
        <Facets query={query} rows={rows} facets={facets} onQuery={onQuery} />
        <p className="quiet facet-foot">{facets ? "Counts are of all that the search finds." : "Counts are of the messages in the list."}</p>
      </aside>
      <section className="messages-found" aria-label="Found messages">
        <p className="found-line" role="status">
          {isScan ? scan.said : problem ? "No answer" : isLoading && !value ? "Searching…" : rows.length === 0 ? "Nothing found" : facets && isFull ? `${count(rows.length)} newest of ${count(facets.total)}` : `${count(rows.length)}${isFull ? " newest" : ""} ${rows.length === 1 ? "message" : "messages"}`}
          {oldest && isFull && chosen === undefined && <span className="quiet"> back to {moment(oldest.received)}</span>}
          {isFull && limitAt < LIMITS.length - 1 && (
            <Button kind="plain" onPress={() => setLimitAt(limitAt + 1)}>
              Show {count(LIMITS[limitAt + 1] ?? 0)}
            </Button>
          )}
        </p>
        {isScan ? (
          rows.length > 0 ? <List rows={rows} query={query} chosen={chosen} isNarrow={chosen !== undefined} /> : <Empty title={scan.isRunning ? "Nothing found yet" : "Nothing found"}>{scan.hint}</Empty>
        ) : problem ? (
          <div className="inside">
            <Trouble problem={problem} what="The search" again={again} />
          </div>
        ) : rows.length === 0 && !isLoading ? (
          <Empty title="No message fits this search">{query ? "Take a word away, or widen the time: since:7d" : "When the first message comes, it is here."}</Empty>
        ) : (
          <List rows={rows} query={query} chosen={chosen} isNarrow={chosen !== undefined} />
        )}
      </section>
      {chosen && (
        <section className="messages-one" aria-label="Message">
          <OneMessage key={chosen} id={chosen} onClose={() => setWords({ id: undefined, tab: undefined })} />
        </section>
      )}
      {bulk && (
        <ActOnFound
          kind={bulk}
          rows={rows}
          isFull={isFull}
          onClose={() => {
            setBulk(undefined);
            again();
          }}
        />
      )}
      {isReplaying && <ReplayFound query={query} onClose={() => setReplaying(false)} />}
    </div>
  );
}
