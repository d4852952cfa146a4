//! The page about OWASP ASVS 5.0.0 has one row for each requirement of levels 1 and 2, with its level, a verdict and what shows
//! it: what is met names a test, a file or a page that exists, what is not applicable says why, and each gap is told at the top.

use super::{Finding, promises::is_test};
use crate::tree::Tree;
use std::collections::BTreeSet;

const PAGE: &str = "docs/compliance/asvs.md";

/// Each section with the levels of its requirements in their order: `V1.2.10` is of level 3. Facts of the standard, as it came out
/// in May 2025; 345 requirements, of which levels 1 and 2 have 70 and 183.
#[rustfmt::skip]
const SECTIONS: [(&str, &str); 80] = [
    ("1.1", "22"), ("1.2", "1111122223"), ("1.3", "112222222223"), ("1.4", "222"), ("1.5", "123"),
    ("2.1", "122"), ("2.2", "112"), ("2.3", "12223"), ("2.4", "23"),
    ("3.1", "3"), ("3.2", "113"), ("3.3", "12223"), ("3.4", "11222233"), ("3.5", "11122333"), ("3.6", "3"), ("3.7", "22333"),
    ("4.1", "12233"), ("4.2", "23333"), ("4.3", "22"), ("4.4", "1222"),
    ("5.1", "2"), ("5.2", "112333"), ("5.3", "113"), ("5.4", "222"),
    ("6.1", "122"), ("6.2", "111111112222"), ("6.3", "11223333"), ("6.4", "112233"), ("6.5", "22222333"), ("6.6", "2223"),
    ("6.7", "33"), ("6.8", "2222"),
    ("7.1", "222"), ("7.2", "1111"), ("7.3", "22"), ("7.4", "11222"), ("7.5", "223"), ("7.6", "22"),
    ("8.1", "1233"), ("8.2", "1123"), ("8.3", "133"), ("8.4", "23"),
    ("9.1", "111"), ("9.2", "1222"),
    ("10.1", "22"), ("10.2", "223"), ("10.3", "22223"), ("10.4", "1111122222233333"), ("10.5", "22222"), ("10.6", "22"),
    ("10.7", "222"),
    ("11.1", "2233"), ("11.2", "22233"), ("11.3", "11233"), ("11.4", "1222"), ("11.5", "23"), ("11.6", "23"), ("11.7", "33"),
    ("12.1", "12233"), ("12.2", "11"), ("12.3", "22223"),
    ("13.1", "2333"), ("13.2", "222223"), ("13.3", "2233"), ("13.4", "1222233"),
    ("14.1", "22"), ("14.2", "12223333"), ("14.3", "122"),
    ("15.1", "12233"), ("15.2", "12233"), ("15.3", "1222222"), ("15.4", "3333"),
    ("16.1", "2"), ("16.2", "22222"), ("16.3", "2222"), ("16.4", "222"), ("16.5", "2223"),
    ("17.1", "23"), ("17.2", "22223333"), ("17.3", "22"),
];

/// Requirements of levels 1 and 2, with their level.
fn asked() -> impl Iterator<Item = (String, char)> {
    let section = |(section, levels): &(&'static str, &'static str)| {
        let section = *section;
        levels.chars().enumerate().map(move |(at, level)| (format!("V{section}.{}", at + 1), level))
    };
    SECTIONS.iter().flat_map(section).filter(|(_, level)| *level < '3').collect::<Vec<_>>().into_iter()
}

/// `| V1.1.1 | 2 | what is asked | met | evidence |`.
struct Row<'p> {
    line: usize,
    id: &'p str,
    level: &'p str,
    asked: &'p str,
    verdict: &'p str,
    evidence: &'p str,
}

