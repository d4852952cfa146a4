//! XML as a message.

use crate::codes;
use crate::{Charset, Delimiters};
use message::{Code, Diagnostic};
use std::collections::BTreeMap;
use xml::Node;

/// Highest number of a field or component in the name of an element.
const NUMBER_MAX: u16 = 999;
/// Largest message that a document may become.
const BYTES_MAX: usize = xml::BYTES_MAX;

/// Why a document is no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// E1050–E1052, E1070, E1071.
    pub code: Code,
    /// One sentence, without content of the document.
    pub text: String,
    /// Line and column, from 1, where known.
    pub at: Option<(u32, u32)>,
}

impl Refused {
    fn new(code: Code, text: impl Into<String>, node: Option<Node<'_, '_>>) -> Refused {
        let at = node.map(|node| node.document().text_pos_at(node.range().start));
        Refused { code, text: text.into(), at: at.map(|at| (at.row, at.col)) }
    }

    /// The refusal for people; `name` is the file.
    #[must_use]
    pub fn diagnostic(&self, name: &str) -> Diagnostic {
        let place = self.at.map(|(line, column)| format!(" (line {line}, column {column})")).unwrap_or_default();
        Diagnostic::error(self.code, format!("{name}: {}{place}", self.text))
    }
}

impl From<xml::Refusal> for Refused {
    fn from(refusal: xml::Refusal) -> Refused {
        let code = match refusal.reason {
            xml::Reason::Limit => codes::E1070,
            xml::Reason::Shape => codes::E1071,
        };
        Refused { code, text: refusal.text, at: refusal.at }
    }
}

/// The message that a document holds, with CR between its segments, in the character set of its MSH-18.
///
/// # Errors
/// The document is no XML or passes a limit ([`xml::read`]); it has no MSH segment (E1050); an element is no group,
/// segment, field or component (E1051); the declared character set lacks a character (E1052).
pub fn read(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let text = xml::decode(bytes)?;
    let document = xml::read(&text)?;
    let mut segments = Vec::new();
    collect(document.root_element(), &mut segments)?;
    let header = segments.first().filter(|node| local(**node) == "MSH").copied();
    let header = header.ok_or_else(|| {
        Refused::new(codes::E1050, "no MSH segment stands first in the document", Some(document.root_element()))
    })?;
    let delimiters = delimiters(header)?;
    let mut out = String::new();
    for segment in segments {
        write_segment(segment, delimiters, &mut out)?;
        if out.len() > BYTES_MAX {
            return Err(Refused::new(codes::E1050, "the message in the document is too large", None));
        }
    }
    let declared = xml::named(header, "MSH.18").next().map(xml::text_of).unwrap_or_default();
    let charset = Charset::named(declared.as_bytes()).unwrap_or(Charset::Utf8);
    let encoded = charset.encode(&out).map(std::borrow::Cow::into_owned);
    encoded.ok_or_else(|| {
        let text = format!("the character set of MSH-18, {}, lacks a character of the document", charset.name());
        Refused::new(codes::E1052, text, None)
    })
}

fn local<'a>(node: Node<'a, '_>) -> &'a str {
    node.tag_name().name()
}

