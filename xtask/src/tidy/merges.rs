//! No file holds the marks that an unfinished merge leaves.
//!
//! The marks are put together here, so that this file does not contain them.

use super::Finding;
use crate::tree::Tree;

/// Characters that git puts seven times at the begin of a line, with what follows them there.
const MARKS: &[(char, &str)] = &[('<', " "), ('>', " "), ('|', " ")];

/// Every text file.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (mark, behind) in MARKS {
            let mark = format!("{}{behind}", mark.to_string().repeat(7));
            let lines = file.text.lines().enumerate().filter(|(_, line)| line.starts_with(&mark));
            findings.extend(lines.map(|(line, _)| {
                Finding::new(
                    "merges",
                    &file.path,
                    line + 1,
                    "a mark of an unfinished merge: choose what should stand here",
                )
            }));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        let check = |text: &str, expect: usize| {
            assert_eq!(super::super::lines(super::check, &[("README.md", text)]).len(), expect, "{text}");
        };
        for (mark, behind) in MARKS {
            let mark = mark.to_string();
            check(&format!("a\n{}{behind}HEAD\nb\n", mark.repeat(7)), 1);
            check(&format!(" {}{behind}HEAD", mark.repeat(7)), 0);
            check(&format!("{}{behind}x", mark.repeat(6)), 0);
        }
    }
}