impl<'p> Row<'p> {
    fn read((at, line): (usize, &'p str)) -> Option<Row<'p>> {
        if !line.starts_with("| V") {
            return None;
        }
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        let &[id, level, asked, verdict, evidence] = cells.as_slice() else {
            return Some(Row { line: at + 1, id: cells.first()?, level: "", asked: "", verdict: "", evidence: "" });
        };
        Some(Row { line: at + 1, id, level, asked, verdict, evidence })
    }

    /// What is wrong with it by itself.
    fn faults(&self, tree: &Tree) -> Vec<String> {
        let named: Vec<&str> = self.evidence.split('`').skip(1).step_by(2).collect();
        let mut faults = Vec::new();
        if self.asked.is_empty() || self.evidence.is_empty() {
            faults.push("a row has five cells, none of them empty".to_owned());
        }
        let shows = |name: &&&str| name.contains("::") || is_path(name);
        match self.verdict {
            "met" if !named.iter().any(|name| shows(&name)) && !self.evidence.contains("](") => {
                faults.push("what is met names a test, a file or a page".to_owned());
            }
            "met" | "not applicable" | "gap" => {}
            other => faults.push(format!("`{other}` is no verdict: met, not applicable or gap")),
        }
        for name in named {
            if is_path(name) && !tree.exists(name) {
                faults.push(format!("there is no file `{name}`"));
            } else if is_test_name(name) && !is_test(tree, name) {
                faults.push(format!("there is no test `{name}`"));
            }
        }
        faults
    }
}

/// From the root of the repository.
fn is_path(name: &str) -> bool {
    let is_top = ["crates/", "console/", "deploy/", "xtask/", "docs/"].iter().any(|top| name.starts_with(top));
    is_top || ["Cargo.toml", "deny.toml"].contains(&name)
}

/// `crate::module::test`, and not `Store::rewrap`.
fn is_test_name(name: &str) -> bool {
    name.contains("::") && name.starts_with(|first: char| first.is_ascii_lowercase())
}

/// The page.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.get(PAGE) else {
        return vec![Finding::new("asvs", PAGE, 1, "there is no page about ASVS")];
    };
    let rows: Vec<Row<'_>> = page.text.lines().enumerate().filter_map(Row::read).collect();
    let mut findings = Vec::new();
    let mut tell = |line: usize, text: String| findings.push(Finding::new("asvs", PAGE, line, text));
    for row in &rows {
        row.faults(tree).into_iter().for_each(|fault| tell(row.line, format!("{}: {fault}", row.id)));
    }
    let known: Vec<(String, char)> = asked().collect();
    for (id, level) in &known {
        let mut found = rows.iter().filter(|row| row.id == id);
        match (found.next(), found.next()) {
            (None, _) => tell(1, format!("there is no row for {id}")),
            (Some(_), Some(second)) => tell(second.line, format!("{id} has two rows")),
            (Some(row), None) if !row.level.chars().eq([*level]) => {
                tell(row.line, format!("{id} is of level {level}"));
            }
            (Some(_), None) => {}
        }
    }
    for row in rows.iter().filter(|row| !known.iter().any(|(id, _)| id == row.id)) {
        tell(row.line, format!("{} is no requirement of levels 1 and 2", row.id));
    }
    for text in totals(&rows).into_iter().filter(|text| !page.text.lines().any(|line| line == text)) {
        tell(1, format!("the table at the top has to say `{text}`"));
    }
    let listed =
        |line: &'_ str| line.strip_prefix("- **V").map(|rest| format!("V{}", rest.split('*').next().unwrap_or("")));
    let told: BTreeSet<String> = page.text.lines().filter_map(listed).collect();
    let gaps: BTreeSet<String> = rows.iter().filter(|row| row.verdict == "gap").map(|row| row.id.to_owned()).collect();
    for id in told.symmetric_difference(&gaps) {
        let text =
            if gaps.contains(id) { "is a gap that is not told at the top" } else { "is told as a gap, and is none" };
        tell(1, format!("{id} {text}"));
    }
    findings
}

/// The rows of the table at the top: level, requirements, met, not applicable, gaps.
fn totals(rows: &[Row<'_>]) -> [String; 2] {
    ["1", "2"].map(|level| {
        let of = |verdict: &str| rows.iter().filter(|row| row.level == level && row.verdict == verdict).count();
        let (met, not, gaps) = (of("met"), of("not applicable"), of("gap"));
        format!("| {level} | {} | {met} | {not} | {gaps} |", met + not + gaps)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: (&str, &str) = ("crates/store/src/log.rs", "#[cfg(test)] mod tests { #[test] fn survives() {} }");
    const FILE: (&str, &str) = ("deploy/sinew.service", "");

    fn page(change: impl Fn(String) -> String) -> String {
        let row = |(id, level): (String, char)| format!("| {id} | {level} | asked | met | `store::log::survives` |\n");
        change(
            "| 1 | 70 | 70 | 0 | 0 |\n| 2 | 183 | 183 | 0 | 0 |\n".to_owned() + &asked().map(row).collect::<String>(),
        )
    }

    #[test]
    fn rows() {
        let check = |page: &str, expect: usize, what: &str| {
            let found = super::super::lines(super::check, &[(PAGE, page), TEST, FILE]);
            assert_eq!(found.len(), expect, "{what}: {found:?}");
        };
        let with = |from: &str, to: &str| page(|text| text.replacen(from, to, 1));
        let first = "| V1.1.1 | 2 | asked | met | `store::log::survives` |\n";
        check(&page(|text| text), 0, "whole");
        check(&with(first, ""), 2, "a row is missing, and the number is wrong");
        check(&with(first, &format!("{first}{first}")), 2, "twice");
        check(&with("| V1.1.1 | 2 |", "| V1.1.1 | 1 |"), 3, "of another level");
        check(&with("`store::log::survives`", "`store::log::gone`"), 1, "no such test");
        check(&with("`store::log::survives`", "`deploy/sinew.service`"), 0, "a file");
        check(&with("`store::log::survives`", "`deploy/gone.service`"), 1, "no such file");
        check(&with("`store::log::survives`", "it is so"), 1, "nothing shows it");
        check(&with("`store::log::survives`", ""), 2, "nothing at all");
        check(&with("| met |", "| perhaps |"), 2, "no verdict");
        check(&with(first, "| V1.1.1 | 2 | asked | gap | it is missing |\n"), 2, "a gap that is not told, not counted");
        let told = "| 2 | 183 | 182 | 0 | 1 |\n- **V1.1.1** it is missing\n";
        let gap = page(|text| text.replacen("| met |", "| gap |", 1).replace("| 2 | 183 | 183 | 0 | 0 |\n", told));
        check(&gap, 0, "a gap that is told");
        check(&page(|text| text + "- **V1.1.1** it is missing\n"), 1, "told, and none");
        check(&page(|text| text + "| V1.2.10 | 3 | asked | met | `store::log::survives` |\n"), 1, "of level 3");
        check("", 253 + 2, "nothing");
    }

    #[test]
    fn the_standard_has_as_many() {
        let count = |level: char| SECTIONS.iter().map(|(_, levels)| levels.matches(level).count()).sum::<usize>();
        assert_eq!((count('1'), count('2'), count('3')), (70, 183, 92));
    }
}
