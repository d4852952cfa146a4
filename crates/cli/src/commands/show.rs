//! `sinew show`: a message as a person reads it, a value a line, with the names, codes and dates that the dictionary of
//! the message's version knows.

use crate::{
    desk, mask, messages,
    outcome::{Exit, Failure, Result},
    rulebook,
    screen::{Screen, plain},
};
use clap::Args;
use hl7v2::dictionary::{Datatype, Dictionary, Part, Table, Version};
use hl7v2::{Element, Message, State, structure, validate::lines::DocumentedSegment};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Show a message field by field
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew show a01.hl7
  sinew show a01.hl7 PID               only PID segments
  sinew show a01.hl7 --plain           places and values only
  sinew show a01.hl7 --json | jq '.segments[0]'
  sinew show order.json                every value of JSON, XML, rows or X12 with its path
  sinew show lab.txt --format lab-csv  as shared/formats describes it

Names, meanings of codes and dates are those of the message's own version (MSH-12). On a terminal, values about the patient are masked: --reveal shows them. Files and pipes are not masked.
Exit: 0, 1 nothing to show, 3 the file cannot be opened.")]
pub struct Show {
    /// A file, or - for standard input
    file: PathBuf,
    /// Only this segment, such as PID
    segment: Option<String>,
    /// Show patient data on the terminal
    #[arg(long)]
    reveal: bool,
    /// Without the names of fields and the meanings of codes
    #[arg(long)]
    plain: bool,
    /// What the file is: json, xml, csv, tsv, x12, or a description in shared/formats; without it, as its name ends
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// A JSON object a message
    #[arg(long)]
    json: bool,
}

impl Show {
    pub fn run(self, screen: &Screen) -> Result {
        if let Some(document) = desk::open(&self.file, self.format.as_deref())? {
            return Ok(desk::show(screen, &document, screen.is_terminal && !self.reveal, self.json));
        }
        let file = messages::read(&self.file)?;
        if file.messages.is_empty() {
            return Err(Failure::new(Exit::Problems, format!("{}: no HL7 v2 message in it", self.file.display())));
        }
        let mut is_shown = false;
        let documented = rulebook::documented();
        for (place, found) in file.messages.iter().enumerate() {
            if self.json {
                screen.line(as_json(&found.bytes, self.segment.as_deref()).to_string());
                is_shown = true;
                continue;
            }
            if file.messages.len() > 1 {
                screen.line(screen.paint("1", &format!("message {}", place + 1)));
            }
            let look =
                Look { is_masked: screen.is_terminal && !self.reveal, is_plain: self.plain, documented: &documented };
            is_shown |= print(screen, &found.bytes, look, self.segment.as_deref());
        }
        Ok(if is_shown { Exit::Ok } else { Exit::Problems })
    }
}

/// How a message is printed.
#[derive(Clone, Copy)]
pub struct Look<'d> {
    /// Values about the patient are hidden.
    pub is_masked: bool,
    /// Places and values only.
    pub is_plain: bool,
    /// Fields that the workspace explains.
    pub documented: &'d [DocumentedSegment],
}

/// One value of a message with its place.
struct Line {
    path: String,
    name: String,
    text: String,
    /// What a code means, or a date as people write it.
    meaning: String,
    is_top: bool,
}

/// Prints a message; `false` when the wanted segment is not in it.
pub fn print(screen: &Screen, bytes: &[u8], look: Look<'_>, wanted: Option<&str>) -> bool {
    let (message, _) = Message::parse_slice(bytes);
    let dictionary = Dictionary::of(Version::of(&message).unwrap_or(Version::V2_5_1));
    if !look.is_plain && wanted.is_none() {
        screen.line(screen.paint("2", &title(&message, dictionary)));
    }
    let mut is_shown = false;
    for (label, segment) in labelled(&message, wanted) {
        is_shown = true;
        let own = look.documented.iter().find(|own| own.id == segment.id().as_bytes()).map(|own| &*own.name);
        let known = dictionary.segment(segment.id()).map(|known| known.name());
        let name = known.or(own).filter(|_| !look.is_plain);
        screen.line(format!("{}  {}", screen.paint("1;36", &label), name.unwrap_or_default()).trim_end());
        for number in 1..=u16::try_from(segment.field_count()).unwrap_or(u16::MAX) {
            let is_hidden = look.is_masked && mask::is_hidden(segment.id(), number);
            for line in lines(&segment, number, &label, (dictionary, look.documented)) {
                screen.line(printed(screen, line, is_hidden, look.is_plain));
            }
        }
    }
    is_shown
}

