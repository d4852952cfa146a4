//! The other way: a message that is too long for its receiver, in parts (HL7 v2.9 §2.10.2).
//!
//! Promises: no part is larger than the limit; joining the parts gives the same bytes again, where the message's lines end
//! with CR; a segment is cut only where it must be, never inside a character or an escape sequence; the same message gives
//! the same parts.
//! Never: cuts MSH, PID and the other segments that are not continued; splits what is a part already.

use super::{NEVER_CONTINUED, PARTS_MAX, Part};
use crate::{Message, Path, Value, charset::Charset};
use bytes::Bytes;

/// Longest MSH-10 up to version 2.6.
const CONTROL_ID_MAX: usize = 20;
/// Room for content that a part must have besides its header: less makes no sense.
const ROOM_MIN: usize = 64;
/// Bytes of the line that says that a segment goes on, its end included.
const ADD_BYTES: usize = 5;
/// Segments with a meaning for parts.
const OF_PARTS: [[u8; 3]; 2] = [*b"ADD", *b"DSC"];
/// A text that begins with a segment id after a line feed must not end a piece.
const SEGMENT_ID_BYTES: usize = 4;

/// Why a message is not split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsplit {
    /// It does not begin with MSH.
    NoHeader,
    /// It is a part of a message, or has ADD or DSC segments for another reason.
    IsPart,
    /// The header alone leaves no room for content.
    NoRoom,
    /// A segment is longer than the limit and cannot be cut.
    Segment,
    /// It would be more than [`PARTS_MAX`] parts.
    Count,
}

impl std::fmt::Display for Unsplit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Unsplit::NoHeader => "it does not begin with MSH",
            Unsplit::IsPart => "it is a part of a message already, or has ADD or DSC segments",
            Unsplit::NoRoom => "its header leaves no room for content",
            Unsplit::Segment => "a segment that cannot be cut is longer than the limit",
            Unsplit::Count => "there would be too many parts",
        })
    }
}

impl std::error::Error for Unsplit {}

/// The message in parts of at most `bytes_max`: itself where it fits. The first part keeps its control id, the others have
/// it with a number behind it; DSC-1 and MSH-14 say where each goes on.
///
/// # Errors
/// See [`Unsplit`].
///
/// ```
/// use hl7v2::{Message, continuation::{join, split}};
/// let text = format!("MSH|^~\\&|LAB||||||ORU^R01|M7|P|2.5\rOBX|1|TX|||{}\r", "long ".repeat(60));
/// let parts = split(&Message::parse(text.clone()).0, 200).unwrap();
/// assert!(parts.len() > 1 && parts.iter().all(|part| part.len() <= 200));
/// let parts: Vec<Message> = parts.into_iter().map(|part| Message::parse(part).0).collect();
/// assert_eq!(join(&parts).unwrap(), text);
/// ```
pub fn split(message: &Message, bytes_max: usize) -> Result<Vec<Bytes>, Unsplit> {
    let whole = message.to_bytes();
    if whole.len() <= bytes_max {
        return Ok(vec![whole]);
    }
    let mut lines = message.shaped_lines().filter(|(line, _)| !line.is_empty());
    let header = lines.next().map(|(line, _)| line).filter(|line| line.starts_with(b"MSH"));
    let header = header.ok_or(Unsplit::NoHeader)?;
    if Part::of(message).is_some() || OF_PARTS.iter().any(|id| message.segments_named(*id).next().is_some()) {
        return Err(Unsplit::IsPart);
    }
    let numbering = Numbering::of(message, header);
    // Every part fits, if one with the longest header and both lines at its end does.
    let widest = numbering.header(PARTS_MAX)?.len() + numbering.end(PARTS_MAX).len() + ADD_BYTES;
    // A part in UTF-16 or UTF-32 takes up to four times the bytes of its text.
    let bytes_max = if message.is_wide() { bytes_max / 4 } else { bytes_max };
    let room = bytes_max.checked_sub(widest).filter(|room| *room >= ROOM_MIN).ok_or(Unsplit::NoRoom)?;
    let delimiters = message.delimiters();
    let mut pieces = Pieces { room, field: delimiters.field, escape: delimiters.escape, bodies: vec![Vec::new()] };
    for (line, shape) in lines {
        pieces.add(line, shape, message.charset())?;
    }
    if pieces.bodies.len() > PARTS_MAX {
        return Err(Unsplit::Count);
    }
    let last = pieces.bodies.len() - 1;
    let written = pieces.bodies.into_iter().enumerate().map(|(number, body)| {
        let end = if number == last { Vec::new() } else { numbering.end(number + 1) };
        Ok(Bytes::from(message.encode_like([numbering.header(number)?, body, end].concat())))
    });
    written.collect()
}

