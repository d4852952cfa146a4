//! A connector's folder always holds the same files, so that who knows one connector finds their way in all.

use super::Finding;
use crate::tree::Tree;

const CONNECTORS: &str = "crates/connectors/src/";

/// Besides `mod.rs`, where the protocol, the guarantees and the `SPEC` stand.
const ALWAYS: &[&str] = &["config.rs", "tests.rs"];

/// A connector has at least one direction, each in its own file.
const DIRECTIONS: &[&str] = &["source.rs", "destination.rs"];

/// Folders whose `mod.rs` holds a `Spec`; what several connectors share has none.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.product() {
        let folder = file.path.strip_prefix(CONNECTORS).and_then(|rest| rest.strip_suffix("/mod.rs"));
        let Some(folder) = folder.filter(|_| source.words("Spec").next().is_some()) else { continue };
        let holds = |name: &&&str| tree.get(&format!("{CONNECTORS}{folder}/{name}")).is_some();
        let missing = ALWAYS.iter().filter(|name| !holds(name)).map(|name| (*name).to_string());
        let no_direction = DIRECTIONS.iter().all(|name| !holds(&name)).then(|| DIRECTIONS.join(" or "));
        for name in missing.chain(no_direction) {
            findings.push(Finding::new("connector-folders", &file.path, 1, format!("{folder} has no {name}")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    #[test]
    fn files() {
        let module =
            ("crates/connectors/src/mllp/mod.rs", "//! MLLP.\npub static SPEC: Spec = Spec { name: \"mllp\" };");
        let config = ("crates/connectors/src/mllp/config.rs", "//! C.");
        let source = ("crates/connectors/src/mllp/source.rs", "//! S.");
        let tests = ("crates/connectors/src/mllp/tests.rs", "//! T.");
        let check = |files: &[(&str, &str)], expect: usize| {
            assert_eq!(super::super::lines(super::check, files).len(), expect, "{files:?}");
        };
        check(&[module, config, source, tests], 0);
        check(&[module, config, tests], 1);
        check(&[module, source], 2);
        check(&[("crates/connectors/src/tcp/mod.rs", "//! Shared.")], 0);
    }
}
