//! Commands that the pages show exist: `sinew WORD` in code, in the README and under `docs`.

use super::Finding;
use crate::tree::Tree;

/// Where the commands are listed.
const LIST: &str = "crates/cli/src/arguments.rs";

/// Code blocks and code words of the pages against the list.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(list) = tree.get(LIST) else { return Vec::new() };
    let known = commands(&list.text);
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path == "README.md" || file.path.starts_with("docs/")) {
        for (line, word) in shown(&file.text) {
            if !known.contains(&word) {
                findings.push(Finding::new(
                    "commands",
                    &file.path,
                    line,
                    format!("there is no command `sinew {word}`"),
                ));
            }
        }
    }
    findings
}

/// The variants of `enum Command`, as clap writes them.
fn commands(text: &str) -> Vec<String> {
    let body = text.split_once("enum Command {").map_or("", |(_, body)| body.split("\n}").next().unwrap_or_default());
    let variants = body.lines().map(str::trim).filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    variants.map(|line| kebab(line.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default())).collect()
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// The word after `sinew ` at the start of a code line, or of code between backticks, with its line.
fn shown(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_code = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
            continue;
        }
        let pieces: Vec<&str> = if is_code { vec![line] } else { line.split('`').skip(1).step_by(2).collect() };
        let words = pieces.iter().flat_map(|piece| piece.split("&&").filter_map(command));
        found.extend(words.map(|word| (at + 1, word)));
    }
    found
}

fn command(piece: &str) -> Option<String> {
    let rest = piece.trim().trim_start_matches("$ ").strip_prefix("sinew ")?;
    let word = rest.split_whitespace().next()?;
    word.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        .then_some(())
        .filter(|()| !word.starts_with('-'))?;
    Some(word.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        let list = (
            LIST,
            "//! A.\npub enum Command {\n    /// x\n    Check(check::Check),\n    Run,\n}\nenum Other { Nope }\n",
        );
        let check = |page: &str, expect: &[&str]| {
            assert_eq!(super::super::lines(check, &[list, ("docs/a.md", page)]), expect, "{page}");
        };
        check("```\n$ sinew check x && sinew run\nsinew --help\n```\n`sinew run` or `sinew __hidden`", &[]);
        check("```\nsinew nope\n```", &["docs/a.md:2"]);
        check("say `sinew check` or `sinew cheque`", &["docs/a.md:1"]);
        check("sinew flies in prose", &[]);
    }
}
