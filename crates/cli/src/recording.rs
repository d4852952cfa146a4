//! What a test sent when it was recorded: a file that git shows line by line, and how today's run differs from it.
//!
//! ```text
//! # What the test sends. Kept by `sinew test --record`; `sinew test --update` accepts changes.
//! test admit at NORTH reaches the pharmacy
//! at   2026-03-01T07:08:09.000
//! === interfaces/adt/samples/a01.hl7: routed, acknowledged AA
//! --- pharmacy hl7v2
//! MSH|^~\&|…
//! PID|1||…
//! ```
//! HL7 v2 stands a segment a line, FHIR laid out, anything else as it is. A line that would read as a mark has `\` in front.
//!
//! Promises: reading what was written gives the same; equal outputs give no difference.
//! Never: opens a file.

use crate::differences::{self, Difference};
use engine::rehearsal::{Rehearsed, instant};
use fhir::Tree;
use hl7v2::Message;
use interface::case::{End, Processed, TestCase};
use message::Timestamp;
use std::fmt::Write as _;

const HEAD: &str = "# What the test sends. Kept by `sinew test --record`; `sinew test --update` accepts changes.\n";
const GIVEN: &str = "=== ";
const OUTPUT: &str = "--- ";

/// What one test did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The test's name.
    pub test: String,
    /// The time at which it happened.
    pub at: Timestamp,
    given: Vec<Given>,
}

/// What became of one given message.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Given {
    /// The sample, how it ended and what the sender was told.
    label: String,
    end: String,
    outputs: Vec<(String, Output)>,
}

/// The bytes for one destination, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    shape: Shape,
    text: String,
}

/// How bytes stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Hl7v2,
    /// HL7 v2 that is no UTF-8: each byte is the character of its number (ISO 8859-1).
    Hl7v2Bytes,
    Fhir,
    Text,
}

impl Shape {
    const ALL: [(&'static str, Shape); 4] =
        [("hl7v2", Shape::Hl7v2), ("hl7v2-bytes", Shape::Hl7v2Bytes), ("fhir", Shape::Fhir), ("text", Shape::Text)];

    fn word(self) -> &'static str {
        Shape::ALL.iter().find(|(_, shape)| *shape == self).map_or("text", |(word, _)| word)
    }
}

impl Output {
    /// Bytes that went out, laid out.
    pub fn of(bytes: &[u8]) -> Output {
        if bytes.starts_with(b"MSH") {
            let (shape, text) = match std::str::from_utf8(bytes) {
                Ok(text) => (Shape::Hl7v2, text.to_owned()),
                Err(_) => (Shape::Hl7v2Bytes, bytes.iter().map(|byte| char::from(*byte)).collect()),
            };
            let segments: Vec<&str> = text.split(['\r', '\n']).filter(|segment| !segment.is_empty()).collect();
            return Output { shape, text: segments.join("\n") };
        }
        match Tree::read(bytes) {
            Ok(tree) if tree.root().resource_type().is_some() => Output::of_resource(&tree),
            Ok(_) | Err(_) => Output { shape: Shape::Text, text: String::from_utf8_lossy(bytes).into_owned() },
        }
    }

    /// A resource, laid out.
    pub fn of_resource(tree: &Tree) -> Output {
        let text = String::from_utf8_lossy(&tree.write_pretty()).trim_end().to_owned();
        Output { shape: Shape::Fhir, text }
    }

    /// As it stands in a file of its own.
    pub fn text(&self) -> String {
        format!("{}\n", self.text)
    }

    /// How `now` differs from this.
    pub fn differences(&self, now: &Output) -> Vec<Difference> {
        if self == now {
            return Vec::new();
        }
        let mut found = match (self.shape, now.shape) {
            (Shape::Fhir, Shape::Fhir) => match (Tree::read(self.text.as_bytes()), Tree::read(now.text.as_bytes())) {
                (Ok(before), Ok(after)) => differences::of_resources(before.root(), after.root()),
                (_, _) => Vec::new(),
            },
            (Shape::Hl7v2 | Shape::Hl7v2Bytes, Shape::Hl7v2 | Shape::Hl7v2Bytes) => {
                differences::of_messages(&self.message(), &now.message(), "")
            }
            (_, _) => Vec::new(),
        };
        if found.is_empty() {
            found.push(Difference {
                path: "order or layout".to_owned(),
                before: Some(self.in_short()),
                after: Some(now.in_short()),
                is_hidden: false,
            });
        }
        found
    }

