//! A message as XML.

use super::NAMESPACE;
use crate::dictionary::{Datatype, Dictionary, Part, Segment, Version};
use crate::structure::{self, Placement};
use crate::tree::{Element, Level};
use crate::{Message, Path};
use std::fmt::Write;

/// The message as an XML document. One whose structure the dictionary does not know is named by its MSH-9 and has no
/// groups.
///
/// ```
/// use hl7v2::{Message, v2xml};
/// let (message, _) = Message::parse("MSH|^~\\&|LAB||||||ADT^A04|1|P|2.5.1\rPID|||77||Doe^Jane\r");
/// let xml = v2xml::write(&message);
/// assert!(xml.contains("<ADT_A01 xmlns=\"urn:hl7-org:v2xml\">"));
/// assert!(xml.contains("<XPN.1><FN.1>Doe</FN.1></XPN.1>"));
/// ```
#[must_use]
pub fn write(message: &Message) -> String {
    let version = Version::of(message).unwrap_or(Version::V2_5_1);
    let mut writer = Writer { out: String::new(), dictionary: Dictionary::of(version), depth: 0 };
    writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let structure = structure::of_message(message);
    let root = structure.map_or_else(|| named_by_type(message), |structure| structure.id().to_owned());
    let _ = writeln!(writer.out, "<{root} xmlns=\"{NAMESPACE}\">");
    writer.depth = 1;
    match structure::place_message(message) {
        Some((compiled, placement)) => writer.placed(message, &root, compiled, &placement),
        None => message.segments().for_each(|segment| writer.segment(&segment)),
    }
    let _ = writeln!(writer.out, "</{root}>");
    writer.out
}

/// `ZZZ_Z01` of a message that has no known structure; `MESSAGE` of one that says nothing an element can be called.
fn named_by_type(message: &Message) -> String {
    let part = |number| message.text(&Path::component(b"MSH", 9, number)).into_owned();
    let parts: Vec<String> = [part(1), part(2)].into_iter().filter(|part| !part.is_empty()).collect();
    let name = parts.join("_");
    let is_name = name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name { name } else { "MESSAGE".to_owned() }
}

struct Writer {
    out: String,
    dictionary: Dictionary,
    depth: usize,
}

impl Writer {
    fn placed(&mut self, message: &Message, root: &str, compiled: &structure::Structure, placement: &Placement) {
        let segments: Vec<Element<'_>> = message.segments().collect();
        let mut open: Vec<(u32, String)> = Vec::new();
        for (at, item) in placement.items.iter().enumerate().skip(1) {
            while open.last().is_some_and(|(group, _)| *group != item.parent) {
                self.close(&mut open);
            }
            let Some(number) = item.segment else {
                let name = format!("{root}.{}", compiled.node(item.node).name);
                self.line(&format!("<{name}>"));
                self.depth += 1;
                open.push((at as u32, name));
                continue;
            };
            if let Some(segment) = segments.get(number as usize) {
                self.segment(segment);
            }
        }
        while !open.is_empty() {
            self.close(&mut open);
        }
    }

    fn close(&mut self, open: &mut Vec<(u32, String)>) {
        if let Some((_, name)) = open.pop() {
            self.depth -= 1;
            self.line(&format!("</{name}>"));
        }
    }

