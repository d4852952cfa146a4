//! Where lines answer for the standard: what a profile says of a place goes over what the standard says of it.
//!
//! Only lines without a condition, a filter and groups do so: they hold wherever the place is.

use super::{Demand, DocumentedSegment, Line, Place};
use crate::Path;
use crate::codes;
use crate::path::{Index, Member};
use crate::validate::Issue;
use std::collections::BTreeSet;

/// What a line says of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    /// Whether there is something.
    Presence,
    /// How often.
    Number,
    /// How long.
    Length,
    /// Which codes.
    Codes,
    /// That it exists at all.
    Existence,
}

/// Segment or group name, field, component, subcomponent; 0 where not that deep.
type Key = (Box<str>, u16, u16, u16);

/// The places that the profile speaks about.
#[derive(Clone, Debug, Default)]
pub(super) struct Answered(BTreeSet<(Topic, Key)>);

impl Answered {
    pub(super) fn by(lines: &[Line], documented: &[DocumentedSegment]) -> Answered {
        let mut found = BTreeSet::new();
        for line in lines.iter().filter(|line| line.when.is_none()) {
            let Some(key) = key(&line.place) else { continue };
            for topic in topics(&line.demand) {
                found.insert((*topic, key.clone()));
            }
        }
        for segment in documented {
            let id: Box<str> = String::from_utf8_lossy(&segment.id).into();
            found.extend(segment.fields.iter().map(|field| (Topic::Existence, (id.clone(), field.number, 0, 0))));
        }
        Answered(found)
    }

    /// The profile speaks about what the issue of the standard is about.
    pub(super) fn takes(&self, issue: &Issue) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let Some(topics) = topics_of(&issue.code) else { return false };
        let (name, numbers) = match Path::parse(&issue.path) {
            Ok(path) => {
                let Member { field, component, subcomponent } = path.member;
                let numbers =
                    [field.map_or(0, |(number, _)| number), component.unwrap_or(0), subcomponent.unwrap_or(0)];
                (String::from_utf8_lossy(&path.segment).into_owned(), numbers)
            }
            // Of a group its name, without those around it and without its number.
            Err(_) => {
                let name = issue.path.rsplit('.').next().unwrap_or_default();
                (name.split('[').next().unwrap_or_default().to_owned(), [0; 3])
            }
        };
        let has = |topic: Topic, numbers: [u16; 3]| {
            self.0.contains(&(topic, (name.as_str().into(), numbers[0], numbers[1], numbers[2])))
        };
        topics.iter().any(|topic| match topic {
            // A line about a coded field speaks about the component that has the code.
            Topic::Codes => {
                has(Topic::Codes, numbers)
                    || has(Topic::Codes, [numbers[0], numbers[1], 0])
                    || has(Topic::Codes, [numbers[0], 0, 0])
            }
            Topic::Existence => has(Topic::Existence, [numbers[0], 0, 0]),
            Topic::Presence | Topic::Number | Topic::Length => has(*topic, numbers),
        })
    }
}

fn topics(demand: &Demand) -> &'static [Topic] {
    match demand {
        Demand::Present | Demand::Free => &[Topic::Presence, Topic::Existence],
        Demand::Absent => &[Topic::Presence],
        Demand::Count { .. } => &[Topic::Presence, Topic::Number, Topic::Existence],
        Demand::Length { .. } => &[Topic::Length],
        Demand::Value { is_coded: true, .. } => &[Topic::Codes, Topic::Existence],
        Demand::Value { is_coded: false, .. } | Demand::Rule { .. } => &[],
    }
}

/// What an issue of the standard is about; `None` for what no line speaks of.
fn topics_of(code: &str) -> Option<&'static [Topic]> {
    let is = |known: &[message::Code]| known.iter().any(|known| known.id == code);
    if is(&[codes::E1113, codes::E1117, codes::E1118]) {
        Some(&[Topic::Presence])
    } else if is(&[codes::E1116, codes::E1119]) {
        Some(&[Topic::Number])
    } else if is(&[codes::E1127]) {
        Some(&[Topic::Length])
    } else if is(&[codes::E1126]) {
        Some(&[Topic::Codes])
    } else if is(&[codes::E1114, codes::E1120, codes::E1121, codes::E1131]) {
        Some(&[Topic::Existence])
    } else {
        None
    }
}

fn key(place: &Place) -> Option<Key> {
    match place {
        Place::Message => None,
        Place::Group(groups) => match groups.as_slice() {
            [only] if only.occurrence == Index::Unsaid => Some((only.name.clone(), 0, 0, 0)),
            _ => None,
        },
        Place::Path(Path { groups, segment, occurrence, member }) => {
            let is_plain = |index: &Index| matches!(index, Index::Unsaid | Index::All);
            let field = member.field.as_ref();
            if !groups.is_empty() || !is_plain(occurrence) || field.is_some_and(|(_, index)| !is_plain(index)) {
                return None;
            }
            let name = String::from_utf8_lossy(segment).into();
            let number = field.map_or(0, |(number, _)| *number);
            Some((name, number, member.component.unwrap_or(0), member.subcomponent.unwrap_or(0)))
        }
    }
}
