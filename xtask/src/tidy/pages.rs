//! Error pages say what happened, what it means for the reader's messages, and what to do.

use super::Finding;
use crate::tree::{File, Tree};

/// How the headings of the sections start.
const SECTIONS: &[&str] = &["What happened", "What it means", "What to do"];

/// Every `docs/errors/E*.md`.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter(|file| file.path.starts_with("docs/errors/E")).flat_map(check_page).collect()
}

fn check_page(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lines: Vec<&str> = file.text.lines().collect();
    for section in SECTIONS {
        let is_heading =
            |line: &&str| line.starts_with("##") && line.trim_start_matches('#').trim().starts_with(section);
        match lines.iter().position(is_heading) {
            None => {
                findings.push(Finding::new("pages", &file.path, 1, format!("the section `## {section}` is missing")))
            }
            Some(at) => {
                let body = lines[at + 1..].iter().take_while(|line| !line.starts_with("##"));
                if body.map(|line| line.trim()).all(str::is_empty) {
                    findings.push(Finding::new("pages", &file.path, at + 1, format!("`{section}` says nothing")));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    #[test]
    fn sections() {
        let good =
            "# E1: a\n\n## What happened\n\nA.\n\n## What it means for your messages\n\nB.\n\n## What to do\n\nC.\n";
        let check = |text: &str, expect: &[&str]| {
            assert_eq!(super::super::lines(super::check, &[("docs/errors/E1.md", text)]), expect);
        };
        check(good, &[]);
        check(&good.replace("## What to do", "Do"), &["docs/errors/E1.md:1"]);
        check(&good.replace("B.\n", ""), &["docs/errors/E1.md:7"]);
    }
}
