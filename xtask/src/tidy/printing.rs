//! Only commands talk to a terminal: a library that prints cannot be silenced, and may print patient data.

use super::Finding;
use crate::tree::Tree;

const MACROS: &[&str] = &["println!", "eprintln!", "print!", "eprint!", "dbg!"];

/// Packages whose work is to print.
const ALLOWED: &[&str] = &["cli", "xtask", "bench"];

/// Print macros in product code of libraries; build scripts talk to cargo that way.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let libraries =
        tree.product().filter(|(file, _)| !ALLOWED.contains(&file.package()) && !file.path.ends_with("build.rs"));
    for (file, source) in libraries {
        for name in MACROS {
            for at in source.words(name) {
                let message = format!("`{name}` in a library: return it, or give it to the caller's log");
                findings.push(Finding::new("printing", &file.path, source.line(at), message).counted());
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    #[test]
    fn macros() {
        let check = |path: &str, code: &str, expect: usize| {
            assert_eq!(super::super::lines(super::check, &[(path, code)]).len(), expect, "{path} {code}");
        };
        check("crates/store/src/a.rs", "fn f() { println!(); eprintln!() }", 2);
        check("crates/store/src/a.rs", "#[cfg(test)] mod tests { fn f() { println!() } }", 0);
        check("crates/store/build.rs", "fn main() { println!() }", 0);
        check("crates/cli/src/a.rs", "fn f() { println!() }", 0);
    }
}
