//! Parsing: delimiters, lines, character set; then what was odd is said. Fields wait until they are asked for.

use super::{Buffer, Element, Message, Origin};
use crate::charset::{Charset, shape, wide::Wide};
use crate::codes;
use crate::delimiters::{self, Delimiters, Oddities, is_header};
use crate::lines::{self, Kind, Split};
use crate::scan::Scanned;
use bytes::Bytes;
use message::{Diagnostic, limits};

/// Most diagnostics of one code for one message; one more says how many were left out.
const DIAGNOSTICS_PER_CODE_MAX: usize = 20;

/// Most repetitions of MSH-18 that are looked at.
const CHARSETS_MAX: usize = 8;

/// See [`Message::parse`].
pub(super) fn parse(raw: Bytes) -> (Message, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    if raw.len() > limits::FRAME_BYTES_CEILING {
        diagnostics.push(Diagnostic::error(codes::E1019, "the message is larger than 2 GiB and was not read"));
        return (Message { buffer: Buffer::Shared(Scanned::unread(raw)), ..Message::empty() }, diagnostics);
    }
    let Some(wide) = Wide::detect(&raw) else { return read(raw, None, diagnostics) };
    let (text, is_lossless) = wide.decode(&raw);
    let text = Bytes::from(text);
    diagnostics.push(
        Diagnostic::note(codes::E1008, format!("the message is in {}", wide.name()))
            .at_path("", Some(0))
            .hint("UTF-8 without a byte order mark is understood by more systems"),
    );
    if text.len() > limits::FRAME_BYTES_CEILING {
        diagnostics.push(Diagnostic::error(codes::E1019, "the message is larger than 2 GiB and was not read"));
        return (Message { buffer: Buffer::Shared(Scanned::unread(raw)), ..Message::empty() }, diagnostics);
    }
    read(text, Some(Box::new(Origin { raw, wide, is_lossless, is_edited: false })), diagnostics)
}

fn read(bytes: Bytes, origin: Option<Box<Origin>>, mut diagnostics: Vec<Diagnostic>) -> (Message, Vec<Diagnostic>) {
    let start = body_start(&bytes);
    let opening = delimiters::header_at(&bytes, start);
    let (delimiters, odd) = match opening {
        Some(at) => Delimiters::read(&bytes[at..]),
        None => (Delimiters::default(), Oddities::default()),
    };
    let (split, scanned, is_ascii) = lines::split_scanned(bytes, start, delimiters.field, delimiters.escape);
    let mut message = Message {
        buffer: Buffer::Shared(scanned),
        shape: None,
        lines: Vec::new(),
        delimiters,
        charset: Charset::Utf8,
        is_ascii,
        header: None,
        origin,
    };
    let split = message.take_lines(split);
    message.resolve_charset(start, &mut diagnostics);
    let has_prefix = start > 0 && message.origin.is_none();
    let is_odd = has_prefix || opening.is_none() || odd != Oddities::default() || delimiters.truncation.is_some();
    if is_odd {
        message.report_header(start, odd, &mut diagnostics);
    }
    message.report_lines(&split, &mut diagnostics);
    (message, diagnostics)
}

/// Where the first line begins: behind a byte order mark, and behind framing and blank bytes that stand before a
/// header.
fn body_start(bytes: &[u8]) -> usize {
    let mark = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let skipped = bytes[mark..].iter().take_while(|byte| matches!(byte, 0x0B | b' ' | b'\t' | b'\r' | b'\n')).count();
    if delimiters::opens_header(&bytes[mark + skipped..]) { mark + skipped } else { mark }
}

impl Message {
    /// Keeps the lines and finds the header: the first MSH, else the first of any header kind.
    fn take_lines(&mut self, mut split: Split) -> Split {
        self.lines = std::mem::take(&mut split.lines);
        let first = |accept: &dyn Fn([u8; 3]) -> bool| self.lines.iter().position(|line| accept(line.id));
        self.header = first(&|id| &id == b"MSH").map(|at| at as u32);
        split
    }