/// `ADT^A04  Register a patient  ADT_A01, HL7 v2.5.1`.
fn title(message: &Message, dictionary: Dictionary) -> String {
    let part = |number| message.text(&hl7v2::Path::component(b"MSH", 9, number)).into_owned();
    let (kind, event) = (part(1), part(2));
    let named = dictionary.trigger_event(&event);
    let named = named.and_then(|found| found.triggers().find(|trigger| trigger.message_type == kind));
    let structure =
        structure::of_message(message).map(|found| format!("structure {}, ", found.id())).unwrap_or_default();
    let name = named.map(|trigger| format!("  {}", trigger.name)).unwrap_or_default();
    plain(&format!("{kind}^{event}{name}  ({structure}HL7 v{})", dictionary.version()))
}

/// Columns of a terminal that names take.
const NAME_COLUMNS: usize = 30;

fn printed(screen: &Screen, line: Line, is_hidden: bool, is_plain: bool) -> String {
    let text = match (is_hidden, line.is_top) {
        (false, _) => line.text,
        (true, true) => format!("{}  masked, --reveal", mask::masked(&line.text)),
        (true, false) => mask::masked(&line.text),
    };
    let path =
        if line.is_top { screen.paint("1", &format!("{:<12}", line.path)) } else { format!("  {:<10}", line.path) };
    if is_plain {
        return format!("  {path} {text}");
    }
    let name: String = if line.name.chars().count() > NAME_COLUMNS {
        line.name.chars().take(NAME_COLUMNS - 1).chain(['…']).collect()
    } else {
        line.name
    };
    let name = screen.paint("2", &format!("{name:<NAME_COLUMNS$}"));
    let meaning = if is_hidden || line.meaning.is_empty() {
        String::new()
    } else {
        screen.paint("32", &format!("  = {}", line.meaning))
    };
    format!("  {path} {name} {text}{meaning}")
}

/// Segments with the label that a path would use: `OBX[3]` where there are several.
fn labelled<'m>(message: &'m Message, wanted: Option<&str>) -> Vec<(String, Element<'m>)> {
    let count = |id: &str| message.segments().filter(|segment| segment.id() == id).count();
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    let mut out = Vec::new();
    for segment in message.segments() {
        let number = seen.entry(segment.id().to_owned()).or_default();
        *number += 1;
        if wanted.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(segment.id())) {
            continue;
        }
        let label =
            if count(segment.id()) > 1 { format!("{}[{number}]", segment.id()) } else { segment.id().to_owned() };
        out.push((label, segment));
    }
    out
}

/// The lines of one field: its repetitions, and their components where there is more than one.
fn lines(
    segment: &Element<'_>,
    number: u16,
    label: &str,
    (dictionary, documented): (Dictionary, &[DocumentedSegment]),
) -> Vec<Line> {
    let mut out = Vec::new();
    let Some(field) = segment.field(number).filter(|field| field.state() != State::Empty) else { return out };
    let part = dictionary.segment(segment.id()).and_then(|known| known.field(number));
    // What a site says of a field goes over what the standard calls it.
    let own = rulebook::field(documented, segment.id(), number);
    let name = own.map(|own| own.name.to_string()).or(part.map(|part| part.name().to_owned())).unwrap_or_default();
    let is_header = matches!(segment.id(), "MSH" | "FHS" | "BHS") && number <= 2;
    if is_header {
        let text = String::from_utf8_lossy(field.raw()).into_owned();
        return vec![Line { path: format!("{label}-{number}"), name, text, meaning: String::new(), is_top: true }];
    }
    let kind = match part.map(Part::type_name) {
        // OBX-2 says the type of OBX-5.
        Some("varies") => segment.field(2).and_then(|kind| dictionary.datatype(&kind.text())),
        _ => part.and_then(Part::datatype).or_else(|| own.and_then(|own| dictionary.datatype(&own.type_name))),
    };
    let table = part.and_then(Part::table).or_else(|| own.and_then(|own| dictionary.table(own.table?)));
    let repetitions: Vec<Element<'_>> = field.parts().collect();
    for (place, repetition) in repetitions.iter().enumerate() {
        let path = if repetitions.len() > 1 {
            format!("{label}-{number}[{}]", place + 1)
        } else {
            format!("{label}-{number}")
        };
        let components: Vec<Element<'_>> = repetition.parts().collect();
        let alone = if components.len() <= 1 { meaning(repetition, table, kind) } else { String::new() };
        out.push(Line { path, name: name.clone(), text: shown(repetition), meaning: alone, is_top: true });
        if components.len() <= 1 {
            continue;
        }
        for (place, component) in (1_u16..).zip(&components).filter(|(_, component)| component.state() != State::Empty)
        {
            let inner = kind.and_then(|kind| kind.component(place));
            let name = inner.map(|inner| inner.name().to_owned()).unwrap_or_default();
            let table = if place == 1 { table.or_else(|| inner?.table()) } else { inner.and_then(Part::table) };
            let meaning = meaning(component, table, inner.and_then(Part::datatype));
            out.push(Line { path: format!(".{place}"), name, text: shown(component), meaning, is_top: false });
        }
    }
    out
}

