// What the found messages are, counted; a click narrows the search.
import { Checkbox } from "react-aria-components";
import type { Facets as FacetCounts } from "../../api/routes";
import type { MessageRow } from "../../api/types";
import { count } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Button, messageState } from "../../ui/parts";
import { counted, isKeepable, toggled, valuesOf, type Count } from "./query";
import { useSaved } from "./saved";
import { SharedSearches } from "./Shared";

const VALUES_MAX = 12;

interface Props {
  query: string;
  rows: MessageRow[];
  facets: FacetCounts | null | undefined;
  onQuery: (query: string) => void;
}

function Group({ title, name, values, query, onQuery, wordOf }: { title: string; name: string; values: Count[]; wordOf?: (value: string) => string } & Omit<Props, "rows" | "facets">) {
  const chosen = valuesOf(query, name);
  const missing = chosen.filter((value) => !values.some((one) => one.value === value)).map((value) => ({ value, count: 0 }));
  const shown = [...missing, ...values].slice(0, VALUES_MAX);
  if (shown.length === 0) return null;
  return (
    <fieldset className="facet">
      <legend>{title}</legend>
      {shown.map(({ value, count: number }) => (
        <Checkbox key={value} className="check" isSelected={chosen.includes(value)} onChange={() => onQuery(toggled(query, name, value))}>
          <span className="box">
            <Icon name="check" />
          </span>
          <span className="cut">{wordOf ? wordOf(value) : value}</span>
          <span className="facet-count quiet number">{count(number)}</span>
        </Checkbox>
      ))}
    </fieldset>
  );
}

export function Facets({ query, rows, facets, onQuery }: Props) {
  const { saved, toggle } = useSaved();
  const isSaved = saved.includes(query);
  return (
    <div className="facets">
      <Group title="State" name="state" values={facets?.states ?? counted(rows.map((row) => row.state))} query={query} onQuery={onQuery} wordOf={(value) => messageState(value as MessageRow["state"]).word} />
      <Group title="Interface" name="interface" values={facets?.interfaces ?? counted(rows.map((row) => row.interface))} query={query} onQuery={onQuery} />
      <Group title="Type" name="type" values={facets?.types ?? counted(rows.map((row) => row.type))} query={query} onQuery={onQuery} />
      {facets && <Group title="Facility" name="facility" values={facets.facilities} query={query} onQuery={onQuery} />}
      <Group title={facets ? "Destination (in the list)" : "Destination"} name="destination" values={counted(rows.flatMap((row) => row.destinations))} query={query} onQuery={onQuery} />
      <fieldset className="facet">
        <legend>Your searches</legend>
        {saved.map((one) => (
          <button key={one} type="button" className="saved cut" aria-current={one === query} onClick={() => onQuery(one)} title={one}>
            {one}
          </button>
        ))}
        {isKeepable(query) ? (
          <Button kind="plain" onPress={() => toggle(query)}>
            {isSaved ? "Forget this search" : "Keep this search"}
          </Button>
        ) : (
          saved.length === 0 && <p className="quiet">None in this browser. A search that names a person is not kept.</p>
        )}
      </fieldset>
      <SharedSearches query={query} onQuery={onQuery} />
    </div>
  );
}
