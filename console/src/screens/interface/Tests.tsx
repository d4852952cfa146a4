// The tests that stand beside an interface, run over its files as they are now. No message of the engine is touched.
import { runTests, type TestResult } from "../../api/routes";
import { useAnswer } from "../../api/use";
import { plural } from "../../ui/format";
import { Button, Card, Empty, State, Trouble, type Word } from "../../ui/parts";

const PASSED: Word = { word: "Passed", icon: "good", tone: "good" };
const FAILED: Word = { word: "Failed", icon: "bad", tone: "bad" };

function Details({ test }: { test: TestResult }) {
  const { differences, file, state } = test.recorded;
  return (
    <>
      {test.failures.map((failure) => (
        <p key={`${failure.line} ${failure.expected}`}>
          <code className="quiet">
            {failure.file}:{failure.line}
          </code>{" "}
          expected {failure.expected}; <span className="bad">{failure.found}</span>
        </p>
      ))}
      {state === "differs" && (
        <p>
          <code className="quiet">{file}</code> <span className="bad">{plural(differences.length, "place")} differ from what was recorded:</span> {differences.map((one) => one.path).join(", ")}
        </p>
      )}
      {test.notes.map((note) => (
        <p key={`${note.code} ${note.path}`} className="quiet">
          {note.path} {note.message} <code>{note.code}</code>
        </p>
      ))}
    </>
  );
}

export function Tests({ name }: { name: string }) {
  const { value, problem, isLoading, again } = useAnswer(`test ${name}`, () => runTests(name));
  if (problem) return <Trouble problem={problem} what="The tests" again={again} />;
  if (!value) return <Empty title="Running…" />;
  return (
    <Card
      title={value.failed === 0 ? `All ${value.passed} passed` : `${value.failed} failed, ${value.passed} passed`}
      more={
        <>
          <span className="quiet">over the files as they are now; nothing is sent</span>
          <Button kind="plain" icon="again" isDisabled={isLoading} onPress={again}>
            Run again
          </Button>
        </>
      }
    >
      {value.tests.length === 0 ? (
        <Empty title="This interface has no test">
          Write one beside it: <code>{'test "what it does" { given … expect … }'}</code>
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Result</th>
              <th scope="col">Test</th>
            </tr>
          </thead>
          <tbody>
            {value.tests.map((test) => (
              <tr key={test.name} tabIndex={0} data-row>
                <td>
                  <State of={test.passed ? PASSED : FAILED} />
                </td>
                <td>
                  {test.name}
                  <Details test={test} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}
