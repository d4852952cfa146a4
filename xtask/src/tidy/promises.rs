//! The README promises R1 to R10, and each row names tests that exist.
//!
//! A row is `| R1 | promise | tests |`; tests stand in backticks, `crate::path::name`. A row may say `not yet` while its
//! test is being written; that is honest, and a reviewer sees it. A test named that does not exist is never right.

use super::Finding;
use crate::source::Kind;
use crate::tree::Tree;

const PAGE: &str = "README.md";
const PROMISES: usize = 10;

/// The promise table of the README.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.get(PAGE) else {
        return vec![Finding::new("promises", PAGE, 1, "there is no README.md")];
    };
    let mut findings = Vec::new();
    for number in 1..=PROMISES {
        let start = format!("| R{number} |");
        let row = page.text.lines().enumerate().find(|(_, line)| line.starts_with(&start));
        let Some((at, row)) = row else {
            findings.push(Finding::new("promises", PAGE, 1, format!("the table has no row for R{number}")));
            continue;
        };
        let proof = row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let tests: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        if tests.is_empty() && !proof.contains("not yet") {
            findings.push(Finding::new("promises", PAGE, at + 1, format!("R{number} names no test")));
        }
        for test in tests.iter().filter(|test| !is_test(tree, test)) {
            findings.push(Finding::new("promises", PAGE, at + 1, format!("R{number}: there is no test `{test}`")));
        }
    }
    findings
}

/// `store::torn_tail::keeps_what_follows`: a test function of that name in the crate.
fn is_test(tree: &Tree, test: &str) -> bool {
    let package = test.split("::").next().unwrap_or_default();
    let name = test.rsplit("::").next().unwrap_or_default();
    let mut files = tree.rust().filter(|(file, _)| file.package() == package);
    files.any(|(file, source)| {
        let mut functions = source.items.iter().filter(|item| item.kind == Kind::Function);
        functions.any(|item| item.name.rsplit("::").next() == Some(name) && (item.is_test || file.is_test))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn rows() {
        let table = |proof: &str| (1..=10).map(|n| format!("| R{n} | promise | {proof} |\n")).collect::<String>();
        let test = ("crates/store/src/log.rs", "#[cfg(test)] mod tests { #[test] fn survives() {} }\nfn product() {}");
        let check = |readme: &str, expect: usize| {
            assert_eq!(super::super::lines(super::check, &[("README.md", readme), test]).len(), expect, "{readme}");
        };
        check(&table("`store::log::survives`"), 0);
        check(&table("not yet"), 0);
        check(&table(""), 10);
        check(&table("`store::log::gone`"), 10);
        check(&table("`engine::log::survives`"), 10);
        check(&table("`store::log::product`"), 10);
        check("", 10);
    }
}