fn is_segment_id(name: &str) -> bool {
    name.len() == 3
        && name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The segments in order; groups are what is not named like a segment and holds elements only.
fn collect<'a, 'i>(parent: Node<'a, 'i>, out: &mut Vec<Node<'a, 'i>>) -> Result<(), Refused> {
    let prefix = format!("{}.", local(parent.document().root_element()));
    for child in xml::children(parent) {
        if is_segment_id(local(child)) {
            out.push(child);
        } else if local(child).starts_with(&prefix)
            || local(child).contains('.') && xml::children(child).next().is_some()
        {
            collect(child, out)?;
        } else {
            return Err(Refused::new(codes::E1051, "an element is neither a segment nor a group", Some(child)));
        }
    }
    Ok(())
}

/// MSH.1 and MSH.2, the usual ones where they are missing.
fn delimiters(header: Node<'_, '_>) -> Result<Delimiters, Refused> {
    let text = |name| xml::named(header, name).next().and_then(|node| node.text()).unwrap_or_default();
    let (field, others) = (text("MSH.1"), text("MSH.2"));
    if field.is_empty() && others.is_empty() {
        return Ok(Delimiters::default());
    }
    let line = format!("MSH{field}{others}{field}");
    let (found, odd) = Delimiters::read(line.as_bytes());
    if field.len() != 1 || odd.short || odd.wrong {
        return Err(Refused::new(codes::E1051, "MSH.1 and MSH.2 do not name delimiters", Some(header)));
    }
    Ok(found)
}

/// The number behind the last dot: `PID.5`, `XPN.1`.
fn number(node: Node<'_, '_>) -> Result<u16, Refused> {
    let digits = local(node).rsplit_once('.').and_then(|(_, digits)| digits.parse::<u16>().ok());
    digits.filter(|number| (1..=NUMBER_MAX).contains(number)).ok_or_else(|| {
        Refused::new(
            codes::E1051,
            format!("an element has no number from 1 to {NUMBER_MAX} behind its name"),
            Some(node),
        )
    })
}

fn write_segment(segment: Node<'_, '_>, delimiters: Delimiters, out: &mut String) -> Result<(), Refused> {
    let id = local(segment);
    let is_header = matches!(id, "MSH" | "FHS" | "BHS");
    let mut fields: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for field in xml::children(segment) {
        let number = number(field)?;
        if !(is_header && number <= 2) {
            fields.entry(number).or_default().push(value(field, delimiters, Level::Repetition)?);
        }
    }
    out.push_str(id);
    let mut reached = 0;
    if is_header {
        out.push(char::from(delimiters.field));
        out.push_str(&delimiters.encoding_characters());
        reached = 2;
    }
    for (number, repetitions) in fields {
        out.extend(std::iter::repeat_n(char::from(delimiters.field), usize::from(number - reached)));
        out.push_str(&repetitions.join(&char::from(delimiters.repetition).to_string()));
        reached = number;
    }
    out.push('\r');
    Ok(())
}

/// What the children of an element are.
#[derive(Clone, Copy)]
enum Level {
    Repetition,
    Component,
    Subcomponent,
}

fn value(node: Node<'_, '_>, delimiters: Delimiters, level: Level) -> Result<String, Refused> {
    let mut parts: BTreeMap<u16, String> = BTreeMap::new();
    let inner = match level {
        Level::Repetition => Some((Level::Component, delimiters.component)),
        Level::Component => Some((Level::Subcomponent, delimiters.subcomponent)),
        Level::Subcomponent => None,
    };
    for child in xml::children(node).filter(|child| local(*child) != "escape") {
        let Some((inner, _)) = inner else {
            return Err(Refused::new(codes::E1051, "an element stands below a subcomponent", Some(child)));
        };
        if parts.insert(number(child)?, value(child, delimiters, inner)?).is_some() {
            return Err(Refused::new(codes::E1051, "a component stands twice in a value", Some(child)));
        }
    }
    let (Some((_, separator)), Some(last)) = (inner, parts.keys().next_back().copied()) else {
        return Ok(text(node, delimiters));
    };
    let all: Vec<&str> = (1..=last).map(|number| parts.get(&number).map_or("", String::as_str)).collect();
    Ok(all.join(&char::from(separator).to_string()))
}

/// Text and escape elements as ER7 writes them.
fn text(node: Node<'_, '_>, delimiters: Delimiters) -> String {
    let escape = char::from(delimiters.escape);
    let mut out = String::new();
    for child in node.children() {
        if child.is_element() {
            let body = child.attribute("V").unwrap_or_default();
            let body: String = body.chars().filter(|letter| *letter != escape && *letter != '\r').collect();
            out.extend([&escape.to_string(), &body, &escape.to_string()].map(String::as_str));
            continue;
        }
        for letter in child.text().filter(|_| child.is_text()).unwrap_or_default().chars() {
            let name = match u8::try_from(letter) {
                Ok(byte) if byte == delimiters.field => "F",
                Ok(byte) if byte == delimiters.component => "S",
                Ok(byte) if byte == delimiters.subcomponent => "T",
                Ok(byte) if byte == delimiters.repetition => "R",
                Ok(byte) if byte == delimiters.escape => "E",
                Ok(b'\r') => "X0D",
                Ok(b'\n') => ".br",
                _ => "",
            };
            if name.is_empty() {
                out.push(letter);
            } else {
                out.extend([&escape.to_string(), name, &escape.to_string()]);
            }
        }
    }
    out
}
