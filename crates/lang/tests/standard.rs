//! The library of maps that comes with Sinew: every file checks, its cases give what they say.

use lang::Standard;
use message::{Diagnostic, Location};

fn show(finding: &Diagnostic) -> String {
    let texts: std::collections::BTreeMap<_, _> = library::folder(library::HL7V2_TO_FHIR_R4).collect();
    let place = match finding.locations.first() {
        Some(Location::Text { file, span, .. }) => {
            let text = texts.get(&**file).copied().unwrap_or("");
            let line = text.get(..span.start).unwrap_or("").matches('\n').count() + 1;
            format!("{file}:{line} [{}]", text.get(span.clone()).unwrap_or(""))
        }
        Some(Location::Message { .. }) | None => String::new(),
    };
    format!("{place} {} {} ({})", finding.code, finding.message, finding.hint.as_deref().unwrap_or(""))
}

#[test]
fn every_map_checks() {
    let (standard, found) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
    let all: Vec<String> = found.iter().chain(&standard.check()).map(show).collect();
    assert!(all.is_empty(), "{} findings\n{}", all.len(), all.join("\n"));
}

/// Converts a message; the bundle and the notes.
fn convert(text: &str) -> (fhir::Tree, Vec<String>) {
    let (standard, _) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
    let (message, _) = hl7v2::Message::parse(text.as_bytes().to_vec());
    let (file, _) = standard.map_for(&message).expect("the library has a map for it");
    let mut run = lang::Run::new(message::Timestamp(0), 1);
    let mut tree = fhir::Tree::new();
    file.main().expect("one map").convert(&message, &mut tree, &mut run, &lang::Settings::default()).expect("it runs");
    (tree, run.notes.iter().map(show).collect())
}

#[test]
fn show_one() {
    let path = std::env::var("ONE").unwrap_or_default();
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let (tree, notes) = convert(&text);
    println!("{}", String::from_utf8_lossy(&tree.write_pretty()));
    println!("{}", notes.join("\n"));
}
