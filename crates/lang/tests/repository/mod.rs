//! The maps of the repository, for tests that read them from their folder.

use lang::Standard;
use std::path::Path;

/// The maps as they stand in the repository, so that one that is edited needs no build.
pub(crate) fn library() -> Standard {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../library").join(library::HL7V2_TO_FHIR_R4);
    let mut standard = Standard::default();
    let mut found = Vec::new();
    for folder in ["tables", "datatypes", "segments", "messages"] {
        let files = std::fs::read_dir(root.join(folder)).expect("the library has the folder").flatten();
        for file in files {
            let text = std::fs::read_to_string(file.path()).expect("a text");
            standard.add(&format!("{folder}/{}", file.file_name().to_string_lossy()), &text, &mut found);
        }
    }
    found.extend(standard.check());
    assert!(found.is_empty(), "{}", found.iter().map(|one| show(&standard, one)).collect::<Vec<_>>().join("\n"));
    standard
}

fn show(standard: &Standard, finding: &message::Diagnostic) -> String {
    let place = standard.place_of(finding).unwrap_or_default();
    format!("{place} {} {} ({})", finding.code, finding.message, finding.hint.as_deref().unwrap_or(""))
}
