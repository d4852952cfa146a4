// Rows of an answer as a table: a column for each plain member, times as people read them.
import { Empty } from "./parts";
import { moment, utc } from "./format";

export type AnyRow = Record<string, unknown>;

const TIMES = /^(at|since|until|created|expires|last_seen|last_used|changed)$/;
const MICROS_MIN = 1e15;

function cell(name: string, value: unknown) {
  if (value === null || value === undefined || value === "") return <span className="quiet">–</span>;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number" && (TIMES.test(name) || value > MICROS_MIN)) return <time title={utc(value)}>{moment(value)}</time>;
  if (Array.isArray(value)) return value.map((one) => (typeof one === "object" ? JSON.stringify(one) : String(one))).join(", ") || "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function Rows({ rows, label }: { rows: AnyRow[]; label: string }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => name !== "schema");
  if (rows.length === 0) return <Empty title="None yet" />;
  return (
    <div className="scroll-x">
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name.replaceAll("_", " ")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {columns.map((name) => (
                <td key={name}>{cell(name, row[name])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
