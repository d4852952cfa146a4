//! Names that say nothing are not used for files, modules, types or functions.
//!
//! Names that a foreign trait chose (`impl Trait for Type`) are not ours to change.

use super::Finding;
use crate::source::Kind;
use crate::tree::Tree;

/// Words of a name that say nothing about what is inside, in the singular.
const BANNED: &[&str] =
    &["util", "helper", "manager", "common", "misc", "data", "info", "event", "sink", "payload", "job", "task"];

/// HL7's own terms that contain a banned word.
const ALLOWED: &[&str] = &["trigger_event"];

/// File, module, type and function names.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        if let Some(word) = banned_word(stem) {
            findings.push(Finding::new("names", &file.path, 1, format!("file name says `{word}`")).counted());
        }
        let named = source.items.iter().filter(|item| item.kind != Kind::Impl && !item.is_of_trait);
        for item in named {
            let name = item.name.rsplit("::").next().unwrap_or_default();
            if let Some(word) = banned_word(name) {
                let message = format!("`{name}` says `{word}`, which says nothing: name what it is (docs/GLOSSARY.md)");
                findings.push(Finding::new("names", &file.path, source.line(item.span.start), message).counted());
            }
        }
    }
    findings
}

/// The first banned word of a name in snake or camel case.
fn banned_word(name: &str) -> Option<&'static str> {
    let mut snake = snake_case(name);
    for allowed in ALLOWED {
        snake = snake.replace(allowed, "");
    }
    let singular = |word: &str| BANNED.iter().find(|banned| word == **banned || word.strip_suffix('s') == Some(banned));
    snake.split('_').find_map(|word| singular(word).copied())
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let check = |name: &str, expect: Option<&str>| assert_eq!(banned_word(name), expect, "{name}");
        check("parse_utils", Some("util"));
        check("TaskQueue", Some("task"));
        check("on_event", Some("event"));
        check("trigger_event", None);
        check("TriggerEvent", None);
        check("database", None);
        check("metadata", None);
        check("multitasking", None);
        check("DataRow", Some("data"));
    }

    #[test]
    fn places() {
        let found = super::super::lines(
            check,
            &[
                ("crates/a/src/helpers.rs", "//! A."),
                ("crates/a/src/b.rs", "//! A.\nstruct Payload;\nimpl T for X {\n fn task() {}\n}\nlet data = 1;"),
            ],
        );
        assert_eq!(found, ["crates/a/src/b.rs:2", "crates/a/src/helpers.rs:1"]);
    }
}
