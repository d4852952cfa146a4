// Who did what, to what, why, and how it ended.
import { get } from "../../api/http";
import { useAnswer } from "../../api/use";
import { Card, Empty, Page, Trouble } from "../../ui/parts";
import { Rows, type AnyRow } from "../../ui/Rows";

export function Audit() {
  const { value, problem, again } = useAnswer("audit", (signal) => get<{ entries: AnyRow[] }>("/api/v1/audit", undefined, signal));
  return (
    <Page title="Audit" about="every act of a person and every look at a patient, with its reason">
      <Card>{problem ? <Trouble problem={problem} what="The audit log" again={again} /> : value ? <Rows rows={value.entries} label="Entries of the audit log" /> : <Empty title="Reading…" />}</Card>
    </Page>
  );
}
