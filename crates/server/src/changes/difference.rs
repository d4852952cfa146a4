//! What differs between two states of the workspace, as text, line by line.
//!
//! Promises: bounded in files and lines; of files that are no texts of the configuration, such as samples of messages, it is
//! told that they differ and never what stands in them.

use serde::Serialize;
use similar::{ChangeTag, DiffOp, TextDiff};
use std::{collections::BTreeMap, time::Duration};

/// The texts of a workspace by their path.
pub type Texts = BTreeMap<String, String>;

/// Endings of files whose lines are shown.
const SHOWN: [&str; 6] = ["flow", "map", "csv", "js", "md", "toml"];
/// Lines that stay the same and are shown around those that differ.
const AROUND: usize = 3;
const LINES_MAX: usize = 400;
const FILES_MAX: usize = 200;
/// Time for one file; what is longer is told more coarsely.
const TIME_MAX: Duration = Duration::from_millis(200);

/// One file that differs.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct File {
    path: String,
    /// `added`, `removed`, `changed`.
    change: &'static str,
    added: usize,
    removed: usize,
    /// Parts of it, with lines around; empty where lines are not shown.
    parts: Vec<Vec<Line>>,
    /// There are more lines than are told.
    is_cut: bool,
}

/// One line of a part.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    /// `same`, `added`, `removed`.
    is: &'static str,
    /// Its number in the old text.
    old: Option<usize>,
    /// Its number in the new text.
    new: Option<usize>,
    text: String,
}

/// What leads from `old` to `new`, by path.
pub(crate) fn between(old: &Texts, new: &Texts) -> Vec<File> {
    let paths: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differs = paths.into_iter().filter(|path| old.get(*path) != new.get(*path));
    differs.take(FILES_MAX).map(|path| file(path, old.get(path), new.get(path))).collect()
}

fn file(path: &str, old: Option<&String>, new: Option<&String>) -> File {
    let change = match (old, new) {
        (None, _) => "added",
        (_, None) => "removed",
        (Some(_), Some(_)) => "changed",
    };
    let text = |of: Option<&String>| of.map_or("", String::as_str).to_owned();
    let (old, new) = (text(old), text(new));
    let diff = TextDiff::configure().timeout(TIME_MAX).diff_lines(&old, &new);
    let count = |tag: ChangeTag| diff.iter_all_changes().filter(|line| line.tag() == tag).count();
    let is_shown = path.rsplit_once('.').is_some_and(|(_, ending)| SHOWN.contains(&ending));
    let mut left = if is_shown { LINES_MAX } else { 0 };
    let (mut parts, mut is_cut) = (Vec::new(), false);
    for group in diff.grouped_ops(AROUND) {
        let lines = group.iter().flat_map(|op: &DiffOp| diff.iter_changes(op));
        let lines: Vec<Line> = lines
            .map(|line| Line {
                is: match line.tag() {
                    ChangeTag::Equal => "same",
                    ChangeTag::Insert => "added",
                    ChangeTag::Delete => "removed",
                },
                old: line.old_index().map(|at| at + 1),
                new: line.new_index().map(|at| at + 1),
                text: line.value().trim_end_matches(['\n', '\r']).to_owned(),
            })
            .collect();
        let some = lines.len().min(left);
        is_cut |= some < lines.len();
        left -= some;
        parts.extend((some > 0).then(|| lines.into_iter().take(some).collect()));
    }
    File {
        path: path.to_owned(),
        change,
        added: count(ChangeTag::Insert),
        removed: count(ChangeTag::Delete),
        parts,
        is_cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(of: &[(&str, &str)]) -> Texts {
        of.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn lines_are_told_with_their_numbers_and_what_is_the_same_is_left_out() {
        let long: String = (1..=20).map(|at| format!("line {at}\n")).collect();
        let old = texts(&[("a.flow", &long), ("b.flow", "same\n"), ("gone.csv", "x\n")]);
        let new =
            texts(&[("a.flow", &long.replace("line 10\n", "line ten\n")), ("b.flow", "same\n"), ("new.map", "m\n")]);
        let found = between(&old, &new);
        let told: Vec<_> = found.iter().map(|file| (&*file.path, file.change, file.added, file.removed)).collect();
        assert_eq!(told, [("a.flow", "changed", 1, 1), ("gone.csv", "removed", 0, 1), ("new.map", "added", 1, 0)]);
        let lines: Vec<_> = found[0].parts[0].iter().map(|line| (line.is, line.old, line.new)).collect();
        assert_eq!(lines.len(), 8, "three around on both sides: {lines:?}");
        assert_eq!(lines[3], ("removed", Some(10), None));
        assert_eq!(lines[4], ("added", None, Some(10)));
        assert_eq!(between(&old, &old), []);
    }

    #[test]
    fn samples_are_not_shown_and_long_differences_are_cut() {
        let old = texts(&[("samples/a.hl7", "PID|1||482113"), ("long.csv", "")]);
        let rows: String = (0..=LINES_MAX).map(|at| format!("{at}\n")).collect();
        let found = between(&old, &texts(&[("samples/a.hl7", "PID|1||900900"), ("long.csv", &rows)]));
        assert!(found[0].is_cut && found[0].added == LINES_MAX + 1);
        assert_eq!(found[0].parts.iter().map(Vec::len).sum::<usize>(), LINES_MAX);
        assert!(!serde_json::to_string(&found[1]).unwrap().contains("482113"), "{:?}", found[1]);
        assert_eq!((found[1].change, found[1].added), ("changed", 1));
    }
}
