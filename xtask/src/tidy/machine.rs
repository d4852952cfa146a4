//! Nothing in the repository names the machine it was written on, or pages that are not in it.
//!
//! The words are put together from pieces here, so that this file does not contain them.

use super::Finding;
use crate::tree::Tree;

/// Paths and words, in pieces. A word counts where no letter, digit or `-` stands directly before it.
const WORDS: &[[&str; 2]] = &[
    ["/wo", "rk/"],
    ["/tmp/", "t-"],
    ["/ro", "ot/"],
    ["/home/", "ubuntu"],
    ["fa", "rm-"],
    ["issues ", "show"],
    ["sub", "agent"],
    [".libr", "ary/"],
    // A plan that is not in the repository: what it says belongs in docs/ARCHITECTURE.md.
    ["DESI", "GN §"],
    ["DESI", "GN.md"],
];

/// Every text file.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for pieces in WORDS {
            let word = pieces.concat();
            let places = file.text.match_indices(&word).filter(|(at, _)| starts(&file.text, *at));
            findings.extend(places.map(|(at, _)| {
                let line = file.text[..at].matches('\n').count() + 1;
                Finding::new("machine", &file.path, line, format!("`{word}` is outside the repository"))
            }));
        }
    }
    findings
}

fn starts(text: &str, at: usize) -> bool {
    !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let check = |text: &str, expect: usize| {
            assert_eq!(super::super::lines(super::check, &[("README.md", text)]).len(), expect, "{text}");
        };
        for pieces in WORDS {
            check(&format!("see {}x", pieces.concat()), 1);
        }
        check(&format!("https://example.org{}x", WORDS[0].concat()), 0);
        check("a network, a framework/", 0);
    }
}
