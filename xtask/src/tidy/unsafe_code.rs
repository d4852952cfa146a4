//! `unsafe` stands only in the scanner of hl7v2, which has a scalar twin that tests compare it with.

use super::Finding;
use crate::tree::Tree;

/// Where it may stand.
const ALLOWED: &str = "crates/hl7v2/src/scan";

/// The word `unsafe`, and `allow(unsafe_code)`, which switches off the lint that forbids it.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let elsewhere = tree.rust().filter(|(file, _)| !file.path.starts_with(ALLOWED));
    for (file, source) in elsewhere {
        let marks = source.words("unsafe").chain(source.places("(unsafe_code"));
        let found = marks.map(|at| source.line(at));
        findings.extend(found.map(|line| Finding::new("unsafe", &file.path, line, "only the hl7v2 scanner may")));
    }
    findings
}

#[cfg(test)]
mod tests {
    #[test]
    fn places() {
        let check = |path: &str, code: &str, expect: usize| {
            assert_eq!(super::super::lines(super::check, &[(path, code)]).len(), expect, "{path} {code}");
        };
        check("crates/store/src/a.rs", "fn f() { unsafe { g() } }", 1);
        check("crates/store/src/a.rs", "#![allow(unsafe_code)]", 1);
        check("crates/store/src/a.rs", "// unsafe\nfn f() { \"unsafe\"; unsafely(); }", 0);
        check("crates/hl7v2/src/scan/avx2.rs", "fn f() { unsafe { g() } }", 0);
    }
}
