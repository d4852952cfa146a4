//! The library of maps from FHIR to HL7 v2: every file checks, its cases give what they say.

use lang::Standard;
use message::{Diagnostic, Location};

fn show(finding: &Diagnostic) -> String {
    let texts: std::collections::BTreeMap<_, _> = library::both_ways().collect();
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
    let (standard, found) = Standard::read(library::both_ways());
    let all: Vec<String> = found.iter().chain(&standard.check()).map(show).collect();
    assert!(all.is_empty(), "{} findings\n{}", all.len(), all.join("\n"));
}

/// The cases beside the maps hold, and their messages are valid by the standard.
#[test]
fn every_case_holds() {
    let files: std::collections::BTreeMap<_, _> = library::both_ways().collect();
    let (standard, _) = Standard::read(library::both_ways());
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in files.iter().filter_map(|(path, text)| Some((path.strip_suffix(".json")?, text))) {
        let expect = files.get(&*format!("{path}.expect")).expect("each bundle has its lines");
        let tree = fhir::Tree::read(text.as_bytes()).expect("JSON");
        let (file, _) = standard.map_for_bundle(&tree).unwrap_or_else(|| panic!("{path}: no map"));
        let mut run = lang::Run::new(message::Timestamp(1_772_366_400_000_000), 1);
        let map = file.main().expect("one map");
        let (message, _) = map.produce(&tree, &mut run, false).expect("it runs");
        let (broken, lines) = lang::cases::check_message(expect, &message);
        count += lines;
        wrong.extend(broken.iter().map(|one| format!("{path}.expect:{} {} {}", one.line, one.expression, one.why)));
        let report = hl7v2::validate::validate(&message, &[], hl7v2::validate::Options::default());
        // The least bundle lacks what it lacks; everything that was there is where it belongs.
        let errors = report.issues.iter().filter(|issue| issue.severity == message::Severity::Error);
        wrong.extend(errors.map(|issue| format!("{path}: {} {} {}", issue.code, issue.path, issue.message)));
        let notes = run.notes.iter().filter(|note| note.code.id != "E2376");
        wrong.extend(notes.map(|note| format!("{path}: {}", show(note))));
        if !broken.is_empty() {
            wrong.push(String::from_utf8_lossy(&message.write()).replace('\r', "\n"));
        }
    }
    println!("{count} lines of cases");
    assert!(count > 60 && wrong.is_empty(), "{}", wrong.join("\n"));
}
