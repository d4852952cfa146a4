//! Flow text in, findings and facts out.

mod facts;
mod fake;
mod findings;
mod keywords;
mod routes;
mod soup;
mod topics;

pub(crate) use fake::{CATALOGUE, variables};

use crate::workspace::{Files, Options, Workspace};
use message::Diagnostic;

/// The smallest interface without findings, with a place for more lines and tests.
pub(crate) fn flow(lines: &str, tests: &str) -> String {
    format!(
        "interface demo \"Demo\" {{\n  owner \"Team\" contact it@example.org oncall 5-0100\n  receive mllp 2575\n{lines}\n  \
         send archive {{\n    file out\n  }}\n}}\n\
         test \"a message is kept\" {{\n  given samples/a01.hl7\n  expect archive sent\n  expect filtered by drop\n}}\n{tests}"
    )
}

pub(crate) const A01: &str =
    "MSH|^~\\&|ADT|NORTH|HUB|NORTH|20260101120000||ADT^A01|1|P|2.5.1\rPID|1||7^^^NORTH^MR||Quist^Ada\rPV1|1|I|4W\r";

/// Loads a workspace with `text` as its one interface, and a few files beside it.
pub(crate) fn load_with(text: &str, more: &[(&str, &str)]) -> (Workspace, Vec<Diagnostic>) {
    let mut files = vec![
        ("sinew.toml", "name = \"test\""),
        ("interfaces/demo/interface.flow", text),
        ("interfaces/demo/samples/a01.hl7", A01),
        ("interfaces/demo/tables/units.csv", "from,to\n4W,4WEST\n"),
        ("interfaces/demo/maps/pharmacy.map", "map pharmacy from hl7v2 to hl7v2 {\n  MSH-5 = \"RX\"\n}\n"),
        ("interfaces/demo/scripts/tidy.js", "msg.set('PID-5.1', msg.get('PID-5.1').trim());"),
        ("shared/scripts/bed.js", "return table('units').get(value) ?? '';"),
        ("shared/lab-index.flow", "block lab-index {\n  index accession OBR-3.1\n}\n"),
    ];
    files.extend(more);
    let options = Options {
        connectors: CATALOGUE,
        environment: None,
        overrides: None,
        variables: &variables,
        secrets: &|_| None,
    };
    Workspace::of(Files::memory(files), &options)
}

pub(crate) fn load(text: &str) -> (Workspace, Vec<Diagnostic>) {
    load_with(text, &[])
}

/// `E3101 word` for each finding: its code, and the text that it points at.
pub(crate) fn brief(text: &str, findings: &[Diagnostic]) -> Vec<String> {
    let at = |finding: &Diagnostic| match finding.locations.first() {
        Some(message::Location::Text { file, span, .. }) if file.ends_with("demo/interface.flow") => {
            text.get(span.clone()).unwrap_or("?").lines().next().unwrap_or("").to_owned()
        }
        _ => String::new(),
    };
    findings.iter().map(|finding| format!("{} {}", finding.code, at(finding)).trim_end().to_owned()).collect()
}
