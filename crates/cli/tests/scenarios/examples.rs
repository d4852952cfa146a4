//! Every workspace below `examples/` checks without a finding, and its tests pass.

use super::support::sinew;
use std::{fs, path::Path};

#[test]
fn every_example_checks_and_its_tests_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut examples: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    examples.retain(|path| path.join("sinew.toml").is_file());
    examples.sort();
    assert!(examples.len() >= 6, "{examples:?}");
    for example in examples {
        let example = example.display().to_string();
        let checked = sinew(&["check", "-C", &example, "--json"]).expect(0).json();
        assert_eq!(checked["findings"].as_array().map(Vec::len), Some(0), "{example}: {checked}");
        sinew(&["test", "-C", &example]).expect(0).says(&[" passed"]);
        let readme = fs::read_to_string(Path::new(&example).join("README.md")).unwrap();
        assert!(readme.starts_with("# "), "{example} says what it is");
    }
}
