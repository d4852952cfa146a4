//! Files aim at 400 lines and functions at 40; the walls are 1,000 and 70.
//!
//! A file is counted with everything in it. A function is counted from its `fn` to its closing brace, without blank
//! lines and comment lines, so that explaining costs nothing; test functions are not counted.

use super::Finding;
use crate::source::{Item, Kind, Source};
use crate::tree::{File, Tree};

const FILE_LINES_AIM: usize = 400;
const FILE_LINES_MAX: usize = 1_000;
const FUNCTION_LINES_AIM: usize = 40;
const FUNCTION_LINES_MAX: usize = 70;

/// Files above the wall.
pub(super) fn check_files(tree: &Tree) -> Vec<Finding> {
    let lengths = tree.rust().map(|(file, _)| (file, file.text.lines().count()));
    let above = lengths.filter(|(_, lines)| *lines > FILE_LINES_MAX);
    above
        .map(|(file, lines)| {
            let message = format!("{lines} lines, the wall is {FILE_LINES_MAX}: split it by what it owns");
            Finding::new("file-length", &file.path, 1, message).sized(file.path.clone(), lines)
        })
        .collect()
}

/// Functions above the wall.
pub(super) fn check_functions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.product() {
        for (item, lines) in functions(file, source).filter(|(_, lines)| *lines > FUNCTION_LINES_MAX) {
            let message = format!("`{}` has {lines} lines of code, the wall is {FUNCTION_LINES_MAX}", item.name);
            let finding = Finding::new("function-length", &file.path, source.line(item.span.start), message);
            findings.push(finding.sized(format!("{}::{}", file.path, item.name), lines));
        }
    }
    findings
}

/// What is over the aim but under the wall: worth a look, never a failure.
pub(super) fn advice(tree: &Tree) -> Vec<String> {
    let mut lines = Vec::new();
    for (file, source) in tree.product() {
        let length = file.text.lines().count();
        if length > FILE_LINES_AIM {
            lines.push(format!("{}:1: advice: {length} lines, the aim is {FILE_LINES_AIM}", file.path));
        }
        for (item, length) in functions(file, source).filter(|(_, length)| *length > FUNCTION_LINES_AIM) {
            let at = source.line(item.span.start);
            lines.push(format!("{}:{at}: advice: `{}` has {length} lines of code", file.path, item.name));
        }
    }
    lines
}

fn functions<'a>(_: &File, source: &'a Source) -> impl Iterator<Item = (&'a Item, usize)> {
    let counted = source.items.iter().filter(|item| item.kind == Kind::Function && item.has_body && !item.is_test);
    counted.map(|item| (item, source.code_lines(item.span.clone())))
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn files() {
        let check = |count: usize, expect: usize| {
            assert_eq!(lines(check_files, &[("crates/a/src/b.rs", &"\n".repeat(count))]).len(), expect);
        };
        check(FILE_LINES_MAX, 0);
        check(FILE_LINES_MAX + 1, 1);
    }

    #[test]
    fn functions() {
        let check = |start: &str, line: &str, count: usize, expect: &[&str]| {
            let text = format!("//! A.\n{start}fn b() {{\n{}}}\n", line.repeat(count));
            assert_eq!(lines(check_functions, &[("crates/a/src/b.rs", &text)]), expect);
        };
        check("", "x();\n", FUNCTION_LINES_MAX - 2, &[]);
        check("", "x();\n", FUNCTION_LINES_MAX - 1, &["crates/a/src/b.rs:2"]);
        check("", "// why\n\n", FUNCTION_LINES_MAX, &[]);
        check("#[test]\n", "x();\n", FUNCTION_LINES_MAX, &[]);
    }
}
