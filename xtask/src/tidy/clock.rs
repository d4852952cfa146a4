//! The clock is read in one place, `message::clock::System`, so that tests and the simulator can replace it.
//!
//! tokio's `Instant` is no finding: tests pause it.

use super::Finding;
use crate::source::Source;
use crate::tree::Tree;

/// How reading it looks.
const READS: &[&str] = &["SystemTime::now", "Instant::now", "Zoned::now", "jiff::Timestamp::now"];

/// The clock itself, commands that print how long they took, development tools and simulated peers.
const ALLOWED: &[&str] =
    &["crates/message/src/clock.rs", "crates/cli/", "crates/testkit/", "crates/hospital/", "xtask/", "bench/"];

/// Reads of the machine's clock in product code.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let elsewhere = tree.product().filter(|(file, _)| !ALLOWED.iter().any(|allowed| file.path.starts_with(allowed)));
    for (file, source) in elsewhere {
        for read in READS {
            for at in source.places(read).filter(|at| !is_of_tokio(source, *at, read)) {
                let message = format!("`{read}` outside message::clock: take a `&dyn Clock`");
                findings.push(Finding::new("clock", &file.path, source.line(at), message).counted());
            }
        }
    }
    findings
}

/// `tokio::time::Instant::now`, or a bare `Instant::now` in a file that imports tokio's.
fn is_of_tokio(source: &Source, at: usize, read: &str) -> bool {
    let before = &source.code[..at];
    let imports = source.code.match_indices("use tokio").map(|(start, _)| &source.code[start..]);
    let mut statements = imports.map(|from| from.split(';').next().unwrap_or_default());
    let is_bare = !before.ends_with("::") && statements.any(|statement| statement.contains("Instant"));
    read == "Instant::now" && (is_bare || before.ends_with("tokio::time::"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads() {
        let check = |path: &str, code: &str, expect: usize| {
            assert_eq!(super::super::lines(super::check, &[(path, code)]).len(), expect, "{path}");
        };
        check("crates/engine/src/a.rs", "fn f() { let t = std::time::Instant::now(); }", 1);
        check("crates/engine/src/a.rs", "use tokio::time::{Duration, Instant};\nfn f() { Instant::now(); }", 0);
        check("crates/engine/src/a.rs", "use tokio::time::Instant;\nfn f() { std::time::Instant::now(); }", 1);
        check("crates/engine/src/a.rs", "fn f() { tokio::time::Instant::now(); }", 0);
        check("crates/engine/src/a.rs", "#[test] fn f() { Instant::now(); }", 0);
        check("crates/message/src/clock.rs", "fn f() { Instant::now() }", 0);
    }
}