/// What the parts are called.
struct Numbering<'m> {
    message: &'m Message,
    header: &'m [u8],
    control_id: String,
}

impl<'m> Numbering<'m> {
    fn of(message: &'m Message, header: &'m [u8]) -> Numbering<'m> {
        let control_id = message.text(&Path::field(b"MSH", 10)).into_owned();
        Numbering { message, header, control_id }
    }

    /// What names a part: `M7.2`. A control id that leaves no room for the number is shortened, and told from others like it
    /// by a checksum.
    fn name(&self, number: usize) -> String {
        let suffix = format!(".{number}");
        let id = &self.control_id;
        if id.len() + suffix.len() <= CONTROL_ID_MAX {
            return format!("{id}{suffix}");
        }
        let hash = id.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let room = CONTROL_ID_MAX.saturating_sub(suffix.len() + 8);
        let kept: String = id.chars().filter(char::is_ascii).take(room).collect();
        format!("{kept}{hash:08X}{suffix}")
    }

    /// The header of a part, from 0; the first one is that of the message.
    fn header(&self, number: usize) -> Result<Vec<u8>, Unsplit> {
        if number == 0 {
            return Ok([self.header, b"\r"].concat());
        }
        let mut header = Message::parse([self.header, b"\r"].concat()).0;
        let (id, pointer) = (self.name(number + 1), self.name(number));
        for (field, text) in [(10, &id), (14, &pointer)] {
            header.set(&Path::field(b"MSH", field), Value::Text(text)).map_err(|_| Unsplit::NoHeader)?;
        }
        Ok(header.to_bytes().to_vec())
    }

    /// The last line of a part that part `number`, from 1, follows.
    fn end(&self, number: usize) -> Vec<u8> {
        let field = &[self.message.delimiters().field][..];
        let name = self.name(number);
        // A control id that cannot be written could not be read either.
        let pointer = crate::text::encode(&name, self.message.delimiters(), self.message.charset()).unwrap_or_default();
        [b"DSC", field, &*pointer, field, b"F\r"].concat()
    }
}

/// What stands behind the headers.
struct Pieces {
    room: usize,
    field: u8,
    escape: u8,
    bodies: Vec<Vec<u8>>,
}

impl Pieces {
    fn add(&mut self, line: &[u8], shape: &[u8], charset: Charset) -> Result<(), Unsplit> {
        let fits = |body: &Vec<u8>, room: usize| body.len() + line.len() < room;
        if !self.bodies.last().is_some_and(|body| fits(body, self.room)) && line.len() < self.room {
            self.bodies.push(Vec::new());
        }
        let is_whole = self.bodies.last().is_some_and(|body| fits(body, self.room));
        if is_whole {
            self.put(&[line, b"\r"]);
            return Ok(());
        }
        if NEVER_CONTINUED.iter().any(|id| line.starts_with(id.as_bytes())) {
            return Err(Unsplit::Segment);
        }
        self.cut(line, shape, charset)
    }

    /// A segment over several parts.
    fn cut(&mut self, line: &[u8], shape: &[u8], charset: Charset) -> Result<(), Unsplit> {
        let mut start = 0;
        loop {
            if self.bodies.len() > PARTS_MAX {
                return Err(Unsplit::Count);
            }
            let lead: &[u8] = if start == 0 { b"" } else { &[b'A', b'D', b'D', self.field] };
            let used = self.bodies.last().map_or(0, Vec::len);
            let room = self.room.saturating_sub(used + lead.len() + 1);
            if line.len() - start <= room {
                self.put(&[lead, &line[start..], b"\r"]);
                return Ok(());
            }
            match self.place(line, shape, start, start + room, charset) {
                Some(end) => {
                    self.put(&[lead, &line[start..end], b"\rADD", &[self.field], b"\r"]);
                    start = end;
                }
                None if used > 0 && start == 0 => {}
                None => return Err(Unsplit::Segment),
            }
            self.bodies.push(Vec::new());
        }
    }

