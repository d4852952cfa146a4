// One message: its life as a strip, its content in linked panes, and what a person may do with it.
import { useMemo, useState } from "react";
import { Menu, MenuItem, MenuTrigger, Popover, Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { readInterface, remove, readJourney, replay, resend, retry, sendEdited } from "../../api/routes";
import { breakGlass, useMay, type Right } from "../../api/session";
import type { Journey, View } from "../../api/types";
import { useAnswer } from "../../api/use";
import { differences } from "../../hl7/er7";
import { mapsTo } from "../../flow/maps";
import { benchAt, interfaceAt, mapAt } from "../../shell/addresses";
import { setWords, useAddress } from "../../shell/route";
import { AskWhy, type Act } from "../../ui/dialogs";
import { bytes, clockMillis, plural, utc } from "../../ui/format";
import { Button, Empty, Link, Trouble } from "../../ui/parts";
import { Compare } from "./Compare";
import { useContent, useNames, type Names } from "./content";
import { Fields, Plain, Raw, useEr7, type Linked } from "./Panes";
import { sinceText, stripOf } from "./strip";

function Strip({ journey }: { journey: Journey }) {
  const tiles = stripOf(journey);
  const start = journey.stages.find((stage) => stage.step === 1)?.at ?? null;
  return (
    <ol className="strip" aria-label="The life of the message" tabIndex={0}>
      {tiles.map((tile) => (
        <li key={tile.id} className={tile.tone} title={`${tile.text}${tile.at ? ` · ${utc(tile.at)}` : ""}`}>
          <strong className="cut">
            {tile.tone === "bad" ? "✕ " : tile.tone === "wait" ? "… " : ""}
            {tile.name}
          </strong>
          <span>{tile.text}</span>
          <span className="quiet number">{sinceText(tile.at, start) || " "}</span>
        </li>
      ))}
    </ol>
  );
}

function Stages({ journey }: { journey: Journey }) {
  const start = journey.stages.find((stage) => stage.step === 1)?.at ?? null;
  return (
    <table className="table stages">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col" className="right">
            Since
          </th>
          <th scope="col">Where</th>
          <th scope="col">What happened</th>
        </tr>
      </thead>
      <tbody>
        {journey.stages.map((stage, at) => (
          <tr key={at}>
            <td className="mono nowrap">{stage.at ? clockMillis(stage.at) : ""}</td>
            <td className="right number nowrap">{sinceText(stage.at, start)}</td>
            <td className="nowrap">{stage.destination ?? "engine"}</td>
            <td className={stage.is_good ? "" : "bad"}>
              {stage.is_good ? "" : "✕ "}
              {stage.text}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface Offer {
  id: string;
  label: string;
  right: Right;
  act: Act;
}

function actsOf(journey: Journey): Offer[] {
  const { id } = journey;
  const acts: Offer[] = [
    {
      id: "replay",
      label: "Replay…",
      right: "resend",
      act: {
        title: `Replay message ${id}`,
        text: "It is read again from the bytes that came, by the interface as it is now. What is stored does not change; the replay is a message of its own and is marked as one. Receivers that had it get it again.",
        button: "Replay",
        isDangerous: journey.deliveries.some((one) => one.state === "delivered"),
        run: async (reason: string) => {
          const done = await replay(`id:${id}`, reason);
          return done.refused.length ? "It was refused; the message is as it was." : "Replayed.";
        },
      },
    },
    {
      id: "retry",
      label: "Retry what waits…",
      right: "resend",
      act: { title: "Retry now", text: "Deliveries of this message that wait, are held or parked are tried now, in their order.", button: "Retry", run: async (reason: string) => void (await retry({ message: id, reason })) },
    },
    ...journey.deliveries.map((one) => ({
      id: `resend ${one.delivery.number}`,
      label: `Resend to ${one.destination}…`,
      right: "resend" as const,
      act: {
        title: `Resend to ${one.destination}`,
        text: "The same bytes as before go to this destination once more. It may get the message twice.",
        button: "Resend",
        isDangerous: true,
        run: async (reason: string) => void (await resend({ message: id, number: one.delivery.number, reason })),
      },
    })),
    {
      id: "delete",
      label: "Delete what is parked…",
      right: "delete",
      act: { title: "Delete what is parked or held", text: "It is not delivered any more, and counted as deleted by you. The message stays in the store and can be replayed.", button: "Delete", isDangerous: true, run: async (reason: string) => void (await remove({ message: id, reason })) },
    },
  ];
  return acts;
}

const REVEAL = (run: Act["run"]): Act => ({
  title: "Reveal the content",
  text: "You will see who the patient is. That you looked, and why, is written to the audit log.",
  button: "Reveal",
  example: "for example: ticket 4711, the ward asks for a result",
  run,
});

function Hidden({ view, onReveal }: { view: ReturnType<typeof useContent>; onReveal: () => void }) {
  if (view.problem?.isMissing || view.problem?.status === 403) {
    return (
      <Empty title="The content is not shown without a reason">
        <Button icon="eye" onPress={onReveal}>
          Reveal…
        </Button>
      </Empty>
    );
  }
  if (view.problem) return <Trouble problem={view.problem} what="The content" again={view.again} />;
  return <div className="empty">Reading…</div>;
}

function Content({ view, names, linked, mode, changed }: { view: View; names: Names; linked: Linked; mode: "fields" | "raw"; changed?: Set<string> }) {
  const er7 = useEr7(view);
  if (!er7) return <Plain text={view.text} linked={linked} />;
  return mode === "fields" ? <Fields er7={er7} names={names} linked={linked} changed={changed} /> : <Raw er7={er7} names={names} linked={linked} changed={changed} />;
}

/** What made an output: its maps, each with this message on it, where every element leads to its line. */
function MadeBy({ journey, destination }: { journey: Journey; destination: string }) {
  const { value } = useAnswer(journey.interface, (signal) => readInterface(journey.interface, signal));
  const files = value ? mapsTo(value.text, value.file, destination) : [];
  if (files.length === 0) return null;
  return (
    <>
      {" "}
      Made by{" "}
      {files.map((file) => (
        <span key={file}>
          <Link to={mapAt(journey.interface, file, journey.id)}>{file.split("/").at(-1) ?? file}</Link>{" "}
        </span>
      ))}
      : see which line made what.
    </>
  );
}

function Panes({ journey, reason, onReveal }: { journey: Journey; reason: string | undefined; onReveal: () => void }) {
  const { words } = useAddress();
  const tab = words.get("tab") ?? "raw";
  const [look, setLook] = useState<{ path?: string; value?: string }>({});
  const linked: Linked = useMemo(() => ({ path: look.path, value: look.value, look: (path, value) => setLook({ path, value }) }), [look]);
  const raw = useContent(journey.id, "raw", reason);
  const output = tab.startsWith("output:") ? tab : null;
  const other = useContent(journey.id, output ?? (tab === "acknowledgment" ? tab : null), reason);
  const [left, right] = [useEr7(raw.value), useEr7(other.value)];
  const names = useNames(left);
  const changed = useMemo(() => (output && left && right ? new Set(differences(left, right).map((one) => one.path)) : undefined), [output, left, right]);
  const tabs = [
    { id: "raw", name: "Raw" },
    ...journey.deliveries.map((one) => ({ id: `output:${one.destination}`, name: `To ${one.destination}` })),
    { id: "acknowledgment", name: "Answer" },
    { id: "compare", name: "Compare" },
    { id: "journey", name: "Journey" },
  ];
  return (
    <div className="panes">
      <section className="card pane" aria-label="Fields">
        <header>
          <h2>Fields</h2>
          {raw.value && <span className="quiet">{raw.value.isMasked ? "masked" : "revealed"} · as received</span>}
        </header>
        <div className="pane-inside">{raw.value ? <Content view={raw.value} names={names} linked={linked} mode="fields" /> : <Hidden view={raw} onReveal={onReveal} />}</div>
      </section>
      <section className="card pane" aria-label="Content">
        <Tabs className="tabs" selectedKey={tabs.some((one) => one.id === tab) ? tab : "raw"} onSelectionChange={(key) => setWords({ tab: String(key) }, { replace: true })}>
          <TabList className="tab-list" aria-label="Ways to see it" items={tabs}>
            {(one) => <Tab className="tab">{one.name}</Tab>}
          </TabList>
          {tabs.map((one) => (
            <TabPanel key={one.id} id={one.id} className="tab-panel pane-inside">
              {one.id === "journey" ? (
                <Stages journey={journey} />
              ) : one.id === "compare" ? (
                <Compare journey={journey} reason={reason} onReveal={onReveal} />
              ) : one.id === "raw" ? (
                raw.value ? <Content view={raw.value} names={names} linked={linked} mode="raw" /> : <Hidden view={raw} onReveal={onReveal} />
              ) : other.value ? (
                <>
                  <p className="pane-note quiet">
                    {changed && (changed.size ? `${plural(changed.size, "place")} changed on the way, underlined.` : "Sent as received.")}
                    {output && <MadeBy journey={journey} destination={output.slice("output:".length)} />}
                  </p>
                  <Content view={other.value} names={names} linked={linked} mode="raw" changed={changed} />
                </>
              ) : (
                <Hidden view={other} onReveal={onReveal} />
              )}
            </TabPanel>
          ))}
        </Tabs>
      </section>
    </div>
  );
}

/** A copy to be corrected and sent: a segment a line. The message itself is never changed. */
function EditCopy({ id, text, onClose }: { id: number; text: string; onClose: () => void }) {
  const [content, setContent] = useState(() => text.replaceAll("\r\n", "\n").replaceAll("\r", "\n"));
  return (
    <AskWhy
      onClose={onClose}
      act={{
        title: `Send an edited copy of ${id}`,
        text: (
          <div className="field">
            <label htmlFor="copy">The copy; {id} stays as it came</label>
            <textarea id="copy" className="input mono copy" rows={12} spellCheck={false} wrap="off" value={content} onChange={(change) => setContent(change.target.value)} />
          </div>
        ),
        button: "Send the copy",
        isDangerous: true,
        run: async (reason) => {
          const done = await sendEdited(id, content.trimEnd().replaceAll("\n", "\r") + "\r", reason);
          return done.refused ? `Refused: ${done.refused.text}` : `Sent as message ${done.message ?? ""}.`;
        },
      }}
    />
  );
}

export function OneMessage({ id, onClose }: { id: number; onClose: () => void }) {
  const { value: journey, problem, again } = useAnswer(String(id), (signal) => readJourney(id, signal));
  const [reason, setReason] = useState<string>();
  const [act, setAct] = useState<Act>();
  const may = useMay();
  const [isEditing, setEditing] = useState(false);
  // Only what was revealed can be edited: a masked copy would lose what it hides.
  const original = useContent(id, reason && may("edit") ? "raw" : null, reason);
  if (problem) return <Trouble problem={problem} what={`Message ${id}`} again={again} />;
  if (!journey) return <div className="empty">Reading…</div>;
  const acts = actsOf(journey).filter((offer) => may(offer.right));
  const first = journey.stages.find((stage) => stage.step === 1);
  const mayReveal = may("reveal");
  // Who may not read content may break the glass, where their role has that.
  const reveal = () =>
    setAct(
      mayReveal
        ? REVEAL(async (why) => setReason(why))
        : {
            ...REVEAL(async (why) => {
              await breakGlass(why);
              setReason(why);
            }),
            title: "Break the glass and reveal",
            text: "Your role does not read content. You break the glass: for one hour you may, and the privacy officer sees that you did and why.",
            isDangerous: true,
          },
    );
  const close = () => {
    setAct(undefined);
    again();
  };
  return (
    <div className="one-message">
      <header className="one-head">
        <h2 className="mono">{journey.kind}</h2>
        <span>
          on <Link to={interfaceAt(journey.interface)}>{journey.interface}</Link>
        </span>
        <span className="quiet">
          {first?.at ? clockMillis(first.at) : ""} · {bytes(journey.size)} · control id <code>{journey.control_id || "none"}</code> · id <code>{id}</code>
        </span>
        <div className="buttons">
          {reason ? (
            <Button icon="masked" onPress={() => setReason(undefined)}>
              Mask
            </Button>
          ) : (
            (mayReveal || may("break-glass")) && (
              <Button icon="eye" onPress={reveal}>
                Reveal…
              </Button>
            )
          )}
          <Link to={benchAt(journey.interface, id)} className="button">
            On the bench
          </Link>
          {original.value && !original.value.isMasked && (
            <Button icon="changes" onPress={() => setEditing(true)}>
              Edit a copy…
            </Button>
          )}
          {acts.length > 0 && <MenuTrigger>
            <Button icon="again">Act…</Button>
            <Popover className="popover" placement="bottom end">
              <Menu className="menu" items={acts} onAction={(key) => setAct(acts.find((one) => one.id === key)?.act)}>
                {(one) => <MenuItem className="menu-item">{one.label}</MenuItem>}
              </Menu>
            </Popover>
          </MenuTrigger>}
          <Button kind="plain square" icon="close" aria-label="Close the message" onPress={onClose} />
        </div>
      </header>
      <Strip journey={journey} />
      <Panes journey={journey} reason={reason} onReveal={reveal} />
      {act && <AskWhy act={act} onClose={close} />}
      {isEditing && original.value && <EditCopy id={id} text={original.value.text} onClose={() => setEditing(false)} />}
    </div>
  );
}
