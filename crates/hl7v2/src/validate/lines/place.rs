//! What a line is about, and what the standard says of it.
//!
//! Promises: a place that resolves can be checked in any message.

use super::base::Base;
use super::documented::DocumentedSegment;
use crate::Path;
use crate::dictionary::{Datatype, Dictionary, Part};
use crate::path::{Group, Index};
use std::fmt;

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The message.
    Message,
    /// The group that is last, inside the others.
    Group(Vec<Group>),
    /// A segment, field, component or subcomponent, also inside groups.
    Path(Path),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Message => f.write_str("message"),
            Place::Path(path) => path.fmt(f),
            Place::Group(groups) => {
                for (at, group) in groups.iter().enumerate() {
                    let dot = if at == 0 { "" } else { "." };
                    write!(f, "{dot}{}", group.name)?;
                }
                Ok(())
            }
        }
    }
}

/// Why a place is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is not written as one: why, and what was probably meant.
    Text(String, Option<String>),
    /// The versions have no such segment.
    Segment(String),
    /// The segment is in none of the structures.
    NotHere(String),
    /// The structures have no such group.
    Group(String),
    /// The segment has fewer fields.
    Field {
        /// The segment.
        segment: String,
        /// How many it has.
        count: u16,
    },
    /// The type has fewer components, or none.
    Part {
        /// The type.
        datatype: String,
        /// How many it has.
        count: u16,
    },
}

/// What the standard, or the profile itself, says of a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `Administrative Sex`.
    pub name: String,
    /// `CWE`; empty where another field says it.
    pub datatype: String,
    /// It has components.
    pub is_composite: bool,
    /// It may stand several times by the standard.
    pub is_repeating: bool,
    /// The number of its table.
    pub table: Option<u16>,
}

impl Place {
    /// Reads `PID-3[.5=MR]`, `NK1`, `ORDER_OBSERVATION.OBX-5`, `INSURANCE`.
    ///
    /// # Errors
    /// [`Unknown::Text`].
    pub fn parse(text: &str) -> Result<Place, Unknown> {
        let last = text.rsplit('.').next().unwrap_or_default();
        let is_name = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_uppercase())
                && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        };
        if last.len() > 3 && text.split('.').all(is_name) {
            let group = |name: &str| Group { name: name.into(), occurrence: Index::Unsaid };
            return Ok(Place::Group(text.split('.').map(group).collect()));
        }
        match Path::parse_with_hint(text) {
            Ok((path, Some(_))) => {
                Err(Unknown::Text("it is not how a path is written".to_owned(), Some(path.to_string())))
            }
            Ok((path, None)) if path.is_target_only() => {
                Err(Unknown::Text("`[+]` makes a new one, so it can only be written to".to_owned(), None))
            }
            Ok((path, None)) => Ok(Place::Path(path)),
            Err(crate::Error::InvalidPath { text, hint, .. }) => Err(Unknown::Text(text.into_owned(), hint)),
            Err(other) => Err(Unknown::Text(other.to_string(), None)),
        }
    }

    /// The segment that it is in.
    #[must_use]
    pub fn segment(&self) -> Option<[u8; 3]> {
        match self {
            Place::Path(path) => Some(path.segment),
            Place::Message | Place::Group(_) => None,
        }
    }

    /// What is known of the place in the base, or in what the profile explains itself. `is_new` is true for a line that
    /// brings in a segment where the structures have none.
    ///
    /// # Errors
    /// What about it does not exist.
    pub fn resolve(&self, base: &Base, documented: &[DocumentedSegment], is_new: bool) -> Result<Facts, Unknown> {
        match self {
            Place::Message => Ok(Facts::default()),
            Place::Group(groups) => {
                resolve_groups(groups, base).map(|()| Facts { is_repeating: true, ..Facts::default() })
            }
            Place::Path(path) => {
                resolve_groups(&path.groups, base)?;
                resolve_path(path, base, documented, is_new)
            }
        }
    }
}

