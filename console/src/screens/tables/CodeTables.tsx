// Codes that came in traffic and stand in no table: what to add, before somebody misses a result.
import { readQuality, type QualityReport } from "../../api/routes";
import { useAnswer } from "../../api/use";
import { interfaceAt } from "../../shell/addresses";
import { setWords, useAddress } from "../../shell/route";
import { count } from "../../ui/format";
import { Card, Empty, Link, Page, Trouble } from "../../ui/parts";

interface Gap {
  interface: string;
  place: string;
  name: string;
  uncovered: number;
  unlisted: number;
  seen: number;
  example: number;
  codes: [string, number][];
}

/** The places with codes that a table or the standard does not have, the most frequent first; kinds of messages together. */
export function gapsOf(reports: QualityReport[]): Gap[] {
  const found = new Map<string, Gap>();
  for (const report of reports) {
    for (const { places } of report.kinds) {
      for (const place of places) {
        if (place.uncovered === 0 && place.unlisted === 0) continue;
        const key = `${report.interface} ${place.place}`;
        const gap = found.get(key) ?? { interface: report.interface, place: place.place, name: place.name, uncovered: 0, unlisted: 0, seen: 0, example: place.example, codes: [] };
        gap.uncovered += place.uncovered;
        gap.unlisted += place.unlisted;
        gap.seen += place.filled.hits;
        gap.example = Math.max(gap.example, place.example);
        for (const [code, times] of place.codes) {
          const known = gap.codes.find(([other]) => other === code);
          if (known) known[1] += times;
          else gap.codes.push([code, times]);
        }
        found.set(key, gap);
      }
    }
  }
  for (const gap of found.values()) gap.codes.sort((a, b) => b[1] - a[1]);
  return [...found.values()].sort((a, b) => b.uncovered - a.uncovered || b.unlisted - a.unlisted);
}

const CODES_SHOWN = 6;

function Gaps({ gaps }: { gaps: Gap[] }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Interface</th>
          <th scope="col">Place</th>
          <th scope="col">Codes seen most</th>
          <th scope="col" className="right">
            In no code table
          </th>
          <th scope="col" className="right">
            Not in the standard
          </th>
          <th scope="col" className="right">
            Values
          </th>
          <th scope="col">Example</th>
        </tr>
      </thead>
      <tbody>
        {gaps.map((gap) => (
          <tr key={`${gap.interface} ${gap.place}`}>
            <td>
              <Link to={interfaceAt(gap.interface, "text")} data-row>
                {gap.interface}
              </Link>
            </td>
            <td>
              <code>{gap.place}</code> <span className="quiet">{gap.name}</span>
            </td>
            <td className="mono">{gap.codes.slice(0, CODES_SHOWN).map(([code]) => code).join(" ")}</td>
            <td className={`right number ${gap.uncovered > 0 ? "warn" : "quiet"}`}>{gap.uncovered > 0 ? count(gap.uncovered) : "–"}</td>
            <td className="right number">{gap.unlisted > 0 ? count(gap.unlisted) : "–"}</td>
            <td className="right number">{count(gap.seen)}</td>
            <td className="mono">{gap.example > 0 ? <Link to={`/messages#q=id:${gap.example}&id=${gap.example}`}>{gap.example}</Link> : ""}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function CodeTables() {
  const { words } = useAddress();
  const { value, problem, again } = useAnswer("quality", (signal) => readQuality({}, signal));
  const wanted = (words.get("find") ?? "").toLowerCase();
  const gaps = gapsOf(value?.interfaces ?? []).filter((gap) => [gap.interface, gap.place, gap.name].some((text) => text.toLowerCase().includes(wanted)));
  return (
    <Page
      title="Code tables"
      about="codes seen in traffic in the last seven days that a table or the standard does not have"
      actions={<input className="input narrow" aria-label="Narrow by interface or place" placeholder="Narrow: interface, place" value={words.get("find") ?? ""} onChange={(change) => setWords({ find: change.target.value || undefined }, { replace: true })} />}
    >
      {problem ? (
        <Trouble problem={problem} what="The codes" again={again} />
      ) : (
        <Card>
          {!value ? <Empty title="Reading…" /> : gaps.length === 0 ? <Empty title="Every code has its row">{value.is_counted ? "" : "Quality is not counted in this workspace."}</Empty> : <Gaps gaps={gaps} />}
        </Card>
      )}
    </Page>
  );
}
