//! The text of a script that was found readable.
//!
//! A script is the body of a function: it is run anew for every message, so that nothing it declares outlives one.

use crate::{
    codes,
    flaw::{Place, Stop},
    machine,
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Largest script.
pub const SOURCE_BYTES_MAX: usize = 256 * 1024;

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A script that can be run. Cheap to share between threads: each makes its own function of it, once.
#[derive(Debug)]
pub struct Program {
    name: Arc<str>,
    file: Arc<str>,
    source: Arc<str>,
    number: u64,
}

impl Program {
    /// Reads a script.
    ///
    /// # Errors
    /// Text that is no JavaScript, or that a script may not hold; with its place.
    pub fn compile(name: &str, file: &str, source: &str) -> Result<Program, Stop> {
        if source.len() > SOURCE_BYTES_MAX {
            let text = format!("the script is larger than {} KiB", SOURCE_BYTES_MAX / 1024);
            return Err(Stop { code: codes::E1451, text, place: Place::default() });
        }
        if let Some(at) = big_number(source) {
            let text = "numbers such as `12n` are not for scripts: they can take any time".to_owned();
            return Err(Stop { code: codes::E1440, text, place: place_of(source, at) });
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let program = Program { name: name.into(), file: file.into(), source: source.into(), number };
        machine::read(&program)?;
        Ok(program)
    }

    /// By which lines name it.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }
    /// The file it is from.
    #[must_use]
    pub fn file(&self) -> &Arc<str> {
        &self.file
    }
    /// Its text.
    #[must_use]
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }
    /// A number that no other program of this process has.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

fn place_of(source: &str, at: usize) -> Place {
    let before = source.get(..at).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place { line: narrow(line), column: narrow(column) }
}

/// Where a number with an `n` behind it stands, in code or text: QuickJS multiplies large ones without a look at the time.
fn big_number(source: &str) -> Option<usize> {
    let bytes = source.as_bytes();
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$';
    let mut at = 0;
    while at < bytes.len() {
        let starts = bytes[at].is_ascii_digit() && (at == 0 || !is_of_name(bytes[at - 1]));
        let end = bytes[at..].iter().position(|byte| !is_of_name(*byte)).map_or(bytes.len(), |more| at + more);
        if starts && end > at + 1 && bytes[end - 1] == b'n' {
            return Some(at);
        }
        at = end.max(at + 1);
    }
    None
}

/// The code tables that a script names by a constant, `table("units")`, with the bytes where the names stand. Comments and
/// texts are passed over.
#[must_use]
pub fn constant_tables(source: &str) -> Vec<(&str, std::ops::Range<usize>)> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"//") {
            at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        } else if rest.starts_with(b"/*") {
            at = source[at + 2..].find("*/").map_or(bytes.len(), |end| at + end + 4);
        } else if matches!(rest[0], b'"' | b'\'' | b'`') {
            at = text_end(bytes, at);
        } else if rest[0].is_ascii_alphabetic() || rest[0] == b'_' || rest[0] == b'$' {
            let word =
                rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')).count();
            let is_call = &rest[..word] == b"table" && (at == 0 || bytes[at - 1] != b'.');
            at += word;
            if is_call && let Some(name) = constant_argument(bytes, at) {
                found.push((&source[name.clone()], name));
            }
        } else {
            at += 1;
        }
    }
    found
}

/// One past the quote that closes the text which begins at `at`.
fn text_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != bytes[at] {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}

/// The bytes inside the quotes of `("…")`.
fn constant_argument(bytes: &[u8], at: usize) -> Option<std::ops::Range<usize>> {
    let blank = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count() + from;
    let open = blank(at);
    let quote = blank(open + usize::from(bytes.get(open) == Some(&b'(')));
    let is_text = bytes.get(open) == Some(&b'(') && matches!(bytes.get(quote), Some(b'"' | b'\''));
    let end = is_text.then(|| text_end(bytes, quote))?;
    let inside = quote + 1..end.saturating_sub(1).max(quote + 1);
    (bytes.get(blank(end)) == Some(&b')') && !bytes[inside.clone()].contains(&b'\\')).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_named_by_constants() {
        let check = |source: &str, expect: &[&str]| {
            let names: Vec<&str> = constant_tables(source).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, expect, "{source}");
        };
        check("const t = table(\"units\"), u = table( 'wards' );", &["units", "wards"]);
        check("// table(\"no\")\n/* table('no') */ \"table('no')\"; `${1}`; table(name); x.table(\"no\")", &[]);
        check("table(\"a\" + b); table('a\\n'); table(", &[]);
        check("table", &[]);
    }

    #[test]
    fn numbers_of_any_size() {
        for bad in ["12n", "const a = 0xFFn;", "x(1_000n)", "`${9n}`", "\u{a0}12n"] {
            assert!(big_number(bad).is_some(), "{bad}");
        }
        for good in ["n", "a12n", "12", "1.5", "nn", "\"OBX-5\"", "$1n", "_1n", "3 n"] {
            assert!(big_number(good).is_none(), "{good}");
        }
    }
}
