//! Tables of what is proved name tests that exist: the promises R1 to R10 of the README, the faults F1 to F26 of TESTING.md.
//!
//! A row is `| R1 | promise | … | tests |`; tests stand in backticks, `crate::path::name`, in its last cell. A row may say
//! `not yet` while its test is being written; that is honest, and a reviewer sees it. A test named that does not exist is
//! never right.

use super::Finding;
use crate::source::Kind;
use crate::tree::Tree;

/// A page, the letter of its rows, and how many there are.
const TABLES: [(&str, char, usize); 2] = [("README.md", 'R', 10), ("docs/TESTING.md", 'F', 26)];

/// Every table.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    TABLES.iter().flat_map(|(page, letter, rows)| check_table(tree, page, *letter, *rows)).collect()
}

fn check_table(tree: &Tree, path: &str, letter: char, rows: usize) -> Vec<Finding> {
    let Some(page) = tree.get(path) else {
        return vec![Finding::new("promises", path, 1, format!("there is no {path}"))];
    };
    let mut findings = Vec::new();
    for number in 1..=rows {
        let name = format!("{letter}{number}");
        let start = format!("| {name} |");
        let row = page.text.lines().enumerate().find(|(_, line)| line.starts_with(&start));
        let Some((at, row)) = row else {
            findings.push(Finding::new("promises", path, 1, format!("the table has no row for {name}")));
            continue;
        };
        let proof = row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let tests: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        if tests.is_empty() && !proof.contains("not yet") {
            findings.push(Finding::new("promises", path, at + 1, format!("{name} names no test")));
        }
        for test in tests.iter().filter(|test| !is_test(tree, test)) {
            findings.push(Finding::new("promises", path, at + 1, format!("{name}: there is no test `{test}`")));
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
    const TEST: (&str, &str) =
        ("crates/store/src/log.rs", "#[cfg(test)] mod tests { #[test] fn survives() {} }\nfn product() {}");

    fn table(letter: char, rows: usize, proof: &str) -> String {
        (1..=rows).map(|n| format!("| {letter}{n} | promise | {proof} |\n")).collect()
    }

    #[test]
    fn rows() {
        let faults = table('F', 26, "not yet");
        let check = |readme: &str, expect: usize| {
            let pages = [("README.md", readme), ("docs/TESTING.md", &*faults), TEST];
            assert_eq!(super::super::lines(super::check, &pages).len(), expect, "{readme}");
        };
        check(&table('R', 10, "`store::log::survives`"), 0);
        check(&table('R', 10, "not yet"), 0);
        check(&table('R', 10, ""), 10);
        check(&table('R', 10, "`store::log::gone`"), 10);
        check(&table('R', 10, "`engine::log::survives`"), 10);
        check(&table('R', 10, "`store::log::product`"), 10);
        check("", 10);
    }

    #[test]
    fn faults() {
        let promises = table('R', 10, "not yet");
        let check = |testing: &str, expect: usize| {
            let pages = [("README.md", &*promises), ("docs/TESTING.md", testing), TEST];
            assert_eq!(super::super::lines(super::check, &pages).len(), expect, "{testing}");
        };
        check(&table('F', 26, "root | `store::log::survives`, `store::survives`"), 0);
        check(&table('F', 25, "`store::log::survives`"), 1);
        check(&table('F', 26, "`store::log::survives`, `store::log::gone`"), 26);
    }
}
