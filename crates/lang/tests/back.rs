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
