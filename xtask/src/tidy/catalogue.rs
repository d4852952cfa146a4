//! Every error code has a page, and every page a code; codes lie in their crate's range and are declared once.

use super::Finding;
use crate::tree::{File, Tree};
use std::collections::BTreeMap;

/// The digit after `E`, and the crates that own it.
const RANGES: &[(char, &[&str])] = &[
    ('1', &["hl7v2", "fhir", "formats", "script"]),
    ('2', &["lang"]),
    ('3', &["interface"]),
    ('4', &["store"]),
    ('5', &["engine", "watch"]),
    ('6', &["connectors"]),
    ('7', &["server", "cli"]),
];

/// One declared code.
struct Declared<'a> {
    file: &'a File,
    line: usize,
    id: &'a str,
    title: &'a str,
}

/// Declarations against pages.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: BTreeMap<&str, &Declared<'_>> = BTreeMap::new();
    let declared: Vec<Declared<'_>> = tree.product().flat_map(|(file, _)| declarations(file)).collect();
    for code in &declared {
        if let Some(first) = seen.insert(code.id, code) {
            findings.push(code.finding(format!("{} is declared twice, first in {}", code.id, first.file.path)));
        }
        findings.extend(code.outside_range());
        findings.extend(code.page(tree));
    }
    for page in tree.files.iter().filter(|file| file.path.starts_with("docs/errors/E")) {
        let id = page.path.trim_start_matches("docs/errors/").trim_end_matches(".md");
        if !seen.contains_key(id) {
            findings.push(Finding::new("catalogue", &page.path, 1, format!("no `catalogue!` declares {id}")));
        }
    }
    findings
}

impl Declared<'_> {
    fn finding(&self, message: String) -> Finding {
        Finding::new("catalogue", &self.file.path, self.line, message)
    }

    fn outside_range(&self) -> Option<Finding> {
        let owners =
            RANGES.iter().find(|(digit, _)| self.id[1..].starts_with(*digit)).map_or(&[][..], |(_, owners)| owners);
        let is_own = owners.contains(&self.file.package());
        (!is_own).then(|| self.finding(format!("{} is not in the range of {}", self.id, self.file.package())))
    }

    fn page(&self, tree: &Tree) -> Option<Finding> {
        let path = format!("docs/errors/{}.md", self.id);
        let Some(page) = tree.get(&path) else {
            return Some(self.finding(format!("{} has no page {path}", self.id)));
        };
        let heading = format!("# {}: {}", self.id, self.title);
        let found = page.text.lines().next().unwrap_or_default();
        (found != heading).then(|| Finding::new("catalogue", &path, 1, format!("the first line should be `{heading}`")))
    }
}

/// The `E1001 "title";` entries of a file: in code only, so an example in a comment does not count.
fn declarations(file: &File) -> Vec<Declared<'_>> {
    let Some(source) = file.source.as_ref().filter(|source| source.code.contains("catalogue!")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for at in source.code.match_indices('E').map(|(at, _)| at) {
        if let Some(code) = declaration(file, source.code.get(at..).unwrap_or_default(), at) {
            found.push(Declared { line: source.line(at), ..code });
        }
    }
    found
}

fn declaration<'a>(file: &'a File, code: &str, at: usize) -> Option<Declared<'a>> {
    let is_id = code.len() > 5 && code[1..5].bytes().all(|byte| byte.is_ascii_digit());
    let quote = code.get(5..)?.len() - code.get(5..)?.trim_start().len() + 5;
    if !is_id || !code.get(quote..)?.starts_with('"') {
        return None;
    }
    let length = code.get(quote + 1..)?.find('"')?;
    let title = file.text.get(at + quote + 1..at + quote + 1 + length)?;
    Some(Declared { file, line: 1, id: file.text.get(at..at + 5)?, title })
}

#[cfg(test)]
mod tests {
    use super::super::lines;

    #[test]
    fn pages() {
        let codes =
            ("crates/lang/src/codes.rs", "//! Codes.\nmessage::catalogue! {\n    E2001 \"a \u{e9} path\";\n}\n");
        let page = ("docs/errors/E2001.md", "# E2001: a \u{e9} path\n");
        let check = |files: &[(&str, &str)], expect: &[&str]| assert_eq!(lines(super::check, files), expect);
        check(&[codes, page], &[]);
        check(&[codes], &["crates/lang/src/codes.rs:3"]);
        check(&[codes, (page.0, "# E2001: other\n")], &["docs/errors/E2001.md:1"]);
        check(&[page], &["docs/errors/E2001.md:1"]);
        check(&[("crates/store/src/codes.rs", codes.1), page], &["crates/store/src/codes.rs:3"]);
        check(&[codes, ("crates/lang/src/more.rs", codes.1), page], &["crates/lang/src/more.rs:3"]);
        check(&[("crates/message/src/code.rs", "/// catalogue! { E2001 \"x\"; }\nmacro_rules! catalogue {}")], &[]);
    }
}
