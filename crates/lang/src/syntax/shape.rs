//! The shape of a bare run, decided from its characters alone (`LANGUAGE.md`, "Lexer").
//!
//! A shape is a hint for colours, completion and typed readers. It never changes what a run may be used as: every
//! shape is bare, and in a text position a bare run is the text as written.

use super::TokenKind;

/// Kinds that make `kind:name` a reference. Any other `a:b` is a word, such as an address with a port.
pub const REFERENCE_KINDS: &[&str] = &["env", "fhir", "file", "http", "list", "peer", "secret", "sql", "table"];

/// Units of durations, sizes and rates, longest first where one starts another.
pub const UNITS: &[&str] = &[
    "ms", "s", "min", "m", "h", "d", "w", "B", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB", "/s", "/min", "/m",
    "/h", "/d", "%",
];

/// The shape of `run`.
pub(crate) fn shape(run: &str) -> TokenKind {
    if is_number(run) {
        TokenKind::Number
    } else if is_quantity(run) {
        TokenKind::Quantity
    } else if is_reference(run) {
        TokenKind::Reference
    } else if is_range(run) {
        TokenKind::Range
    } else if is_path(run) {
        TokenKind::Path
    } else {
        TokenKind::Word
    }
}

/// `-?digits(.digits)?`: `2.5.1` is a version and `5-0142` a telephone, both words.
fn is_number(run: &str) -> bool {
    let unsigned = run.strip_prefix(['-', '+']).unwrap_or(run);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    is_digits(whole) && is_digits(fraction)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_quantity(run: &str) -> bool {
    let unit_at = run.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(run.len());
    let (number, unit) = run.split_at(unit_at);
    is_number(number) && UNITS.contains(&unit)
}

fn is_reference(run: &str) -> bool {
    run.split_once(':')
        .is_some_and(|(kind, name)| REFERENCE_KINDS.contains(&kind) && !name.is_empty() && !name.starts_with("//"))
}

/// `a..b` with both ends; a slash makes it a file name (`../shared`).
fn is_range(run: &str) -> bool {
    run.split_once("..").is_some_and(|(from, to)| {
        let is_end = |end: &str| !end.is_empty() && !end.starts_with('.') && !end.contains(['/', '\\', '[', '(']);
        is_end(from) && is_end(to) && !to.contains("..")
    })
}

/// Parts joined by `.`; the first is a name, and something shows that it is more than a word: a dot, an index, an
/// argument, or a field number after `-`.
fn is_path(run: &str) -> bool {
    let mut rest = run;
    let mut is_more_than_word = false;
    let mut is_first = true;
    loop {
        let (after, has_extra) = match path_part(rest, is_first) {
            Some(found) => found,
            None => return false,
        };
        is_more_than_word |= has_extra;
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None => return after.is_empty() && (is_more_than_word || !is_first),
        }
        is_first = false;
    }
}

/// One part: `PID-3[2]`, `value[x]`, `extension(url)`, `4`, `OBX[*]-5`. Gives what follows it, and whether it had an
/// index, an argument or a field number.
fn path_part(text: &str, is_first: bool) -> Option<(&str, bool)> {
    let name_end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, mut rest) = text.split_at(name_end);
    let starts_with_letter = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if name.is_empty() || (!starts_with_letter && (is_first || !is_digits(name))) {
        return None;
    }
    rest = skip_indexes(rest)?;
    if let Some(field) = rest.strip_prefix('-').filter(|_| starts_with_letter) {
        let end = field.find(|c: char| !c.is_ascii_digit()).unwrap_or(field.len());
        if end == 0 {
            return None;
        }
        rest = skip_indexes(&field[end..])?;
    }
    Some((rest, rest.len() < text.len() - name_end))
}

/// Passes `[…]` and `(…)`, any number of them. The lexer has made sure that each closes.
fn skip_indexes(mut rest: &str) -> Option<&str> {
    loop {
        let close = match rest.bytes().next() {
            Some(b'[') => ']',
            Some(b'(') => ')',
            _ => return Some(rest),
        };
        rest = &rest[find_outside_quotes(rest, close)? + 1..];
    }
}

/// The first `wanted` that is not between quotes.
fn find_outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            c if c == wanted && !is_quoted => return Some(at),
            _ => {}
        }
    }
    None
}
