//! What holds for every connector of the catalogue: its spec is complete, and its examples check without a finding.

mod liars;

use crate::{catalogue, testing};
use interface::workspace::{Files, Options, Workspace};
use std::collections::HashSet;

/// An interface that other interfaces may name, for the examples that feed one.
const NEIGHBOUR: &str = "interface adt-hub \"Hub\" {\n  owner \"IT\" contact it@example.org\n  receive interface\n  \
                         send archive {\n    file out\n  }\n}\n\
                         test \"goes on\" {\n  given a.hl7\n  expect archive sent 1\n}\n";

#[test]
fn examples_check_without_findings() {
    for spec in catalogue().iter().map(|connector| connector.spec()) {
        let receive = spec.source.as_ref().map_or("receive mllp 2575", |side| side.example);
        let send = spec.destination.as_ref().map_or("send archive {\n file out\n}", |side| side.example);
        let name = send.split_whitespace().nth(1).expect("a name");
        let text = format!(
            "interface probe \"Probe\" {{\n  owner \"IT\" contact it@example.org\n  {receive}\n  {send}\n}}\n\
             test \"it is sent\" {{\n  given a.hl7\n  expect {name} sent 1\n}}\n"
        );
        let sample = String::from_utf8(testkit::sample::adt("1").to_vec()).expect("text");
        let files = Files::memory([
            ("sinew.toml", ""),
            ("interfaces/probe/interface.flow", &*text),
            ("interfaces/probe/a.hl7", &*sample),
            ("interfaces/adt-hub/interface.flow", NEIGHBOUR),
            ("interfaces/adt-hub/a.hl7", &*sample),
        ]);
        let (workspace, mut findings) = Workspace::of(files, &Options::new(catalogue()));
        // Nothing feeds an interface that stands alone for an example.
        findings.retain(|finding| finding.code.id != "E3210");
        assert!(findings.is_empty(), "{}: {findings:#?}\n{text}", spec.name);
        assert!(workspace.definition("probe").is_some(), "{}: no definition", spec.name);
    }
}

#[test]
fn lookups_check_without_findings() {
    let sample = String::from_utf8(testkit::sample::adt("1").to_vec()).expect("text");
    for connector in catalogue() {
        let Some(side) = connector.lookup_side() else { continue };
        let name = side.example.split_whitespace().nth(1).expect("a name");
        let text = format!(
            "interface probe \"Probe\" {{\n  owner \"IT\" contact it@example.org\n  receive mllp 2575\n  {}\n  \
             enrich {name} by PID-3.1 failed park else keep {{ PV1-3.1 = ward }}\n  send archive {{\n file out\n}}\n}}\n\
             test \"it is sent\" {{\n  given a.hl7\n  with lookup {name} nothing\n  expect archive sent 1\n}}\n",
            side.example
        );
        let files = Files::memory([
            ("sinew.toml", ""),
            ("interfaces/probe/interface.flow", &*text),
            ("interfaces/probe/a.hl7", &*sample),
        ]);
        let (workspace, findings) = Workspace::of(files, &Options::new(catalogue()));
        assert!(findings.is_empty(), "{findings:#?}\n{text}");
        assert!(workspace.definition("probe").is_some());
        testing::lookup_settings(*connector, "", &[]);
    }
}

/// The workspaces in `examples` that need connectors of this crate which no other test of examples opens.
#[test]
#[cfg(feature = "mqtt")]
fn the_workspace_of_devices_checks_without_findings() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/device-mqtt-to-oru");
    let (workspace, findings) = Workspace::load(&folder, &Options::new(catalogue()));
    assert!(findings.is_empty(), "{findings:#?}");
    assert!(workspace.definition("monitors").is_some());
}

#[test]
fn specs_are_complete() {
    let mut names = HashSet::new();
    for connector in catalogue() {
        let spec = connector.spec();
        assert!(names.insert(spec.name), "{} twice", spec.name);
        assert!(!spec.title.is_empty() && spec.description.len() > 100, "{} is not described", spec.name);
        for (is_source, side) in [(true, &spec.source), (false, &spec.destination)] {
            let Some(side) = side else { continue };
            let mut words = HashSet::new();
            for option in side.options {
                assert!(words.insert(option.name), "{}: {} twice", spec.name, option.name);
                assert!(option.description.ends_with('.'), "{}: {} needs a sentence", spec.name, option.name);
            }
            // Reads every default, and panics if one is not of its kind.
            testing::settings(*connector, is_source, "", &[]);
        }
    }
    assert!(catalogue().is_sorted_by_key(|connector| connector.spec().name), "by name");
}

#[test]
fn codes_are_in_order() {
    assert!(crate::codes::ALL.is_sorted_by_key(|code| code.id));
    assert!(crate::codes::ALL.iter().all(|code| code.id.starts_with("E6")));
}
