// What the standards say: segments, fields, data types and tables of every version of HL7 v2, and elements of FHIR. The address holds the word.
import { useEffect, useState } from "react";
import { lookUp, type DictionaryEntry, type DictionaryRow } from "../../api/routes";
import { useAnswer } from "../../api/use";
import { setWords, useAddress } from "../../shell/route";
import { plural } from "../../ui/format";
import { Card, Empty, Link, Page, Trouble } from "../../ui/parts";

const VERSIONS = ["2.9", "2.8.2", "2.8", "2.7.1", "2.7", "2.6", "2.5.1", "2.5", "2.4", "2.3.1", "2.3", "2.2", "2.1"];
const VERSION_DEFAULT = "2.5.1";
const EXAMPLES = ["PID", "PID-3", "OBX-5", "CX", "0001", "Patient.contact", "mother maiden"];
const USAGE: Record<string, string> = { R: "required", O: "optional", C: "conditional", B: "kept for older systems", W: "withdrawn", X: "withdrawn" };

const wordAt = (word: string, version: string): string => `/dictionary#word=${encodeURIComponent(word)}${version === VERSION_DEFAULT ? "" : `&version=${version}`}`;

function Rows({ rows, version }: { rows: DictionaryRow[]; version: string }) {
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Place</th>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            <th scope="col">Usage</th>
            <th scope="col">Repeats</th>
            <th scope="col" className="right">
              Length
            </th>
            <th scope="col">Table</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.path}>
              <td className="mono nowrap">
                <Link to={wordAt(row.path, version)} data-row>
                  {row.path}
                </Link>
              </td>
              <td>{row.name}</td>
              <td className="mono">{/^[A-Z]{2,3}$/.test(row.type) ? <Link to={wordAt(row.type, version)}>{row.type}</Link> : row.type}</td>
              <td className={row.usage === "R" || /^[1-9]/.test(row.usage) ? "" : "quiet"}>{USAGE[row.usage] ?? row.usage}</td>
              <td className="quiet">{row.is_repeating ? "yes" : "–"}</td>
              <td className="right number quiet">{row.length ?? "–"}</td>
              <td className="mono">{row.table ? <Link to={wordAt(row.table, version)}>{row.table}</Link> : <span className="quiet">–</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Codes({ codes }: { codes: { code: string; display: string }[] }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Code</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        {codes.map((one) => (
          <tr key={one.code}>
            <td className="mono">{one.code}</td>
            <td>{one.display || <span className="quiet">no text in the standard</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What stands around a word: `PID-3.4` is in `PID-3`, which is in `PID`. */
function aroundOf(word: string): string[] {
  const out: string[] = [];
  for (let at = word.replace(/[.-][^.-]*$/, ""); at !== out.at(-1) && at !== word; at = at.replace(/[.-][^.-]*$/, "")) out.push(at);
  return out.reverse();
}

function Entry({ entry, version }: { entry: DictionaryEntry; version: string }) {
  if (entry.kind === "found") {
    const found = entry.found ?? [];
    if (found.length === 0) return <Empty title="The standard has no such word">Try a place (PID-3), a data type (CX), a table (0001), an element (Patient.contact), or words of a name.</Empty>;
    return (
      <Card title={`Named “${entry.word}”`}>
        <table className="table">
          <tbody>
            {found.map((one) => (
              <tr key={one.path}>
                <td className="mono nowrap">
                  <Link to={wordAt(one.path, version)} data-row>
                    {one.path}
                  </Link>
                </td>
                <td>{one.name}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
    );
  }
  const { own } = entry;
  return (
    <>
      <Card
        title={
          <>
            {aroundOf(entry.word).map((word) => (
              <span key={word}>
                <Link to={wordAt(word, version)}>{word}</Link> ›{" "}
              </span>
            ))}
            <code>{entry.word}</code> {entry.name}
          </>
        }
        more={<span className="quiet">{entry.kind === "element" ? "FHIR R4" : `HL7 v${entry.version}`}{entry.is_user_defined ? " · codes are the site's own" : ""}</span>}
      >
        {own && (
          <p className="inside">
            Type <code>{own.type}</code>, {USAGE[own.usage] ?? own.usage}
            {own.is_repeating ? ", repeats" : ""}
            {own.length ? `, at most ${plural(own.length, "character")}` : ""}
            {own.table && (
              <>
                , table <Link to={wordAt(own.table, version)}>{own.table}</Link>
              </>
            )}
          </p>
        )}
        {entry.rows && entry.rows.length > 0 && <Rows rows={entry.rows} version={version} />}
        {entry.rows?.length === 0 && !own && <p className="inside quiet">It has no parts.</p>}
      </Card>
      {entry.codes && entry.codes.length > 0 && (
        <Card title="Codes" more={<span className="quiet">{entry.codes.length} of the standard</span>}>
          <Codes codes={entry.codes} />
        </Card>
      )}
      {entry.kind === "table" && entry.codes?.length === 0 && <Empty title="The standard lists no codes for this table" />}
    </>
  );
}

export function Dictionary() {
  const { words } = useAddress();
  const word = words.get("word") ?? "PID";
  const version = words.get("version") ?? VERSION_DEFAULT;
  const [text, setText] = useState(word);
  useEffect(() => setText(word), [word]);
  const { value, problem, again } = useAnswer(`${version} ${word}`, (signal) => lookUp(version, word, signal));
  return (
    <Page
      title="Dictionary"
      actions={
        <>
          <input
            className="input narrow"
            aria-label="Look up a place, data type, table, element or name"
            placeholder="PID-3, CX, 0001, Patient.contact…"
            value={text}
            spellCheck={false}
            onChange={(change) => setText(change.target.value)}
            onKeyDown={(key) => key.key === "Enter" && text.trim() && setWords({ word: text.trim() })}
          />
          <select className="input version" aria-label="Version of HL7 v2" value={version} onChange={(change) => setWords({ version: change.target.value === VERSION_DEFAULT ? undefined : change.target.value })}>
            {VERSIONS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </>
      }
    >
      <p className="quiet">
        For example:{" "}
        {EXAMPLES.map((example) => (
          <span key={example}>
            <Link to={wordAt(example, version)}>{example}</Link>{" "}
          </span>
        ))}
      </p>
      {problem ? <Trouble problem={problem} what="The dictionary" again={again} /> : value ? <Entry entry={value} version={version} /> : <Empty title="Reading…" />}
    </Page>
  );
}
