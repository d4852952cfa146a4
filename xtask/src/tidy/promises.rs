//! Tables of what is proved name tests that exist: the promises R1 to R10 of the README, the faults F1 to F26 of TESTING.md,
//! attacks, audit and configuration of the compliance checklist, and in TESTING.md the connectors, each by its name.
//!
//! A row is `| R1 | promise | … | tests |`; tests stand in backticks, `crate::path::name`, in its last cell, of a connector in the one before it too. A row may say
//! `not yet` while its test is being written; that is honest, and a reviewer sees it. A test named that does not exist is
//! never right.

use super::Finding;
use crate::source::Kind;
use crate::tree::Tree;

/// A page, how its rows begin, and how many there are.
const TABLES: [(&str, &str, usize); 5] = [
    ("README.md", "R", 10),
    ("docs/TESTING.md", "F", 26),
    (CHECKLIST, "S-", 16),
    (CHECKLIST, "A-", 6),
    (CHECKLIST, "C-", 5),
];
const CHECKLIST: &str = "docs/compliance/checklist.md";

/// Every table.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let numbered = TABLES.iter().flat_map(|(page, letter, rows)| {
        let names = (1..=*rows).map(|number| format!("{letter}{number}")).collect::<Vec<_>>();
        check_table(tree, page, &names, 1)
    });
    numbered.chain(check_table(tree, "docs/TESTING.md", &connectors(tree), 2)).collect()
}

/// The names of the connectors, as their `SPEC` says them.
fn connectors(tree: &Tree) -> Vec<String> {
    let modules = tree.product().filter(|(file, source)| {
        file.path.starts_with("crates/connectors/src/") && source.words("Spec").next().is_some()
    });
    let name =
        |text: &str| Some(text.split_once("Spec = Spec {")?.1.split_once("name: \"")?.1.split('"').next()?.to_owned());
    modules.filter_map(|(file, _)| name(&tree.get(&file.path)?.text)).collect()
}

/// `cells` is how many cells at the end of a row name tests.
fn check_table(tree: &Tree, path: &str, names: &[String], cells: usize) -> Vec<Finding> {
    let Some(page) = tree.get(path) else {
        return vec![Finding::new("promises", path, 1, format!("there is no {path}"))];
    };
    let mut findings = Vec::new();
    for name in names {
        let start = format!("| {name} |");
        let row = page.text.lines().enumerate().find(|(_, line)| line.starts_with(&start));
        let Some((at, row)) = row else {
            findings.push(Finding::new("promises", path, 1, format!("the table has no row for {name}")));
            continue;
        };
        let mut tests: Vec<&str> = Vec::new();
        for proof in row.trim_end().trim_end_matches('|').rsplit('|').take(cells) {
            let found: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
            if found.is_empty() && !proof.contains("not yet") {
                findings.push(Finding::new("promises", path, at + 1, format!("{name} names no test")));
            }
            tests.extend(found);
        }
        for test in tests.iter().filter(|test| !is_test(tree, test)) {
            findings.push(Finding::new("promises", path, at + 1, format!("{name}: there is no test `{test}`")));
        }
    }
    findings
}

/// `store::torn_tail::keeps_what_follows`: a test function of that name in the crate.
pub(super) fn is_test(tree: &Tree, test: &str) -> bool {
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

    fn table(letter: &str, rows: usize, proof: &str) -> String {
        (1..=rows).map(|n| format!("| {letter}{n} | promise | {proof} |\n")).collect()
    }

    fn checklist(proof: &str) -> String {
        table("S-", 16, proof) + &table("A-", 6, proof) + &table("C-", 5, proof)
    }

    #[test]
    fn rows() {
        let faults = table("F", 26, "not yet");
        let check = |readme: &str, expect: usize| {
            let list = checklist("not yet");
            let pages = [("README.md", readme), ("docs/TESTING.md", &*faults), (super::CHECKLIST, &*list), TEST];
            assert_eq!(super::super::lines(super::check, &pages).len(), expect, "{readme}");
        };
        check(&table("R", 10, "`store::log::survives`"), 0);
        check(&table("R", 10, "not yet"), 0);
        check(&table("R", 10, ""), 10);
        check(&table("R", 10, "`store::log::gone`"), 10);
        check(&table("R", 10, "`engine::log::survives`"), 10);
        check(&table("R", 10, "`store::log::product`"), 10);
        check("", 10);
    }

    #[test]
    fn connectors() {
        let (promises, faults) = (table("R", 10, "not yet"), table("F", 26, "not yet"));
        let module = ("crates/connectors/src/raw/mod.rs", "//! T.\nstatic SPEC: Spec = Spec { name: \"tcp\" };");
        let check = |row: &str, expect: usize| {
            let testing = format!("{faults}{row}");
            let list = checklist("not yet");
            let pages =
                [("README.md", &*promises), ("docs/TESTING.md", &*testing), (super::CHECKLIST, &*list), module, TEST];
            assert_eq!(super::super::lines(super::check, &pages).len(), expect, "{row}");
        };
        check("| tcp | a socket | `store::log::survives` | `store::survives` |\n", 0);
        check("| tcp | a socket | `store::log::survives` | not yet |\n", 0);
        check("| tcp | a socket | | `store::log::survives` |\n", 1);
        check("| tcp | a socket | `store::log::gone` | `store::log::gone` |\n", 2);
        check("", 1);
    }

    #[test]
    fn faults() {
        let promises = table("R", 10, "not yet");
        let check = |testing: &str, expect: usize| {
            let list = checklist("not yet");
            let pages = [("README.md", &*promises), ("docs/TESTING.md", testing), (super::CHECKLIST, &*list), TEST];
            assert_eq!(super::super::lines(super::check, &pages).len(), expect, "{testing}");
        };
        check(&table("F", 26, "root | `store::log::survives`, `store::survives`"), 0);
        check(&table("F", 25, "`store::log::survives`"), 1);
        check(&table("F", 26, "`store::log::survives`, `store::log::gone`"), 26);
    }

    #[test]
    fn the_checklist() {
        let (promises, faults) = (table("R", 10, "not yet"), table("F", 26, "not yet"));
        let check = |list: &str, expect: usize| {
            let pages = [("README.md", &*promises), ("docs/TESTING.md", &*faults), (super::CHECKLIST, list), TEST];
            assert_eq!(super::super::lines(super::check, &pages).len(), expect, "{list}");
        };
        check(&checklist("`store::log::survives`"), 0);
        check(&checklist("`store::log::gone`"), 27);
        check("", 27);
    }
}
