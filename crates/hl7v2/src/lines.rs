//! Lines: where segments begin and end.
//!
//! The rule (HL7 v2.9 §2.5.1 knows only CR; files know better):
//! 1. CR ends a line, and an LF right behind it belongs to it.
//! 2. A lone LF ends a line when the message's first line end was a lone LF.
//! 3. In a message whose first line end was CR, a lone LF ends a line only if, behind further LFs, a segment, a CR or
//!    the end of the bytes follows. Otherwise it is text inside a field: people paste text into note fields.
//!
//! Promises: lines and line ends cover the bytes from the first line on without gap or overlap; every line is a
//! segment, blank, or stray, and none is dropped.

use crate::delimiters;
use crate::scan::{self, Scanned};
use bytes::Bytes;

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
    /// The escape character occurs; where it does not, values need no decoding of escapes.
    pub(crate) has_escape: bool,
}

impl Line {
    /// Classifies the bytes `start..end`.
    #[inline]
    fn read(shape: &[u8], start: usize, end: usize, field: u8) -> Line {
        let text = &shape[start..end];
        let (kind, id) = if delimiters::opens_segment(text, field) {
            (Kind::Segment, [text[0], text[1], text[2]])
        } else if text.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            (Kind::Blank, [0; 3])
        } else {
            (Kind::Stray, [0; 3])
        };
        Line { start: start as u32, end: end as u32, id, kind, has_escape: false }
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
    /// Blank and stray lines, and header segments.
    pub(crate) odd: usize,
    pub(crate) headers: usize,
    /// The last line has no line end.
    pub(crate) is_unterminated: bool,
    /// Where the line that is being read starts.
    start: usize,
    field: u8,
    /// The first line ended with CR.
    is_cr_message: bool,
}

/// Lines that are made room for: most messages have fewer.
const LINES_EXPECTED: usize = 24;

/// Splits `shape` from `from` on.
pub(crate) fn split(shape: &[u8], from: usize, field: u8, escape: u8) -> Split {
    let mut out = Split::new(from, field);
    scan::line_ends(shape, from, escape, |at, escaped| out.end(shape, at, escaped));
    out.finish(shape, escape);
    out
}

/// Splits `bytes` from `from` on and keeps the proof whether they are ASCII.
pub(crate) fn split_scanned(bytes: Bytes, from: usize, field: u8, escape: u8) -> (Split, Scanned, bool) {
    let mut out = Split::new(from, field);
    let (scanned, is_ascii) = Scanned::scan(bytes, from, escape, |shape, at, escaped| out.end(shape, at, escaped));
    out.finish(scanned.bytes(), escape);
    (out, scanned, is_ascii)
}

impl Split {
    fn new(from: usize, field: u8) -> Split {
        Split { lines: Vec::with_capacity(LINES_EXPECTED), start: from, field, ..Split::default() }
    }

    /// A CR or LF at `at`; the last escape character before it is in front of `escaped`.
    #[inline]
    fn end(&mut self, shape: &[u8], at: usize, escaped: usize) {
        if at < self.start {
            return;
        }
        let mut next = at + 1;
        if shape[at] == b'\r' {
            if shape.get(next) == Some(&b'\n') {
                next += 1;
                self.crlf += 1;
            } else {
                self.cr += 1;
            }
            self.is_cr_message |= self.lines.is_empty();
        } else if self.is_cr_message && !breaks_before(&shape[next..], self.field) {
            if self.kept_lf == 0 {
                self.kept_lf_at = at;
            }
            self.kept_lf += 1;
            return;
        } else {
            self.lf += 1;
        }
        self.push(shape, at, escaped > self.start);
        self.start = next;
    }

    #[inline]
    fn push(&mut self, shape: &[u8], end: usize, has_escape: bool) {
        let line = Line { has_escape, ..Line::read(shape, self.start, end, self.field) };
        self.odd += usize::from(line.kind != Kind::Segment);
        self.headers += usize::from(delimiters::is_header(line.id));
        self.lines.push(line);
    }

    fn finish(&mut self, shape: &[u8], escape: u8) {
        if self.start < shape.len() {
            let has_escape = memchr::memchr(escape, &shape[self.start..]).is_some();
            self.push(shape, shape.len(), has_escape);
            self.is_unterminated = true;
        }
    }
}

/// Most line feeds in a row that rule 3 looks past, so that a million of them cost no million squared.
const LINE_FEEDS_MAX: usize = 16;

/// Rule 3: what follows a lone LF, and further LFs behind it, says whether it ended a line.
fn breaks_before(rest: &[u8], field: u8) -> bool {
    let run = rest.iter().take(LINE_FEEDS_MAX).take_while(|byte| **byte == b'\n').count();
    let rest = &rest[run..];
    matches!(rest.first(), None | Some(b'\r')) || delimiters::opens_segment(rest, field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) -> Split {
        let out = split(text.as_bytes(), 0, b'|', b'\\');
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
        check("MSH|a\rNTE|x\n\n\nPID|b\n\n", &["MSH|a", "NTE|x", "", "", "PID|b", ""]);
        check("MSH|a\rNTE|x\n\rPID|b", &["MSH|a", "NTE|x", "", "PID|b"]);
    }
}