    fn put(&mut self, parts: &[&[u8]]) {
        if let Some(body) = self.bodies.last_mut() {
            parts.iter().for_each(|part| body.extend_from_slice(part));
        }
    }

    /// The last place up to `most` where the line may be cut.
    fn place(&self, line: &[u8], shape: &[u8], start: usize, most: usize, charset: Charset) -> Option<usize> {
        // At least an id and a separator stay in front, and something goes over.
        let least = if start == 0 { SEGMENT_ID_BYTES + 1 } else { start + 1 };
        let mut escapes = shape[..most].iter().filter(|byte| **byte == self.escape).count();
        let mut fallback = None;
        for at in (least..=most).rev() {
            let is_outside = escapes % 2 == 0;
            escapes -= usize::from(shape[at - 1] == self.escape);
            let is_near_feed = line[at.saturating_sub(SEGMENT_ID_BYTES)..at].contains(&b'\n') || line[at] == b'\n';
            if is_near_feed || !is_outside {
                continue;
            }
            // Between two characters of one byte each: right in every character set.
            if shape[at].is_ascii() && shape[at - 1].is_ascii() {
                return Some(at);
            }
            let is_boundary = charset == Charset::Utf8 && (line[at] & 0xC0) != 0x80;
            fallback = fallback.or(is_boundary.then_some(at));
        }
        fallback
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::continuation::join;
    use proptest::prelude::*;

    const HEAD: &str = "MSH|^~\\&|LAB|N|HUB|N|20260301||ORU^R01|";

    fn parts_of(text: &str, bytes_max: usize) -> Result<Vec<String>, Unsplit> {
        let parts = split(&Message::parse(text.to_owned()).0, bytes_max)?;
        Ok(parts.into_iter().map(|part| String::from_utf8(part.to_vec()).unwrap()).collect())
    }

    fn joined(parts: &[String]) -> String {
        let parts: Vec<Message> = parts.iter().map(|part| Message::parse(part.clone()).0).collect();
        String::from_utf8(join(&parts).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn parts_are_written_as_the_standard_says() {
        let text = format!("{HEAD}M7|P|2.5\rPID|1||77\rOBX|1|TX|||{}\rOBX|2|TX|||short\r", "0123456789".repeat(12));
        let parts = parts_of(&text, 190).unwrap();
        let shown: Vec<String> = parts.iter().map(|part| part.replace('\r', "/")).collect();
        assert_eq!(
            shown,
            [
                format!("{HEAD}M7|P|2.5/PID|1||77/OBX|1|TX|||{}0123456/ADD|/DSC|M7.1|F/", "0123456789".repeat(8)),
                format!("{HEAD}M7.2|P|2.5||M7.1/ADD|789{}/OBX|2|TX|||short/", "0123456789".repeat(3)),
            ]
        );
        assert_eq!(joined(&parts), text);
        assert_eq!(parts_of(&text, text.len()).unwrap(), [text], "one that fits stays as it is");
    }

    #[test]
    fn segments_stay_whole_where_they_fit() {
        let segments: String = (1..=9).map(|number| format!("OBX|{number}|TX|||{}\r", "x".repeat(50))).collect();
        let text = format!("{HEAD}M7|P|2.5\r{segments}");
        let parts = parts_of(&text, 240).unwrap();
        assert!(parts.iter().all(|part| !part.contains("ADD")), "{parts:?}");
        assert_eq!((parts.len(), joined(&parts)), (5, text));
    }

    #[test]
    fn a_long_control_id_is_shortened_and_stays_its_own() {
        let id = |id: &str| {
            let text = format!("{HEAD}{id}|P|2.5\rNTE|1||{}\r", "x".repeat(300));
            let parts = parts_of(&text, 200).unwrap();
            assert_eq!(joined(&parts), text);
            Message::parse(parts[1].clone()).0.text(&Path::field(b"MSH", 10)).into_owned()
        };
        assert_eq!(id("ABCDEFGHIJKLMNOPQR"), "ABCDEFGHIJKLMNOPQR.2");
        let (one, other) = (id("ABCDEFGHIJKLMNOPQRST1"), id("ABCDEFGHIJKLMNOPQRST2"));
        assert!(one.len() == 20 && one.starts_with("ABCDEFGHIJ") && one != other, "{one} {other}");
        assert_eq!(id(""), ".2");
    }

    #[test]
    fn what_cannot_be_split_is_said() {
        let long = "x".repeat(300);
        let check = |text: &str, bytes_max: usize, expect: Unsplit| {
            assert_eq!(parts_of(&text.replace("H#", HEAD).replace('/', "\r"), bytes_max), Err(expect), "{text}");
        };
        check(&format!("PID|{long}/"), 200, Unsplit::NoHeader);
        check(&format!("H#1|P|2.5||p1/NTE|1||{long}/"), 200, Unsplit::IsPart);
        check(&format!("H#1|P|2.5/NTE|1||{long}/DSC|p/"), 200, Unsplit::IsPart);
        check(&format!("H#1|P|2.5/NTE|1||{long}/ADD|more/"), 200, Unsplit::IsPart);
        check(&format!("H#1|P|2.5/NTE|1||{long}/"), 100, Unsplit::NoRoom);
        check(&format!("H#1|P|2.5/PID|1||{long}/"), 200, Unsplit::Segment);
        check(&format!("H#1|P|2.5/NTE|1||{}/", long.repeat(900)), 200, Unsplit::Count);
    }

    #[test]
    fn characters_and_escapes_stay_whole() {
        for (charset, unit) in [("", "ü\\.br\\Ж"), ("UNICODE UTF-8", "日本\\T\\語"), ("", "\\H\\ab\\N\\")] {
            let text = format!("{HEAD}1|P|2.5||||||{charset}\rNTE|1||{}\r", unit.repeat(80));
            for bytes_max in 200..240 {
                let parts = parts_of(&text, bytes_max).unwrap();
                assert_eq!(joined(&parts), text);
                for part in &parts {
                    assert!(part.len() <= bytes_max);
                    let piece = part.lines().next().unwrap().split('\r').nth(1).unwrap();
                    assert_eq!(piece.matches('\\').count() % 2, 0, "{piece}");
                }
            }
        }
    }

    #[test]
    fn multi_byte_sets_are_cut_between_characters() {
        let (long, ..) = encoding_rs::SHIFT_JIS.encode("表示 ソート| ");
        let text =
            [format!("{HEAD}1|P|2.5||||||ISO IR87\rNTE|1||").into_bytes(), long.repeat(60), b"\r".to_vec()].concat();
        let message = Message::parse(text.clone()).0;
        let parts = split(&message, 200).unwrap();
        let parts: Vec<Message> = parts.into_iter().map(|part| Message::parse(part).0).collect();
        assert_eq!(join(&parts).unwrap(), text);
    }

    proptest! {
        /// Whatever stands in the segments: the parts keep the limit, and joined they are the message.
        #[test]
        fn split_and_joined(
            segments in proptest::collection::vec(
                ("(OBX|NTE|ZZ1|PID)", proptest::collection::vec(
                    prop_oneof!["[a-z|^&~ ]{0,40}", Just("\\.br\\".to_owned()), Just("é日本".to_owned()), Just("\nx PID".to_owned()), Just("\\".to_owned())],
                    0..12,
                )),
                1..12,
            ),
            bytes_max in 190..400_usize,
        ) {
            let body: String = segments.iter().map(|(id, texts)| format!("{id}|{}\r", texts.concat())).collect();
            let text = format!("{HEAD}M7|P|2.5\r{body}");
            match parts_of(&text, bytes_max) {
                Ok(parts) => {
                    prop_assert!(parts.iter().all(|part| part.len() <= bytes_max));
                    if parts.len() > 1 {
                        prop_assert_eq!(joined(&parts), text);
                    } else {
                        prop_assert_eq!(parts, [text]);
                    }
                }
                Err(Unsplit::Segment) => {}
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }
}
