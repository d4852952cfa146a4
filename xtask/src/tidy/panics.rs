//! No `unwrap` and no `expect` outside tests: bad input gives a diagnostic, never a panic.
//!
//! Clippy finds `unwrap` too; this check also finds `expect`, counts, and lets the count only shrink. `testkit` is test
//! code: a peer that panics is how a test fails.

use super::Finding;
use crate::tree::Tree;

/// How the two look in code; `expect` needs a text, so that a parser's own `expect(token)` is not meant.
const CALLS: &[&str] = &[".unwrap()", ".expect(\"", ".expect(&format"];

/// Calls in product code.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.product().filter(|(file, _)| file.package() != "testkit") {
        for call in CALLS {
            for at in source.places(call) {
                let message = format!("`{}` outside tests: return an error that has a code", call.trim_matches('"'));
                findings.push(Finding::new("panics", &file.path, source.line(at), message).counted());
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    #[test]
    fn calls() {
        let check = |path: &str, code: &str, expect: usize| {
            assert_eq!(super::super::lines(super::check, &[(path, code)]).len(), expect, "{code}");
        };
        check("crates/a/src/b.rs", "fn f() { x.unwrap(); y.expect(\"z\"); }", 2);
        check("crates/a/src/b.rs", "fn f() { x.unwrap_or(1); p.expect(Token::Brace); \".unwrap()\" }", 0);
        check("crates/a/src/b.rs", "#[cfg(test)] mod tests { fn f() { x.unwrap(); } }", 0);
        check("crates/a/tests/b.rs", "fn f() { x.unwrap(); }", 0);
        check("crates/testkit/src/b.rs", "fn f() { x.unwrap(); }", 0);
    }
}
