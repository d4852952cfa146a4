//! Where a message begins and ends in a stream of bytes: five ways, without I/O.
//!
//! Promises: memory grows only with bytes that came, up to the limit; a broken beginning is skipped up to a limit; each
//! byte is looked at once.

use crate::codes;
use bytes::{Buf, Bytes, BytesMut};
use interface::catalogue::Settings;
use memchr::memmem;
use message::Reason;

/// Bytes outside frames that one connection may send before it is closed: this peer speaks something else.
const JUNK_BYTES_MAX: usize = 64 * 1024;
/// Most digits of a length in text.
const DIGITS_MAX: usize = 8;

/// How messages are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Each ends with these bytes.
    Delimiter(Vec<u8>),
    /// Each stands between these bytes.
    Block { start: Vec<u8>, end: Vec<u8> },
    /// Each has its length before it.
    Length(Prefix),
    /// Each has this length.
    Fixed(usize),
    /// Each is all that one connection brings.
    Connection,
}

/// A length before a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    /// How many bytes it takes.
    pub(crate) bytes: usize,
    pub(crate) form: Form,
    /// It counts itself too.
    pub(crate) is_of_all: bool,
}

/// How a length is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The most significant byte first, as networks have it.
    Big,
    Little,
    /// Decimal digits, with zeros before them.
    Digits,
}

/// What came of a look.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The content of a frame.
    Frame(Bytes),
    /// More bytes are needed.
    More,
    /// Something that is not framed so; reading goes on.
    Odd(Reason),
    /// Nothing more can be told apart on this connection.
    End(Reason),
}

/// What a peer has sent so far.
pub(crate) struct Deframer {
    framing: Framing,
    bytes_max: usize,
    pub(crate) buffer: BytesMut,
    /// From here on the end has not been looked for.
    looked: usize,
    junk: usize,
}

impl Framing {
    /// Reads the settings of `framing`.
    pub(crate) fn read(settings: &Settings) -> Result<Framing, Reason> {
        let marks = |name: &'static str| {
            let bytes = bytes_of(settings.text(name), name)?;
            if bytes.is_empty() {
                let way = settings.text("framing");
                return Err(Reason::new(codes::E6010, format!("`framing {way}` needs `{name}`")));
            }
            Ok(bytes)
        };
        let count = |name| usize::try_from(settings.count(name)).unwrap_or(usize::MAX);
        Ok(match settings.text("framing") {
            "block" => Framing::Block { start: marks("start")?, end: marks("end")? },
            "length" => {
                let form = match settings.text("length-form") {
                    "little" => Form::Little,
                    "digits" => Form::Digits,
                    _ => Form::Big,
                };
                let bytes = count("length-bytes");
                if form != Form::Digits && bytes > 4 {
                    let text = "`length-bytes` is 1 to 4; more only with `length-form digits`";
                    return Err(Reason::new(codes::E6010, text));
                }
                let is_of_all = settings.text("length-counts") == "all";
                Framing::Length(Prefix { bytes, form, is_of_all })
            }
            "fixed" => match count("size") {
                0 => return Err(Reason::new(codes::E6010, "`framing fixed` needs `size`")),
                size => Framing::Fixed(size),
            },
            "connection" => Framing::Connection,
            _ => Framing::Delimiter(marks("end")?),
        })
    }

    /// What stands before and behind this content; `None` if the content cannot be told apart so.
    pub(crate) fn around(&self, content: &[u8]) -> Option<(Vec<u8>, &[u8])> {
        match self {
            Framing::Delimiter(end) => (memmem::find(content, end).is_none()).then_some((Vec::new(), end)),
            Framing::Block { start, end } => {
                let is_clear = memmem::find(content, end).is_none() && memmem::find(content, start).is_none();
                is_clear.then(|| (start.clone(), &end[..]))
            }
            Framing::Length(prefix) => prefix.write(content.len()).map(|length| (length, &[][..])),
            Framing::Fixed(size) => (content.len() == *size).then_some((Vec::new(), &[])),
            Framing::Connection => Some((Vec::new(), &[])),
        }
    }
}

impl Prefix {
    fn write(self, content: usize) -> Option<Vec<u8>> {
        let length = if self.is_of_all { content.checked_add(self.bytes)? } else { content };
        match self.form {
            Form::Digits => {
                let text = format!("{length:0width$}", width = self.bytes);
                (text.len() == self.bytes).then(|| text.into_bytes())
            }
            Form::Big | Form::Little => {
                let all = u64::try_from(length).ok()?.to_be_bytes();
                let (high, low) = all.split_at(all.len() - self.bytes);
                let mut bytes = low.to_vec();
                if self.form == Form::Little {
                    bytes.reverse();
                }
                high.iter().all(|byte| *byte == 0).then_some(bytes)
            }
        }
    }

    /// The length of the content; `None` for what is no length.
    fn read(self, bytes: &[u8]) -> Option<usize> {
        let fold = |value: usize, byte: &u8| (value << 8) | usize::from(*byte);
        let length = match self.form {
            Form::Big => bytes.iter().fold(0, fold),
            Form::Little => bytes.iter().rev().fold(0, fold),
            Form::Digits => std::str::from_utf8(bytes).ok()?.trim_start().parse().ok()?,
        };
        if self.is_of_all { length.checked_sub(self.bytes) } else { Some(length) }
    }
}