    fn message(&self) -> Message {
        let bytes = match self.shape {
            Shape::Hl7v2Bytes => {
                self.text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
            }
            Shape::Hl7v2 | Shape::Fhir | Shape::Text => self.text.clone().into_bytes(),
        };
        let bytes: Vec<u8> = bytes.into_iter().map(|byte| if byte == b'\n' { b'\r' } else { byte }).collect();
        Message::parse(bytes).0
    }

    /// The segments by name, or the size: nothing of what they hold.
    fn in_short(&self) -> String {
        match self.shape {
            Shape::Hl7v2 | Shape::Hl7v2Bytes => {
                let names: Vec<&str> = self.text.lines().filter_map(|line| line.get(..3)).collect();
                names.join(" ")
            }
            Shape::Fhir | Shape::Text => format!("{} bytes", self.text.len()),
        }
    }
}

impl Recording {
    /// What a test did.
    pub fn of(case: &TestCase, run: &Rehearsed) -> Recording {
        let given = case.given.iter().zip(&run.processed).map(|(given, processed)| Given {
            label: given.label.to_string(),
            end: ended(processed),
            outputs: processed.outputs.iter().map(|(to, bytes)| (to.to_string(), Output::of(bytes))).collect(),
        });
        Recording { test: case.name.to_string(), at: run.at, given: given.collect() }
    }

    /// The file's text.
    pub fn write(&self) -> String {
        let at = self.at.to_rfc3339();
        let mut out = format!("{HEAD}test {}\nat   {}\n", self.test, at.trim_end_matches('Z'));
        for given in &self.given {
            let _ = writeln!(out, "{GIVEN}{}: {}", given.label, given.end);
            for (to, output) in &given.outputs {
                let _ = writeln!(out, "{OUTPUT}{to} {}", output.shape.word());
                for line in output.text.split('\n') {
                    let is_mark = [GIVEN, OUTPUT, "\\"].iter().any(|mark| line.starts_with(mark));
                    let _ = writeln!(out, "{}{line}", if is_mark { "\\" } else { "" });
                }
            }
        }
        out
    }

    /// Reads a file's text; `None` when it is no recording.
    pub fn read(text: &str) -> Option<Recording> {
        let mut lines = text.lines().skip_while(|line| line.starts_with('#'));
        let test = lines.next()?.strip_prefix("test ")?.to_owned();
        let at = instant(lines.next()?.strip_prefix("at ")?.trim())?;
        let mut given: Vec<Given> = Vec::new();
        for line in lines {
            if let Some(head) = line.strip_prefix(GIVEN) {
                let (label, end) = head.split_once(": ")?;
                given.push(Given { label: label.to_owned(), end: end.to_owned(), outputs: Vec::new() });
            } else if let Some(head) = line.strip_prefix(OUTPUT) {
                let (to, word) = head.split_once(' ')?;
                let (_, shape) = Shape::ALL.iter().find(|(known, _)| *known == word)?;
                given.last_mut()?.outputs.push((to.to_owned(), Output { shape: *shape, text: String::new() }));
            } else {
                let (_, output) = given.last_mut()?.outputs.last_mut()?;
                if !output.text.is_empty() {
                    output.text.push('\n');
                }
                output.text.push_str(line.strip_prefix('\\').unwrap_or(line));
            }
        }
        Some(Recording { test, at, given })
    }

