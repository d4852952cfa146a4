//! Messages in several parts (HL7 v2.9 §2.10.2): DSC-1 at the end of a part and MSH-14 of the next one say that they
//! belong together; ADD carries the rest of a segment.
//!
//! Promises: a message is joined only from parts that are of one kind, from one sender, in one chain without a gap; the
//! joined message has the header of the first part and every other segment of each, in order.
//! Never: a look at queries, whose continuation is a conversation and no splitting (HL7 v2.9 §5.6.3).
//!
//! ```
//! use hl7v2::{Message, continuation::{Part, join}};
//! let first = Message::parse("MSH|^~\\&|LAB||||||ORU^R01|1\rOBX|1|TX|||half a s\rADD\rDSC|p1|F\r").0;
//! let second = Message::parse("MSH|^~\\&|LAB||||||ORU^R01|2||||p1\rADD|entence\rOBX|2\r").0;
//! assert_eq!(Part::of(&first).and_then(|part| part.goes_on_at).as_deref(), Some("p1"));
//! assert_eq!(join(&[first, second]).unwrap(),
//!     "MSH|^~\\&|LAB||||||ORU^R01|1\rOBX|1|TX|||half a sentence\rOBX|2\r");
//! ```

mod split;

pub use split::{Unsplit, split};

use crate::{Element, Message, Path, State};
use bytes::Bytes;

/// Most parts of one message.
pub const PARTS_MAX: usize = 1_000;

/// Segments that end where they end (HL7 v2.3 §2.23.2): an ADD behind them is no rest of theirs.
const NEVER_CONTINUED: [&str; 8] = ["MSH", "MSA", "DSC", "PID", "QRD", "QRF", "URD", "URS"];
/// Segments of queries and their answers.
const OF_QUERIES: [[u8; 3]; 5] = [*b"QRD", *b"QRF", *b"QPD", *b"QAK", *b"RCP"];

const POINTER: Path = Path::field(b"MSH", 14);
const NEXT_POINTER: Path = Path::component(b"DSC", 1, 1);
const STYLE: Path = Path::component(b"DSC", 2, 1);

/// Where a part stands in its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// MSH-14: it goes on where this part ended. `None` for the first part.
    pub comes_from: Option<String>,
    /// DSC-1: the part behind it says this in MSH-14. `None` for the last part.
    pub goes_on_at: Option<String>,
}

impl Part {
    /// `None` for a message that stands alone.
    #[must_use]
    pub fn of(message: &Message) -> Option<Part> {
        let said = |path: &Path| {
            let is_value = message.state(path) == State::Value;
            Some(message.text(path).trim().to_owned()).filter(|text| is_value && !text.is_empty())
        };
        let style = message.text(&STYLE);
        let is_query = OF_QUERIES.iter().any(|id| message.segments_named(*id).next().is_some());
        if &*style == "I" || (is_query && &*style != "F") {
            return None;
        }
        let part = Part { comes_from: said(&POINTER), goes_on_at: said(&NEXT_POINTER) };
        (part.comes_from.is_some() || part.goes_on_at.is_some()).then_some(part)
    }
}

/// Why parts make no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There are none, or more than [`PARTS_MAX`].
    Count,
    /// A part does not go on where the one before it ended, or the first or last of the chain is missing.
    Chain,
    /// They differ in sender (MSH-3, MSH-4), receiver, type (MSH-9), version, delimiters or character set.
    Kind,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Refused::Count => "there are too many parts, or none",
            Refused::Chain => "the parts are no chain from a first to a last one",
            Refused::Kind => "the parts differ in sender, type, version, delimiters or character set",
        })
    }
}

impl std::error::Error for Refused {}

/// The message whose parts these are, in their order.
///
/// # Errors
/// See [`Refused`].
pub fn join(parts: &[Message]) -> Result<Bytes, Refused> {
    let [first, rest @ ..] = parts else { return Err(Refused::Count) };
    if parts.len() > PARTS_MAX {
        return Err(Refused::Count);
    }
    if rest.iter().any(|part| !is_alike(first, part)) {
        return Err(Refused::Kind);
    }
    check_chain(parts)?;
    let mut joined = Joined::default();
    for (number, part) in parts.iter().enumerate() {
        let last = number + 1 == parts.len();
        for (line, id) in part.lines().map(|line| (line, line.get(..3).unwrap_or_default())) {
            let is_header = id == b"MSH" && number > 0;
            let is_end = id == b"DSC" && (!last || part.text(&NEXT_POINTER).is_empty());
            if !is_header && !is_end && !line.is_empty() {
                joined.add(line, part.delimiters().field);
            }
        }
    }
    Ok(Bytes::from(first.encode_like(joined.written())))
}

