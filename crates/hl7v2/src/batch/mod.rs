//! Files with several messages: batches (HL7 v2.9 §2.10.3), messages in a row, MLLP-framed captures.
//!
//! Promises: the pieces' ranges cover the file without gap or overlap, so nothing is lost; a message's range starts at
//! its header and ends behind its last line; what stands before, between or behind messages is kept and said.
//! Never: a look inside messages. A file in UTF-16 or UTF-32 is one message.

mod enclosed;
mod written;

pub use enclosed::Enclosed;
pub use written::{Opening, closing, opening};

use crate::charset::wide::Wide;
use crate::delimiters::{self, Delimiters};
use crate::lines::{self, Kind};
use crate::{Message, Path, codes};
use bytes::Bytes;
use message::Diagnostic;
use std::ops::Range;

/// Most findings about one file.
const DIAGNOSTICS_MAX: usize = 200;

/// What a piece of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// A message, from MSH to the end of its last line.
    Message,
    /// FHS.
    FileHeader,
    /// BHS.
    BatchHeader,
    /// BTS.
    BatchTrailer,
    /// FTS.
    FileTrailer,
    /// MLLP framing bytes.
    Framing,
    /// A byte order mark.
    Mark,
    /// Blank lines.
    Blank,
    /// Lines that belong to no message.
    Stray,
}

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Its bytes in the file.
    pub range: Range<usize>,
}

/// A file, split.
///
/// ```
/// let file = hl7v2::Batch::split("MSH|^~\\&|A\rPID|1\rMSH|^~\\&|B\rPID|2\r").0;
/// let sizes: Vec<usize> = file.messages().map(|bytes| bytes.len()).collect();
/// assert_eq!(sizes, [17, 17]);
/// ```
#[derive(Clone)]
pub struct Batch {
    bytes: Bytes,
    pieces: Vec<Piece>,
}

impl Batch {
    /// Splits a file. Never fails; what is odd is said.
    #[must_use]
    pub fn split(bytes: impl Into<Bytes>) -> (Batch, Vec<Diagnostic>) {
        let bytes = bytes.into();
        let pieces = if bytes.len() > message::limits::FRAME_BYTES_CEILING || Wide::detect(&bytes).is_some() {
            vec![Piece { kind: PieceKind::Message, range: 0..bytes.len() }]
        } else {
            Splitter::new(&bytes).run()
        };
        let batch = Batch { bytes, pieces };
        let diagnostics = batch.check();
        (batch, diagnostics)
    }

    /// The pieces in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The bytes of one piece.
    #[must_use]
    pub fn bytes_of(&self, piece: &Piece) -> Bytes {
        self.bytes.slice(piece.range.clone())
    }

    /// The bytes of each message, in order.
    pub fn messages(&self) -> impl Iterator<Item = Bytes> {
        self.pieces.iter().filter(|piece| piece.kind == PieceKind::Message).map(|piece| self.bytes_of(piece))
    }

    /// Where each message is in the file.
    pub fn message_ranges(&self) -> impl Iterator<Item = Range<usize>> {
        self.pieces.iter().filter(|piece| piece.kind == PieceKind::Message).map(|piece| piece.range.clone())
    }

    fn check(&self) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        let (mut messages, mut batches, mut number) = (0, 0, 0);
        let (mut is_in_batch, mut is_in_file) = (false, false);
        for piece in &self.pieces {
            let at = piece.range.start;
            match piece.kind {
                PieceKind::Message => messages += 1,
                PieceKind::FileHeader => is_in_file = true,
                PieceKind::BatchHeader => {
                    if is_in_batch {
                        out.push(missing("BTS", at));
                    }
                    (is_in_batch, messages) = (true, 0);
                    number += 1;
                }
                PieceKind::BatchTrailer => {
                    if !is_in_batch {
                        out.push(missing("BHS", at));
                    }
                    number = number.max(1);
                    out.extend(self.compare(piece, b"BTS", messages, &format!("batch {number}: ")));
                    batches += 1;
                    (is_in_batch, messages) = (false, 0);
                }
                PieceKind::FileTrailer => {
                    if !is_in_file {
                        out.push(missing("FHS", at));
                    }
                    out.extend(self.compare(piece, b"FTS", batches, ""));
                    is_in_file = false;
                }
                PieceKind::Stray => out.push(
                    Diagnostic::warning(codes::E1023, "lines outside any message; they are kept").at_path("", Some(at)),
                ),
                PieceKind::Framing | PieceKind::Mark | PieceKind::Blank => {}
            }
        }
        let end = self.bytes.len();
        out.extend(is_in_batch.then(|| missing("BTS", end)));
        out.extend(is_in_file.then(|| missing("FTS", end)));
        out.truncate(DIAGNOSTICS_MAX);
        out
    }

    /// The count that a trailer states (BTS-1, FTS-1) against what was found; an empty count states nothing.
    fn compare(&self, piece: &Piece, id: &[u8; 3], found: usize, whose: &str) -> Option<Diagnostic> {
        let stated = self.stated(piece)?;
        if stated.is_empty() || stated.parse() == Ok(found) {
            return None;
        }
        let path = Path::field(id, 1).to_string();
        let what = if id == b"BTS" { "messages" } else { "batches" };
        let text = match stated.parse::<u64>() {
            Ok(stated) => format!("{whose}the trailer states {stated} {what}, {found} were found"),
            Err(_) => format!("{whose}the trailer's count is no number; {found} {what} were found"),
        };
        Some(Diagnostic::warning(codes::E1021, text).at_path(path, Some(piece.range.start)))
    }

    /// The first field of a trailer, as it stands.
    fn stated(&self, trailer: &Piece) -> Option<&str> {
        let field = self.delimiters().field;
        let line = &self.bytes[trailer.range.clone()];
        let stated = line.get(4..)?.split(|byte| *byte == field || matches!(byte, b'\r' | b'\n')).next()?;
        std::str::from_utf8(stated).ok().map(str::trim)
    }

    /// The delimiters of the first header.
    fn delimiters(&self) -> Delimiters {
        let first = self.pieces.iter().find(|piece| delimiters::opens_header(&self.bytes[piece.range.clone()]));
        first.map_or_else(Delimiters::default, |piece| Delimiters::read(&self.bytes[piece.range.clone()]).0)
    }

    /// Every message, parsed, with its findings.
    pub fn parsed(&self) -> impl Iterator<Item = (Message, Vec<Diagnostic>)> {
        self.messages().map(Message::parse)
    }
}