impl Deframer {
    pub(crate) fn new(framing: Framing, bytes_max: usize) -> Deframer {
        Deframer { framing, bytes_max, buffer: BytesMut::new(), looked: 0, junk: 0 }
    }

    /// A frame has begun and not ended.
    pub(crate) fn is_inside(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Looks for the next frame. `is_over`: the peer has ended its side.
    pub(crate) fn next(&mut self, is_over: bool) -> Cut {
        let cut = match self.framing.clone() {
            Framing::Delimiter(end) => self.up_to(&end),
            Framing::Block { start, end } => self.between(&start, &end),
            Framing::Length(prefix) => self.counted(prefix),
            Framing::Fixed(size) if self.buffer.len() >= size => Cut::Frame(self.take(0, size, 0)),
            Framing::Fixed(_) => Cut::More,
            Framing::Connection if is_over && !self.buffer.is_empty() => {
                let length = self.buffer.len();
                Cut::Frame(self.take(0, length, 0))
            }
            Framing::Connection => Cut::More,
        };
        match cut {
            Cut::Frame(content) if content.len() > self.bytes_max => self.too_large(),
            Cut::Frame(content) if content.is_empty() => {
                Cut::Odd(Reason::new(codes::E6105, "an empty frame was skipped"))
            }
            Cut::More if self.buffer.len() > self.bytes_max.saturating_add(self.overhead()) => self.too_large(),
            Cut::More if is_over && !self.buffer.is_empty() => {
                let text = format!("the peer went away after {} bytes of a frame", self.buffer.len());
                self.buffer.clear();
                Cut::Odd(Reason::new(codes::E6102, text))
            }
            cut => cut,
        }
    }

    fn overhead(&self) -> usize {
        match &self.framing {
            Framing::Delimiter(end) => end.len(),
            Framing::Block { start, end } => start.len() + end.len(),
            Framing::Length(prefix) => prefix.bytes,
            Framing::Fixed(_) | Framing::Connection => 0,
        }
    }

    fn too_large(&self) -> Cut {
        let text = format!("a frame is larger than {} bytes; the connection was closed", self.bytes_max);
        Cut::End(Reason::new(codes::E6104, text))
    }

    /// Takes content out, with what stands before and behind it.
    fn take(&mut self, before: usize, length: usize, behind: usize) -> Bytes {
        self.buffer.advance(before);
        // A copy, so that a message that is kept for long does not keep the buffer.
        let content = Bytes::copy_from_slice(&self.buffer[..length]);
        self.buffer.advance(length + behind);
        self.looked = 0;
        content
    }

    /// Where the end stands, looked for from where the last look left off.
    fn find(&mut self, end: &[u8], from: usize) -> Option<usize> {
        let from = self.looked.max(from).min(self.buffer.len());
        let found = memmem::find(&self.buffer[from..], end).map(|at| from + at);
        if found.is_none() {
            self.looked = (self.buffer.len() + 1).saturating_sub(end.len());
        }
        found
    }

    fn up_to(&mut self, end: &[u8]) -> Cut {
        match self.find(end, 0) {
            Some(at) => Cut::Frame(self.take(0, at, end.len())),
            None => Cut::More,
        }
    }

    fn between(&mut self, start: &[u8], end: &[u8]) -> Cut {
        let begun = self.buffer.len().min(start.len());
        if self.buffer[..begun] != start[..begun] {
            let skipped = memmem::find(&self.buffer, start);
            // The end of what is there may be the beginning of a start.
            let skipped = skipped.unwrap_or((self.buffer.len() + 1).saturating_sub(start.len())).max(1);
            self.buffer.advance(skipped);
            self.looked = 0;
            self.junk += skipped;
            let text = format!("{skipped} bytes outside frames were skipped");
            let reason = Reason::new(codes::E6101, text);
            return if self.junk > JUNK_BYTES_MAX { Cut::End(reason) } else { Cut::Odd(reason) };
        }
        match self.find(end, start.len()) {
            Some(at) => Cut::Frame(self.take(start.len(), at - start.len(), end.len())),
            None => Cut::More,
        }
    }

    fn counted(&mut self, prefix: Prefix) -> Cut {
        let Some(written) = self.buffer.get(..prefix.bytes) else { return Cut::More };
        let Some(length) = prefix.read(written) else {
            let reason = Reason::new(codes::E6101, "what should be a length is none; the connection was closed");
            return Cut::End(reason);
        };
        if length > self.bytes_max {
            return self.too_large();
        }
        if self.buffer.len() < prefix.bytes + length {
            return Cut::More;
        }
        Cut::Frame(self.take(prefix.bytes, length, 0))
    }
}

/// A text of a setting as bytes: as it stands, or in hexadecimal, `0x02 0x0D`.
pub(crate) fn bytes_of(text: &str, name: &'static str) -> Result<Vec<u8>, Reason> {
    if !text.starts_with("0x") {
        return Ok(text.as_bytes().to_vec());
    }
    let byte = |word: &str| {
        let digits = word.strip_prefix("0x").filter(|digits| digits.len() == 2);
        digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())
    };
    let bytes: Option<Vec<u8>> = text.split_whitespace().map(byte).collect();
    bytes.ok_or_else(|| Reason::new(codes::E6010, format!("`{name}`: write bytes as \"0x02 0x0D\", two digits each")))
}

