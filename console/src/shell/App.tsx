// The frame around every screen: the bar, the navigation, the palette, and which screen an address means.
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useLive } from "../api/live";
import { askWho, useMay, useSession } from "../api/session";
import { attentionOf } from "../screens/overview/attention";
import { Alerts } from "../screens/alerts/Alerts";
import { Audit } from "../screens/audit/Audit";
import { Bench } from "../screens/bench/Bench";
import { Dictionary } from "../screens/dictionary/Dictionary";
import { Changes } from "../screens/changes/Changes";
import { InterfaceList } from "../screens/interface/InterfaceList";
import { OneInterface } from "../screens/interface/OneInterface";
import { Mapper } from "../screens/mapper/Mapper";
import { MapList } from "../screens/mapper/MapList";
import { Messages } from "../screens/messages/Messages";
import { Overview } from "../screens/overview/Overview";
import { SignIn } from "../screens/signin/SignIn";
import { System } from "../screens/system/System";
import { CodeTables } from "../screens/tables/CodeTables";
import { Users } from "../screens/users/Users";
import { Window } from "../ui/dialogs";
import { Icon, Mark } from "../ui/icons";
import { Button, Empty, Link, Page } from "../ui/parts";
import { Account } from "./Account";
import { useKeys } from "./keys";
import { Palette } from "./Palette";
import { PLACES, placeOf } from "./places";
import { useAddress, type Address } from "./route";
import { switchTheme, useTheme } from "./theme";

function screenOf({ path }: Address): ReactNode {
  const one = path.match(/^\/interfaces\/([^/]+)$/)?.[1];
  if (one) return <OneInterface key={one} name={decodeURIComponent(one)} />;
  const mapped = path.match(/^\/mapper\/([^/]+)$/)?.[1];
  if (mapped) return <Mapper key={mapped} name={decodeURIComponent(mapped)} />;
  switch (path) {
    case "/":
      return <Overview />;
    case "/messages":
      return <Messages />;
    case "/interfaces":
      return <InterfaceList />;
    case "/mapper":
      return <MapList />;
    case "/bench":
      return <Bench />;
    case "/alerts":
      return <Alerts />;
    case "/tables":
      return <CodeTables />;
    case "/dictionary":
      return <Dictionary />;
    case "/changes":
      return <Changes />;
    case "/audit":
      return <Audit />;
    case "/users":
      return <Users />;
    case "/system":
      return <System />;
    default:
      return (
        <Page title="Not found">
          <Empty title="There is no such page">
            <Link to="/">Go to the overview</Link>
          </Empty>
        </Page>
      );
  }
}

function Navigation({ path }: { path: string }) {
  const { status } = useLive();
  const urgent = useMemo(() => (status ? attentionOf(status).filter((item) => item.level !== "note") : []), [status]);
  const isAlarm = urgent.some((item) => item.level === "alarm");
  const may = useMay();
  const here = placeOf(path);
  const places = PLACES.filter((place) => !place.right || may(place.right));
  const groups = ["Look", "Build", "Guard"] as const;
  return (
    <nav className="side" aria-label="Screens">
      {groups.map((group) => (
        <ul key={group} aria-label={group}>
          {places.filter((place) => place.group === group).map((place) => (
            <li key={place.path}>
              <Link to={place.path} className="place" title={`${place.name} (g ${place.key})`} aria-current={place === here ? "page" : undefined}>
                <Icon name={place.icon} />
                <span className="place-name">{place.name}</span>
                {place.path === "/alerts" && urgent.length > 0 && (
                  <span className={`badge ${isAlarm ? "bad" : "warn"}`}>
                    {urgent.length}
                    <span className="hidden-but-read"> need attention</span>
                  </span>
                )}
              </Link>
            </li>
          ))}
        </ul>
      ))}
    </nav>
  );
}

const KEYS: [string, string][] = [
  ["/ or Ctrl K", "find messages, interfaces, screens"],
  ["j  k", "next and previous row"],
  ["Enter", "open the row"],
  ["Esc", "close a window"],
  ["?", "this list"],
];

function KeyList({ onClose }: { onClose: () => void }) {
  const jumps: [string, string][] = PLACES.map((place) => [`g ${place.key}`, place.name]);
  return (
    <Window title="Keys" onClose={onClose}>
      <dl className="facts key-list">
        {[...KEYS, ...jumps].map(([key, what]) => (
          <div key={key} className="key-row">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div className="buttons">
        <Button onPress={onClose}>Close</Button>
      </div>
    </Window>
  );
}

function Connection() {
  const { problem, status } = useLive();
  if (!problem) return null;
  return (
    <div className="offline" role="alert">
      <Icon name="warn" />
      {problem.message} {status ? "What you see is the last thing it said; it is asked again every second." : "It is asked again every second."}
    </div>
  );
}

/** The frame for those who are signed in; for others the way in. */
export function App() {
  const { state, me } = useSession();
  useEffect(() => void askWho(), []);
  if (state === "asking") return null;
  return state === "out" || (me && me.stage !== "full") ? <SignIn /> : <Frame />;
}

function Frame() {
  const address = useAddress();
  const theme = useTheme();
  const { status } = useLive();
  const [open, setOpen] = useState<"palette" | "keys">();
  const acts = useMemo(() => ({ openPalette: () => setOpen("palette"), openKeys: () => setOpen("keys") }), []);
  useKeys(acts);
  const main = useRef<HTMLElement>(null);
  const place = placeOf(address.path);
  useEffect(() => {
    document.title = place ? `${place.name} · Sinew` : "Sinew";
    main.current?.scrollTo(0, 0);
  }, [address.path, place]);
  return (
    <div className="frame">
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the screen
      </button>
      <header className="bar">
        <Link to="/" className="brand">
          <Mark />
          Sinew
        </Link>
        {status?.process.is_demo && <span className="demo">Demo · invented people</span>}
        <button type="button" className="finder" onClick={acts.openPalette}>
          <Icon name="search" />
          <span>Find messages, patients, interfaces…</span>
          <kbd>/</kbd>
        </button>
        <div className="bar-end">
          <a className="button plain square" href="/docs" target="_blank" rel="noreferrer" aria-label="The guide" title="The guide">
            <Icon name="book" />
          </a>
          <Button kind="plain square" aria-label="Keys" onPress={acts.openKeys} icon="keys" />
          <Button kind="plain square" aria-label={theme === "light" ? "Dark colours" : "Light colours"} onPress={switchTheme} icon={theme === "light" ? "moon" : "sun"} />
          <Account />
        </div>
      </header>
      <Navigation path={address.path} />
      <main id="main" ref={main} tabIndex={-1}>
        <Connection />
        {screenOf(address)}
      </main>
      {open === "palette" && <Palette onClose={() => setOpen(undefined)} />}
      {open === "keys" && <KeyList onClose={() => setOpen(undefined)} />}
    </div>
  );
}
