//! The interface's own codes by place: what its tables and its profiles ask for, beside the standard's tables.
//!
//! Promises: values are compared as they are decoded; the value that came last is not looked up again.
//! Never: says which code it was (R10).

use super::place::Place;
use hl7v2::{Message, Path, validate::lines::ValueTest};
use interface::{Definition, definition::OwnCodes};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// What one line asks of a place.
#[derive(Clone)]
struct Asked {
    /// The subcomponent that is meant, 0 for the whole.
    subcomponent: u16,
    test: Arc<ValueTest>,
}

/// The own codes of an interface, by place.
#[derive(Clone, Default)]
pub struct OwnTables(BTreeMap<Place, Vec<Asked>>);

impl OwnTables {
    /// Those of a definition.
    #[must_use]
    pub fn of(definition: &Definition) -> OwnTables {
        let mut own = OwnTables::default();
        for OwnCodes { path, test } in definition.own_codes() {
            if let Some((place, subcomponent)) = place_of(&path) {
                own.0.entry(place).or_default().push(Asked { subcomponent, test });
            }
        }
        own
    }

    /// There is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Something is asked of a place.
    pub(super) fn has(&self, place: Place) -> bool {
        self.0.contains_key(&place)
    }

    /// What is asked of a place.
    pub(super) fn at(&self, place: Place) -> Option<Box<Covering>> {
        let asked = self.0.get(&place)?.clone();
        Some(Box::new(Covering { asked, uncovered: 0, example: 0, last: Vec::with_capacity(LAST_BYTES) }))
    }
}

impl fmt::Debug for OwnTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn place_of(path: &Path) -> Option<(Place, u16)> {
    let (field, _) = path.member.field.as_ref()?;
    let component = path.member.component.unwrap_or(0);
    Some((Place::new(path.segment, *field, component), path.member.subcomponent.unwrap_or(0)))
}

/// Bytes of a value that are remembered: a longer one is looked at each time.
const LAST_BYTES: usize = 32;

/// The counts of one place.
pub(super) struct Covering {
    asked: Vec<Asked>,
    pub(super) uncovered: u32,
    pub(super) example: u64,
    /// The last value that passed. Never leaves this place, and is forgotten with the counts.
    last: Vec<u8>,
}

impl Covering {
    /// Looks at a value that is not empty.
    pub(super) fn look(&mut self, message: &Message, raw: &[u8], id: u64) {
        if self.last == raw {
            return;
        }
        let separator = message.delimiters().subcomponent;
        let passes = |asked: &Asked| {
            let part = match asked.subcomponent {
                0 => raw,
                number => raw.split(|byte| *byte == separator).nth(usize::from(number) - 1).unwrap_or_default(),
            };
            part.is_empty() || (asked.test)(&message.text_of(part))
        };
        if self.asked.iter().all(passes) {
            self.last.clear();
            self.last.extend_from_slice(if raw.len() > LAST_BYTES { &[] } else { raw });
        } else {
            self.uncovered = self.uncovered.saturating_add(1);
            self.example = id;
        }
    }

    /// Takes the counts out and forgets the value.
    pub(super) fn take(&mut self) -> (u32, u64) {
        self.last.clear();
        (std::mem::take(&mut self.uncovered), std::mem::take(&mut self.example))
    }
}
