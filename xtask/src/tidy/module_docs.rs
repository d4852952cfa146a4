//! Every module opens with what it owns, promises and never does.

use super::Finding;
use crate::tree::Tree;

/// The first lines of every Rust file, tests included: attributes may stand above the `//!`.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, _) in tree.rust().filter(|(file, _)| file.path.contains("/src/") || file.path.contains("/tests/")) {
        let first = file.text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
        let words = first.and_then(|line| line.strip_prefix("//!")).unwrap_or_default().trim();
        if words.is_empty() {
            let message = "has no `//!` at the top: say what the module owns, promises and never does";
            findings.push(Finding::new("module-docs", &file.path, 1, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    #[test]
    fn first_line() {
        let check = |text: &str, expect: usize| {
            assert_eq!(super::super::lines(super::check, &[("crates/a/src/b.rs", text)]).len(), expect, "{text}");
        };
        check("//! Owns b.\nfn b() {}", 0);
        check("#![allow(clippy::unwrap_used)]\n//! Owns b.", 0);
        check("fn b() {}\n//! Owns b.", 1);
        check("//!\nfn b() {}", 1);
        check("// Owns b.", 1);
        check("", 1);
    }
}
