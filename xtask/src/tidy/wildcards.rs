//! Advice: a `match` on one of our own enums has no `_` arm, so that a new variant shows every place that must decide.
//!
//! Never a failure: a reader of braces cannot know types, and sometimes `_` is what is meant.

use crate::source::Source;
use crate::tree::Tree;
use std::collections::BTreeSet;

/// The `_` arms of matches that also name a variant of an enum of this repository.
pub(super) fn advice(tree: &Tree) -> Vec<String> {
    let enums: BTreeSet<String> = tree.product().flat_map(|(_, source)| enum_names(source)).collect();
    let mut lines = Vec::new();
    for (file, source) in tree.product() {
        for at in source.words("match") {
            let arms = arms(&source.code, at);
            let own = arms.iter().find_map(|(_, pattern)| enums.iter().find(|name| names_variant(pattern, name)));
            let wild = arms.iter().find(|(_, pattern)| pattern.trim() == "_");
            if let (Some(name), Some((wild, _))) = (own, wild) {
                let line = source.line(*wild);
                lines.push(format!("{}:{line}: advice: `_` in a match on our own `{name}`", file.path));
            }
        }
    }
    lines
}

fn enum_names(source: &Source) -> Vec<String> {
    let starts = source.words("enum").map(|at| source.code[at + "enum".len()..].trim_start());
    let name = |rest: &str| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_string();
    starts.map(name).filter(|name| !name.is_empty()).collect()
}

fn names_variant(pattern: &str, name: &str) -> bool {
    let starts = pattern.trim_start().trim_start_matches('&');
    starts.strip_prefix(name).is_some_and(|rest| rest.starts_with("::"))
}

/// The arms of the match at `at`: where each pattern ends, and its text.
fn arms(code: &str, at: usize) -> Vec<(usize, &str)> {
    let (mut depth, mut is_body, mut is_pattern, mut start) = (0_usize, false, true, 0);
    let mut found = Vec::new();
    for (offset, byte) in code[at..].bytes().enumerate() {
        let here = at + offset;
        match byte {
            b'{' if depth == 0 => (is_body, depth, start) = (true, 1, here + 1),
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == usize::from(is_body) => return found,
            b')' | b']' => depth -= 1,
            b'}' => {
                depth -= 1;
                let ends_arm = is_body && depth == 1 && !is_pattern;
                (is_pattern, start) = if ends_arm { (true, here + 1) } else { (is_pattern, start) };
            }
            b',' if is_body && depth == 1 => (is_pattern, start) = (true, here + 1),
            b'=' if is_body && depth == 1 && is_pattern && code[here..].starts_with("=>") => {
                let pattern = code[start..here].trim_start_matches(',');
                found.push((here, pattern));
                is_pattern = false;
            }
            b';' if !is_body && depth == 0 => return found,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arms_of_own_enums() {
        let check = |arms: &str, expect: usize| {
            let text = format!("enum State {{ A, B }}\nfn f() {{\n    match x(y) {{ {arms} }}\n}}\n");
            assert_eq!(advice(&Tree::of(&[("crates/a/src/b.rs", &text)])).len(), expect, "{arms}");
        };
        check("State::A => 1, _ => 2", 1);
        check("State::A { x } => { g(1, 2) } _ => 2", 1);
        check("State::A => 1, State::B => match z { 1 => 2, _ => 3 }", 0);
        check("Other::A => 1, _ => 2", 0);
        check("State::A => 1, State::B => 2", 0);
    }
}