fn missing(segment: &'static str, at: usize) -> Diagnostic {
    let text = format!("the {segment} segment is missing here");
    Diagnostic::warning(codes::E1022, text).at_path(segment, Some(at))
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Batch({} bytes, {} pieces)", self.bytes.len(), self.pieces.len())
    }
}

/// Walks over the lines of a file.
struct Splitter<'a> {
    bytes: &'a [u8],
    pieces: Vec<Piece>,
    /// A message is open, and no blank line has come since its last segment.
    is_in_message: bool,
}

impl<'a> Splitter<'a> {
    fn new(bytes: &'a [u8]) -> Splitter<'a> {
        Splitter { bytes, pieces: Vec::new(), is_in_message: false }
    }

    fn run(mut self) -> Vec<Piece> {
        let bytes = self.bytes;
        let start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        self.put(PieceKind::Mark, 0..start);
        let mut at = start;
        while at < bytes.len() {
            at = self.section(at);
        }
        self.pieces
    }

    /// One stretch of lines up to the next framing byte; the rule of [`lines`] needs the separator of its header.
    fn section(&mut self, start: usize) -> usize {
        let bytes = self.bytes;
        if matches!(bytes[start], 0x0B | 0x1C) {
            let mut end = start + 1;
            if bytes[start] == 0x1C {
                end += bytes[end..].iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            }
            self.put(PieceKind::Framing, start..end);
            self.is_in_message = false;
            return end;
        }
        let end = self.framing_from(start);
        let header = delimiters::header_at(&bytes[..end], start);
        let field = header.map_or(b'|', |at| bytes[at + 3]);
        let split = lines::split(&bytes[..end], start, field, b'\\');
        for (number, line) in split.lines.iter().enumerate() {
            let next = split.lines.get(number + 1).map_or(end, |next| next.start as usize);
            self.line(line, line.start as usize..next);
        }
        end
    }

    /// The next framing byte that starts a line or ends one: others are content.
    fn framing_from(&self, start: usize) -> usize {
        let bytes = self.bytes;
        memchr::memchr2_iter(0x0B, 0x1C, &bytes[start..])
            .map(|found| start + found)
            .find(|at| {
                let is_first = *at == 0 || matches!(bytes[at - 1], b'\r' | b'\n' | 0x1C);
                let is_last = matches!(bytes.get(at + 1), None | Some(b'\r' | b'\n' | 0x0B));
                if bytes[*at] == 0x0B { is_first } else { is_last }
            })
            .unwrap_or(bytes.len())
    }

    fn line(&mut self, line: &lines::Line, range: Range<usize>) {
        let kind = match (line.kind, &line.id) {
            (Kind::Segment, b"MSH") => {
                self.is_in_message = true;
                self.pieces.push(Piece { kind: PieceKind::Message, range });
                return;
            }
            (Kind::Segment, b"FHS") => PieceKind::FileHeader,
            (Kind::Segment, b"BHS") => PieceKind::BatchHeader,
            (Kind::Segment, b"BTS") => PieceKind::BatchTrailer,
            (Kind::Segment, b"FTS") => PieceKind::FileTrailer,
            (Kind::Segment, _) => return self.segment(range),
            (Kind::Blank, _) => return self.put(PieceKind::Blank, range),
            // Directly behind a segment it may be the rest of a field that somebody broke.
            (Kind::Stray, _) if self.is_in_message && self.last_kind() == Some(PieceKind::Message) => {
                return self.extend(range);
            }
            (Kind::Stray, _) => return self.put(PieceKind::Stray, range),
        };
        self.is_in_message = false;
        self.pieces.push(Piece { kind, range });
    }

    /// A segment belongs to the open message, also across blank and stray lines.
    fn segment(&mut self, range: Range<usize>) {
        if !self.is_in_message {
            return self.put(PieceKind::Stray, range);
        }
        while let Some(kind) = self.last_kind()
            && kind != PieceKind::Message
        {
            self.pieces.pop();
        }
        self.extend(range);
    }

    fn last_kind(&self) -> Option<PieceKind> {
        self.pieces.last().map(|piece| piece.kind)
    }

    fn extend(&mut self, range: Range<usize>) {
        if let Some(last) = self.pieces.last_mut() {
            last.range.end = range.end;
        }
    }

    /// Adds a piece, or makes the last one longer if it is of the same kind.
    fn put(&mut self, kind: PieceKind, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        if self.last_kind() == Some(kind) && kind != PieceKind::Framing {
            return self.extend(range);
        }
        self.pieces.push(Piece { kind, range });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> (Vec<(PieceKind, &str)>, Vec<&'static str>) {
        let (batch, diagnostics) = Batch::split(Bytes::copy_from_slice(text.as_bytes()));
        let pieces = batch.pieces().iter().map(|piece| (piece.kind, &text[piece.range.clone()])).collect();
        (pieces, diagnostics.iter().map(|finding| finding.code.id).collect())
    }

    #[test]
    fn files() {
        use PieceKind::{BatchHeader, BatchTrailer, Blank, FileHeader, FileTrailer, Framing, Mark, Message, Stray};
        let check = |text: &str, expect: &[(PieceKind, &str)], codes: &[&str]| {
            assert_eq!(shown(text), (expect.to_vec(), codes.to_vec()), "{text:?}");
        };
        check("", &[], &[]);
        check("MSH|a\rPID|1\r", &[(Message, "MSH|a\rPID|1\r")], &[]);
        check("MSH|a\nPID|1\n\nMSH|b\n", &[(Message, "MSH|a\nPID|1\n"), (Blank, "\n"), (Message, "MSH|b\n")], &[]);
        check(
            "FHS|^~\\&\rBHS|^~\\&\rMSH|a\rMSH|b\rBTS|2\rFTS|1\r",
            &[
                (FileHeader, "FHS|^~\\&\r"),
                (BatchHeader, "BHS|^~\\&\r"),
                (Message, "MSH|a\r"),
                (Message, "MSH|b\r"),
                (BatchTrailer, "BTS|2\r"),
                (FileTrailer, "FTS|1\r"),
            ],
            &[],
        );
        check(
            "BHS|^~\\&\rMSH|a\rBTS|3\r",
            &[(BatchHeader, "BHS|^~\\&\r"), (Message, "MSH|a\r"), (BatchTrailer, "BTS|3\r")],
            &["E1021"],
        );
        check("BHS|^~\\&\rMSH|a\r", &[(BatchHeader, "BHS|^~\\&\r"), (Message, "MSH|a\r")], &["E1022"]);
        check("MSH|a\rBTS|\r", &[(Message, "MSH|a\r"), (BatchTrailer, "BTS|\r")], &["E1022"]);
        check(
            "# one\nMSH|a\nPID|1\n\n# two\nMSH|b\n",
            &[(Stray, "# one\n"), (Message, "MSH|a\nPID|1\n"), (Blank, "\n"), (Stray, "# two\n"), (Message, "MSH|b\n")],
            &["E1023", "E1023"],
        );
        check("MSH|a\nOBX|x\nrest of x\n\nPID|1\n", &[(Message, "MSH|a\nOBX|x\nrest of x\n\nPID|1\n")], &[]);
        check(
            "\x0BMSH|a\rPID|1\r\x1C\r\x0BMSH|b\x1C\r",
            &[
                (Framing, "\x0B"),
                (Message, "MSH|a\rPID|1\r"),
                (Framing, "\x1C\r"),
                (Framing, "\x0B"),
                (Message, "MSH|b"),
                (Framing, "\x1C\r"),
            ],
            &[],
        );
        check("\u{FEFF}MSH|a\r", &[(Mark, "\u{FEFF}"), (Message, "MSH|a\r")], &[]);
        check("MSH#!@%*#\rPID#1\r", &[(Message, "MSH#!@%*#\rPID#1\r")], &[]);
        check("PID|1\r", &[(Stray, "PID|1\r")], &["E1023"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn pieces_cover_the_file(parts in proptest::collection::vec(prop_oneof![
            Just("MSH|^~\\&|"), Just("FHS|"), Just("BHS|x"), Just("BTS|1"), Just("FTS|1"), Just("PID|1"), Just("x"), Just("\r"), Just("\n"),
            Just("\x0B"), Just("\x1C"), Just("\x1C\r"), Just("\u{FEFF}"), Just("MSH"),
        ], 0..40)) {
            let text = parts.concat();
            let batch = Batch::split(text.clone()).0;
            let mut at = 0;
            for piece in batch.pieces() {
                prop_assert_eq!(piece.range.start, at);
                prop_assert!(piece.range.end > at);
                at = piece.range.end;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
