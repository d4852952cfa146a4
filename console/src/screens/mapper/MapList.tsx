// The maps of the interfaces, to choose one.
import { useMemo, useState } from "react";
import { readMaps } from "../../api/maps";
import { useLive } from "../../api/live";
import { useAnswer } from "../../api/use";
import { interfaceAt, mapAt } from "../../shell/addresses";
import { Card, Empty, Link, Page, Trouble } from "../../ui/parts";

/** Interfaces that are asked at once. */
const ASKED_MAX = 60;

export function MapList() {
  const { status } = useLive();
  const [words, setWords] = useState("");
  const small = words.trim().toLowerCase();
  const all = useMemo(() => [...(status?.engine.interfaces ?? [])].sort((a, b) => a.title.localeCompare(b.title)), [status?.engine.interfaces.length]);
  const fits = all.filter((one) => !small || one.name.includes(small) || one.title.toLowerCase().includes(small));
  const asked = fits.slice(0, ASKED_MAX);
  const { value, problem, again } = useAnswer(asked.length ? asked.map((one) => one.name).join(" ") : null, (signal) => Promise.all(asked.map(async (one) => ({ one, files: (await readMaps(one.name, signal)).files }))));
  const rows = value?.flatMap(({ one, files }) => files.map((file) => ({ one, file }))) ?? [];
  return (
    <Page title="Mapper" about={value ? `${rows.length} ${rows.length === 1 ? "map" : "maps"}` : undefined} actions={<input className="input narrow" aria-label="Find an interface" placeholder="Find an interface…" value={words} onChange={(change) => setWords(change.target.value)} />}>
      {problem ? (
        <Trouble problem={problem} what="The maps" again={again} />
      ) : (
        <Card>
          {value && rows.length === 0 ? (
            <Empty title="No interface here has a map">A map is a file in <code>interfaces/NAME/maps</code>, named by a line <code>map maps/FILE.map</code>.</Empty>
          ) : (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Map</th>
                  <th scope="col">Interface</th>
                  <th scope="col">File</th>
                </tr>
              </thead>
              <tbody>
                {rows.map(({ one, file }) => (
                  <tr key={file}>
                    <td>
                      <Link to={mapAt(one.name, file)} data-row>
                        {file.split("/").at(-1)?.replace(/\.map$/, "")}
                      </Link>
                    </td>
                    <td>
                      <Link to={interfaceAt(one.name)}>{one.title}</Link>
                    </td>
                    <td className="mono quiet cut">{file}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {fits.length > ASKED_MAX && <p className="inside quiet">The maps of the first {ASKED_MAX} interfaces; find the others by name.</p>}
        </Card>
      )}
    </Page>
  );
}
