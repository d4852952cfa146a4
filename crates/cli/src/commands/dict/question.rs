//! What was asked for, and everything of one version that has this name.

use hl7v2::dictionary::{Datatype, Dictionary, Part, Segment, Structure, Table, TriggerEvent, Version};
use hl7v2::{Path, path::Member};

/// The words of the command line, understood.
pub enum Question {
    /// `PID-5.1`.
    Field(String, Member),
    /// `XPN.1`, `XPN.1.2`.
    Component(String, u16, Option<u16>),
    /// `table 0001`.
    Table(u16),
    /// `ADT^A04`.
    Trigger(String, String),
    /// `PID`, `XPN`, `ADT_A01`, `A04`: whatever has this name.
    Name(String),
    /// Words to search for.
    Words,
}

/// Something of the dictionary, in one version.
pub enum Found {
    Segment(Segment, Version),
    /// With its place, and the parts from the field down.
    Part(String, Vec<Part>, Version),
    Datatype(Datatype, Version),
    Table(Table, Version),
    Structure(Structure, Version),
    TriggerEvent(TriggerEvent, Version),
}

impl Found {
    /// The version that it is shown in.
    pub fn version(&self) -> Version {
        match self {
            Found::Segment(_, version)
            | Found::Part(_, _, version)
            | Found::Datatype(_, version)
            | Found::Table(_, version)
            | Found::Structure(_, version)
            | Found::TriggerEvent(_, version) => *version,
        }
    }

    /// The same thing in another version.
    pub fn in_version(&self, version: Version) -> Option<Found> {
        let dictionary = Dictionary::of(version);
        match self {
            Found::Segment(segment, _) => Some(Found::Segment(dictionary.segment(segment.id())?, version)),
            Found::Datatype(kind, _) => Some(Found::Datatype(dictionary.datatype(kind.id())?, version)),
            Found::Table(table, _) => Some(Found::Table(dictionary.table(table.number())?, version)),
            Found::Structure(structure, _) => Some(Found::Structure(dictionary.structure(structure.id())?, version)),
            Found::TriggerEvent(event, _) => {
                Some(Found::TriggerEvent(dictionary.trigger_event(event.code())?, version))
            }
            Found::Part(place, _, _) => Question::place(place)?.answer_in(version).into_iter().next(),
        }
    }
}

impl Question {
    /// Understands the words.
    pub fn read(words: &[String]) -> Question {
        let number = |word: &str| word.trim_start_matches("HL7").parse::<u16>().ok();
        match words {
            [table, word] if table.eq_ignore_ascii_case("table") => {
                number(word).map_or(Question::Words, Question::Table)
            }
            [word] if word.len() == 4 && number(word).is_some() => Question::Table(number(word).unwrap_or(0)),
            [word] => Question::place(&word.to_ascii_uppercase()).unwrap_or(Question::Words),
            _ => Question::Words,
        }
    }

    /// A name or place in capitals.
    fn place(word: &str) -> Option<Question> {
        if let Some((kind, trigger)) = word.split_once('^') {
            return Some(Question::Trigger(kind.to_owned(), trigger.split('^').next().unwrap_or_default().to_owned()));
        }
        let is_name =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_name(word) {
            return Some(Question::Name(word.to_owned()));
        }
        if let Some((name, numbers)) = word.split_once('.') {
            let mut numbers = numbers.split('.').map(|number| number.parse::<u16>().ok());
            if let (true, Some(first), second, None) =
                (is_name(name), numbers.next().flatten(), numbers.next(), numbers.next())
                && second != Some(None)
                && Dictionary::of(Version::V2_9).segment(name).is_none()
            {
                return Some(Question::Component(name.to_owned(), first, second.flatten()));
            }
        }
        let path = Path::parse(word).ok()?;
        path.member.field.as_ref()?;
        Some(Question::Field(path.segment_name().to_owned(), path.member))
    }

    /// Everything of this name in the version; with `is_anywhere`, else in the newest version that has it.
    pub fn answer(&self, version: Version, is_anywhere: bool) -> Vec<Found> {
        let found = self.answer_in(version);
        if !found.is_empty() || !is_anywhere {
            return found;
        }
        let others = Version::ALL.into_iter().rev().map(|version| self.answer_in(version));
        others.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
    }

    fn answer_in(&self, version: Version) -> Vec<Found> {
        let dictionary = Dictionary::of(version);
        match self {
            Question::Words => Vec::new(),
            Question::Table(number) => {
                dictionary.table(*number).map(|table| Found::Table(table, version)).into_iter().collect()
            }
            Question::Trigger(kind, event) => {
                let structure = dictionary.structure_named(kind, event, "");
                structure.map(|structure| Found::Structure(structure, version)).into_iter().collect()
            }
            Question::Name(name) => [
                dictionary.segment(name).map(|found| Found::Segment(found, version)),
                dictionary.datatype(name).map(|found| Found::Datatype(found, version)),
                dictionary
                    .structure(name)
                    .or_else(|| structure_of_trigger(dictionary, name))
                    .map(|found| Found::Structure(found, version)),
                dictionary.trigger_event(name).map(|found| Found::TriggerEvent(found, version)),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Question::Component(name, number, below) => {
                let parts = dictionary.datatype(name).and_then(|kind| kind.component(*number)).map(|part| vec![part]);
                let place = format!("{name}.{number}");
                parts.and_then(|parts| deeper(place, parts, *below, None, version)).into_iter().collect()
            }
            Question::Field(segment, member) => {
                let number = member.field.as_ref().map_or(0, |(number, _)| *number);
                let parts =
                    dictionary.segment(segment).and_then(|segment| segment.field(number)).map(|part| vec![part]);
                let place = format!("{segment}-{number}");
                parts
                    .and_then(|parts| deeper(place, parts, member.component, member.subcomponent, version))
                    .into_iter()
                    .collect()
            }
        }
    }
}

/// `ADT_A04`, which has the structure ADT_A01.
fn structure_of_trigger(dictionary: Dictionary, name: &str) -> Option<Structure> {
    let (kind, event) = name.split_once('_')?;
    dictionary.structure(dictionary.structure_of(kind, event)?)
}

fn deeper(
    mut place: String,
    mut parts: Vec<Part>,
    component: Option<u16>,
    subcomponent: Option<u16>,
    version: Version,
) -> Option<Found> {
    for number in component.into_iter().chain(subcomponent) {
        let part = parts.last()?.datatype()?.component(number)?;
        place.push_str(&format!(".{number}"));
        parts.push(part);
    }
    Some(Found::Part(place, parts, version))
}