fn resolve_groups(groups: &[Group], base: &Base) -> Result<(), Unknown> {
    if groups.is_empty() {
        return Ok(());
    }
    let known = base.groups();
    match groups.iter().find(|group| !known.contains(&&*group.name)) {
        Some(group) => Err(Unknown::Group(group.name.to_string())),
        None => Ok(()),
    }
}

fn resolve_path(path: &Path, base: &Base, documented: &[DocumentedSegment], is_new: bool) -> Result<Facts, Unknown> {
    let id = path.segment_name();
    let own = documented.iter().find(|segment| segment.id == path.segment);
    if let (Some(own), Some((number, _))) = (own, &path.member.field)
        && let Some(field) = own.fields.iter().find(|field| field.number == *number)
    {
        let datatype = field.datatype(base);
        let facts = Facts {
            name: field.name.to_string(),
            datatype: field.type_name.to_string(),
            is_composite: datatype.is_some_and(|datatype| !datatype.is_primitive()),
            is_repeating: true,
            table: field.table,
        };
        return descend(facts, datatype, path);
    }
    if id.starts_with('Z') {
        return Ok(Facts {
            is_repeating: true,
            name: own.map(|own| own.name.to_string()).unwrap_or_default(),
            ..Facts::default()
        });
    }
    let all = base.dictionaries();
    let segments: Vec<_> = all.iter().filter_map(|dictionary| dictionary.segment(id)).collect();
    let Some(segment) = segments.first() else { return Err(Unknown::Segment(id.to_owned())) };
    if !is_new && !base.has_segment(id) {
        return Err(Unknown::NotHere(id.to_owned()));
    }
    let Some((number, _)) = &path.member.field else {
        return Ok(Facts { name: segment.name().to_owned(), is_repeating: true, ..Facts::default() });
    };
    let Some(part) = segments.iter().find_map(|segment| segment.field(*number)) else {
        let count = segments.iter().map(|segment| segment.field_count()).max().unwrap_or_default();
        return Err(Unknown::Field { segment: id.to_owned(), count });
    };
    descend(facts_of(part), part.datatype(), path)
}

fn facts_of(part: Part) -> Facts {
    let datatype = part.datatype();
    Facts {
        name: part.name().to_owned(),
        datatype: datatype.map(|datatype| datatype.id().to_owned()).unwrap_or_default(),
        is_composite: datatype.is_some_and(|datatype| !datatype.is_primitive()),
        is_repeating: part.is_repeating(),
        table: part.table_number(),
    }
}

/// Through the components that the path names, its filter too.
fn descend(field: Facts, datatype: Option<Datatype>, path: &Path) -> Result<Facts, Unknown> {
    if let Some((_, Index::Where(filter))) = &path.member.field {
        down(&field, datatype, [Some(filter.component), filter.subcomponent])?;
    }
    down(&field, datatype, [path.member.component, path.member.subcomponent])
}

fn down(field: &Facts, datatype: Option<Datatype>, numbers: [Option<u16>; 2]) -> Result<Facts, Unknown> {
    let mut facts = field.clone();
    // A type that another field says can have any part.
    let Some(mut datatype) = datatype else {
        return Ok(if numbers[0].is_some() { Facts::default() } else { facts });
    };
    for number in numbers.into_iter().flatten() {
        // The first part of a value without parts is the value.
        if datatype.is_primitive() && number == 1 {
            continue;
        }
        let count = datatype.component_count();
        let Some(part) = datatype.component(number) else {
            return Err(Unknown::Part { datatype: datatype.id().to_owned(), count });
        };
        facts = Facts { is_repeating: false, ..facts_of(part) };
        match part.datatype() {
            Some(inner) => datatype = inner,
            None => return Ok(facts),
        }
    }
    Ok(facts)
}

/// The type of this name in one of the dictionaries.
pub(super) fn datatype(all: &[Dictionary], name: &str) -> Option<Datatype> {
    all.iter().find_map(|dictionary| dictionary.datatype(name))
}