    fn line(&mut self, text: &str) {
        self.out.extend(std::iter::repeat_n("  ", self.depth));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn segment(&mut self, segment: &Element<'_>) {
        let id = segment.id();
        let known = self.dictionary.segment(id);
        self.line(&format!("<{id}>"));
        self.depth += 1;
        for (field, number) in segment.parts().zip(1_u16..) {
            let name = format!("{id}.{number}");
            if field.level() == Level::Verbatim {
                let text = plain(&String::from_utf8_lossy(field.raw()));
                self.line(&format!("<{name}>{text}</{name}>"));
                continue;
            }
            if field.is_empty() {
                continue;
            }
            let part = known.and_then(|known| known.field(number));
            let kind = part.and_then(|part| self.kind_of(part, known, segment));
            for repetition in field.parts() {
                let inner = value(&repetition, kind, &name);
                self.line(
                    &format!("<{name}>{inner}</{name}>").replace(&format!("<{name}></{name}>"), &format!("<{name}/>")),
                );
            }
        }
        self.depth -= 1;
        self.line(&format!("</{id}>"));
    }

    /// The data type of a field; that of OBX-5 stands in OBX-2, that of MFE-4 in MFE-5.
    fn kind_of(&self, part: Part, known: Option<Segment>, segment: &Element<'_>) -> Option<Datatype> {
        if part.type_name() != "varies" {
            return part.datatype();
        }
        let says = match known.map(Segment::id) {
            Some("OBX") => 2,
            Some("MFE") => 5,
            Some("MFA") => 6,
            _ => return None,
        };
        let name = segment.field(says)?.text();
        self.dictionary.datatype(&name)
    }
}

/// What stands inside the element of a repetition, a component or a subcomponent.
fn value(element: &Element<'_>, kind: Option<Datatype>, name: &str) -> String {
    let parts: Vec<Element<'_>> = element.parts().collect();
    let is_composite = kind.is_some_and(|kind| !kind.is_primitive());
    let is_null = element.raw() == b"\"\"";
    if parts.len() <= 1 && (!is_composite || is_null) || element.level() == Level::Subcomponent {
        return text(element);
    }
    let mut out = String::new();
    for (part, number) in parts.iter().zip(1_u16..) {
        if part.is_empty() {
            continue;
        }
        let below =
            kind.filter(|_| is_composite).and_then(|kind| kind.component(number)).and_then(|part| part.datatype());
        let name = kind.map_or_else(|| format!("{name}.{number}"), |kind| format!("{}.{number}", kind.id()));
        // Below a component there are subcomponents only: a type that nests deeper is written as it stands.
        let below = below.filter(|_| part.level() == Level::Component);
        let _ = write!(out, "<{name}>{}</{name}>", value(part, below, &name));
    }
    out
}

/// Text with its escape sequences: delimiters as characters, the others as elements.
fn text(element: &Element<'_>) -> String {
    let message = element.message();
    let (raw, shape) = (element.raw(), element.shape());
    let delimiters = message.delimiters();
    let mut out = String::new();
    let mut at = 0;
    while at < raw.len() {
        let next = memchr::memchr(delimiters.escape, &shape[at..]).map_or(raw.len(), |found| at + found);
        out.push_str(&plain(&message.charset().decode(&raw[at..next])));
        if next == raw.len() {
            break;
        }
        let Some(length) = memchr::memchr(delimiters.escape, &shape[next + 1..]) else {
            out.push_str(&plain(&message.charset().decode(&raw[next..])));
            break;
        };
        let body = &raw[next + 1..next + 1 + length];
        let character = match body {
            b"F" => Some(delimiters.field),
            b"S" => Some(delimiters.component),
            b"T" => Some(delimiters.subcomponent),
            b"R" => Some(delimiters.repetition),
            b"E" => Some(delimiters.escape),
            _ => None,
        };
        match character {
            Some(byte) => out.push_str(&plain(&char::from(byte).to_string())),
            None => {
                let _ = write!(out, "<escape V=\"{}\"/>", plain(&message.charset().decode(body)));
            }
        }
        at = next + length + 2;
    }
    out
}

/// Characters that XML has: markup as references, what XML cannot hold as an escape sequence of its bytes.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' | '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                let mut bytes = [0; 4];
                let hex: String = letter.encode_utf8(&mut bytes).bytes().map(|byte| format!("{byte:02X}")).collect();
                let _ = write!(out, "<escape V=\"X{hex}\"/>");
            }
            other => out.push(other),
        }
    }
    out
}
