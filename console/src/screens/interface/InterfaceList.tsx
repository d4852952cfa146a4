// All interfaces, narrowed by a word.
import { useLive } from "../../api/live";
import { setWords, useAddress } from "../../shell/route";
import { plural } from "../../ui/format";
import { Card, Empty, Page } from "../../ui/parts";
import { InterfaceTable } from "../overview/InterfaceTable";

export function InterfaceList() {
  const live = useLive();
  const { words } = useAddress();
  const wanted = (words.get("find") ?? "").toLowerCase();
  const all = live.status?.engine.interfaces ?? [];
  const found = all.filter((one) => [one.name, one.title, one.state, one.connector, ...one.destinations.map((to) => to.name)].some((text) => text.toLowerCase().includes(wanted)));
  return (
    <Page
      title="Interfaces"
      about={wanted ? `${found.length} of ${plural(all.length, "interface")}` : plural(all.length, "interface")}
      actions={<input className="input narrow" aria-label="Narrow by name, state, connector or destination" placeholder="Narrow: name, state, destination" value={words.get("find") ?? ""} onChange={(change) => setWords({ find: change.target.value || undefined }, { replace: true })} />}
    >
      <Card>{found.length > 0 || !live.status ? <InterfaceTable live={live} interfaces={found} /> : <Empty title="No interface of this name" />}</Card>
    </Page>
  );
}
