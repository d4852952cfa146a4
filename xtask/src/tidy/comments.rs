//! Comments say why; plans belong in issues, so the marks of unfinished work do not stand in code.

use super::Finding;
use crate::tree::Tree;

/// Marks of unfinished work.
const MARKS: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];

/// Marks in comments of Rust files.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        for mark in MARKS {
            let marked = file.text.match_indices(mark).filter(|(at, _)| is_comment(&source.code, *at, mark.len()));
            let whole = marked.filter(|(at, _)| is_whole(&file.text, *at, mark.len()));
            let message = format!("`{mark}` in a comment: finish it, or write an issue");
            findings
                .extend(whole.map(|(at, _)| Finding::new("comments", &file.path, source.line(at), message.clone())));
        }
    }
    findings
}

/// In the blanked text a comment is spaces.
fn is_comment(code: &str, at: usize, length: usize) -> bool {
    code.get(at..at + length).is_some_and(|blanked| blanked.trim().is_empty())
}

fn is_whole(text: &str, at: usize, length: usize) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    !is_word(at.checked_sub(1).and_then(|before| bytes.get(before))) && !is_word(bytes.get(at + length))
}

#[cfg(test)]
mod tests {
    #[test]
    fn marks() {
        let check = |code: &str, expect: usize| {
            assert_eq!(super::super::lines(super::check, &[("crates/a/src/b.rs", code)]).len(), expect, "{code}");
        };
        check("fn f() {} // TODO: more", 1);
        check("/* FIXME */", 1);
        check("const A: &str = \"TODO\";", 0);
        check("// an XXXL shirt", 0);
    }
}