/// The message with each ADD as the rest of the segment in front of it (from version 2.4 on also within one message);
/// `None` where there is none.
#[must_use]
pub fn with_addenda(message: &Message) -> Option<Message> {
    let has_rest = |element: Element<'_>| element.raw().len() > 3;
    if !message.segments_named(*b"ADD").any(has_rest) {
        return None;
    }
    let mut joined = Joined::default();
    message.lines().filter(|line| !line.is_empty()).for_each(|line| joined.add(line, message.delimiters().field));
    let written = joined.written();
    let is_same =
        written.len() == message.lines().map(|line| line.len() + usize::from(!line.is_empty())).sum::<usize>();
    (!is_same).then(|| Message::parse(message.encode_like(written)).0)
}

fn is_alike(one: &Message, other: &Message) -> bool {
    const ALIKE: [u16; 7] = [3, 4, 5, 6, 9, 12, 18];
    let is_same = |field: &u16| one.raw(&Path::field(b"MSH", *field)) == other.raw(&Path::field(b"MSH", *field));
    one.delimiters() == other.delimiters() && one.is_wide() == other.is_wide() && ALIKE.iter().all(is_same)
}

fn check_chain(parts: &[Message]) -> Result<(), Refused> {
    let mut pointer: Option<Option<String>> = Some(None);
    for message in parts {
        let part = Part::of(message).ok_or(Refused::Chain)?;
        // The part before this one has to go on, here.
        if pointer != Some(part.comes_from) {
            return Err(Refused::Chain);
        }
        pointer = part.goes_on_at.map(Some);
    }
    if pointer.is_none() { Ok(()) } else { Err(Refused::Chain) }
}

/// Lines that become a message.
#[derive(Default)]
struct Joined {
    lines: Vec<Vec<u8>>,
}

impl Joined {
    fn add(&mut self, line: &[u8], field: u8) {
        let rest = match line.strip_prefix(b"ADD") {
            Some([]) => &[][..],
            Some([separator, rest @ ..]) if *separator == field => rest,
            Some(_) | None => return self.lines.push(line.to_vec()),
        };
        match self.lines.last_mut() {
            Some(before) if !NEVER_CONTINUED.iter().any(|id| before.starts_with(id.as_bytes())) => {
                before.extend_from_slice(rest);
            }
            _ => self.lines.push(line.to_vec()),
        }
    }