/// What a code means by its table, or a date as people write it; empty where there is nothing to say.
fn meaning(element: &Element<'_>, table: Option<Table>, kind: Option<Datatype>) -> String {
    let text = element.text();
    if element.state() != State::Value {
        return String::new();
    }
    let simple = kind.map(|kind| if kind.id() == "TS" { "DTM" } else { kind.id() });
    let stamp = match simple {
        Some("DT" | "DTM") => stamp(&text),
        _ => None,
    };
    let code = || table.and_then(|table| table.display(&text)).map(str::to_owned);
    stamp.or_else(code).unwrap_or_default()
}

/// `20260301123000-0500` as `2026-03-01 12:30:00 -05:00`; `None` for what is no date or only a year.
fn stamp(text: &str) -> Option<String> {
    let (digits, zone) = match text.find(['+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let (digits, fraction) =
        digits.split_once('.').map_or((digits, String::new()), |(head, rest)| (head, format!(".{rest}")));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 6 | 8 | 10 | 12 | 14) {
        return None;
    }
    let mut out = format!("{}-{}", &digits[..4], &digits[4..6]);
    for (place, mark) in [(6, "-"), (8, " "), (10, ":"), (12, ":")] {
        if let Some(two) = digits.get(place..place + 2) {
            out.push_str(mark);
            out.push_str(two);
        }
    }
    if digits.len() == 10 {
        out.push('h');
    }
    out.push_str(&fraction);
    if let (5, Some(hours), Some(minutes)) = (zone.len(), zone.get(..3), zone.get(3..)) {
        out.push_str(&format!(" {hours}:{minutes}"));
    }
    Some(out)
}

fn shown(element: &Element<'_>) -> String {
    match element.state() {
        State::Null => "\"\"  (null: delete)".to_owned(),
        State::Empty | State::Value => {
            let text = element.text();
            let is_long = text.chars().count() > 200;
            let head = plain(&text.chars().take(200).collect::<String>());
            if is_long { format!("{head}…  ({} characters)", text.chars().count()) } else { head }
        }
    }
}

fn as_json(bytes: &[u8], wanted: Option<&str>) -> Value {
    let (message, _) = Message::parse_slice(bytes);
    let dictionary = Dictionary::of(Version::of(&message).unwrap_or(Version::V2_5_1));
    let segments: Vec<Value> = labelled(&message, wanted)
        .into_iter()
        .map(|(label, segment)| {
            let mut fields = serde_json::Map::new();
            for number in 1..=u16::try_from(segment.field_count()).unwrap_or(u16::MAX) {
                for line in
                    lines(&segment, number, segment.id(), (dictionary, &[])).into_iter().filter(|line| line.is_top)
                {
                    fields.insert(line.path, Value::String(line.text));
                }
            }
            json!({"segment": label, "fields": fields})
        })
        .collect();
    let structure = structure::of_message(&message).map(|found| found.id());
    json!({"schema": "sinew.show/1", "structure": structure, "segments": segments})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_people_write_them() {
        let check = |text: &str, expect: Option<&str>| assert_eq!(stamp(text).as_deref(), expect, "{text}");
        check("20260301", Some("2026-03-01"));
        check("202603", Some("2026-03"));
        check("20260301123000.5-0500", Some("2026-03-01 12:30:00.5 -05:00"));
        check("2026030112", Some("2026-03-01 12h"));
        check("2026", None);
        check("yesterday", None);
        check("2026é301", None);
    }

    #[test]
    fn names_and_meanings() {
        let text = "MSH|^~\\&|A||||20260301||ADT^A04|1|P|2.5.1\rPID|1||77^^^N^MR||Doe^Jane||19800102|F\r\
OBX|1|CE|G||H^High||||||F\r";
        let (message, _) = Message::parse(text);
        let dictionary = Dictionary::of(Version::V2_5_1);
        assert_eq!(title(&message, dictionary), "ADT^A04  Register a patient  (structure ADT_A01, HL7 v2.5.1)");
        let line = |id: &str, number: u16, place: usize| {
            let segment = message.segments().find(|segment| segment.id() == id).expect("a segment");
            let line = lines(&segment, number, id, (dictionary, &[])).swap_remove(place);
            (line.name, line.text, line.meaning)
        };
        assert_eq!(line("PID", 8, 0), ("Administrative Sex".to_owned(), "F".to_owned(), "Female".to_owned()));
        assert_eq!(line("PID", 7, 0).2, "1980-01-02");
        assert_eq!(
            line("PID", 3, 3),
            ("Identifier Type Code".to_owned(), "MR".to_owned(), "Medical record number".to_owned())
        );
        assert_eq!(line("OBX", 5, 1).0, "Identifier");
        assert!(line("OBX", 11, 0).2.starts_with("Final results"));
    }
}
