//! Texts: from what is written between quotes to the value, and back.
//!
//! Escapes are `\" \\ \n \t \r \u{1F}`; any other backslash is a finding and stays as written.
//!
//! Block texts (`"""`): a line end directly after the opening quotes is not part of the value, nor is the line of the
//! closing quotes when only blanks stand before them. The indentation that all lines share, the line of the closing
//! quotes included, is taken away; lines of blanks alone do not count and become empty. Line ends become `\n`. Escapes
//! are resolved last.

use std::{borrow::Cow, ops::Range};

/// Resolves the escapes of `inner`; `report` is told the place of each that does not exist.
pub(crate) fn resolve<'t>(inner: &'t str, report: &mut dyn FnMut(Range<usize>)) -> Cow<'t, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut at = 0;
    while let Some(found) = inner[at..].find('\\') {
        let start = at + found;
        out.push_str(&inner[at..start]);
        match escape(&inner[start..]) {
            Ok((c, length)) => {
                out.push(c);
                at = start + length;
            }
            Err(length) => {
                report(start..start + length);
                out.push_str(&inner[start..start + length]);
                at = start + length;
            }
        }
    }
    out.push_str(&inner[at..]);
    Cow::Owned(out)
}

/// The character of the escape at the start of `text` with its length; the length of what is wrong otherwise.
fn escape(text: &str) -> Result<(char, usize), usize> {
    let simple = match text[1..].chars().next() {
        Some('"') => '"',
        Some('\\') => '\\',
        Some('n') => '\n',
        Some('t') => '\t',
        Some('r') => '\r',
        Some('u') => return code_point(text),
        Some(other) => return Err(1 + other.len_utf8()),
        None => return Err(1),
    };
    Ok((simple, 2))
}

/// `\u{…}` with one to six hexadecimal digits.
fn code_point(text: &str) -> Result<(char, usize), usize> {
    let Some(open) = text[2..].strip_prefix('{') else { return Err(2) };
    let digits = open.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
    if digits == 0 || open.as_bytes().get(digits) != Some(&b'}') {
        return Err(3);
    }
    let length = 3 + digits + 1;
    u32::from_str_radix(&open[..digits], 16).ok().and_then(char::from_u32).map(|c| (c, length)).ok_or(length)
}

/// The value of what stands between `"""` and `"""`.
pub(crate) fn resolve_block(inner: &str) -> String {
    resolve(&strip(inner), &mut |_| {}).into_owned()
}

/// Takes the shared indentation away (module documentation).
fn strip(inner: &str) -> String {
    let unix = inner.replace("\r\n", "\n").replace('\r', "\n");
    let (first, rest) = unix.split_once('\n').unwrap_or((&unix, ""));
    if first.len() == unix.len() {
        return unix;
    }
    let is_blank = |line: &str| line.chars().all(|c| c == ' ' || c == '\t');
    let mut lines: Vec<&str> = rest.split('\n').collect();
    let closing = lines.last().copied().filter(|line| is_blank(line));
    let indented = lines.iter().copied().filter(|line| !is_blank(line)).chain(closing);
    let shared = indented.reduce(shared_indent).map_or(0, indent_len);
    if closing.is_some() {
        lines.pop();
    }
    let stripped = lines.iter().map(|line| if is_blank(line) { "" } else { line.get(shared..).unwrap_or("") });
    let mut out = Vec::with_capacity(lines.len() + 1);
    if !is_blank(first) {
        out.push(first);
    }
    out.extend(stripped);
    out.join("\n")
}

fn indent_len(line: &str) -> usize {
    line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// The blanks with which both lines start, character by character: a tab and a blank do not match.
fn shared_indent<'l>(a: &'l str, b: &'l str) -> &'l str {
    let (a, b) = (&a[..indent_len(a)], &b[..indent_len(b)]);
    let shared = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    &a[..shared]
}

/// `value` as a text of the language, quotes included. Always one line.
#[must_use]
pub fn quote(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if super::lexer::is_forbidden(c) => out.push_str(&format!("\\u{{{:X}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `value` as a block text, its lines at the left margin, so that no indentation is shared but the value's own.
pub(crate) fn quote_block(value: &str) -> String {
    let mut out = String::from("\"\"\"\n");
    for line in value.split('\n') {
        let is_blank = !line.is_empty() && line.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        if is_blank {
            // A line of blanks would become empty; an escape keeps the first of them.
            let first = if line.starts_with('\t') { "\\t" } else { "\\u{20}" };
            out.push_str(first);
            out.push_str(&line[1..]);
        } else {
            let quoted = quote(line);
            out.push_str(&quoted[1..quoted.len() - 1]);
        }
        out.push('\n');
    }
    out.push_str("\"\"\"");
    out
}