    fn written(&self) -> Vec<u8> {
        let mut out = self.lines.join(&b'\r');
        out.push(b'\r');
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str = "MSH|^~\\&|LAB|N|HUB|N|20260301||ORU^R01|";

    fn message(text: &str) -> Message {
        Message::parse(text.replace("H#", HEAD).replace('/', "\r")).0
    }

    #[test]
    fn parts_are_known() {
        let check = |text: &str, expect: Option<(Option<&str>, Option<&str>)>| {
            let part = Part::of(&message(text)).map(|part| (part.comes_from, part.goes_on_at));
            let expect = expect.map(|(from, to)| (from.map(str::to_owned), to.map(str::to_owned)));
            assert_eq!(part, expect, "{text}");
        };
        check("H#1|P|2.5/PID|1", None);
        check("H#1|P|2.5/PID|1/DSC|", None);
        check("H#1|P|2.5/PID|1/DSC|\"\"", None);
        check("H#1|P|2.5/PID|1/DSC|p1", Some((None, Some("p1"))));
        check("H#1|P|2.5/PID|1/DSC|p1|F", Some((None, Some("p1"))));
        check("H#1|P|2.5/PID|1/DSC|p1|I", None);
        check("H#1|P|2.5||p1/OBX|1", Some((Some("p1"), None)));
        check("H#1|P|2.5||p1/OBX|1/DSC|p2|F", Some((Some("p1"), Some("p2"))));
        check("H#1|P|2.5/QRD|1/DSP|1/DSC|p1", None);
        check("H#1|P|2.5/QRD|1/DSP|1/DSC|p1|F", Some((None, Some("p1"))));
        check("", None);
    }

    #[test]
    fn parts_are_joined() {
        let check = |parts: &[&str], expect: Result<&str, Refused>| {
            let parts: Vec<Message> = parts.iter().map(|part| message(part)).collect();
            let expect = expect.map(|text| text.replace("H#", HEAD).replace('/', "\r"));
            let found = join(&parts).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
            assert_eq!(found, expect, "{parts:?}");
        };
        check(&["H#1|P|2.5/PID|1/DSC|p", "H#2|P|2.5||p/OBX|1/"], Ok("H#1|P|2.5/PID|1/OBX|1/"));
        check(
            &["H#1|P|2.5/OBX|1|TX|a/ADD/DSC|p", "H#2|P|2.5||p/ADD|b|c/OBX|2/DSC|q", "H#3|P|2.5||q/OBX|3"],
            Ok("H#1|P|2.5/OBX|1|TX|ab|c/OBX|2/OBX|3/"),
        );
        check(&["H#1|P|2.5/OBX|1/DSC|p", "H#2|P|2.5||p/ADD|/OBX|2/DSC|"], Ok("H#1|P|2.5/OBX|1/OBX|2/"));
        check(&["H#1|P|2.5/PID|1/DSC|p", "H#2|P|2.5||p/ADD|x/"], Ok("H#1|P|2.5/PID|1/ADD|x/"));
        check(&[], Err(Refused::Count));
        check(&["H#1|P|2.5/PID|1"], Err(Refused::Chain));
        check(&["H#1|P|2.5/PID|1/DSC|p"], Err(Refused::Chain));
        check(&["H#1|P|2.5/PID|1/DSC|p", "H#2|P|2.5||q/OBX|1"], Err(Refused::Chain));
        check(&["H#1|P|2.5||p/PID|1/DSC|p", "H#2|P|2.5||p/OBX|1"], Err(Refused::Chain));
        check(&["H#1|P|2.5/PID|1", "H#2|P|2.5||p/OBX|1"], Err(Refused::Chain));
        check(&["H#1|P|2.5/PID|1/DSC|p", "H#2|P|2.3||p/OBX|1"], Err(Refused::Kind));
    }

    #[test]
    fn addenda_within_a_message() {
        let check = |text: &str, expect: Option<&str>| {
            let found = with_addenda(&message(text)).map(|found| String::from_utf8(found.to_bytes().to_vec()).unwrap());
            assert_eq!(found, expect.map(|text| text.replace("H#", HEAD).replace('/', "\r")), "{text}");
        };
        check("H#1/OBX|1", None);
        check("H#1/OBX|1|TX|a/ADD|b/ADD|c|d/NTE|1", Some("H#1/OBX|1|TX|abc|d/NTE|1/"));
        check("H#1/OBX|1/ADD/", None);
        check("H#1/ADD|b", None);
        check("H#1/PID|1/ADD|b/", None);
    }

    proptest! {
        /// A message cut anywhere behind its header, between segments or inside one, is the same when joined.
        #[test]
        fn cut_and_joined(texts in proptest::collection::vec("[a-z|^]{0,12}", 1..8), cuts in proptest::collection::vec((0..8_usize, 0..14_usize), 0..5)) {
            let segments: Vec<String> = texts.iter().map(|text| format!("OBX|{text}")).collect();
            let whole = format!("{HEAD}1|P|2.5\r{}\r", segments.join("\r"));
            let mut cuts: Vec<(usize, usize)> = cuts
                .into_iter()
                .map(|(segment, at)| (segment % segments.len(), at))
                .map(|(segment, at)| (segment, 4 + at % (segments[segment].len() - 3)))
                .collect();
            cuts.sort_unstable();
            cuts.dedup();
            let mut parts = vec![String::new()];
            for (number, segment) in segments.iter().enumerate() {
                let mut start = 0;
                for (_, at) in cuts.iter().filter(|(segment, _)| *segment == number) {
                    let piece = &segment[start..*at];
                    let lead = if start == 0 { "" } else { "ADD|" };
                    let pointer = parts.len();
                    parts.last_mut().unwrap().push_str(&format!("{lead}{piece}\rADD\rDSC|p{pointer}|F\r"));
                    parts.push(String::new());
                    start = *at;
                }
                let lead = if start == 0 { "" } else { "ADD|" };
                parts.last_mut().unwrap().push_str(&format!("{lead}{}\r", &segment[start..]));
            }
            let messages: Vec<Message> = parts
                .iter()
                .enumerate()
                .map(|(number, body)| {
                    let pointer = if number == 0 { String::new() } else { format!("||p{number}") };
                    Message::parse(format!("{HEAD}{}|P|2.5{pointer}\r{body}", number + 1)).0
                })
                .collect();
            if messages.len() > 1 {
                prop_assert_eq!(join(&messages).unwrap(), Bytes::from(whole));
            }
        }
    }
}
