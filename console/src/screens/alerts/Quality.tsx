// What changed in what senders send.
import { readQuality } from "../../api/routes";
import { useAnswer } from "../../api/use";
import { interfaceAt } from "../../shell/addresses";
import { moment } from "../../ui/format";
import { Empty, ErrorCode, Link, Trouble } from "../../ui/parts";

export function Quality() {
  const { value, problem, again } = useAnswer("quality", (signal) => readQuality({ since_s: 7 * 86400 }, signal));
  if (problem) return <Trouble problem={problem} what="The quality of messages" again={again} />;
  if (!value) return <Empty title="Reading…" />;
  const rows = value.interfaces.flatMap((report) => [
    ...report.alerts.map((alert) => ({ ...alert, interface: report.interface, when: moment(alert.since), tone: alert.is_page ? "bad" : "warn" })),
    ...report.findings.map((finding) => ({ ...finding, interface: report.interface, when: "", tone: finding.severity === "warning" ? "warn" : "note" })),
  ]);
  if (rows.length === 0) return <Empty title="No sender changed what it sends">Every place is compared with its own history of the last seven days.</Empty>;
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Interface</th>
          <th scope="col">What changed</th>
          <th scope="col">Since</th>
          <th scope="col">Code</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={`${row.interface} ${row.code} ${row.message}`}>
            <td>
              <Link to={interfaceAt(row.interface, "quality")} data-row>
                {row.interface}
              </Link>
            </td>
            <td className={row.tone}>{row.message}</td>
            <td className="nowrap">{row.when}</td>
            <td>
              <ErrorCode code={row.code} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
