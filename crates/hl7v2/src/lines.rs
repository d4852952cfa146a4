//! Lines: where segments begin and end.
//!
//! The rule (HL7 v2.9 §2.5.1 knows only CR; files know better):
//! 1. CR ends a line, and an LF right behind it belongs to it.
//! 2. A lone LF ends a line when the message's first line end was a lone LF.
//! 3. In a message whose first line end was CR, a lone LF ends a line only if a segment, a CR or the end of the bytes
//!    follows. Otherwise it is text inside a field: people paste text into note fields.
//!
//! Promises: lines and line ends cover the bytes from the first line on without gap or overlap; every line is a
//! segment, blank, or stray, and none is dropped.

use crate::{delimiters, scan};

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Opens with a segment id and the field separator.
    Segment,
    /// Nothing, or white space only.
    Blank,
    /// Anything else.
    Stray,
}

/// One line, without its line end. Positions are 32 bits: a message is smaller than 2 GiB
/// ([`message::limits::FRAME_BYTES_CEILING`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) id: [u8; 3],
    pub(crate) kind: Kind,
}

impl Line {
    /// Classifies the bytes `start..end`.
    #[inline]
    pub(crate) fn read(shape: &[u8], start: usize, end: usize, field: u8) -> Line {
        let text = &shape[start..end];
        let (kind, id) = if delimiters::opens_segment(text, field) {
            (Kind::Segment, [text[0], text[1], text[2]])
        } else if text.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            (Kind::Blank, [0; 3])
        } else {
            (Kind::Stray, [0; 3])
        };
        Line { start: start as u32, end: end as u32, id, kind }
    }

    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The lines of a buffer and what was seen on the way.
#[derive(Debug, Default)]
pub(crate) struct Split {
    pub(crate) lines: Vec<Line>,
    /// Lines that end with a lone CR.
    pub(crate) cr: usize,
    /// Lines that end with a lone LF.
    pub(crate) lf: usize,
    /// Lines that end with CR LF.
    pub(crate) crlf: usize,
    /// Lone LFs kept as text (rule 3), and the position of the first.
    pub(crate) kept_lf: usize,
    pub(crate) kept_lf_at: usize,
    /// All bytes from the first line on are ASCII.
    pub(crate) is_ascii: bool,
    /// The last line has no line end.
    pub(crate) is_unterminated: bool,
}

/// Splits `shape` from `from` on.
pub(crate) fn split(shape: &[u8], from: usize, field: u8) -> Split {
    let mut out = Split { lines: Vec::with_capacity(24), ..Split::default() };
    let mut start = from;
    let mut is_cr_message = false;
    let is_ascii = scan::line_ends(shape, from, |at| {
        if at < start {
            return;
        }
        let mut next = at + 1;
        if shape[at] == b'\r' {
            if shape.get(next) == Some(&b'\n') {
                next += 1;
                out.crlf += 1;
            } else {
                out.cr += 1;
            }
            is_cr_message |= out.lines.is_empty();
        } else if is_cr_message && !breaks_before(&shape[next..], field) {
            if out.kept_lf == 0 {
                out.kept_lf_at = at;
            }
            out.kept_lf += 1;
            return;
        } else {
            out.lf += 1;
        }
        out.lines.push(Line::read(shape, start, at, field));
        start = next;
    });
    out.is_ascii = is_ascii;
    if start < shape.len() {
        out.lines.push(Line::read(shape, start, shape.len(), field));
        out.is_unterminated = true;
    }
    out
}

/// Rule 3: what follows a lone LF says whether it ended a line.
fn breaks_before(rest: &[u8], field: u8) -> bool {
    matches!(rest.first(), None | Some(b'\r')) || delimiters::opens_segment(rest, field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) -> Split {
        let out = split(text.as_bytes(), 0, b'|');
        let lines: Vec<&str> = out.lines.iter().map(|line| &text[line.range()]).collect();
        assert_eq!(lines, expect, "{text:?}");
        out
    }

    #[test]
    fn line_ends() {
        check("", &[]);
        check("MSH|a\rPID|b\r", &["MSH|a", "PID|b"]);
        check("MSH|a\nPID|b", &["MSH|a", "PID|b"]);
        check("MSH|a\r\nPID|b\r\n", &["MSH|a", "PID|b"]);
        check("MSH|a\n\nPID|b\n", &["MSH|a", "", "PID|b"]);
        check("MSH|a\nstray\nPID|b\n", &["MSH|a", "stray", "PID|b"]);
    }

    #[test]
    fn embedded_line_feeds() {
        let out = check("MSH|a\rNTE|see\nbelow\n\nend\rPID|b\r", &["MSH|a", "NTE|see\nbelow\n\nend", "PID|b"]);
        assert_eq!((out.kept_lf, out.kept_lf_at), (3, 13));
        check("MSH|a\rNTE|x\nPID|b\r", &["MSH|a", "NTE|x", "PID|b"]);
        check("MSH|a\rNTE|x\n", &["MSH|a", "NTE|x"]);
        check("MSH|a\rNTE|x\n\rPID|b", &["MSH|a", "NTE|x", "", "PID|b"]);
    }
}
