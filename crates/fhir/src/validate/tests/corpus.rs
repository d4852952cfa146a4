//! The example resources of R4, where the corpus is there.

use super::super::Validator;
use crate::Tree;
use std::{fs, path::Path};

/// Examples that are not valid R4, and why.
const INVALID: &[(&str, &str)] = &[
    ("bundle-questionnaire.json", "items without linkId, which R4 requires"),
    ("codesystem-example.json", "a code stands twice (csd-1)"),
    ("deviceusestatement-example.json", "reasonReference leads to a Procedure, which R4 does not allow there"),
    ("devicemetric-example.json", "parent leads to a DeviceDefinition, and takes a Device"),
    ("medicationrequest0301.json", "dispenseRequest.performer leads to a Practitioner, and takes an Organization"),
];

#[test]
fn the_examples_of_r4_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/fhir-test-cases/r4/examples");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: no corpus at {}", folder.display());
        return;
    };
    let validator = Validator::default();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let bytes = fs::read(&path).expect("a file");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let tree = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Tree::read(&bytes).expect("JSON"),
            Some("xml") => crate::xml::read(&bytes).expect("XML").0,
            _ => continue,
        };
        if tree.root().resource_type().is_none() {
            continue;
        }
        count += 1;
        let report = validator.validate(&tree);
        let is_listed = INVALID.iter().any(|(listed, _)| *listed == name);
        if report.is_valid() == is_listed {
            let errors = report
                .errors()
                .map(|issue| format!("    {} {}: {} {:?}", issue.code, issue.path, issue.message, issue.hint));
            wrong.push(format!("{name}\n{}", errors.collect::<Vec<_>>().join("\n")));
        }
    }
    println!("{count} examples, {} listed as invalid", INVALID.len());
    assert!(wrong.is_empty() && count > 60, "{count} examples; {} unexpected:\n{}", wrong.len(), wrong.join("\n"));
}