    /// How `now` differs from this, with the destination in front of each path, and the message where there are several.
    pub fn differences(&self, now: &Recording) -> Vec<Difference> {
        let mut out = Vec::new();
        let count = self.given.len().max(now.given.len());
        for place in 0..count {
            let prefix = if count > 1 { format!("message {}: ", place + 1) } else { String::new() };
            match (self.given.get(place), now.given.get(place)) {
                (Some(before), Some(after)) => before.differences(after, &prefix, &mut out),
                (before, after) => {
                    let label = |given: Option<&Given>| given.map(|given| given.label.clone());
                    out.push(open(format!("{prefix}given"), label(before), label(after)));
                }
            }
        }
        out
    }
}

impl Given {
    fn differences(&self, now: &Given, prefix: &str, out: &mut Vec<Difference>) {
        if self.end != now.end {
            out.push(open(format!("{prefix}end"), Some(self.end.clone()), Some(now.end.clone())));
        }
        let mut rest: Vec<Option<&(String, Output)>> = now.outputs.iter().map(Some).collect();
        for (to, before) in &self.outputs {
            let at = rest.iter().position(|one| one.is_some_and(|(other, _)| other == to));
            match at.and_then(|at| rest[at].take()) {
                Some((_, after)) => out.extend(
                    before
                        .differences(after)
                        .into_iter()
                        .map(|found| Difference { path: format!("{prefix}{to} {}", found.path), ..found }),
                ),
                None => out.push(open(format!("{prefix}{to}"), Some("a message".to_owned()), None)),
            }
        }
        for (to, _) in rest.into_iter().flatten() {
            out.push(open(format!("{prefix}{to}"), None, Some("a message".to_owned())));
        }
    }
}

/// A difference that says nothing of a patient.
fn open(path: String, before: Option<String>, after: Option<String>) -> Difference {
    Difference { path, before, after, is_hidden: false }
}

fn ended(processed: &Processed) -> String {
    let end = match &processed.end {
        End::Routed => "routed".to_owned(),
        End::Filtered { rule } => format!("filtered by `{rule}`"),
        End::Parked { code } => format!("parked with {code}"),
        End::Joined => "joined with its other parts".to_owned(),
        End::Refused { code } => format!("refused with {code}"),
    };
    match processed.acknowledgment {
        Some(code) => format!("{end}, acknowledged {code}"),
        None => format!("{end}, not acknowledged"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A01: &str = "MSH|^~\\&|EPR|NORTH\rPID|1||7||Quist^Ada||19780701|F\rPV1|1|I|4W\r";

    fn recording(outputs: &[(&str, &[u8])]) -> Recording {
        let outputs = outputs.iter().map(|(to, bytes)| ((*to).to_owned(), Output::of(bytes))).collect();
        let given = Given { label: "samples/a01.hl7".to_owned(), end: "routed, acknowledged AA".to_owned(), outputs };
        Recording { test: "an \"admission\"".to_owned(), at: Timestamp(1_772_348_889_000_000), given: vec![given] }
    }

    fn shown(before: &Recording, after: &Recording) -> Vec<String> {
        let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let found = before.differences(after);
        found.iter().map(|one| format!("{}: {} > {}", one.path, side(&one.before), side(&one.after))).collect()
    }

    #[test]
    fn what_was_written_is_read_again() {
        let latin = A01.replace("Quist", "P\u{e9}rez").chars().map(|letter| letter as u8).collect::<Vec<u8>>();
        let resource = br#"{"resourceType":"Patient","multipleBirthInteger":2,"text":{"div":"<div>\\ --- x</div>"}}"#;
        let all: [(&str, &[u8]); 5] = [
            ("rx", A01.as_bytes()),
            ("old", &latin),
            ("store", resource),
            ("notes", b"--- not a mark\n=== nor this\n\\ and this\nplain"),
            ("empty", b""),
        ];
        let before = recording(&all);
        let text = before.write();
        assert!(text.contains("\nPID|1||7||Quist^Ada||19780701|F\nPV1|1|I|4W\n--- old hl7v2-bytes\n"), "{text}");
        assert_eq!(Recording::read(&text), Some(before.clone()));
        assert_eq!(shown(&before, &Recording::read(&text).unwrap()), [""; 0]);
        assert_eq!(Recording::read("anything else\nat all\n"), None);
    }

    #[test]
    fn differences_name_destination_and_field() {
        let before = recording(&[("rx", A01.as_bytes()), ("gone", A01.as_bytes())]);
        let changed = A01.replace("4W", "4WEST");
        let mut after = recording(&[("rx", changed.as_bytes()), ("new", A01.as_bytes())]);
        assert_eq!(shown(&before, &after), ["rx PV1-3: 4W > 4WEST", "gone: a message > -", "new: - > a message"]);
        after.given.push(after.given[0].clone());
        after.given[0].end = "parked with E2401, acknowledged AA".to_owned();
        assert_eq!(
            shown(&before, &after)[0],
            "message 1: end: routed, acknowledged AA > parked with E2401, acknowledged AA"
        );
        assert_eq!(shown(&before, &after)[4], "message 2: given: - > samples/a01.hl7");
    }

    #[test]
    fn another_order_of_segments_is_a_difference() {
        let turned = "MSH|^~\\&|EPR|NORTH\rPV1|1|I|4W\rPID|1||7||Quist^Ada||19780701|F\r";
        let (before, after) = (recording(&[("rx", A01.as_bytes())]), recording(&[("rx", turned.as_bytes())]));
        assert_eq!(shown(&before, &after), ["rx order or layout: MSH PID PV1 > MSH PV1 PID"]);
    }
}
