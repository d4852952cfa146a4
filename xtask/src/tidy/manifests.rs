//! Manifests: every crate takes its lints, edition and licence from the workspace, and is not published.

use super::Finding;
use crate::tree::Tree;

/// Keys that a member inherits, as paths into its manifest.
const INHERITED: &[&str] = &["lints", "package.edition", "package.license", "package.publish", "package.rust-version"];

/// Reads every member's manifest.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let Ok(manifest) = file.text.parse::<toml::Table>() else { continue };
        let manifest = toml::Value::Table(manifest);
        for key in INHERITED {
            let found = key.split('.').try_fold(&manifest, |at, part| at.get(part));
            let is_inherited = found.and_then(|at| at.get("workspace")).and_then(toml::Value::as_bool) == Some(true);
            if !is_inherited {
                findings.push(Finding::new("manifests", &file.path, 1, format!("`{key}.workspace = true` is missing")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    #[test]
    fn inherits() {
        let good = "[package]\nname = \"a\"\nedition.workspace = true\nlicense.workspace = true\n\
                    publish.workspace = true\nrust-version.workspace = true\n[lints]\nworkspace = true\n";
        let check = |text: &str| super::super::lines(super::check, &[("crates/a/Cargo.toml", text)]).len();
        assert_eq!(check(good), 0);
        assert_eq!(check(&good.replace("[lints]\nworkspace = true\n", "")), 1);
        assert_eq!(check(&good.replace("edition.workspace = true", "edition = \"2021\"")), 1);
    }
}
