//! Trigger events: which message type with which event has which structure.

use super::file::{self, Section};
use super::structures::Structure;
use super::{Version, definition};

/// A trigger event of one version, with the message types that it triggers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriggerEvent {
    first: usize,
    end: usize,
    version: Version,
}

/// A message type that an event triggers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// `ADT`.
    pub message_type: &'static str,
    /// `A04`.
    pub event: &'static str,
    /// `ADT_A01`.
    pub structure: &'static str,
    /// `Register a patient`; empty where no source has a text.
    pub name: &'static str,
}

/// Rows are sorted by event, then by message type: event, message type and name, then a structure for each version.
fn rows_of(code: &str) -> (usize, usize) {
    let count = file::count(Section::Events);
    let first = file::partition(Section::Events, 0..count, |at| file::text(at) < code);
    let end = file::partition(Section::Events, first..count, |at| file::text(at) == code);
    (first, end)
}

impl TriggerEvent {
    pub(super) fn find(code: &str, version: Version) -> Option<TriggerEvent> {
        let (first, end) = rows_of(code);
        Some(TriggerEvent { first, end, version }).filter(|event| event.triggers().next().is_some())
    }

    pub(super) fn all(version: Version) -> impl Iterator<Item = TriggerEvent> {
        let mut next = 0;
        std::iter::from_fn(move || {
            if next >= file::count(Section::Events) {
                return None;
            }
            let (first, end) = rows_of(file::text(file::row(Section::Events, next)));
            next = end;
            Some(TriggerEvent { first, end, version })
        })
        .filter(|event| event.triggers().next().is_some())
    }

    /// `A04`.
    #[must_use]
    pub fn code(self) -> &'static str {
        file::text(file::row(Section::Events, self.first))
    }

    /// What it triggers, by message type.
    pub fn triggers(self) -> impl Iterator<Item = Trigger> {
        (self.first..self.end).filter_map(move |index| {
            let at = file::row(Section::Events, index);
            let structure = file::row(Section::Structures, definition(at + 8, self.version)?);
            Some(Trigger {
                event: file::text(at),
                message_type: file::text(at + 4),
                name: file::text(at + 8),
                structure: Structure::name_at(structure),
            })
        })
    }
}

pub(super) fn structure_of(message_type: &str, event: &str, version: Version) -> Option<&'static str> {
    let (first, end) = rows_of(event);
    let at =
        (first..end).map(|index| file::row(Section::Events, index)).find(|at| file::text(at + 4) == message_type)?;
    Some(Structure::name_at(file::row(Section::Structures, definition(at + 8, version)?)))
}