    /// Settles the character set: what MSH-18 declares, or what the bytes show. Splits again in sets whose second bytes
    /// can equal a delimiter.
    pub(super) fn resolve_charset(&mut self, start: usize, diagnostics: &mut Vec<Diagnostic>) {
        if self.origin.is_some() {
            return;
        }
        let declared = self.declared_charset(diagnostics);
        if self.is_ascii {
            // ESC is ASCII: a message in ISO-2022-JP has no other sign.
            self.charset = declared.unwrap_or(Charset::Utf8);
        } else {
            self.charset = self.charset_by_bytes(declared, diagnostics);
        }
        if self.charset.needs_shape() {
            self.shape = shape::of(self.buffer(), self.charset);
            if let Some(shape) = &self.shape {
                let split = lines::split(shape, start, self.delimiters.field, self.delimiters.escape);
                self.take_lines(split);
            }
        }
    }

    /// MSH-18: the first repetition is the default set, the rest are reached by switches (HL7 v2.9 §2.14.9.18), so any
    /// member of the ISO-2022-JP family makes the message one of it.
    fn declared_charset(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<Charset> {
        let field = self.header()?.field(18).filter(|field| !field.is_empty())?;
        let mut declared = None;
        for name in field.parts().take(CHARSETS_MAX).filter(|name| !name.is_empty()) {
            match Charset::named(name.raw()) {
                Some(Charset::Iso2022Jp) => declared = Some(Charset::Iso2022Jp),
                Some(set) => declared = declared.or(Some(set)),
                None => diagnostics.push(
                    Diagnostic::warning(codes::E1016, "MSH-18 names a character set that is not known")
                        .at_path("MSH-18", Some(name.range().start))
                        .hint("use a name of HL7 table 0211, such as UNICODE UTF-8 or 8859/1"),
                ),
            }
        }
        declared
    }

    fn charset_by_bytes(&self, declared: Option<Charset>, diagnostics: &mut Vec<Diagnostic>) -> Charset {
        let is_utf8 = std::str::from_utf8(self.buffer()).is_ok();
        let guess = if is_utf8 { Charset::Utf8 } else { Charset::Legacy(encoding_rs::WINDOWS_1252) };
        let finding = match declared {
            None => Diagnostic::note(
                codes::E1017,
                format!("bytes beyond ASCII, but MSH-18 declares no character set: read as {}", guess.name()),
            ),
            Some(Charset::Ascii) => Diagnostic::warning(
                codes::E1018,
                format!("bytes beyond ASCII, but MSH-18 declares ASCII: read as {}", guess.name()),
            ),
            Some(Charset::Utf8) if !is_utf8 => Diagnostic::warning(
                codes::E1018,
                format!("MSH-18 declares Unicode, but the bytes are no UTF-8: read as {}", guess.name()),
            ),
            Some(set) => {
                if !set.reads_all(self.buffer()) {
                    let text = format!("some bytes are no characters of {}", set.name());
                    diagnostics.push(Diagnostic::warning(codes::E1018, text).at_path("MSH-18", None));
                }
                return set;
            }
        };
        diagnostics.push(finding.at_path("MSH-18", None).hint("declare the set that the sender uses in MSH-18"));
        guess
    }

    fn report_header(&self, start: usize, odd: Oddities, diagnostics: &mut Vec<Diagnostic>) {
        let prefix = &self.buffer()[..start];
        let has_mark = prefix.starts_with(b"\xEF\xBB\xBF");
        if has_mark && self.origin.is_none() {
            diagnostics.push(
                Diagnostic::note(codes::E1007, "the message starts with a UTF-8 byte order mark").at_path("", Some(0)),
            );
        }
        let rest = &prefix[if has_mark { 3 } else { 0 }..];
        if rest.contains(&0x0B) {
            diagnostics.push(framing(0));
        } else if !rest.is_empty() {
            let text = "there are blank bytes before the message header; they are kept";
            diagnostics.push(Diagnostic::note(codes::E1009, text).at_path("", Some(0)));
        }
        if self.header.is_none() {
            let text = "no line starts with MSH and a field separator";
            diagnostics.push(
                Diagnostic::error(codes::E1001, text).at_path("MSH", None).hint("is this an HL7 v2 message at all?"),
            );
            return;
        }
        if odd.short {
            let text = "MSH-2 has fewer than four characters; the missing ones are taken as ^~\\&";
            diagnostics.push(Diagnostic::warning(codes::E1010, text).at_path("MSH-2", None));
        }
        if odd.wrong {
            let text =
                "MSH-2 has a letter, a digit, a repeated or a sixth character; the suggested one is used instead";
            diagnostics.push(Diagnostic::warning(codes::E1011, text).at_path("MSH-2", None));
        }
        if self.delimiters.truncation.is_some() && self.is_before_2_7() {
            let text = "MSH-2 declares a truncation character, which is defined from version 2.7 on";
            diagnostics.push(Diagnostic::note(codes::E1012, text).at_path("MSH-2", None));
        }
    }

    /// MSH-12 is 2.1 to 2.6.
    fn is_before_2_7(&self) -> bool {
        let version = self.header().and_then(|header| header.field(12)).and_then(|field| field.component(1));
        version.is_some_and(|version| matches!(version.raw(), [b'2', b'.', b'1'..=b'6', ..]))
    }

    fn report_lines(&self, split: &Split, diagnostics: &mut Vec<Diagnostic>) {
        self.report_line_ends(split, diagnostics);
        if split.odd == 0 && split.headers <= 1 {
            return;
        }
        let mut odd: [(Vec<Diagnostic>, usize); 4] = Default::default();
        let mut note = |slot: usize, make: &dyn Fn() -> Diagnostic| {
            let (list, left_out) = &mut odd[slot];
            if list.len() < DIAGNOSTICS_PER_CODE_MAX { list.push(make()) } else { *left_out += 1 }
        };
        for (at, line) in self.lines.iter().enumerate() {
            let offset = Some(line.start as usize);
            match line.kind {
                Kind::Segment if is_header(line.id) && self.header.is_some_and(|header| header as usize != at) => {
                    note(3, &|| {
                        Diagnostic::warning(codes::E1015, "another header stands inside the message")
                            .at_path("", offset)
                            .hint("split the batch first; paths read the first MSH and the segments of all")
                    });
                }
                Kind::Segment => {}
                Kind::Blank => {
                    note(0, &|| Diagnostic::note(codes::E1006, "a blank line; it is kept").at_path("", offset))
                }
                Kind::Stray if self.buffer()[line.range()].contains(&0x1C) => note(2, &|| framing(line.start as usize)),
                Kind::Stray => note(1, &|| {
                    Diagnostic::warning(
                        codes::E1005,
                        "a line does not start with a segment id and a separator; it is kept",
                    )
                    .at_path("", offset)
                    .hint("a line break inside a field must be written as \\.br\\ or \\X0A\\")
                }),
            }
        }
        for (list, left_out) in odd {
            let rest = list.first().filter(|_| left_out > 0).map(|first| Diagnostic {
                message: format!("{left_out} more of the same"),
                locations: Vec::new(),
                ..first.clone()
            });
            diagnostics.extend(list);
            diagnostics.extend(rest);
        }
    }

    fn report_line_ends(&self, split: &Split, diagnostics: &mut Vec<Diagnostic>) {
        let kinds = [split.cr, split.lf, split.crlf];
        let at_first = self.lines.first().map(|line| line.end as usize);
        if kinds.iter().filter(|count| **count > 0).count() > 1 {
            let text = format!("{} segments end with CR, {} with LF, {} with CR LF", split.cr, split.lf, split.crlf);
            diagnostics.push(Diagnostic::warning(codes::E1004, text).at_path("", at_first));
        } else if split.lf > 0 {
            let text = "segments end with LF; HL7 asks for CR";
            diagnostics.push(Diagnostic::note(codes::E1002, text).at_path("", at_first));
        } else if split.crlf > 0 {
            let text = "segments end with CR LF; HL7 asks for CR";
            diagnostics.push(Diagnostic::note(codes::E1003, text).at_path("", at_first));
        }
        if split.kept_lf > 0 {
            let text = format!("{} line feeds stand inside fields; they are kept as text", split.kept_lf);
            diagnostics.push(Diagnostic::warning(codes::E1014, text).at_path("", Some(split.kept_lf_at)));
        }
        if split.is_unterminated && self.lines.last().is_some_and(|line| line.kind == Kind::Segment) {
            let text = "the last segment has no segment end";
            let offset = Some(self.buffer().len());
            diagnostics.push(Diagnostic::note(codes::E1013, text).at_path("", offset));
        }
    }

    /// Called by edits of MSH: the declared set, where it is one.
    pub(super) fn declared(&self) -> Option<Charset> {
        self.declared_charset(&mut Vec::new())
    }

    /// Used by tests and edits to see a line as an element.
    pub(super) fn element_of_line(&self, at: usize) -> Option<Element<'_>> {
        self.lines.get(at).map(|line| Element::segment(self, line))
    }
}

fn framing(offset: usize) -> Diagnostic {
    Diagnostic::warning(codes::E1020, "MLLP framing bytes stand in the message; they are kept")
        .at_path("", Some(offset))
}
