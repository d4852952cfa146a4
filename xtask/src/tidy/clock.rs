//! The clock is read in one place, `message::clock::System`, so that tests and the simulator can replace it.

use super::Finding;
use crate::tree::Tree;

/// How reading it looks.
const READS: &[&str] = &["SystemTime::now", "Instant::now", "Zoned::now", "jiff::Timestamp::now"];

/// Code that measures, not decides: development tools, and the clock itself.
const ALLOWED: &[&str] = &["crates/message/src/clock.rs", "xtask/", "bench/", "crates/testkit/"];

/// Reads of the machine's clock in product code.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let elsewhere = tree.product().filter(|(file, _)| !ALLOWED.iter().any(|allowed| file.path.starts_with(allowed)));
    for (file, source) in elsewhere {
        for read in READS {
            for at in source.places(read) {
                let message = format!("`{read}` outside message::clock: take a `&dyn Clock`");
                findings.push(Finding::new("clock", &file.path, source.line(at), message).counted());
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads() {
        let check = |path: &str, code: &str, expect: usize| {
            assert_eq!(super::super::lines(super::check, &[(path, code)]).len(), expect, "{path}");
        };
        check("crates/engine/src/a.rs", "fn f() { let t = std::time::Instant::now(); }", 1);
        check("crates/engine/src/a.rs", "#[test] fn f() { Instant::now(); }", 0);
        check("crates/message/src/clock.rs", "fn f() { Instant::now() }", 0);
    }
}
