//! The messages of the corpus beside the repository, by the standard: none panics, every path reads back, and errors in
//! lenient stay rare. Skips, and says so, where the corpus is not there.

use hl7v2::validate::{self, Conditions, Level, Options};
use hl7v2::{Batch, Message, Path as Place};
use message::Severity;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/v2");

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

#[test]
fn every_message_of_the_corpus() {
    let root = Path::new(ROOT);
    if !root.is_dir() {
        eprintln!("skipped: no corpus of messages beside the repository");
        return;
    }
    let (mut count, mut valid) = (0, 0);
    let mut errors: BTreeMap<String, usize> = BTreeMap::new();
    for path in files(root) {
        let bytes = std::fs::read(&path).expect("a file");
        for bytes in Batch::split(bytes).0.messages() {
            let (message, findings) = Message::parse(bytes);
            for level in [Level::Lenient, Level::Strict] {
                let report = validate::validate(&message, &findings, Options { level, values: false });
                for issue in &report.issues {
                    // A group that is missing has a path of groups only.
                    let is_group = issue.code == "E1113";
                    assert!(
                        is_group || issue.path.is_empty() || Place::parse(&issue.path).is_ok(),
                        "{} {:?}",
                        issue.code,
                        issue.path
                    );
                }
                assert!(Conditions::of(&message, &report).findings().count() <= validate::CONDITIONS_MAX);
                if level == Level::Lenient {
                    count += 1;
                    valid += usize::from(report.is_valid());
                    let found = report.issues.iter().filter(|issue| issue.severity == Severity::Error);
                    found.for_each(|issue| *errors.entry(issue.code.to_string()).or_default() += 1);
                }
            }
        }
    }
    println!("{count} messages, {valid} valid in lenient; errors by rule: {errors:?}");
    assert!(count > 500, "{count} messages only");
    assert!(valid * 2 > count, "{valid} of {count} are valid in lenient");
}
