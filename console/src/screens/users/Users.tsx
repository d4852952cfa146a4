// Who may do what.
import { get } from "../../api/http";
import { useAnswer } from "../../api/use";
import { Card, Empty, Page, Trouble } from "../../ui/parts";
import { Rows, type AnyRow } from "../../ui/Rows";

export function Users() {
  const { value, problem, again } = useAnswer("users", (signal) => get<{ users: AnyRow[] }>("/api/v1/users", undefined, signal));
  return (
    <Page title="Users" about="people, roles and keys">
      <Card>{problem ? <Trouble problem={problem} what="Users" again={again} /> : value ? <Rows rows={value.users} label="Users" /> : <Empty title="Reading…" />}</Card>
    </Page>
  );
}