/// Most digits that `length-bytes` may ask for.
pub(crate) const LENGTH_BYTES_MAX: u64 = DIGITS_MAX as u64;

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(framing: &Framing, sent: &[u8], step: usize) -> Vec<String> {
        let mut deframer = Deframer::new(framing.clone(), 40);
        let mut seen = Vec::new();
        // An empty part at last: the sender ends its side.
        for part in sent.chunks(step).chain([&[][..]]) {
            deframer.buffer.extend_from_slice(part);
            loop {
                match deframer.next(part.is_empty()) {
                    Cut::Frame(bytes) => seen.push(String::from_utf8_lossy(&bytes).into_owned()),
                    Cut::Odd(reason) => seen.push(reason.code.to_string()),
                    Cut::End(reason) => {
                        seen.push(format!("end {}", reason.code));
                        return seen;
                    }
                    Cut::More => break,
                }
            }
        }
        seen
    }

    fn prefix(bytes: usize, form: Form, is_of_all: bool) -> Framing {
        Framing::Length(Prefix { bytes, form, is_of_all })
    }

    #[test]
    fn frames_are_cut_whatever_the_packets() {
        let lines = Framing::Delimiter(b"\r\n".to_vec());
        let block = Framing::Block { start: b"\x02".to_vec(), end: b"\x03\r".to_vec() };
        let check = |framing: &Framing, sent: &[u8], expect: &[&str]| {
            for step in [1, 2, 3, 1000] {
                assert_eq!(frames(framing, sent, step), expect, "{framing:?} in steps of {step}");
            }
        };
        check(&lines, b"a\rb\r\n\r\nc\r\nd", &["a\rb", "E6105", "c", "E6102"]);
        check(&block, b"\x02a\x03b\x03\r\x02c\x03\r", &["a\x03b", "c"]);
        check(&prefix(2, Form::Big, false), b"\0\x03abc\0\x01d\0\x09e", &["abc", "d", "E6102"]);
        check(&prefix(2, Form::Little, true), b"\x05\0abc\x03\0d", &["abc", "d"]);
        check(&prefix(4, Form::Digits, false), b"0003abc0001d", &["abc", "d"]);
        check(&prefix(4, Form::Digits, false), b"x003abc", &["end E6101"]);
        check(&Framing::Fixed(3), b"abcdefg", &["abc", "def", "E6102"]);
        check(&Framing::Connection, b"abc\r\ndef", &["abc\r\ndef"]);
    }

    #[test]
    fn limits_hold_and_junk_is_skipped() {
        let block = Framing::Block { start: b"\x02".to_vec(), end: b"\x03".to_vec() };
        assert_eq!(frames(&block, b"junk\x02a\x03", 1000), ["E6101", "a"]);
        assert_eq!(frames(&block, &[b'x'; 70_000], 70_000), ["end E6101"]);
        let long = [b'x'; 50];
        assert_eq!(frames(&Framing::Delimiter(b"\n".to_vec()), &long, 1000), ["end E6104"]);
        assert_eq!(frames(&prefix(2, Form::Big, false), b"\xff\xffabc", 1000), ["end E6104"]);
        assert_eq!(frames(&Framing::Connection, &long, 1000), ["end E6104"]);
    }

    #[test]
    fn what_is_written_is_read() {
        for framing in [
            Framing::Delimiter(b"\r\n".to_vec()),
            Framing::Block { start: b"\x02".to_vec(), end: b"\x03".to_vec() },
            prefix(4, Form::Big, true),
            prefix(3, Form::Little, false),
            prefix(5, Form::Digits, true),
            Framing::Fixed(5),
        ] {
            let (before, behind) = framing.around(b"hello").unwrap();
            let once = [&before[..], b"hello", behind].concat();
            assert_eq!(frames(&framing, &once.repeat(2), 1), ["hello", "hello"], "{framing:?}");
        }
        assert!(Framing::Delimiter(b"\n".to_vec()).around(b"a\nb").is_none());
        assert!(Framing::Fixed(4).around(b"hello").is_none());
        assert!(prefix(1, Form::Big, false).around(&[b'x'; 256]).is_none());
        assert!(prefix(2, Form::Digits, false).around(&[b'x'; 100]).is_none());
    }

    #[test]
    fn bytes_as_text_and_as_digits() {
        assert_eq!(bytes_of("\r\n", "end").unwrap(), b"\r\n");
        assert_eq!(bytes_of("0x1C 0x0D", "end").unwrap(), b"\x1c\r");
        assert_eq!(bytes_of("0x1", "end").unwrap_err().code, "E6010");
    }
}
